"""Normalised copies of quoted text, and hashes of it. A copy is for encoders, keyword search and labels; it is never quoted."""

import hashlib
import re

from citaat.domain import Span

_LINE_END_HYPHEN = re.compile(r"(?<=\w)\s?[-\u00ad]\s*\n\s*(?=[a-zà-ÿ])(?!(?:en|of|als|and|or|tot)\b)|\u00ad\s*")
"""A word broken over two lines, or a soft hyphen; not the suspended hyphen of "klimaat- en natuurbeleid"."""


def plain(text: str, span: Span) -> str:
    """A span of a text on one line: white space collapsed, words broken over two lines joined."""
    body = span.of(text)
    if "\n" in body or "\u00ad" in body:
        body = _LINE_END_HYPHEN.sub("", body)
    return " ".join(body.split())


def label(heading: str) -> str:
    """A heading for display: on one line, without Markdown marks around it or a full stop or colon after it."""
    return plain(heading, Span(0, len(heading))).strip("# ").rstrip(".:")


def content_hash(body: str) -> bytes:
    """The first 16 bytes of the SHA-256 of a passage's text: equal texts are encoded once, and a quote is checked against it."""
    return hashlib.sha256(body.encode()).digest()[:16]


def passage_hash(text: str, occurrence: int) -> str:
    """The second half of a passage's id: 12 hex digits of the SHA-256 of its text and of how many like it precede it."""
    return hashlib.sha256(f"{text}\0{occurrence}".encode()).hexdigest()[:12]
