import asyncio
import contextlib
import functools
import socket
from typing import cast

import uvicorn
from starlette.responses import Response

from citaat.server.connections import TurnTakingEventLoop

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


def test_workers_that_share_a_socket_share_its_connections() -> None:
    """Sixteen clients connect before either of two workers looks: each worker takes a fair part of them."""
    workers = [TurnTakingEventLoop(), TurnTakingEventLoop()]
    taken: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as clients:
        for number, worker in enumerate(workers):
            clients.callback(worker.close)
            opened = worker.create_server(functools.partial(Counted, taken, number), sock=listening.dup())
            clients.callback(worker.run_until_complete(opened).close)
        for _ in range(16):
            clients.enter_context(socket.create_connection(listening.getsockname()))
        for _ in range(32):
            for worker in workers:
                worker.call_soon(worker.stop)
                worker.run_forever()
    assert len(taken) == 16
    assert 4 <= sum(taken) <= 12


class Counted(asyncio.Protocol):
    """Tells who took a connection, and ends it."""

    def __init__(self, taken: list[int], worker: int) -> None:
        self._taken, self._worker = taken, worker

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._taken.append(self._worker)
        cast(asyncio.Transport, transport).abort()
