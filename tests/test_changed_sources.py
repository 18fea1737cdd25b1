"""Whether the files that a library was made of are still what was indexed."""

import hashlib
import os
from pathlib import Path

from citaat.parsers.reading import Origin, changed_sources


def origin_of(path: Path) -> Origin:
    """A file as it is now."""
    state, body = path.stat(), path.read_bytes()
    return Origin(str(path), len(body), state.st_mtime_ns, hashlib.sha256(body).hexdigest())


def test_a_file_that_is_touched_but_not_changed_is_no_changed_source(tmp_path: Path) -> None:
    path = tmp_path / "wonen.md"
    path.write_text("De huur daalt.")
    before = origin_of(path)
    os.utime(path, (1, 1))
    assert changed_sources([before]) == []


def test_files_that_are_changed_or_gone_are_named(tmp_path: Path) -> None:
    same, longer, gone = (tmp_path / name for name in ("same.md", "longer.md", "gone.md"))
    for path in (same, longer, gone):
        path.write_text("De huur daalt.")
    before = [origin_of(path) for path in (same, longer, gone)]
    longer.write_text("De huur daalt niet.")
    gone.unlink()
    assert changed_sources(before) == ["longer.md", "gone.md"]


def test_another_text_of_the_same_size_is_told_by_its_time_and_one_of_the_same_time_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "wonen.md"
    path.write_text("De huur daalt.")
    before = origin_of(path)
    path.write_text("De huur stijgt.")
    os.utime(path, ns=(before.modified, before.modified))
    assert changed_sources([before]) == ["wonen.md"]
    path.write_text("De huis daalt.")
    os.utime(path, ns=(before.modified + 1, before.modified + 1))
    assert changed_sources([before]) == ["wonen.md"]


def test_a_file_of_the_same_size_and_time_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "wonen.md"
    path.write_text("De huur daalt.")
    before = origin_of(path)
    path.write_text("De huis daalt.")
    os.utime(path, ns=(before.modified, before.modified))
    assert changed_sources([before]) == []
