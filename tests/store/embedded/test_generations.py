import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import filelock
import pytest

from citaat.errors import StoreError
from citaat.store.embedded import generations
from citaat.store.embedded.generations import Disk
from tests.fakes import QuickDisk
from tests.store.embedded.recording import Recording


class Forgetful(QuickDisk):
    """A disk that cannot sync the folder that holds CURRENT."""

    def sync_folder(self, folder: Path) -> None:
        if folder.name == "store":
            raise OSError(5, "Input/output error")


class Late:
    """Leases before which something happens once."""

    before: Callable[[], object] | None = None

    def __init__(self) -> None:
        self._lease = generations.lease

    def __call__(self, folder: Path) -> IO[bytes]:
        happens, self.before = self.before, None
        if happens:
            happens()
        return self._lease(folder)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Late:
    late = Late()
    monkeypatch.setattr(generations, "lease", late)
    return late


def publish(root: Path, checksum: str = "0123456789abcdef", disk: Disk | None = None) -> Path:
    """Make an empty generation current."""
    with generations.building(root) as path:
        generations.publish(root, path, checksum, disk or QuickDisk())
    return path


@contextmanager
def leased(root: Path) -> Iterator[tuple[Path, str]]:
    """The folder and the checksum of the current generation, while it is leased."""
    path, checksum, lease = generations.lease_current(root)
    with lease:
        yield path, checksum


def names(root: Path) -> set[str]:
    """Of the generations on disk."""
    return {path.name for path in (root / "generations").iterdir()}


def test_nothing_is_current_before_the_first_generation(root: Path) -> None:
    assert generations.current(root) is None
    with pytest.raises(StoreError, match=r"There is no index in .*store\. Run: citaat index PATH\.\.\.$") as error:
        generations.lease_current(root)
    assert error.value.code == "store-missing"


def test_what_is_published_is_current(root: Path) -> None:
    path = publish(root, "feed")
    assert generations.current(root) == (path.name, "feed")
    assert path == generations.folder(root, path.name) == root / "generations" / path.name
    with leased(root) as found:
        assert found == (path, "feed")


@pytest.mark.parametrize("body", [b"", b"one\n", b"one two three\n", b"\xff\xfe\n"])
def test_a_name_that_does_not_read_as_one_is_refused(root: Path, body: bytes) -> None:
    root.mkdir()
    (root / "CURRENT").write_bytes(body)
    with pytest.raises(StoreError, match=r"CURRENT cannot be read\. Run: citaat index --fresh$") as error:
        generations.current(root)
    assert error.value.code == "store-corrupt"


def test_a_name_that_cannot_be_opened_is_refused(root: Path) -> None:
    (root / "CURRENT").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be read"):
        generations.current(root)


def test_a_generation_is_made_durable_before_it_becomes_current(root: Path) -> None:
    disk = Recording()
    path = publish(root, disk=disk)
    assert disk.done == [
        f"sync {path.name}/", "sync generations/", "write CURRENT.new", "sync CURRENT.new", "rename CURRENT.new CURRENT",
        "sync store/",
    ]  # fmt: skip


def test_what_fails_after_the_rename_does_not_undo_it(root: Path) -> None:
    path = publish(root, disk=Forgetful())
    found = generations.current(root)
    assert found
    assert found[0] == path.name


def test_the_disk_makes_files_and_folders_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append((os.fstat(handle).st_ino, os.fstat(handle).st_size)))
    Disk().write_file(tmp_path / "a", b"abc")
    assert synced == [((tmp_path / "a").stat().st_ino, 3)]
    Disk().sync_folder(tmp_path)
    assert synced[1][0] == tmp_path.stat().st_ino


def test_a_build_that_is_not_published_leaves_nothing(root: Path) -> None:
    before = publish(root)
    with generations.building(root) as path:
        (path / "vectors.npy").touch()
    assert names(root) == {before.name}
    with pytest.raises(RuntimeError), generations.building(root):
        raise RuntimeError
    assert names(root) == {before.name}
    assert generations.current(root) == (before.name, "0123456789abcdef")


def test_a_build_is_in_use_while_it_is_written(root: Path) -> None:
    publish(root)
    with generations.building(root) as path:
        generations.remove_unused(root)
        assert path.exists()
    assert not path.exists()


def test_a_replaced_generation_goes_when_the_last_reader_lets_go(root: Path) -> None:
    first = publish(root)
    with leased(root):
        with leased(root):
            second = publish(root)
            assert names(root) == {first.name, second.name}
        generations.remove_unused(root)
        assert first.exists()
    generations.remove_unused(root)
    assert names(root) == {second.name}


def test_a_generation_whose_marker_is_gone_is_in_nobodys_use(root: Path) -> None:
    path = publish(root)
    (root / "generations" / "half" / "deep").mkdir(parents=True)
    generations.remove_unused(root)
    assert names(root) == {path.name}


def test_the_generation_that_is_leased_is_the_one_that_is_current_then(root: Path, late: Late) -> None:
    """Another process publishes between the reading of the name and the lease; the old generation still stands."""
    old = publish(root, "old")
    with leased(root):
        late.before = lambda: publish(root, "new")
        with leased(root) as (path, checksum):
            assert old.exists()
            assert (path.name, checksum) == generations.current(root)
            assert path != old
        with leased(root) as again:
            assert again == (path, "new")
    generations.remove_unused(root)
    assert names(root) == {path.name}, "the lease on the old one was released"


def test_a_generation_that_goes_before_it_is_leased_is_not_missed(root: Path, late: Late) -> None:
    old = publish(root, "old")
    late.before = lambda: publish(root, "new")
    with leased(root) as (path, checksum):
        assert (path.name, checksum) == generations.current(root)
        assert names(root) == {path.name} != {old.name}


def test_a_current_generation_that_is_missing_is_refused(root: Path) -> None:
    path = publish(root)
    (path / "in-use").unlink()
    with pytest.raises(StoreError, match=rf"{path} is missing\. Run: citaat index --fresh$") as error:
        generations.lease_current(root)
    assert error.value.code == "store-corrupt"


def test_the_name_of_a_library_that_is_removed_meanwhile_is_none(root: Path, late: Late) -> None:
    publish(root)
    late.before = lambda: (root / "CURRENT").unlink()
    with pytest.raises(StoreError, match="There is no index"):
        generations.lease_current(root)


def test_only_one_builds_at_a_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "_WAIT_SECONDS", 0.05)
    root.mkdir()
    with filelock.FileLock(root / "write.lock"), pytest.raises(StoreError, match="Another process is writing") as error:
        publish(root)
    assert error.value.code == "store-busy"


def test_who_comes_while_another_builds_waits_for_ten_minutes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def lock(path: Path, timeout: float) -> filelock.FileLock:
        waited.append(timeout)
        raise filelock.Timeout(str(path))

    monkeypatch.setattr(filelock, "FileLock", lock)
    with pytest.raises(StoreError):
        publish(root)
    assert waited == [600]


def test_who_comes_while_another_builds_waits_for_it(root: Path) -> None:
    built: list[Path] = []
    with generations.building(root) as path:
        waiting = threading.Thread(target=lambda: built.append(publish(root, "second")))
        waiting.start()
        generations.publish(root, path, "first", QuickDisk())
        assert built == []
    waiting.join()
    assert generations.current(root) == (built[0].name, "second")


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file, not a folder")
    with pytest.raises(StoreError, match=r"cannot be written: Not a directory\. Nothing was changed.*CITAAT_STORE") as error:
        publish(tmp_path / "blocked" / "store")
    assert error.value.code == "store-unwritable"


def test_what_fails_once_a_generation_is_current_does_not_say_that_nothing_was_changed(root: Path) -> None:
    def publish_and_fail() -> None:
        publish(root, "feed")
        with generations.building(root) as path:
            generations.publish(root, path, "c0de", QuickDisk())
            raise OSError(5, "Input/output error")

    with pytest.raises(StoreError, match=r"store cannot be written: Input/output error\. Free some space") as error:
        publish_and_fail()
    assert error.value.code == "store-unwritable"
    assert (generations.current(root) or "")[1] == "c0de"


def test_what_cannot_be_removed_after_a_build_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> Iterator[Path]:
        raise OSError(5, "Input/output error")

    old = publish(root)
    monkeypatch.setattr(Path, "iterdir", fail)
    path = publish(root, "feed")
    monkeypatch.undo()
    assert generations.current(root) == (path.name, "feed")
    assert names(root) == {old.name, path.name}
