"""The catalogue of a folder: what `sources.toml` says of the files beside it."""

import tomllib
from dataclasses import fields
from pathlib import Path

from citaat.domain import Source
from citaat.errors import ParseError

CATALOGUE = "sources.toml"


def sources_in(folder: Path) -> dict[str, Source]:
    """The source of each file that the catalogue of a folder has a table of, by file name; none without a catalogue.

    Raises:
        ParseError: the catalogue is not valid TOML, or nested too deeply.
    """
    path = folder / CATALOGUE
    if not path.is_file():
        return {}
    try:
        rows = tomllib.loads(path.read_bytes().decode("utf-8"))
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
