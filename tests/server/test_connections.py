import asyncio
import socket

import uvicorn
from starlette.responses import Response

NODELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def nodelay_of_a_connection(http: str) -> int:
    """Whether the parts of a response are sent at once by a server that shares a socket as several workers do."""
    server = uvicorn.Server(uvicorn.Config(Response("live"), http=http, lifespan="off", log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0)
        _, writer = await asyncio.open_connection(*listening.getsockname())
        while not server.server_state.connections:
            await asyncio.sleep(0)
        (connection,) = server.server_state.connections
        found: int = connection.transport.get_extra_info("socket").getsockopt(*NODELAY)
        writer.close()
        server.should_exit = True
        await serving
    return found


def test_no_part_of_a_response_waits_until_the_one_before_is_acknowledged() -> None:
    assert asyncio.run(nodelay_of_a_connection("citaat.server.connections:ImmediateProtocol"))
