"""A disk that remembers."""

from pathlib import Path
from typing import IO

from tests.fakes import QuickDisk


class Recording(QuickDisk):
    """A disk that remembers what it did, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def write(self, file: IO[bytes], data: bytes | memoryview) -> None:
        super().write(file, data)
        self.done.append(f"write {Path(file.name).name}")

    def sync(self, file: IO[bytes]) -> None:
        super().sync(file)
        self.done.append(f"sync {Path(file.name).name}")

    def sync_folder(self, folder: Path) -> None:
        self.done.append(f"sync {folder.name}/")

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self.done.append(f"rename {source.name} {target.name}")
