"""The HTTP edge: the only place that knows FastAPI. Run it with `uvicorn citaat.server:create --factory`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI


def create() -> "FastAPI":
    """The application over the library that the environment names; it loads while `/health/live` answers."""
    from citaat.server.application import build
    from citaat.settings import Settings

    return build(Settings.from_environment())
