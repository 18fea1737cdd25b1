"""What every route needs of the request: the library that is served, and the address that links start with."""

from fastapi import Request

from citaat.library import Library
from citaat.server.lifecycle import ServedLibrary


def library_of(request: Request) -> Library:
    """The library that is served now.

    Raises:
        StoreError: it is loading, or could not be opened.
    """
    served: ServedLibrary = request.app.state.served
    return served.library


def base_address(request: Request) -> str:
    """The address that links start with."""
    served: ServedLibrary = request.app.state.served
    return served.settings.url or f"{request.url.scheme}://{request.url.netloc}"
