"""The folder that training writes: never over another one, and with a log of how it was made."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from citaat.errors import InputError

TrainingProgress = Callable[[int, int, float | None], None]
"""Called with the step, how many there are, and the mean loss since the last call where something is learned."""


def refuse_overwriting(out: Path) -> None:
    """
    Raises:
        InputError: there is something at `out`.
    """
    if out.exists():
        raise InputError(f"{out} exists; a model is never overwritten. Name another folder.", code="output-exists")


def write_log(out: Path, log: Mapping[str, object]) -> None:
    (out / "training.json").write_text(json.dumps(log, indent=2) + "\n", "utf-8")
