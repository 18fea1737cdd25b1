"""What several commands share: the type of a path, the default address, options that would be ignored."""

from collections.abc import Mapping
from pathlib import Path

import click

from citaat.errors import InputError

PATH = click.Path(path_type=Path)
DEFAULT_ADDRESS = "http://127.0.0.1:8000"
"""Where `citaat serve` listens unless it is told otherwise."""


def refuse_ignored(options: Mapping[str, object], reason: str) -> None:
    """InputError if one of these options, which would not be read, was given."""
    if given := [name for name, value in options.items() if value]:
        raise InputError(f"{reason} Leave out {' and '.join(given)}.", code="ignored-option")
