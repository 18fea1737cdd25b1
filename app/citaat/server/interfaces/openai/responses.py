"""`POST /v1/responses`: a file search that found the passages, and a message that quotes them."""

import time
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Discriminator, Tag
from starlette.responses import JSONResponse, Response

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.chat.replies import Reply, ReplyPart, whole
from citaat.citations.links import permalink
from citaat.domain import Citation, Span
from citaat.errors import InputError
from citaat.server import events
from citaat.server.interfaces.openai.wire import (
    MODEL,
    OpenAIMessage,
    attributes,
    conversation_of,
    documents_of,
    fresh_id,
    url_citation,
)
from citaat.server.serving import base_address, library_of

router = APIRouter(prefix="/v1")

_DETAILS = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
_USAGE = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0} | _DETAILS


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
    library, base = library_of(request), base_address(request)
    reply = conversation.reply(library, _turns(body.input), documents=documents_of(body.model, library))
    made = _Response(body.model, reply, base)
    return events.stream(made.events()) if body.stream else JSONResponse(made.whole("completed", made.output()))


def _turns(given: str | list[Item]) -> list[Message]:
    if isinstance(given, str):
        return [Message("user", given)]
    return conversation_of(one for one in given if isinstance(one, OpenAIMessage))


class _Response:
    """One response, whole or as events; all parts share its ids and its time."""

    def __init__(self, model: str, reply: Reply, base: str) -> None:
        self._reply, self._base, self._model = reply, base, model
        self._parts: list[ReplyPart] = list(reply.parts(base))
        self._text, self._quoted = whole(self._parts)
        self._id, self._search_id, self._message_id = fresh_id("resp_"), fresh_id("fs_"), fresh_id("msg_")
        self._created = int(time.time())

    def whole(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self._id, "object": "response", "created_at": self._created, "model": self._model, "status": status,
            "output": output, "parallel_tool_calls": False, "tool_choice": "auto", "tools": [], "error": None,
            "incomplete_details": None, "instructions": None, "metadata": {}, "temperature": None, "top_p": None,
            "usage": _USAGE if status == "completed" else None,
        }  # fmt: skip

    def output(self) -> list[dict[str, Any]]:
        return [self._search("completed"), self._message("completed", [self._part(self._text, self._annotations())])]

    def events(self) -> Iterator[str]:
        numbers = count()
        for name, fields in self._steps():
            yield events.event({"type": name, "sequence_number": next(numbers)} | fields, name)

    def _steps(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "response.created", {"response": self.whole("in_progress", [])}
        yield "response.in_progress", {"response": self.whole("in_progress", [])}
        yield from self._search_steps()
        yield from self._message_steps()
        yield "response.completed", {"response": self.whole("completed", self.output())}

    def _search_steps(self) -> Iterator[tuple[str, dict[str, Any]]]:
        where = {"output_index": 0, "item_id": self._search_id}
        yield "response.output_item.added", {"output_index": 0, "item": self._search("in_progress")}
        for state in ("in_progress", "searching", "completed"):
            yield f"response.file_search_call.{state}", where
        yield "response.output_item.done", {"output_index": 0, "item": self._search("completed")}

    def _message_steps(self) -> Iterator[tuple[str, dict[str, Any]]]:
        where = {"output_index": 1, "item_id": self._message_id, "content_index": 0}
        yield "response.output_item.added", {"output_index": 1, "item": self._message("in_progress", [])}
        yield "response.content_part.added", where | {"part": self._part("", [])}
        for one in self._parts:
            yield "response.output_text.delta", where | {"delta": one.text, "logprobs": []}
        for number, annotation in enumerate(self._annotations()):
            yield "response.output_text.annotation.added", where | {"annotation_index": number, "annotation": annotation}
        part = self._part(self._text, self._annotations())
        yield "response.output_text.done", where | {"text": self._text, "logprobs": []}
        yield "response.content_part.done", where | {"part": part}
        yield "response.output_item.done", {"output_index": 1, "item": self._message("completed", [part])}

    def _search(self, status: str) -> dict[str, Any]:
        results = [_result(citation, self._base) for citation in self._reply.answer.citations]
        return {
            "id": self._search_id, "type": "file_search_call", "status": status,
            "queries": [self._reply.answer.question], "results": results if status == "completed" else None,
        }  # fmt: skip

    def _message(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self._message_id, "type": "message", "role": "assistant", "status": status, "content": content}

    def _part(self, text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
        return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}

    def _annotations(self) -> list[dict[str, Any]]:
        return [annotation for citation, span in self._quoted for annotation in self._cited(citation, span)]

    def _cited(self, citation: Citation, span: Span) -> Iterator[dict[str, Any]]:
        document = citation.document.id
        yield {"type": "file_citation", "file_id": document, "filename": document, "index": span.end}
        yield {"type": "url_citation"} | url_citation(citation, span, permalink(citation.id, self._base))


def _result(citation: Citation, base: str) -> dict[str, Any]:
    return {
        "file_id": citation.document.id, "filename": citation.document.id, "score": round(citation.confidence, 4),
        "text": citation.quote, "attributes": attributes(citation, base),
    }  # fmt: skip
