"""Batches of vectors that outlive a build that is killed: each is kept whole as it is made, until the build is current."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from citaat.encoders.protocol import Encoded, EncodedPassages, Encoder, TextKind
from citaat.store.embedded.generations import Disk


class ResumingEncoder:
    """Another encoder, which does not encode again the batches of passages that a build before this one left in a folder.

    Attributes:
        resumed: how many passages were found there.
    """

    def __init__(self, encoder: Encoder, folder: Path, disk: Disk) -> None:
        self._encoder, self._folder, self._disk = encoder, folder, disk
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self.resumed = 0

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        return self._encoder.encode(texts, kind)

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        key = hashlib.sha256(json.dumps([self.fingerprint, list(passages)]).encode()).hexdigest()
        path = self._folder / f"{key}.npz"
        if kept := _read(path):
            self.resumed += len(passages)
            return kept
        encoded = self._encoder.encode_passages(passages)
        data = io.BytesIO()
        np.savez(data, encoded.passages, encoded.sentences, encoded.truncated)
        self._folder.mkdir(exist_ok=True)
        self._disk.write_file(path.with_suffix(".new"), data.getvalue())
        self._disk.rename(path.with_suffix(".new"), path)
        return encoded

    def forget(self) -> None:
        """Remove what is kept."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _read(path: Path) -> EncodedPassages | None:
    """The batch in a file, by whose checksums it is whole."""
    try:
        with np.load(path) as arrays:
            return EncodedPassages(*arrays.values())
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile):
        return None
