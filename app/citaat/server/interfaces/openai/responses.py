"""`POST /v1/responses`: a file search that found the passages, and a message that quotes them."""

import time
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel, Discriminator, Tag
from starlette.responses import JSONResponse, Response

from citaat.chat.replies import Reply, ReplyPart, whole
from citaat.errors import InputError
from citaat.library import Library
from citaat.server import events
from citaat.server.interfaces.openai.wire import MODEL, OpenAIMessage, reply_to, search_result, url_citation
from citaat.server.lifecycle import base_address, compute

router = APIRouter(prefix="/v1")

_USAGE = {
    "input_tokens": 0, "output_tokens": 0, "total_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
}  # fmt: skip
"""Nothing is generated."""


def _kind(item: Any) -> str:
    """Whether an item of the input is a turn; the others, such as reasoning and calls of tools, say what they are instead."""
    return "item" if isinstance(item, dict) and "role" not in item and item.get("type", "message") != "message" else "turn"


Item = Annotated[Annotated[OpenAIMessage, Tag("turn")] | Annotated[dict[str, Any], Tag("item")], Discriminator(_kind)]


class ResponsesRequest(BaseModel):
    """The fields that are read; those that steer how text is generated are taken and have nothing to steer."""

    model: str = MODEL
    input: str | list[Item]
    stream: bool | None = False
    previous_response_id: str | None = None
    conversation: Any = None


@router.post("/responses")
async def responses(body: ResponsesRequest, request: Request) -> Response:
    """The passages that answer, verbatim, as results of a file search and in a message with citations."""
    if body.previous_response_id or body.conversation:
        raise InputError(
            "This server keeps no conversation. Send the earlier turns in 'input'.", code="previous_response_not_found"
        )
    base = base_address(request)
    return await compute(request, lambda library: _response(body, library, base))


def _response(body: ResponsesRequest, library: Library, base: str) -> Response:
    items = [OpenAIMessage(role="user", content=body.input)] if isinstance(body.input, str) else body.input
    reply = reply_to((one for one in items if isinstance(one, OpenAIMessage)), body.model, library)
    parts = list(reply.parts(base))
    completed = _completed(body.model, reply, parts, base)
    return events.stream(_events(completed, parts)) if body.stream else JSONResponse(completed)


def _completed(model: str, reply: Reply, parts: list[ReplyPart], base: str) -> dict[str, Any]:
    text, quoted = whole(parts)
    annotations = []
    for citation, span in quoted:
        document = citation.document.id
        annotations.append({"type": "file_citation", "file_id": document, "filename": document, "index": span.end})
        annotations.append({"type": "url_citation"} | url_citation(citation, span, base))
    search = {
        "id": f"fs_{uuid4().hex}", "type": "file_search_call", "status": "completed", "queries": [reply.answer.question],
        "results": [search_result(one, base) | {"text": one.quote} for one in reply.answer.citations],
    }  # fmt: skip
    message = {
        "id": f"msg_{uuid4().hex}", "type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}],
    }  # fmt: skip
    return {
        "id": f"resp_{uuid4().hex}", "object": "response", "created_at": int(time.time()), "model": model,
        "status": "completed", "output": [search, message], "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
        "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "temperature": None, "top_p": None,
        "usage": _USAGE,
    }  # fmt: skip


def _events(completed: dict[str, Any], parts: list[ReplyPart]) -> Iterator[str]:
    for number, (name, fields) in enumerate(_steps(completed, parts)):
        yield events.event({"type": f"response.{name}", "sequence_number": number} | fields, f"response.{name}")


def _steps(completed: dict[str, Any], parts: list[ReplyPart]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events by which a response grows into the completed one."""
    begun = completed | {"status": "in_progress", "output": [], "usage": None}
    search, message = completed["output"]
    (part,) = message["content"]
    yield "created", {"response": begun}
    yield "in_progress", {"response": begun}
    yield "output_item.added", {"output_index": 0, "item": search | {"status": "in_progress", "results": None}}
    for state in ("in_progress", "searching", "completed"):
        yield f"file_search_call.{state}", {"output_index": 0, "item_id": search["id"]}
    yield "output_item.done", {"output_index": 0, "item": search}

    where = {"output_index": 1, "item_id": message["id"], "content_index": 0}
    yield "output_item.added", {"output_index": 1, "item": message | {"status": "in_progress", "content": []}}
    yield "content_part.added", where | {"part": part | {"text": "", "annotations": []}}
    for one in parts:
        yield "output_text.delta", where | {"delta": one.text, "logprobs": []}
    for number, annotation in enumerate(part["annotations"]):
        yield "output_text.annotation.added", where | {"annotation_index": number, "annotation": annotation}
    yield "output_text.done", where | {"text": part["text"], "logprobs": []}
    yield "content_part.done", where | {"part": part}
    yield "output_item.done", {"output_index": 1, "item": message}
    yield "completed", {"response": completed}
