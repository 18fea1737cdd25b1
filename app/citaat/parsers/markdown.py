"""Markdown: the canonical text is its source."""

from citaat.parsers.text import parse_text


def parse_markdown(raw: bytes, name: str) -> str:
    """Decode UTF-8, as of plain text. Marks stay in the text, so that a quote is found in the file as it is.

    Segmentation takes headings, list markers and code fences from the marks.

    Raises:
        ParseError: the bytes are not UTF-8, or hold a NUL, or no text at all.
    """
    return parse_text(raw, name)
