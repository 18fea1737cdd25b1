"""The library that the server serves: opened beside the server, exchanged when a newer generation is current."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import anyio
from anyio import to_thread
from starlette.requests import Request

from citaat.errors import CitaatError, StoreError
from citaat.library import Description, Library, current_generation
from citaat.server.queue import WorkQueue
from citaat.settings import Settings

_T = TypeVar("_T")

_LOOK_EVERY = 1.0
"""Seconds between looks at which generation is current."""


@dataclass(slots=True)
class _Opened:
    """An open library, and how many use it: the server itself, while it serves it, and each request."""

    library: Library
    description: Description
    users: int = 1


class ServedLibrary:
    """Holds one open library, or the reason why there is none. Any number of threads may use it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._opened: _Opened | None = None
        self._problem: CitaatError = StoreError("The library is still loading. Try again in a second.", code="loading")
        self._tried = ""
        self._lock = threading.Lock()

    @property
    def description(self) -> Description:
        """Of the library; a StoreError is raised where it is loading or could not be opened."""
        return self._served().description

    @contextlib.contextmanager
    def library(self) -> Iterator[Library]:
        """The library, which stays open until it is left, whatever is opened meanwhile; a StoreError as for `description`."""
        with self._lock:
            opened = self._served()
            opened.users += 1
        try:
            yield opened.library
        finally:
            self._let_go(opened)

    async def watch(self) -> None:
        """Open the library, and then exchange it whenever `citaat index` has made another generation current."""
        await to_thread.run_sync(self.load)
        while True:
            await anyio.sleep(_LOOK_EVERY)
            await to_thread.run_sync(self.look)

    def load(self) -> None:
        """Open the library, indexing the shipped text first if there is no index; keep the problem if that fails."""
        self._exchange(lambda: Library.open_or_build(self.settings))

    def look(self) -> None:
        """Open the generation that is current, unless it was tried before.

        Only the store is opened again; the model too if it is not the one that made the store.
        """
        self._exchange(self._newer)

    def close(self) -> None:
        """Let go of the library."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened:
            self._let_go(opened)

    def _served(self) -> _Opened:
        opened = self._opened
        if opened is None:
            raise self._problem
        return opened

    def _newer(self) -> Library | None:
        name = current_generation(self.settings)
        if name in ("", self._tried):
            return None
        self._tried = name
        return self._opened.library.reopen(self.settings) if self._opened else Library.open(self.settings)

    def _exchange(self, opening: Callable[[], Library | None]) -> None:
        """Serve what is opened; what was open serves on where that fails, and only a server without a library tells why."""
        try:
            library = opening()
            if library is None:
                return
            description = library.describe()
        except CitaatError as error:
            self._problem = error
            return
        except Exception as error:
            logging.getLogger(__name__).exception("The library could not be opened")
            self._problem = StoreError(
                f"The library could not be opened ({type(error).__name__}). The server's log has more; mend it and restart."
            )
            return
        self._tried = description.generation
        with self._lock:
            before, self._opened = self._opened, _Opened(library, description)
        if before:
            self._let_go(before)

    def _let_go(self, opened: _Opened) -> None:
        with self._lock:
            opened.users -= 1
            is_last = opened.users == 0
        if is_last:
            opened.library.close()


async def compute(request: Request, work: Callable[[Library], _T]) -> _T:
    """What some work makes of the library, done in a thread when its turn has come; see `WorkQueue.run`."""
    queue: WorkQueue = request.app.state.queue

    def with_library() -> _T:
        with library_of(request) as library:
            return work(library)

    return await queue.run(request, with_library)


def library_of(request: Request) -> contextlib.AbstractContextManager[Library]:
    """The library, for a thread; see `ServedLibrary.library`."""
    served: ServedLibrary = request.app.state.served
    return served.library()


def description_of(request: Request) -> Description:
    """What the library that is served is made of."""
    served: ServedLibrary = request.app.state.served
    return served.description


def base_address(request: Request) -> str:
    """The address that links start with: that of the settings, or else the one that the request came to."""
    served: ServedLibrary = request.app.state.served
    return served.settings.url or f"{request.url.scheme}://{request.url.netloc}"
