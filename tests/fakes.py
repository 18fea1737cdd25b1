"""Stand-ins with the same face as the real thing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from app.domain import FloatMatrix
from app.encoder import Kind
from app.generations import Disk


@dataclass
class HashEncoder:
    """Each word is a random direction that its hash decides; remembers how many texts it was given."""

    name: str = "hash"
    fingerprint: str = "hash-16"
    dimension: int = 16
    encoded: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        self.encoded += texts
        vectors = np.array([sum((self._word(word) for word in text.split()), np.zeros(self.dimension)) for text in texts])
        vectors = vectors.reshape(len(texts), self.dimension)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(np.float32)

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        return 0

    def _word(self, word: str) -> FloatMatrix:
        seed = int.from_bytes(hashlib.sha256(word.lower().encode()).digest()[:8], "little")
        return np.random.default_rng(seed).normal(size=self.dimension)


class FullDisk(Disk):
    """A disk on which the n-th operation fails, counted from 0; with None it only counts."""

    def __init__(self, failing: int | None) -> None:
        self.failing, self.done = failing, 0

    def _count(self) -> None:
        if self.done == self.failing:
            raise OSError(28, "No space left on device")
        self.done += 1

    def write(self, file: IO[bytes], data: bytes | memoryview) -> None:
        self._count()
        super().write(file, data)

    def sync(self, file: IO[bytes]) -> None:
        self._count()
        super().sync(file)

    def sync_folder(self, folder: Path) -> None:
        self._count()
        super().sync_folder(folder)

    def rename(self, source: Path, target: Path) -> None:
        self._count()
        super().rename(source, target)
