"""Finding the sources under the paths that a caller names, and reading one into a Document."""

import hashlib
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from citaat.domain import Document, Source
from citaat.errors import InputError, ReaderError
from citaat.parsers import plain
from citaat.text.languages import language_of_document

SUFFIXES = {".txt": plain.decode, ".md": plain.decode}
"""The formats that can be read, each with the function from bytes and a name to canonical text."""

_CATALOGUE = "sources.toml"


@dataclass(frozen=True, slots=True)
class Origin:
    """The source file as it was read: path, size in bytes, modification time in ns, SHA-256 of its bytes."""

    path: str
    size: int
    modified: int
    sha256: str


@dataclass(frozen=True, slots=True)
class File:
    """A source on disk: the id that its document gets, its path, its size in bytes, and what `sources.toml` beside it says."""

    id: str
    path: Path
    size: int
    source: Source


def find(paths: Iterable[Path]) -> list[File]:
    """The readable files under `paths`, in order of name within each folder.

    README files and what is hidden below a folder are left out, unless a path names them.

    Raises:
        InputError: a path does not exist, a folder holds nothing readable, or two files have one name.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist. Name a file or a folder.", code="unknown-path")
        if path.is_file() and path.suffix.lower() not in SUFFIXES:
            raise ReaderError(f"{path.name} has a format that is not read here. Known: {', '.join(SUFFIXES)}.")
        inside = [path] if path.is_file() else [file for file in _visible(path) if file.suffix.lower() in SUFFIXES]
        if not inside:
            raise InputError(
                f"{path} holds no file that can be read ({', '.join(SUFFIXES)}). README files and hidden ones are left out; "
                "name such a file itself to read it.",
                code="empty-folder",
            )
        found.update(dict.fromkeys(file.resolve() for file in inside))
    catalogues: dict[Path, dict[str, Source]] = {}
    files = []
    for path in found:
        catalogue = catalogues.setdefault(path.parent, {}) or _catalogue(path.parent)
        catalogues[path.parent] = catalogue
        files.append(File(_slug(path.stem), path, _size(path), catalogue.get(path.name, Source(title=path.stem))))
    return _distinct(files)


def left_out(paths: Iterable[Path]) -> list[Path]:
    """The files in the folders among `paths` that are of no kind that is read here, by name."""
    inside = [file for path in paths if path.is_dir() for file in _visible(path)]
    return [file for file in inside if file.name != _CATALOGUE and file.suffix.lower() not in SUFFIXES]


def read(file: File) -> tuple[Document, Origin]:
    """The document in a file, and the file as it was when it was read.

    Raises:
        ReaderError: the file cannot be opened or decoded; says which, where and why.
    """
    try:
        with file.path.open("rb") as opened:
            state, raw = os.fstat(opened.fileno()), opened.read()
    except OSError as error:
        raise ReaderError(f"{file.path.name} cannot be opened: {error.strerror}.") from None
    text = SUFFIXES[file.path.suffix.lower()](raw, file.path.name)
    origin = Origin(str(file.path), len(raw), state.st_mtime_ns, hashlib.sha256(raw).hexdigest())
    return Document(file.id, text, _spoken(file.source, text)), origin


def refuse_unreadable(files: Iterable[File]) -> None:
    """Read each file once, so that a bad one is told before the work begins.

    Raises:
        ReaderError: some cannot be read; says of each which, where and why.
    """
    wrong = []
    for file in files:
        try:
            read(file)
        except ReaderError as error:
            wrong.append(str(error))
    if wrong:
        raise ReaderError("\n".join(wrong))


def _spoken(source: Source, text: str) -> Source:
    """The source with the language that the beginning of its text tells, if nobody has said which it is in."""
    return source if source.language else replace(source, language=language_of_document(text))


def _visible(folder: Path) -> list[Path]:
    """The files below a folder, by name, but for README files and those that are hidden below it."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.stem.lower() != "readme"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ReaderError(f"{path.name} cannot be opened: {error.strerror}.") from None


def _slug(name: str) -> str:
    plain_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain_name).strip("-") or "document"


def _distinct(files: list[File]) -> list[File]:
    first: dict[str, File] = {}
    for file in files:
        if file.id in first:
            raise InputError(
                f"{file.path.name} and {first[file.id].path.name} would both be document '{file.id}'. Rename one.",
                code="duplicate-document",
            )
        first[file.id] = file
    return files


def _catalogue(folder: Path) -> dict[str, Source]:
    path = folder / _CATALOGUE
    if not path.is_file():
        return {}
    try:
        rows = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReaderError(f"{path} is not valid TOML: {error}.") from None
    except RecursionError:
        raise ReaderError(f"{path} nests its values too deeply to be read; one table for each file is all it takes.") from None
    known = [field.name for field in fields(Source)]
    return {
        name: Source(**{"title": name} | {key: str(row[key]) for key in known if key in row})
        for name, row in rows.items()
        if isinstance(row, dict)
    }
