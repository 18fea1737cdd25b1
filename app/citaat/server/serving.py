"""What every route needs of the request: the library that is served, and the address that links start with."""

from fastapi import Request

from citaat.library import Library
from citaat.server.shelf import Shelf


def library_of(request: Request) -> Library:
    """The library that is served now.

    Raises:
        StoreError: it is loading, or could not be opened.
    """
    shelf: Shelf = request.app.state.shelf
    return shelf.library


def base_address(request: Request) -> str:
    """The address that links start with."""
    shelf: Shelf = request.app.state.shelf
    return shelf.settings.url or f"{request.url.scheme}://{request.url.netloc}"
