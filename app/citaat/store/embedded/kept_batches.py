"""Batches of vectors that are kept whole as they are made, so that what was stopped goes on, and nothing is encoded again."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from citaat.encoders.protocol import Encoded, EncodedPassages, Encoder, TextKind
from citaat.settings import precision
from citaat.store.embedded.generations import Disk

Batch = TypeVar("Batch", Encoded, EncodedPassages)


class KeepingEncoder:
    """Another encoder, which keeps its batches in a folder and does not compute again what is there.

    Attributes:
        known: how many passages were found there.
    """

    def __init__(self, encoder: Encoder, folder: Path, disk: Disk) -> None:
        self._encoder, self._folder, self._disk = encoder, folder, disk
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self.known = 0

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        path = self._path(kind, texts)
        if kept := _read(path, Encoded):
            return kept
        encoded = self._encoder.encode(texts, kind)
        self._keep(path, encoded.vectors, encoded.truncated)
        return encoded

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        path = self._path("passages", passages)
        if kept := _read(path, EncodedPassages):
            self.known += len(passages)
            return kept
        encoded = self._encoder.encode_passages(passages)
        self._keep(path, encoded.passages, encoded.sentences, encoded.truncated)
        return encoded

    def forget(self) -> None:
        """Remove what is kept."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, kind: str, batch: Sequence[str] | Sequence[Sequence[str]]) -> Path:
        decides = json.dumps([self.fingerprint, precision(), kind, list(batch)])
        return self._folder / f"{hashlib.sha256(decides.encode()).hexdigest()}.npz"

    def _keep(self, path: Path, *arrays: NDArray[Any]) -> None:
        data = io.BytesIO()
        np.savez(data, *arrays)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._disk.write_file(path.with_suffix(".new"), data.getvalue())
        self._disk.rename(path.with_suffix(".new"), path)


def _read(path: Path, batch: Callable[..., Batch]) -> Batch | None:
    """The batch in a file, by whose checksums it is whole."""
    try:
        with np.load(path) as arrays:
            return batch(*arrays.values())
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile):
        return None
