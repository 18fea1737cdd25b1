"""Finding the source files under the paths that a caller names."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from citaat.domain import Source
from citaat.errors import InputError, ParseError
from citaat.parsers import registry
from citaat.parsers.catalogue import CATALOGUE, sources_in


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source on disk.

    Attributes:
        id: the id that its document gets, made of the file name.
        path: absolute.
        size: bytes.
        source: what the catalogue beside it says of it.
    """

    id: str
    path: Path
    size: int
    source: Source


def find(paths: Iterable[Path]) -> list[SourceFile]:
    """The files under `paths` that can be parsed, in order of name within each folder.

    README files and what is hidden below a folder are left out, unless a path names them.

    Raises:
        InputError: a path does not exist, a folder holds nothing that can be parsed, or two files have one name.
        ParseError: a path names a file of an unknown format, or a catalogue cannot be parsed.
    """
    found = dict.fromkeys(file.resolve() for path in paths for file in _files_at(path))
    catalogues = {folder: sources_in(folder) for folder in dict.fromkeys(path.parent for path in found)}
    files = [
        SourceFile(_slug(path.stem), path, _size(path), catalogues[path.parent].get(path.name, Source(title=path.stem)))
        for path in found
    ]
    _refuse_equal_ids(files)
    return files


def left_out(paths: Iterable[Path]) -> list[Path]:
    """The files in the folders among `paths` whose format is unknown, in order of name within each folder."""
    inside = [file for path in paths if path.is_dir() for file in _visible(path)]
    return [file for file in inside if file.name != CATALOGUE and not registry.is_known(file)]


def _files_at(path: Path) -> list[Path]:
    """The file that a path names, or the files in the folder that it names."""
    if not path.exists():
        raise InputError(f"{path} does not exist. Name a file or a folder.", code="unknown-path")
    if path.is_file():
        registry.require_known(path)
        return [path]
    files = [file for file in _visible(path) if registry.is_known(file)]
    if not files:
        raise InputError(
            f"{path} holds no file that can be read ({', '.join(registry.PARSERS)}). README files and hidden ones are left "
            "out; name such a file itself to read it.",
            code="empty-folder",
        )
    return files


def _visible(folder: Path) -> list[Path]:
    """The files below a folder, by name, without README files and those that are hidden below it."""
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
        raise ParseError(f"{path.name} cannot be opened: {error.strerror}.") from None


def _slug(name: str) -> str:
    """A name in lower-case ASCII letters, digits and hyphens."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-") or "document"


def _refuse_equal_ids(files: Iterable[SourceFile]) -> None:
    first: dict[str, SourceFile] = {}
    for file in files:
        if file.id in first:
            raise InputError(
                f"{file.path.name} and {first[file.id].path.name} would both be document '{file.id}'. Rename one.",
                code="duplicate-document",
            )
        first[file.id] = file
