"""Finding the source files under the paths that a caller names, and what the catalogue beside them says of them."""

import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from citaat.domain import Source
from citaat.errors import InputError, ParseError
from citaat.parsers import registry

_CATALOGUE = "sources.toml"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source on disk: its absolute path and its size in bytes, the id that its document gets, and what the catalogue says."""

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
    files: dict[str, SourceFile] = {}
    for path in found:
        source = catalogues[path.parent].get(path.name, Source(title=path.stem))
        file = SourceFile(_slug(path.stem), path, path.stat().st_size, source)
        if file.id in files:
            raise InputError(
                f"{path.name} and {files[file.id].path.name} would both be document '{file.id}'. Rename one.",
                code="duplicate-document",
            )
        files[file.id] = file
    return list(files.values())


def sources_in(folder: Path) -> dict[str, Source]:
    """The source of each file that the catalogue of a folder has a table of, by file name; none without a catalogue.

    Raises:
        ParseError: the catalogue cannot be opened, is not valid TOML, or is nested too deeply.
    """
    path = folder / _CATALOGUE
    if not path.is_file():
        return {}
    try:
        rows = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ParseError(f"{path} cannot be opened: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParseError(f"{path} is not valid TOML: {error}.") from None
    except RecursionError:
        raise ParseError(f"{path} nests its values too deeply to be read; one table for each file is all it takes.") from None
    known = [field.name for field in fields(Source)]
    return {
        name: Source(**{"title": name} | {key: str(row[key]) for key in known if key in row})
        for name, row in rows.items()
        if isinstance(row, dict)
    }


def left_out(paths: Iterable[Path]) -> list[Path]:
    """The files in the folders among `paths` whose format is unknown, in order of name within each folder."""
    inside = [file for path in paths if path.is_dir() for file in _visible(path)]
    return [file for file in inside if file.name != _CATALOGUE and not registry.is_known(file)]


def _files_at(path: Path) -> list[Path]:
    """The file that a path names, or the files in the folder that it names."""
    if not os.path.exists(path):  # False as well for a name that no file can have
        raise InputError(f"{path} does not exist. Name a file or a folder.", code="unknown-path")
    if path.is_file():
        registry.parser_of(path)  # refuses a format that is unknown
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


def _slug(name: str) -> str:
    """A name in lower-case ASCII letters, digits and hyphens."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-") or "document"
