"""The pages that people open: the chat, and the reader, which shows a document with a passage marked."""

from functools import cache
from html import escape
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from citaat.domain import Span
from citaat.library import Library
from citaat.server.serving import library_of

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
async def script(name: str) -> Response:
    return _asset(f"{name}.js")


@router.get("/{name}.css")
async def style(name: str) -> Response:
    return _asset(f"{name}.css")


@router.get("/read/{document_id}")
async def read(document_id: str, request: Request) -> HTMLResponse:
    """A document, from its beginning."""
    return _reader(library_of(request), document_id, None)


@router.get("/read/{document_id}/{fingerprint}")
async def read_passage(document_id: str, fingerprint: str, request: Request) -> HTMLResponse:
    """A document with one passage marked."""
    library = library_of(request)
    return _reader(library, document_id, library.passage(f"{document_id}/{fingerprint}").span)


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _asset(name: str) -> Response:
    """A script or a style sheet; other sites may load them, since the element is for them."""
    if name not in _ASSETS:
        raise HTTPException(404)
    headers = {"cache-control": "max-age=600", "access-control-allow-origin": "*", "x-content-type-options": "nosniff"}
    return Response(_file(name), media_type=_ASSETS[name], headers=headers)


def _reader(library: Library, document_id: str, marked: Span | None) -> HTMLResponse:
    document = library.document(document_id)
    around = marked or Span(0, 1)
    start, end = max(0, around.start - _WINDOW), min(document.length, around.end + _WINDOW)
    text = library.text(document_id, start, end)
    if marked:
        first, last = marked.start - start, marked.end - start
        body = f'{escape(text[:first])}<mark id="passage">{escape(text[first:last])}</mark>{escape(text[last:])}'
    else:
        body = escape(text)
    part = "" if end - start == document.length else f"<p>Characters {start} to {end} of {document.length}.</p>"
    facts = ", ".join(fact for fact in (document.source.publisher, document.source.year) if fact)
    return _page(
        document.source.title,
        f"<p>{escape(facts)}</p>{part}<p>SHA-256 of the text: <code>{document.sha256[:16]}…</code></p>",
        f"<main>{body}</main>",
        document.source.language,
    )


def _page(title: str, head: str, body: str, language: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="{escape(language or "nl")}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="/reader.css"></head>'
        f"<body><header><h1>{escape(title)}</h1>{head}</header>{body}</body></html>",
        headers=_HEADERS,
    )
