"""`POST /v1/chat/completions` and `GET /v1/models`."""

import time
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from citaat.chat.replies import ReplyPart, whole
from citaat.errors import NotFoundError
from citaat.library import Library
from citaat.server import events
from citaat.server.interfaces.openai.wire import MODEL, OpenAIMessage, reply_to, url_citation
from citaat.server.lifecycle import base_address, compute

router = APIRouter(prefix="/v1")

_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""Nothing is generated."""


class StreamOptions(BaseModel):
    include_usage: bool = False


class ChatRequest(BaseModel):
    """The fields that are read; those that steer how text is generated are taken and have nothing to steer."""

    model: str = MODEL
    messages: Annotated[list[OpenAIMessage], Field(min_length=1)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, Field(ge=1, le=1)] = 1


@router.post("/chat/completions")
async def chat(body: ChatRequest, request: Request) -> Response:
    """The passages that answer the last message, verbatim, each with a `url_citation` whose indexes mark its quote."""
    base = base_address(request)
    return await compute(request, lambda library: _completed(body, library, base))


def _completed(body: ChatRequest, library: Library, base: str) -> Response:
    parts = list(reply_to(body.messages, body.model, library).parts(base))
    text, quoted = whole(parts)
    annotations = [{"type": "url_citation", "url_citation": url_citation(one, span, base)} for one, span in quoted]
    head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": body.model}
    if body.stream:
        usage = bool(body.stream_options and body.stream_options.include_usage)
        return events.stream(_events(head | {"object": "chat.completion.chunk"}, parts, annotations, usage))
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": annotations}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}
    return JSONResponse(head | {"object": "chat.completion", "choices": [choice], "usage": _USAGE})


def _events(head: dict[str, Any], parts: list[ReplyPart], annotations: list[dict[str, Any]], usage: bool) -> Iterator[str]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": part.text} for part in parts)]
    if annotations:
        deltas.append({"annotations": annotations})
    for delta in [*deltas, {}]:
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop", "logprobs": None}
        yield events.event(head | {"choices": [choice]} | ({"usage": None} if usage else {}))
    if usage:
        yield events.event(head | {"choices": [], "usage": _USAGE})
    yield "data: [DONE]\n\n"


@router.get("/models")
async def list_models(request: Request) -> dict[str, Any]:
    """The library, and each of its documents if it holds several."""
    return {"object": "list", "data": await compute(request, _models)}


@router.get("/models/{model:path}")
async def model(model: str, request: Request) -> dict[str, Any]:
    for one in await compute(request, _models):
        if one["id"] == model:
            return one
    raise NotFoundError("There is no such model here. GET /v1/models lists them.", code="model_not_found")


def _models(library: Library) -> list[dict[str, Any]]:
    documents, created = library.documents(), library.describe().created
    names = [MODEL] + ([f"{MODEL}/{document.id}" for document in documents] if len(documents) > 1 else [])
    return [{"id": name, "object": "model", "created": created, "owned_by": MODEL} for name in names]
