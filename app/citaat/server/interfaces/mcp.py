"""The Model Context Protocol: the tools `search`, `fetch` and `ask`, at `/mcp` and over standard input and output.

`search` and `fetch` keep the contract that ChatGPT's connectors expect. The official SDK speaks both eras of the protocol:
the one that begins with `initialize`, and the stateless one since 2026-07-28.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)  # fmt: skip
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.chat.replies import answer_model
from citaat.citations.links import caption, permalink
from citaat.errors import CitaatError, InputError
from citaat.library import Library
from citaat.limits import LONGEST_QUESTION
from citaat.settings import Settings

_RESULTS = 10
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_INSTRUCTIONS = (
    "Passages of the documents in this library, word for word. Ask in the language of the documents where you can. Quote "
    "exactly what a passage says and give its url. An empty result means that the documents do not answer."
)


def _text(description: str, most: int = LONGEST_QUESTION) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, "description": description}


def _tool(name: str, title: str, description: str, argument: str, schema: dict[str, Any]) -> Tool:
    return Tool(
        name=name, title=title, description=description, output_schema={"type": "object"},
        input_schema={"type": "object", "properties": {argument: schema}, "required": [argument]},
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
    )  # fmt: skip


_TOOLS = [
    _tool(
        "search", "Search passages", "Find the passages that answer a question: their ids, titles and links, best first.",
        "query", _text("A question in natural language, or words."),
    ),
    _tool(
        "fetch", "Fetch a passage", "The exact text of a passage that `search` found, with its place in the source.",
        "id", _text("An id that `search` gave.", 500),
    ),
    _tool(
        "ask", "Ask", "The passages that answer a question, word for word, with citations, or that there is no answer.",
        "question", _text("A question in natural language."),
    ),
]  # fmt: skip


def server(library: Callable[[], Library], base: Callable[[ServerRequestContext[Any, Any]], str]) -> Server[Any]:
    """A server of the three tools.

    Args:
        library: the library that is served at the time of a call.
        base: the address that links start with.
    """

    async def on_list(context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=_TOOLS)

    async def on_call(context: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        try:
            return _result(_call(library(), params.name, params.arguments or {}, base(context)))
        except CitaatError as error:
            return CallToolResult(content=[TextContent(text=str(error))], is_error=True)

    return Server("citaat", title="Citaat", instructions=_INSTRUCTIONS, on_list_tools=on_list, on_call_tool=on_call)


async def serve_stdio(library: Library, base: str) -> None:
    """Serve over standard input and output until the input ends."""
    served = server(lambda: library, lambda context: base)
    async with stdio_server() as (incoming, outgoing):
        await served.run(incoming, outgoing, served.create_initialization_options())


class Endpoint:
    """`/mcp` of an application. Enter `running()` in its lifespan; requests of foreign origins are refused."""

    def __init__(self, library: Callable[[], Library], settings: Settings) -> None:
        self._settings = settings
        served = server(library, lambda context: settings.url or _address(context.request))
        self._manager = StreamableHTTPSessionManager(served, json_response=True, stateless=True)
        self.running = self._manager.run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
        if origin and not self._allowed(origin):
            refused = "This origin is not allowed. Name it in CITAAT_ORIGINS."
            await JSONResponse({"error": refused}, 403)(scope, receive, send)
        elif scope["method"] != "POST":
            # Without sessions there is no stream for a client to listen to, as the protocol lets a server say.
            await JSONResponse({"error": "Send a POST."}, 405, {"allow": "POST"})(scope, receive, send)
        else:
            await self._manager.handle_request(scope, receive, send)

    def _allowed(self, origin: str) -> bool:
        known = {self._settings.url, *self._settings.origins}
        return origin in known or "*" in known or _host(origin) in _LOOPBACK


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def _call(library: Library, name: str, arguments: dict[str, Any], base: str) -> dict[str, Any]:
    if name == "search":
        found = library.ask(_argument(arguments, "query"), limit=_RESULTS).citations
        return {"results": [_row(library, citation.id, base) for citation in found]}
    if name == "fetch":
        return _row(library, _argument(arguments, "id"), base, whole=True)
    if name == "ask":
        reply = conversation.reply(library, [Message("user", _argument(arguments, "question"))])
        return answer_model(reply, base).model_dump()
    raise InputError("There is no such tool. There are: search, fetch, ask.", code="unknown-tool")


def _argument(arguments: dict[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str):
        raise InputError(f"The argument '{name}' is missing or is no text.", code="invalid-argument")
    return value


def _row(library: Library, passage_id: str, base: str, *, whole: bool = False) -> dict[str, Any]:
    citation = library.passage(passage_id)
    row = {"id": citation.id, "title": caption(citation), "url": permalink(citation.id, base)}
    if not whole:
        return row
    facts = {
        "document": citation.document.id, "section": " › ".join(citation.section), "start": citation.span.start,
        "end": citation.span.end, "sha256": citation.document.sha256, "source": citation.document.source.url,
    }  # fmt: skip
    return row | {"text": citation.quote, "metadata": facts}


def _result(found: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=json.dumps(found, ensure_ascii=False))], structured_content=found)


def _address(request: Any) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"
