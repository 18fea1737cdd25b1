"""The folder that training writes: never over another one, and with a log of how it was made."""

import json
from collections.abc import Mapping
from pathlib import Path

from citaat.errors import InputError


def refuse_overwriting(out: Path) -> None:
    """InputError if there is something at `out`."""
    if out.exists():
        raise InputError(f"{out} exists; a model is never overwritten. Name another folder.", code="output-exists")


def write_log(out: Path, log: Mapping[str, object]) -> None:
    (out / "training.json").write_text(json.dumps(log, indent=2) + "\n", "utf-8")
