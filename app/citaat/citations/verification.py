"""Citations that come back from elsewhere, held against the source."""

import json
from dataclasses import dataclass
from typing import Any

from citaat.citations import citation as citations
from citaat.errors import InputError, NotFoundError
from citaat.store.store import Store


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a citation is word for word what stands at its place, and what to say of it."""

    verbatim: bool
    message: str


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


def check(store: Store, citation: dict[str, Any]) -> Verdict:
    """Hold a citation, in the form of `citations.citation_json`, against the text in the store."""
    document, start, end = citation["document"]["id"], citation["start"], citation["end"]
    try:
        verbatim, found = citations.verify(store, document, start, end, citation["quote"])
        known = store.document(document)
    except NotFoundError:
        return Verdict(False, "its document is not in this library")
    if verbatim:
        return Verdict(True, f"{known.id}, characters {start}–{end}")
    places = ", ".join(f"{span.start}–{span.end}" for span in found[:3])
    version = "" if citation["document"].get("sha256") in (None, known.sha256) else " The document has changed since."
    return Verdict(False, f"{known.id}, characters {start}–{end}; the quote stands at: {places or 'nowhere'}.{version}")
