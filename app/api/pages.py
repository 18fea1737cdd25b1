"""The pages that people open: the reader, which shows a document with a passage marked, and a plain start page."""

from html import escape
from urllib.parse import quote as percent_encode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from app.api.serving import library_of
from app.domain import Span
from app.library import Library

router = APIRouter(include_in_schema=False)

_WINDOW = 100_000
"""Characters shown on either side of a passage."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1b19; --paper: #fdfcf9; --mark: #ffe58a; --quiet: #6b675f; --line: #ddd8cc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e6df; --paper: #171614; --mark: #6b5600; --quiet: #a39d92; --line: #3a3732; }
}
body { background: var(--paper); color: var(--ink); font: 1.0625rem/1.65 Georgia, "Noto Serif", serif; margin: 0 auto;
  max-width: 42rem; padding: 2rem 1.25rem 40vh; }
header, footer, nav { color: var(--quiet); font: 0.875rem/1.5 system-ui, sans-serif; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; padding-bottom: 1rem; }
h1 { color: var(--ink); font: 600 1.25rem/1.3 system-ui, sans-serif; margin: 0 0 0.25rem; }
main { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: var(--mark); color: inherit; padding: 0.1em 0; scroll-margin-top: 30vh; }
a { color: inherit; }
code { font-size: 0.875em; }
@media print { body { max-width: none; padding: 0; } }
"""
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@router.get("/style.css")
async def style() -> Response:
    return Response(_STYLE, media_type="text/css", headers={"cache-control": "max-age=3600"})


@router.get("/")
async def start(request: Request) -> HTMLResponse:
    """What this library holds, and how to ask it."""
    rows = "".join(
        f'<li><a href="/read/{percent_encode(document.id)}">{escape(document.source.title)}</a></li>'
        for document in library_of(request).documents()
    )
    ask = 'curl -s localhost:8000/ask --json \'{"question": "Wat vindt de partij van kernwapens?"}\''
    return _page(
        "Citaat",
        "<p>Ask this library a question; read the passages that answer it, verbatim.</p>"
        f"<p><code>{escape(ask)}</code></p><p>The API: <a href='/openapi.json'>openapi.json</a>. The documents:</p>",
        f"<ul>{rows}</ul>",
    )


@router.get("/read/{document_id}")
async def read(document_id: str, request: Request) -> HTMLResponse:
    """A document, from its beginning."""
    return _reader(library_of(request), document_id, None)


@router.get("/read/{document_id}/{fingerprint}")
async def read_passage(document_id: str, fingerprint: str, request: Request) -> HTMLResponse:
    """A document with one passage marked."""
    library = library_of(request)
    return _reader(library, document_id, library.passage(f"{document_id}/{fingerprint}").span)


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


def _page(title: str, head: str, body: str, language: str = "en") -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="{escape(language or "nl")}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="/style.css"></head>'
        f"<body><header><h1>{escape(title)}</h1>{head}</header>{body}</body></html>",
        headers=_HEADERS,
    )
