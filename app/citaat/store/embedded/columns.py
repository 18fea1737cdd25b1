"""Columns: .npy files that grow by rows while they are written, and are memory-mapped afterwards."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat.errors import StoreError
from citaat.store.embedded.generations import Disk

HEADER = 512
"""Bytes of the .npy header of each column: fixed, so that it can be written when the rows are counted."""

PASSAGE = np.dtype(
    [
        ("document", "<u4"), ("start", "<u4"), ("end", "<u4"), ("page", "<u4"), ("run_in", "<u4"),
        ("sentence", "<u4"), ("path", "<u4"), ("hash", "<u8"), ("content", "V16"),
    ]
)  # fmt: skip
"""A row of the passages column. `run_in` is the end of the run-in heading, 0 for none; `sentence` the first row of
its sentences; `path` the row of its heading path; `hash` the number in its id; `content` the hash of its text."""


class ColumnWriter:
    """An .npy file that grows by rows."""

    def __init__(self, path: Path, dtype: np.dtype[Any], width: int, disk: Disk) -> None:
        self._dtype, self._width, self._disk = dtype, width, disk
        self._file = path.open("w+b")
        self._rows = 0
        self._file.seek(HEADER)

    def append(self, rows: NDArray[Any]) -> None:
        if rows.shape[1:] != ((self._width,) if self._width else ()):
            raise ValueError(f"rows of shape {rows.shape} in a column of width {self._width}")
        self._disk.write(self._file, np.ascontiguousarray(rows, self._dtype).data.cast("B") if rows.size else b"")
        self._rows += len(rows)

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """Rows that were appended before."""
        size = self._dtype.itemsize * max(1, self._width)
        self._file.seek(HEADER + first * size)
        found = np.frombuffer(self._file.read((last - first) * size), self._dtype)
        self._file.seek(0, os.SEEK_END)
        return found.reshape(-1, self._width) if self._width else found

    def close(self) -> int:
        """Complete the file and return its size in bytes."""
        shape = (self._rows, self._width) if self._width else (self._rows,)
        described = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        magic = np.lib.format.magic(1, 0)
        length = HEADER - len(magic) - 2
        body = repr(described).encode("latin1").ljust(length - 1) + b"\n"
        size = self._file.tell()
        self._file.seek(0)
        self._disk.write(self._file, magic + length.to_bytes(2, "little") + body)
        self._disk.sync(self._file)
        self._file.close()
        return size

    def abandon(self) -> None:
        self._file.close()


def mapped(path: Path, size: int) -> NDArray[Any]:
    """A column, memory-mapped.

    Args:
        size: of the file in bytes, as it was written.

    Raises:
        StoreError: the file is missing, of another size, or no column.
    """
    try:
        if path.stat().st_size != size:
            raise ValueError(f"{path.stat().st_size} bytes instead of {size}")
        # A plain view: every slice of a memmap would be a memmap again, which costs more than the slice.
        return np.asarray(np.load(path, mmap_mode="r" if size > HEADER else None))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} is damaged ({error}). Run: citaat index --fresh", code="store-corrupt") from None
