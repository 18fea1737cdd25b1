"""Reading a source file into a document."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from citaat.domain import Document
from citaat.errors import ParseError
from citaat.parsers.discovery import SourceFile
from citaat.parsers.registry import parser_of
from citaat.text.language import language_of_document


@dataclass(frozen=True, slots=True)
class Origin:
    """A source file as it was when it was read: its absolute path, its size in bytes, its modification time in nanoseconds
    since the epoch, and the hex digest of its bytes."""

    path: str
    size: int
    modified: int
    sha256: str


def read(file: SourceFile) -> tuple[Document, Origin]:
    """The document in a file, and the file as it was when it was read.

    A text has the language of its beginning where its catalogue gives none.

    Raises:
        ParseError: the file cannot be opened or parsed; says which, where and why.
    """
    try:
        with file.path.open("rb") as opened:
            state, raw = os.fstat(opened.fileno()), opened.read()
    except OSError as error:
        raise ParseError(f"{file.path.name} cannot be opened: {error.strerror}.") from None
    text = parser_of(file.path)(raw, file.path.name)
    origin = Origin(str(file.path), len(raw), state.st_mtime_ns, hashlib.sha256(raw).hexdigest())
    source = replace(file.source, language=file.source.language or language_of_document(text))
    return Document(file.id, text, source), origin


def refuse_unreadable(files: Iterable[SourceFile]) -> None:
    """Read each file once, so that all that cannot be parsed are named before the work begins.

    Raises:
        ParseError: some cannot be parsed; says of each which, where and why.
    """
    wrong = []
    for file in files:
        try:
            read(file)
        except ParseError as error:
            wrong.append(str(error))
    if wrong:
        raise ParseError("\n".join(wrong))


def changed_sources(origins: Iterable[Origin]) -> list[str]:
    """Names of the source files that are gone or differ from what was indexed, by size and time, then by hash."""
    return [Path(origin.path).name for origin in origins if _has_changed(origin)]


def _has_changed(origin: Origin) -> bool:
    path = Path(origin.path)
    try:
        state = path.stat()
        if (state.st_size, state.st_mtime_ns) == (origin.size, origin.modified):
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() != origin.sha256
    except OSError:
        return True
