"""The queue before everything that computes: so many at once in threads, first come first served, and nobody waits for long."""

import math
import time
from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread
from starlette.requests import Request

from citaat.errors import BusyError, CitaatError

_T = TypeVar("_T")

_REMEMBERED = 20
"""Over about how many requests the mean service time runs."""
_REFUSALS_APART = 0.002
"""Seconds between two refusals: clients that ask again at once would otherwise take the time of those that are answered."""
_REFUSED_WITHIN = 1.0
"""Seconds within which a request is refused, however many are."""


class ClientGoneError(CitaatError):
    """Nobody is there to read the answer, or this: the client closed its connection while it waited."""

    code = "client-gone"
    status = 499


class WorkQueue:
    """Runs what computes, away from the event loop; its methods belong to the event loop.

    Args:
        threads: how many compute at once.
        max_wait: seconds that a request waits at most before its work begins.
    """

    def __init__(self, threads: int, max_wait: float) -> None:
        self._threads, self._max_wait = threads, max_wait
        self._free = anyio.Semaphore(threads)
        self._limiter = anyio.CapacityLimiter(threads)
        self._waiting = 0
        self._service_time = 0.0
        self._next_refusal = 0.0

    async def run(self, request: Request, work: Callable[[], _T]) -> _T:
        """The result of some work, done in a thread when its turn has come.

        Raises:
            BusyError: it would wait for longer than it may, by the service times of late, or it did.
            ClientGoneError: nobody waits for it any more; the work was not begun.
        """
        await self.refuse_if_full()
        await self._turn()
        try:
            if await request.is_disconnected():
                raise ClientGoneError("The client is gone.")
            began = time.monotonic()
            try:
                return await to_thread.run_sync(work, limiter=self._limiter)
            finally:
                self._service_time += (time.monotonic() - began - self._service_time) / _REMEMBERED
        finally:
            self._free.release()

    async def refuse_if_full(self) -> None:
        """Raise BusyError if a request that comes now would wait for longer than it may."""
        if self._expected_wait > self._max_wait:
            error, now = self._busy(), time.monotonic()
            self._next_refusal = min(max(now, self._next_refusal + _REFUSALS_APART), now + _REFUSED_WITHIN)
            await anyio.sleep(self._next_refusal - now)
            raise error

    @property
    def _expected_wait(self) -> float:
        """Seconds until the work of a request that came now would begin."""
        return 0.0 if self._free.value else (self._waiting + 1) * self._service_time / self._threads

    def _busy(self) -> BusyError:
        return BusyError(max(1, math.ceil(self._expected_wait)))

    async def _turn(self) -> None:
        """Wait for a free thread; the means of late may be wrong, so no longer than is allowed."""
        if self._free.value:
            self._free.acquire_nowait()
            return
        self._waiting += 1
        try:
            with anyio.fail_after(self._max_wait):
                await self._free.acquire()
        except TimeoutError:
            raise self._busy() from None
        finally:
            self._waiting -= 1
