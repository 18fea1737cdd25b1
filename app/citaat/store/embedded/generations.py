"""Folders that become current whole or not at all, and that stay while someone reads them."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import filelock

from citaat.errors import StoreError

try:
    import fcntl
except ImportError:  # Windows: a folder with an open file in it cannot be removed, which serves as well.
    fcntl = None  # type: ignore[assignment]

_CURRENT, _IN_USE, _GENERATIONS = "CURRENT", "in-use", "generations"
_WAIT_SECONDS = 600.0


class Disk:
    """Every write, sync and rename of a build goes through here, so that a test can make each of them fail."""

    def write(self, file: IO[bytes], data: bytes | memoryview) -> None:
        file.write(data)

    def sync(self, file: IO[bytes]) -> None:
        file.flush()
        os.fsync(file.fileno())

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable; Windows has no such call and needs none."""
        if os.name == "posix":
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    def write_file(self, path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            self.write(file, data)
            self.sync(file)


def corrupt(what: str, paths: str = "") -> StoreError:
    """An error that only a rebuild mends; `paths` are added to the command where the store no longer tells its own."""
    return StoreError(f"{what}. Run: citaat index --fresh{paths}", code="store-corrupt")


def current(root: Path) -> tuple[str, str] | None:
    """The name of the current generation and the checksum of its manifest; None where nothing was ever built, StoreError if
    the file that names it does not read as such."""
    try:
        name, checksum = (root / _CURRENT).read_text("utf-8").split()
        return name, checksum
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise corrupt(f"{root / _CURRENT} cannot be read") from None


def folder(root: Path, name: str) -> Path:
    return root / _GENERATIONS / name


def lease(folder: Path) -> IO[bytes]:
    """Keep a generation from being removed until the file that is returned is closed, or the process ends."""
    file = (folder / _IN_USE).open("rb")
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_SH)
    return file


def lease_current(root: Path) -> tuple[Path, str, IO[bytes]]:
    """Lease the current generation: its folder, its manifest's checksum and the lease; StoreError if there is none."""
    while (found := current(root)) is not None:
        path = folder(root, found[0])
        try:
            leased = lease(path)
        except FileNotFoundError:
            if current(root) == found:
                raise corrupt(f"{path} is missing") from None
            continue
        # Between reading the name and taking the lease, a newer generation may have replaced this one.
        if current(root) == found:
            return path, found[1], leased
        leased.close()
    raise StoreError(f"There is no index in {root}. Run: citaat index PATH...", code="store-missing")


@contextlib.contextmanager
def building(root: Path) -> Iterator[Path]:
    """An empty generation folder, while no one else builds; it is removed again unless it is published.

    Raises:
        StoreError: the folder cannot be written, the disk is full, or someone else has been building for ten minutes.
    """
    path = folder(root, secrets.token_hex(6))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / "write.lock", timeout=_WAIT_SECONDS):
            path.mkdir()
            (path / _IN_USE).touch()
            leased = lease(path)
            try:
                yield path
            finally:
                leased.close()
                with contextlib.suppress(OSError, StoreError):
                    remove_unused(root)
    except filelock.Timeout:
        raise StoreError(f"Another process is writing {root}. Try again when it is done.", code="store-busy") from None
    except OSError as error:
        is_published = os.path.exists(path)  # what is not was removed
        raise StoreError(
            f"{root} cannot be written: {error.strerror or error}. {'' if is_published else 'Nothing was changed. '}"
            "Free some space or point CITAAT_STORE at a folder that can be written.",
            code="store-unwritable",
        ) from None


def publish(root: Path, path: Path, checksum: str, disk: Disk) -> None:
    """Make a finished generation current by one atomic rename.

    From then on it is served, even if the last sync fails: only a loss of power could undo it.
    """
    disk.sync_folder(path)
    disk.sync_folder(path.parent)
    new = root / f"{_CURRENT}.new"
    disk.write_file(new, f"{path.name} {checksum}\n".encode())
    disk.rename(new, root / _CURRENT)
    with contextlib.suppress(OSError):
        disk.sync_folder(root)


def remove_unused(root: Path) -> None:
    """Remove the generations that are not current and that no one holds: old ones, and what a killed build left."""
    found = current(root)
    for path in (root / _GENERATIONS).iterdir():
        if found is None or path.name != found[0]:
            with contextlib.suppress(OSError):
                with (path / _IN_USE).open("ab") as file:
                    if fcntl:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Who leases it from now on finds that it is not current.
                shutil.rmtree(path)
