"""Columns: .npy files that grow by rows while they are written, and are memory-mapped afterwards."""

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.domain import Span
from citaat.store.embedded.generations import Disk, corrupt

PASSAGE = np.dtype(
    [
        ("document", "<u4"), ("start", "<u4"), ("end", "<u4"), ("page", "<u4"), ("run_in", "<u4"),
        ("sentence", "<u4"), ("path", "<u4"), ("hash", "<u8"), ("content", "V16"),
    ]
)  # fmt: skip
"""A row of the passages column. `run_in` is the end of the run-in heading, 0 for none; `sentence` the first row of
its sentences; `path` the row of its heading path; `hash` the number in its id; `content` the hash of its text."""


class ColumnWriter:
    """An .npy file that grows by rows. Its type is that of a row: `np.dtype("(16,)<f4")` for rows of sixteen numbers."""

    def __init__(self, path: Path, dtype: np.dtype[Any], disk: Disk) -> None:
        self._dtype, self._disk, self._rows = dtype, disk, 0
        self._file = path.open("w+b")
        self._start = self._file.seek(len(self._header()))

    def __len__(self) -> int:
        return self._rows

    def append(self, rows: NDArray[Any]) -> None:
        if rows.shape[1:] != self._dtype.shape:
            raise ValueError(f"rows of shape {rows.shape} in a column of rows of shape {self._dtype.shape}")
        self._disk.write(self._file, np.ascontiguousarray(rows, self._dtype.base).data.cast("B") if rows.size else b"")
        self._rows += len(rows)

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """Rows that were appended before."""
        self._file.seek(self._start + first * self._dtype.itemsize)
        found = np.frombuffer(self._file.read((last - first) * self._dtype.itemsize), self._dtype)
        self._file.seek(0, os.SEEK_END)
        return found

    def close(self) -> int:
        """Complete the file and return its size in bytes."""
        size = self._file.tell()
        self._file.seek(0)
        self._disk.write(self._file, self._header())
        self._disk.sync(self._file)
        self._file.close()
        return size

    def abandon(self) -> None:
        self._file.close()

    def _header(self) -> bytes:
        """That of the rows so far: numpy keeps room in it for any number of rows, so that its length stays the same."""
        described = {
            "descr": np.lib.format.dtype_to_descr(self._dtype.base), "fortran_order": False,
            "shape": (self._rows, *self._dtype.shape),
        }  # fmt: skip
        np.lib.format.write_array_header_1_0(header := BytesIO(), described)
        return header.getvalue()


def mapped(path: Path, size: int) -> NDArray[Any]:
    """A column, memory-mapped; StoreError if its file is missing, is no column, or has not the `size` in bytes as written."""
    try:
        if path.stat().st_size != size:
            raise ValueError(f"{path.stat().st_size} bytes instead of {size}")
        # A plain view: every slice of a memmap would be a memmap again, which costs more than the slice.
        return np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError) as error:
        raise corrupt(f"{path} is damaged ({error})") from None


def pairs(spans: Sequence[Span]) -> NDArray[np.uint32]:
    """Spans as rows of a start and an end; uint32 [n, 2]."""
    return np.array([(span.start, span.end) for span in spans], np.uint32).reshape(-1, 2)
