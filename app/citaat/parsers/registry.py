"""The formats that can be parsed, by file name suffix."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from citaat.errors import ParseError
from citaat.parsers.text import parse_text

Parser = Callable[[bytes, str], str]
"""From a file's bytes and its name to its canonical text; raises a ParseError that says which file, where and why."""

PARSERS: Mapping[str, Parser] = {".txt": parse_text, ".md": parse_text}
"""The parser of each suffix, in lower case."""


def is_known(path: PurePath) -> bool:
    """Whether there is a parser for a file of this name."""
    return path.suffix.lower() in PARSERS


def parser_of(path: PurePath) -> Parser:
    """The parser for a file of this name.

    Raises:
        ParseError: there is none.
    """
    if not is_known(path):
        raise ParseError(f"{path.name} has a format that is not read here. Known: {', '.join(PARSERS)}.")
    return PARSERS[path.suffix.lower()]
