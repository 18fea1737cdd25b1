"""Where a citation points: a permalink to the reader page, and a W3C Web Annotation target."""

from typing import Any
from urllib.parse import quote as percent_encode

from citaat.domain import Citation


def permalink(passage_id: str, base: str) -> str:
    """The passage in our own reader page; `base` is the address that links start with."""
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


def caption(citation: Citation) -> str:
    """The document, the section and the page of a citation, as a reader would name them."""
    page = f"p. {citation.page}" if citation.page else ""
    return " › ".join(part for part in (citation.document.source.title, *citation.section, page) if part)
