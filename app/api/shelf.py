"""The library that the server serves: opened beside the server, exchanged when a newer generation is current."""

import time

from app.errors import CitaatError, StoreError
from app.library import Library
from app.settings import Settings
from app.storage import generations

_LOOK_EVERY = 1.0
"""Seconds between looks at which generation is current."""


class Shelf:
    """Holds one open library, or the reason why there is none."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._library: Library | None = None
        self._problem: CitaatError = StoreError("The library is still loading. Try again in a second.", code="loading")
        self._looked = 0.0

    @property
    def library(self) -> Library:
        """
        Raises:
            StoreError: the library is loading, or could not be opened.
        """
        if self._library is None or time.monotonic() - self._looked > _LOOK_EVERY:
            self._look()
        if self._library is None:
            raise self._problem
        return self._library

    def load(self) -> None:
        """Open the library, indexing the shipped text first if there is no index; keep the problem if that fails."""
        try:
            self._library = Library.open_or_build(self.settings)
        except CitaatError as error:
            self._problem = error
        self._looked = time.monotonic()

    def close(self) -> None:
        if self._library:
            self._library.close()

    def _look(self) -> None:
        """Exchange the library if `citaat index` has made another generation current."""
        self._looked = time.monotonic()
        if self._problem.code == "loading" and self._library is None:
            return
        try:
            found = generations.current(self.settings.store)
            if found and (self._library is None or found[0] != self._library.store.folder.name):
                newer = Library.open(self.settings)
                self.close()
                self._library = newer
        except CitaatError as error:
            # What is open still serves; only a server without a library reports the problem.
            self._problem = error
