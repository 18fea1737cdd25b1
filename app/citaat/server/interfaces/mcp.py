"""The Model Context Protocol: the tools `search`, `fetch` and `ask`, at `/mcp` and over standard input and output.

`search` and `fetch` keep the contract that ChatGPT's connectors expect. The official SDK speaks both eras of the protocol:
the one that begins with `initialize`, and the stateless one since 2026-07-28.
"""

import json
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import mcp_types as types
from anyio import to_thread
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.chat.replies import answer_model
from citaat.citations.links import caption, permalink
from citaat.domain import Citation
from citaat.errors import CitaatError, InputError
from citaat.library import Library
from citaat.limits import LONGEST_QUESTION
from citaat.server.lifecycle import base_address, compute
from citaat.server.queue import WorkQueue
from citaat.settings import Settings

_Context = ServerRequestContext[Any, Any]
_Call = Callable[[Library, str], dict[str, Any]]
"""A call of a tool, put to a library; the other argument is the address that links start with."""

_RESULTS = 10
_LOOPBACK = re.compile(r"[\w+.-]+://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_INSTRUCTIONS = (
    "Passages of the documents in this library, word for word. Ask in the language of the documents where you can. Quote "
    "exactly what a passage says and give its url. An empty result means that the documents do not answer."
)


def _tool(name: str, title: str, description: str, argument: str, meaning: str, most: int = LONGEST_QUESTION) -> types.Tool:
    """A tool with one argument, a text of at most so many characters."""
    schema = {"type": "string", "minLength": 1, "maxLength": most, "description": meaning}
    return types.Tool(
        name=name, title=title, description=description, output_schema={"type": "object"},
        input_schema={"type": "object", "properties": {argument: schema}, "required": [argument]},
        annotations=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
    )  # fmt: skip


_TOOLS = [
    _tool(
        "search", "Search passages", "Find the passages that answer a question: their ids, titles and links, best first.",
        "query", "A question in natural language, or words.",
    ),
    _tool(
        "fetch", "Fetch a passage", "The exact text of a passage that `search` found, with its place in the source.",
        "id", "An id that `search` gave.", 500,
    ),
    _tool(
        "ask", "Ask", "The passages that answer a question, word for word, with citations, or that there is no answer.",
        "question", "A question in natural language.",
    ),
]  # fmt: skip


def server(run: Callable[[Any, _Call], Awaitable[dict[str, Any]]]) -> Server[Any]:
    """A server of the three tools.

    Args:
        run: runs a call that came with an HTTP request, if it came with one, away from the event loop.
    """

    async def on_list(context: _Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=_TOOLS)

    async def on_call(context: _Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            found = await run(context.request, partial(_call, params.name, params.arguments or {}))
        except CitaatError as error:
            return types.CallToolResult(content=[types.TextContent(text=str(error))], is_error=True)
        text = types.TextContent(text=json.dumps(found, ensure_ascii=False))
        return types.CallToolResult(content=[text], structured_content=found)

    return Server("citaat", title="Citaat", instructions=_INSTRUCTIONS, on_list_tools=on_list, on_call_tool=on_call)


async def serve_stdio(library: Library, base: str) -> None:
    """Serve over standard input and output until the input ends."""

    async def run(request: Any, call: _Call) -> dict[str, Any]:
        return await to_thread.run_sync(call, library, base)

    served = server(run)
    async with stdio_server() as (incoming, outgoing):
        await served.run(incoming, outgoing, served.create_initialization_options())


class Endpoint:
    """`/mcp` of an application. Enter `running()` in its lifespan; requests of foreign origins are refused.

    A full queue refuses before the protocol begins, so that a client sees the status.
    """

    def __init__(self, settings: Settings) -> None:
        self._origins = {settings.url, *settings.origins}
        self._manager = StreamableHTTPSessionManager(server(_computed), json_response=True, stateless=True)
        self.running = self._manager.run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin")
        respond: ASGIApp = self._manager.handle_request
        if origin and not self._origins & {origin, "*"} and not _LOOPBACK.fullmatch(origin):
            respond = JSONResponse({"error": "This origin is not allowed. Name it in CITAAT_ORIGINS."}, 403)
        elif scope["method"] != "POST":
            # Without sessions there is no stream for a client to listen to, as the protocol lets a server say.
            respond = JSONResponse({"error": "Send a POST."}, 405, {"allow": "POST"})
        else:
            queue: WorkQueue = scope["app"].state.queue
            await queue.refuse_if_full()
        await respond(scope, receive, send)


async def _computed(request: Request, call: _Call) -> dict[str, Any]:
    base = base_address(request)
    return await compute(request, lambda library: call(library, base))


def _call(name: str, arguments: dict[str, Any], library: Library, base: str) -> dict[str, Any]:
    def argument(key: str) -> str:
        value = arguments.get(key)
        if not isinstance(value, str):
            raise InputError(f"The argument '{key}' is missing or is no text.", code="invalid-argument")
        return value

    if name == "search":
        found = library.ask(argument("query"), limit=_RESULTS).citations
        return {"results": [_row(citation, base) for citation in found]}
    if name == "fetch":
        citation = library.passage(argument("id"))
        document, span = citation.document, citation.span
        place = {
            "document": document.id, "section": " › ".join(citation.section), "start": span.start, "end": span.end,
            "sha256": document.sha256, "source": document.source.url,
        }  # fmt: skip
        return _row(citation, base) | {"text": citation.quote, "metadata": place}
    if name == "ask":
        reply = conversation.reply(library, [Message("user", argument("question"))])
        return answer_model(reply, base).model_dump()
    raise InputError("There is no such tool. There are: search, fetch, ask.", code="unknown-tool")


def _row(citation: Citation, base: str) -> dict[str, Any]:
    return {"id": citation.id, "title": caption(citation), "url": permalink(citation.id, base)}
