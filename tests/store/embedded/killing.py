"""Builds that are killed, each in a process of its own, and what a reader finds after each.

python -m tests.store.embedded.killing ROOT    prints a line a build: the first quote, and how many passages there are
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Never

import numpy as np

from citaat.domain import Document, Source
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.store import EmbeddedStore
from tests.fakes import FullDisk, HashEncoder, QuickDisk
from tests.store.embedded.writing import write

SCORES = np.zeros((20, 3), np.float32)
STEP = 5
"""Of so many operations of the disk one kills a build; of the last ones each does."""
MOMENTS = 3
"""How many builds are killed by the clock."""


class Deadly(FullDisk):
    """A disk whose n-th operation kills the process."""

    def fail(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def text(beginning: str) -> list[Document]:
    lines = "\n\n".join(f"Alinea {number} gaat over onderwerp {number * 79 % 100}." for number in range(10))
    return [Document("a", f"{beginning} begin.\n\n{lines}\n", Source("a"))]


def build(root: Path, beginning: str, disk: Disk | None = None) -> None:
    write(root, text(beginning), HashEncoder(), disk, SCORES)


def killed(root: Path, disk: Disk, seconds: float | None = None) -> None:
    """What a reader finds after a build of a new text that did not live to tell.

    Args:
        disk: kills the build, unless it is killed after some `seconds`.
    """
    child = os.fork()
    if not child:
        _build_and_exit(root, disk)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert seconds is not None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
    with EmbeddedStore.open(root) as store:
        print(store.quote(0), len(store), flush=True)


def _build_and_exit(root: Path, disk: Disk) -> Never:
    try:
        build(root, "Nieuw", disk)
    finally:
        os._exit(0)


def main(root: Path) -> None:
    counting = FullDisk(None)
    began = time.monotonic()
    build(root, "Oud", counting)
    seconds = time.monotonic() - began
    last = counting.done - 1
    for operation in [*range(0, last, STEP), last - 1, last]:
        killed(root, Deadly(operation))
    for moment in np.random.default_rng().uniform(0, 1.2 * seconds, MOMENTS).tolist():
        build(root, "Oud")
        killed(root, QuickDisk(), moment)
    build(root, "Oud")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
