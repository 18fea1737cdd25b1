"""The connections of `citaat serve`."""

import asyncio
import socket
from typing import Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class ImmediateProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's HTTP, without Nagle's algorithm.

    Several workers share a socket that asyncio does not take for TCP. So it leaves the algorithm on, and the body of a response
    waits 40 ms until the client has acknowledged its head.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast(socket.socket, transport.get_extra_info("socket")).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class TurnTakingEventLoop(asyncio.SelectorEventLoop):
    """asyncio's, for a socket that several workers share: each takes one new connection at a time.

    asyncio takes as many at once as may wait in the socket's queue, so that the first of the workers would have them all.
    """

    async def create_server(self, *arguments: Any, backlog: int = 100, **named: Any) -> asyncio.Server:
        server = await super().create_server(*arguments, backlog=1, **named)
        cast(socket.socket, named["sock"]).listen(backlog)
        return server
