"""The library that the server serves: opened beside the server, exchanged when a newer generation is current."""

import logging
import math
import time

from starlette.requests import Request

from citaat.errors import CitaatError, StoreError
from citaat.library import Library, current_generation
from citaat.settings import Settings

_LOOK_EVERY = 1.0
"""Seconds between looks at which generation is current."""


class ServedLibrary:
    """Holds one open library, or the reason why there is none."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._library: Library | None = None
        self._problem: CitaatError = StoreError("The library is still loading. Try again in a second.", code="loading")
        self._looked = math.inf  # there is nothing to exchange until `load` is done
        self._tried = ""

    @property
    def library(self) -> Library:
        """A StoreError is raised where it is loading or could not be opened."""
        if time.monotonic() - self._looked > _LOOK_EVERY:
            self._look()
        if self._library is None:
            raise self._problem
        return self._library

    def load(self) -> None:
        """Open the library, indexing the shipped text first if there is no index; keep the problem if that fails."""
        try:
            self._library = Library.open_or_build(self.settings)
            self._tried = self._library.describe().generation
        except CitaatError as error:
            self._problem = error
        except Exception as error:
            logging.getLogger(__name__).exception("The library could not be opened")
            self._problem = StoreError(
                f"The library could not be opened ({type(error).__name__}). The server's log has more; mend it and restart."
            )
        self._looked = time.monotonic()

    def close(self) -> None:
        if self._library:
            self._library.close()

    def _look(self) -> None:
        """Exchange the library if `citaat index` has made another generation current; each is tried once.

        Only the store is opened again, since requests wait meanwhile; the model too if it is not the one that made the store.
        """
        self._looked = time.monotonic()
        try:
            name = current_generation(self.settings)
            if name in ("", self._tried):
                return
            self._tried = name
            newer = self._library.reopen(self.settings) if self._library else Library.open(self.settings)
            self.close()
            self._library = newer
        except CitaatError as error:
            # What is open still serves; only a server without a library reports the problem.
            self._problem = error


def library_of(request: Request) -> Library:
    """The library that is served now; see `ServedLibrary.library`."""
    served: ServedLibrary = request.app.state.served
    return served.library


def base_address(request: Request) -> str:
    """The address that links start with: that of the settings, or else the one that the request came to."""
    served: ServedLibrary = request.app.state.served
    return served.settings.url or f"{request.url.scheme}://{request.url.netloc}"
