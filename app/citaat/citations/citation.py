"""From a ranked passage to a citation: the quote, where it stands, how to link to it, and whether it is still true."""

from typing import Any
from urllib.parse import quote as percent_encode

from citaat.domain import Citation, DocumentInfo, Passage, Span
from citaat.store.store import Store, StoredDocument

_CONTEXT = 32
"""Characters of prefix and suffix in a selector."""
MOST_FOUND = 100
"""Spans where a quote stands."""


def cite(
    store: Store, row: int, found: tuple[StoredDocument, Passage], number: int, confidence: float, highlights: tuple[Span, ...]
) -> Citation:
    """The citation of the passage in row `row` of a store, which `store.passage` found.

    Raises:
        StoreError: the text in the store is no longer the text that was indexed.
    """
    document, passage = found
    quote = store.quote(row)
    span = passage.span
    return Citation(
        number=number,
        id=passage.id,
        quote=quote,
        span=span,
        prefix=store.text(document, span.start - _CONTEXT, span.start),
        suffix=store.text(document, span.end, span.end + _CONTEXT),
        sentences=passage.sentences,
        highlights=highlights,
        document=DocumentInfo(document.id, document.source, document.sha256, document.length, document.passages),
        section=store.section(document, passage),
        page=passage.page,
        confidence=confidence,
    )


def citation_json(citation: Citation, base: str) -> dict[str, Any]:
    """The wire form of a citation. Offsets count Unicode code points of the document's canonical text."""
    document = citation.document
    return {
        "number": citation.number,
        "id": citation.id,
        "quote": citation.quote,
        "start": citation.span.start,
        "end": citation.span.end,
        "highlights": [{"start": span.start, "end": span.end} for span in citation.highlights],
        "document": {
            "id": document.id,
            "title": document.source.title,
            "url": document.source.url or None,
            "language": document.source.language or None,
            "sha256": document.sha256,
        },
        "section": list(citation.section),
        "page": citation.page or None,
        "confidence": round(citation.confidence, 4),
        "url": permalink(citation.id, base),
        "target": target(citation, base),
    }


def permalink(passage_id: str, base: str) -> str:
    """The passage in our own reader page."""
    return f"{base}/read/{percent_encode(passage_id)}#passage"


def target(citation: Citation, base: str) -> dict[str, Any]:
    """A W3C Web Annotation target (https://www.w3.org/TR/annotation-model/#selectors)."""
    return {
        "source": citation.document.source.url or f"{base}/documents/{percent_encode(citation.document.id)}",
        "selector": [
            {"type": "TextQuoteSelector", "exact": citation.quote, "prefix": citation.prefix, "suffix": citation.suffix},
            {"type": "TextPositionSelector", "start": citation.span.start, "end": citation.span.end},
        ],
    }


def verify(store: Store, document_id: str, start: int, end: int, quote: str) -> tuple[bool, list[Span]]:
    """Whether `quote` is the slice `[start, end)` of a document, and the first hundred spans where it does stand.

    Raises:
        NotFoundError: there is no such document.
    """
    text = store.text(store.document(document_id))
    found: list[Span] = []
    at = text.find(quote) if quote else -1
    while at >= 0 and len(found) < MOST_FOUND:
        found.append(Span(at, at + len(quote)))
        at = text.find(quote, at + 1)
    return bool(quote) and start >= 0 and end - start == len(quote) and text[start:end] == quote, found
