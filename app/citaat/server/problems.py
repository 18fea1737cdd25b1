"""Errors as RFC 9457 problem documents. What was sent is never sent back."""

import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citaat.errors import CitaatError, InputError
from citaat.limits import LARGEST_BODY

_MEDIA_TYPE = "application/problem+json"

_PROPERTIES = {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
    "detail": {"type": "string", "description": "What is wrong, with its numbers, and what to do next."},
    "instance": {"type": "string"}, "code": {"type": "string", "description": "Stable, for programs."},
}  # fmt: skip
_EXAMPLE = {
    "type": "about:blank", "title": "The request is not valid", "status": 422, "instance": "/ask",
    "detail": "The question is empty. Ask it in words.", "code": "question-empty",
}  # fmt: skip
_SCHEMA = {"type": "object", "required": list(_PROPERTIES), "properties": _PROPERTIES}
RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"description": text, "content": {_MEDIA_TYPE: {"schema": _SCHEMA, "example": _EXAMPLE}}}
    for code, text in (
        (422, "The request cannot be served as it stands"),
        (503, "The index cannot be used yet, or too many questions are waiting; see Retry-After"),
    )
}
_KNOWN_FIELDS = frozenset(
    "question messages limit documents min_confidence document start end quote role content model n stream stream_options "
    "include_usage input previous_response_id query max_num_results filters ranking_options ranker score_threshold rewrite_query "
    "key type value text".split()
)
_HTTP_ERRORS = {
    400: ("invalid-json", "The body is not valid JSON."),
    404: ("not-found", "There is nothing at this address. See /openapi.json."),
    405: ("method-not-allowed", "This address takes another method. See /openapi.json."),
    413: ("body-too-large", f"The body is too large: at most {LARGEST_BODY} bytes are read. Send less."),
}
"""The code and the detail of each status that the framework itself answers with."""


def install(app: FastAPI) -> None:
    """Answer every error of this application as a problem document."""
    app.exception_handler(CitaatError)(_on_citaat_error)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(HTTPException)(_on_http_error)
    app.add_middleware(_limited)


def _response(
    request: Request, title: str, status: int, detail: str, code: str, *, field: str | None = None, retry_after: int = 1
) -> Response:
    """A problem document, or under /v1 the error that OpenAI's clients read."""
    headers = {"retry-after": str(retry_after)} if status == 503 else None
    if request.url.path.startswith("/v1/"):
        kind = "invalid_request_error" if status < 500 else "server_error"
        error = {"message": detail, "type": kind, "param": field, "code": code}
        return JSONResponse({"error": error}, 400 if status == 422 else status, headers)
    # The pattern of the route, not the path: a path may hold anything.
    instance = getattr(request.scope.get("route"), "path", "/")
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": instance, "code": code}
    return Response(json.dumps(body), status, headers, _MEDIA_TYPE)


async def _on_citaat_error(request: Request, error: CitaatError) -> Response:
    return _response(request, error.title, error.status, str(error), error.code, retry_after=error.retry_after)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    # Where a value may be of several kinds, each kind has its error; the deepest is that of the kind that was meant.
    worst = max(error.errors(), key=lambda one: len(one["loc"]))
    if worst["type"] == "json_invalid":
        return _response(request, InputError.title, 422, "The body is not valid JSON.", "invalid-json")
    # As `messages[0].content`, in names that are ours: any other may be the sender's.
    known = [part for part in worst["loc"][1:] if isinstance(part, int) or part in _KNOWN_FIELDS]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in known).removeprefix(".")
    where = f"Field '{field}'" if field else "The body"
    message = "A field is not known here." if worst["type"] == "extra_forbidden" else f"{where}: {worst['msg']}."
    return _response(request, InputError.title, 422, f"{message} See /openapi.json.", InputError.code, field=field or None)


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    code, detail = _HTTP_ERRORS.get(error.status_code, ("http-error", "This is not possible here. See /openapi.json."))
    response = _response(request, "The request cannot be served", error.status_code, detail, code)
    if allowed := (error.headers or {}).get("Allow"):
        response.headers["allow"] = allowed
    return response


def _limited(app: ASGIApp) -> ASGIApp:
    """Refuses a body of more than a mebibyte before it is read whole."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > LARGEST_BODY:
                raise HTTPException(413)
            return message

        await app(scope, counted if scope["type"] == "http" else receive, send)

    return limited
