"""Short ways to read a file."""

from pathlib import Path

from citaat.domain import Document
from citaat.parsers import discovery, reading


def document_of(path: Path) -> Document:
    (file,) = discovery.find([path])
    return reading.read(file)[0]


def text_of(path: Path) -> str:
    return document_of(path).text
