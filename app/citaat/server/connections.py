"""The connections of `citaat serve`."""

import asyncio
import socket
from typing import cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class ImmediateProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's HTTP, without Nagle's algorithm.

    Several workers share a socket that asyncio does not take for TCP. So it leaves the algorithm on, and the body of a response
    waits 40 ms until the client has acknowledged its head.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast(socket.socket, transport.get_extra_info("socket")).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
