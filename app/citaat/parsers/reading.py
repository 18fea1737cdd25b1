"""Reading a source file into a document."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

from citaat.domain import Document, Source
from citaat.errors import ParseError
from citaat.parsers import registry
from citaat.parsers.discovery import SourceFile
from citaat.text.language import language_of_document


@dataclass(frozen=True, slots=True)
class Origin:
    """A source file as it was when it was read.

    Attributes:
        path: absolute.
        size: bytes.
        modified: modification time, in nanoseconds since the epoch.
        sha256: hex digest of its bytes.
    """

    path: str
    size: int
    modified: int
    sha256: str


def read(file: SourceFile) -> tuple[Document, Origin]:
    """The document in a file, and the file as it was when it was read.

    Raises:
        ParseError: the file cannot be opened or parsed; says which, where and why.
    """
    try:
        with file.path.open("rb") as opened:
            state, raw = os.fstat(opened.fileno()), opened.read()
    except OSError as error:
        raise ParseError(f"{file.path.name} cannot be opened: {error.strerror}.") from None
    text = registry.parse(raw, file.path.name)
    origin = Origin(str(file.path), len(raw), state.st_mtime_ns, hashlib.sha256(raw).hexdigest())
    return Document(file.id, text, _with_language(file.source, text)), origin


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


def _with_language(source: Source, text: str) -> Source:
    """The source with the language that the beginning of its text is in, where the catalogue gives none."""
    return source if source.language else replace(source, language=language_of_document(text))
