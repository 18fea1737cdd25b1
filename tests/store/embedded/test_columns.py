from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citaat.domain import Span
from citaat.errors import StoreError
from citaat.store.embedded.columns import ColumnWriter, mapped, pairs
from citaat.store.embedded.generations import Disk
from tests.fakes import QuickDisk

PARTS = st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=4), max_size=4)


class Remembering(QuickDisk):
    """A disk that remembers how many bytes of each file it was asked to make durable."""

    def __init__(self) -> None:
        self.synced: list[int] = []

    def sync(self, file: Any) -> None:
        super().sync(file)
        self.synced.append(Path(file.name).stat().st_size)


HEADER = 128
"""Bytes of the .npy header of these columns."""


def column(path: Path, width: int, disk: Disk | None = None) -> ColumnWriter:
    return ColumnWriter(path, np.dtype(f"({width},)<u4" if width else "<u4"), disk or QuickDisk())


def made(path: Path, rows: list[int]) -> int:
    """A column of numbers; its size."""
    writer = column(path, 0)
    writer.append(np.array(rows, "<u4"))
    return writer.close()


@pytest.mark.parametrize("width", [0, 1, 3])
@settings(max_examples=20)
@given(parts=PARTS)
def test_what_is_appended_is_what_is_mapped(tmp_path_factory: pytest.TempPathFactory, width: int, parts: list[list[int]]) -> None:
    path = tmp_path_factory.mktemp("column") / "a.npy"
    writer = column(path, width)
    rows = [np.repeat(np.array(part, "<u4"), max(1, width)).reshape((-1, width) if width else -1) for part in parts]
    for part in rows:
        writer.append(part)
    size = writer.close()
    expected = np.concatenate([np.zeros((0, width) if width else 0, "<u4"), *rows])
    assert size == path.stat().st_size == HEADER + expected.nbytes
    np.testing.assert_array_equal(mapped(path, size), expected)
    np.testing.assert_array_equal(np.load(path), expected)
    assert mapped(path, size).dtype == np.dtype("<u4")


def test_rows_are_kept_as_the_type_of_the_column(tmp_path: Path) -> None:
    writer = ColumnWriter(tmp_path / "a.npy", np.dtype("(2,)<f2"), QuickDisk())
    writer.append(np.array([[0.1, 2], [3, 4]], np.float32).T)
    found = mapped(tmp_path / "a.npy", writer.close())
    np.testing.assert_array_equal(found, np.array([[0.1, 3], [2, 4]], np.float16))
    assert found.dtype == np.float16


@pytest.mark.parametrize("width", [0, 2])
def test_rows_that_were_appended_are_read_back_and_more_can_follow(tmp_path: Path, width: int) -> None:
    writer = column(tmp_path / "a.npy", width)
    rows = np.arange(20, dtype="<u4").reshape((-1, width) if width else -1)
    writer.append(rows[:6])
    np.testing.assert_array_equal(writer.rows(2, 5), rows[2:5])
    writer.append(rows[6:])
    np.testing.assert_array_equal(writer.rows(0, 7), rows[:7])
    np.testing.assert_array_equal(mapped(tmp_path / "a.npy", writer.close()), rows)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 3), (3, 2, 1)])
def test_rows_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    writer = column(tmp_path / "a.npy", 2)
    with pytest.raises(ValueError, match="in a column of rows of shape \\(2,\\)"):
        writer.append(np.zeros(shape, "<u4"))
    writer.abandon()


def test_a_column_is_durable_once_it_is_closed(tmp_path: Path) -> None:
    disk = Remembering()
    writer = column(tmp_path / "a.npy", 0, disk)
    writer.append(np.arange(3))
    assert disk.synced == []
    assert writer.close() == HEADER + 12
    assert disk.synced == [HEADER + 12]


@pytest.mark.parametrize("change", [-1, 1])
def test_a_column_of_another_size_is_refused(tmp_path: Path, change: int) -> None:
    size = made(tmp_path / "a.npy", [1, 2, 3])
    with pytest.raises(StoreError, match=rf"a.npy is damaged \({size} bytes instead of {size + change}\).*--fresh$") as error:
        mapped(tmp_path / "a.npy", size + change)
    assert error.value.code == "store-corrupt"


def test_a_column_that_is_missing_or_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.npy").write_bytes(b"x" * 600)
    for name in ("a.npy", "b.npy"):
        with pytest.raises(StoreError, match=f"{name} is damaged") as error:
            mapped(tmp_path / name, 600)
        assert error.value.code == "store-corrupt"


def test_a_mapped_column_is_a_plain_array_that_cannot_be_written(tmp_path: Path) -> None:
    found = mapped(tmp_path / "a.npy", made(tmp_path / "a.npy", [1, 2, 3]))
    assert type(found) is np.ndarray
    assert isinstance(found.base, np.memmap)
    assert not found.flags.writeable


def test_an_abandoned_column_is_closed(tmp_path: Path) -> None:
    writer = column(tmp_path / "a.npy", 0)
    writer.abandon()
    with pytest.raises(ValueError, match="closed file"):
        writer.append(np.arange(3))


def test_spans_are_rows_of_a_start_and_an_end() -> None:
    assert pairs([Span(1, 3), Span(5, 7)]).tolist() == [[1, 3], [5, 7]]
    assert pairs([]).shape == (0, 2)
    assert pairs([]).dtype == np.uint32


def test_a_column_knows_how_many_rows_it_has(tmp_path: Path) -> None:
    writer = column(tmp_path / "a.npy", 2)
    for count in (0, 3, 4):
        assert len(writer) == count
        writer.append(np.zeros((max(1, 3 - count), 2), "<u4"))
    writer.abandon()
