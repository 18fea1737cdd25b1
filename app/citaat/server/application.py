"""Putting the application together: routes, problems, limits, and the library that loads beside them."""

import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import version
from weakref import WeakKeyDictionary

import anyio
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from citaat.library import Library
from citaat.server import pages, problems
from citaat.server.interfaces import anthropic, native
from citaat.server.interfaces.mcp import Endpoint
from citaat.server.interfaces.openai import chat, responses, vector_stores
from citaat.server.lifecycle import ServedLibrary
from citaat.server.queue import WorkQueue
from citaat.settings import Settings, thread_count

_THREADS_A_CORE = 2
"""While some questions are encoded, others are ranked or wait to be encoded together: two answer a third more than one."""


def build(settings: Settings) -> FastAPI:
    """The application; its library is opened when it starts, in a thread, so that it is live at once."""
    served, mcp = ServedLibrary(settings), Endpoint(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with mcp.running(), anyio.create_task_group() as beside:
            beside.start_soon(served.watch)
            yield
            beside.cancel_scope.cancel()
        served.close()

    app = FastAPI(
        title="Citaat", version=version("citaat"), lifespan=lifespan, docs_url=None, redoc_url=None,
        summary="Ask a text a question; read the passages that answer it, verbatim, with their place.",
        responses=problems.RESPONSES,
    )  # fmt: skip
    app.state.served = served
    app.state.queue = WorkQueue(_THREADS_A_CORE * thread_count(), settings.max_wait)
    app.state.examples = WeakKeyDictionary[Library, list[str]]()
    for router in (native.router, anthropic.router, chat.router, responses.router, vector_stores.router, pages.router):
        app.include_router(router)
    app.router.routes.append(Route("/mcp", mcp))
    problems.install(app)
    if settings.origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.origins, allow_methods=["GET", "POST"], allow_headers=["*"])
    return app
