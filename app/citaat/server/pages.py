"""The pages that people open: the chat, and the reader, which shows a document with a passage marked."""

from functools import cache
from html import escape
from pathlib import Path
from string import Template

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from citaat.domain import Span
from citaat.library import Library
from citaat.server.lifecycle import library_of

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).resolve().parent / "web"
_WINDOW = 100_000
"""Characters shown on either side of a passage."""

_ASSETS = {
    "page.js": "text/javascript", "widget.js": "text/javascript",
    "page.css": "text/css", "widget.css": "text/css", "reader.css": "text/css",
}  # fmt: skip

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@router.get("/")
async def chat() -> HTMLResponse:
    """The page on which people ask."""
    return HTMLResponse(_file("index.html"), headers=_HEADERS)


@router.get("/{name}.js")
@router.get("/{name}.css")
async def asset(request: Request) -> Response:
    """A script or a style sheet; other sites may load them, since the element is for them."""
    name = request.url.path.rpartition("/")[2]
    if name not in _ASSETS:
        raise HTTPException(404)
    headers = {"cache-control": "max-age=600", "access-control-allow-origin": "*", "x-content-type-options": "nosniff"}
    return Response(_file(name), media_type=_ASSETS[name], headers=headers)


@router.get("/read/{document_id}")
@router.get("/read/{document_id}/{fingerprint}")
def read(document_id: str, request: Request) -> HTMLResponse:
    """A document from its beginning, or with one passage marked; in a thread, but not in the queue."""
    with library_of(request) as library:
        return HTMLResponse(_read(library, document_id, request.path_params.get("fingerprint")), headers=_HEADERS)


def _read(library: Library, document_id: str, fingerprint: str | None) -> str:
    marked = library.passage(f"{document_id}/{fingerprint}").span if fingerprint else None
    document, around = library.document(document_id), marked or Span(0, 1)
    start, end = max(0, around.start - _WINDOW), min(document.length, around.end + _WINDOW)
    text = library.text(document_id, start, end)
    if marked:
        first, last = marked.start - start, marked.end - start
        body = f'{escape(text[:first])}<mark id="passage">{escape(text[first:last])}</mark>{escape(text[last:])}'
    else:
        body = escape(text)
    source = document.source
    return Template(_file("reader.html")).substitute(
        language=escape(source.language or "nl"),
        title=escape(source.title),
        facts=escape(", ".join(fact for fact in (source.publisher, source.year) if fact)),
        part="" if end - start == document.length else f"<p>Characters {start} to {end} of {document.length}.</p>",
        sha256=document.sha256[:16],
        text=body,
    )


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
