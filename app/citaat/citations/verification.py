"""Quotes and citations that come back from elsewhere, held against the source."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citaat.domain import Span
from citaat.errors import InputError, NotFoundError
from citaat.limits import MOST_OCCURRENCES
from citaat.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a quote is the slice that it is said to be, and the first hundred spans of the document where it does stand."""

    verbatim: bool
    found: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class CitationCheck:
    """Whether a citation is word for word what stands at its place, and what to say of it."""

    verbatim: bool
    message: str


def verify(store: Store, document_id: str, start: int, end: int, quote: str) -> Verification:
    """Hold a quote against the slice `[start, end)` of a document."""
    text = store.text(document_id)
    found: list[Span] = []
    at = text.find(quote) if quote else -1
    while at >= 0 and len(found) < MOST_OCCURRENCES:
        found.append(Span(at, at + len(quote)))
        at = text.find(quote, at + 1)
    verbatim = bool(quote) and start >= 0 and end - start == len(quote) and text[start:end] == quote
    return Verification(verbatim, tuple(found))


def check(store: Store, citation: Mapping[str, Any]) -> CitationCheck:
    """Hold a citation, in its wire form, against the text in the store."""
    document, start, end = citation["document"]["id"], citation["start"], citation["end"]
    try:
        found = verify(store, document, start, end, citation["quote"])
        known = store.document(document)
    except NotFoundError:
        return CitationCheck(False, "its document is not in this library")
    if found.verbatim:
        return CitationCheck(True, f"{known.id}, characters {start}–{end}")
    places = ", ".join(f"{span.start}–{span.end}" for span in found.found[:3])
    version = "" if citation["document"].get("sha256") in (None, known.sha256) else " The document has changed since."
    return CitationCheck(False, f"{known.id}, characters {start}–{end}; the quote stands at: {places or 'nowhere'}.{version}")


def read_citations(raw: bytes) -> list[dict[str, Any]]:
    """The citations in an answer, a list of citations, or a single citation; none in an answer that cites nothing.

    Raises:
        InputError: it is not JSON, or a citation lacks its quote, place or document.
    """
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise InputError("This is not JSON. Give what `citaat ask --json` prints.", code="invalid-json") from None
    rows = found.get("citations", [found]) if isinstance(found, dict) else found
    if isinstance(found, dict) and found.get("status") == "no_answer" and rows == []:
        return []
    if not isinstance(rows, list) or not rows or not all(map(_is_citation, rows)):
        raise InputError(
            "There is no citation in this JSON: each needs quote, start, end and document.id. "
            "Give what `citaat ask --json` prints.",
            code="no-citation",
        )
    return rows


def _is_citation(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("quote"), str)
        and all(type(row.get(key)) is int for key in ("start", "end"))
        and isinstance(row.get("document"), dict)
        and isinstance(row["document"].get("id"), str)
    )
