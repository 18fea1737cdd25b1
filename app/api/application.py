"""Putting the application together: routes, problems, limits, and the library that loads beside them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from app.api import native, pages, problems
from app.api.shelf import Shelf
from app.settings import Settings

_SUMMARY = "Ask a text a question; read the passages that answer it, verbatim, with their place."


def build(settings: Settings) -> FastAPI:
    """The application; its library is opened when it starts, in a thread, so that it is live at once."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(asyncio.to_thread(app.state.shelf.load))
        yield
        await loading
        app.state.shelf.close()

    app = FastAPI(
        title="Citaat", summary=_SUMMARY, version=_version(), lifespan=lifespan, docs_url=None, redoc_url=None,
        responses=problems.RESPONSES,
    )  # fmt: skip
    app.state.shelf = Shelf(settings)
    app.include_router(native.router)
    app.include_router(pages.router)
    problems.install(app)
    return app


def _version() -> str:
    try:
        return version("citaat")
    except PackageNotFoundError:
        return "0"
