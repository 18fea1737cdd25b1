"""Plain text and Markdown: the canonical text is the file's own bytes, decoded."""

from citaat.errors import ParseError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_text(raw: bytes, name: str) -> str:
    """Decode UTF-8. A byte-order mark is not part of the text; every line end is kept as it is, and so are the marks
    of Markdown, from which segmentation takes headings, list markers and code fences.

    Raises:
        ParseError: the bytes are not UTF-8, or hold a NUL, or no text at all.
    """
    body = raw.removeprefix(_BYTE_ORDER_MARK)
    if body.startswith(b"%PDF-"):
        raise ParseError(f"{name} is a PDF file under another name. Extract its text first, for instance with pdftotext.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ParseError(
            f"{name} is not UTF-8: byte {error.start + len(raw) - len(body)}, on line {line}, does not decode. "
            "Save it as UTF-8 and index it again."
        ) from None
    if (at := text.find("\0")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise ParseError(f"{name} holds a NUL character on line {line}, so it is no text file. Leave it out.")
    if not text.strip():
        raise ParseError(f"{name} is empty: there is nothing to quote. Leave it out or add text to it.")
    return text
