import os
import sys
from pathlib import Path

import pytest
import uvicorn

from citaat.settings import Settings
from tests.cli.conftest import Run

PROTOCOL = "citaat.server.connections:ImmediateProtocol"
SHARED_LOOP = "citaat.server.connections:TurnTakingEventLoop"
THREADS = ("CITAAT_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is asked of uvicorn, which serves nothing."""
    asked: list[object] = []
    monkeypatch.setattr(uvicorn, "run", lambda name, **options: asked.append((name, options)))
    return asked


def test_the_server_listens_on_the_loopback_unless_it_is_told_otherwise(run: Run, served: list[object]) -> None:
    assert run("serve").exit_code == 0
    assert run("serve", "--host", "0.0.0.0", "--port", "80", "--workers", "4").exit_code == 0
    options = {"factory": True, "host": "127.0.0.1", "port": 8000, "workers": 1, "access_log": False, "http": PROTOCOL}
    options |= {"loop": "auto"}
    others = options | {"host": "0.0.0.0", "port": 80, "workers": 4, "loop": SHARED_LOOP}
    assert served == [("citaat.server:create", options), ("citaat.server:create", others)]


@pytest.mark.parametrize(("cores", "workers", "share"), [(8, 1, "8"), (8, 2, "4"), (8, 3, "2"), (2, 4, "1")])
def test_each_worker_gets_its_share_of_the_cores(
    run: Run, served: list[object], monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, share: str
) -> None:
    monkeypatch.setattr(sys.modules["citaat.cli.serve"], "thread_count", lambda: cores)
    for name in THREADS:
        monkeypatch.setenv(name, "")
    assert run("serve", "--workers", str(workers)).exit_code == 0
    assert [os.environ[name] for name in THREADS] == [share] * 3


def test_what_a_user_says_of_threads_stays(run: Run, served: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(THREADS, 3):
        monkeypatch.setenv(name, str(number))
    run("serve", "--workers", "2")
    assert [os.environ[name] for name in THREADS] == ["3", "4", "5"]


def test_a_library_is_made_before_it_is_served(run: Run, served: list[object], elsewhere: Path, library: Settings) -> None:
    assert f"holds no index yet; making one of {library.data}." in run("serve").stderr
    assert (elsewhere / "CURRENT").exists()


def test_a_changed_source_is_told_before_it_is_served(run: Run, served: list[object], elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("De huur gaat omlaag.")
    run("index", tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("De huur gaat omhoog.")
    assert run("serve").stderr == "citaat: a.txt changed since it was indexed. Run: citaat index\n"
    assert len(served) == 1


def test_a_damaged_index_is_not_served(run: Run, served: list[object], elsewhere: Path) -> None:
    elsewhere.mkdir()
    (elsewhere / "CURRENT").write_text("?")
    assert (run("serve").exit_code, served) == (3, [])


@pytest.mark.parametrize("workers", ["0", "-1"])
def test_fewer_than_one_worker_are_refused(run: Run, workers: str) -> None:
    result = run("serve", "--workers", workers)
    assert (result.exit_code, "--workers" in result.stderr) == (2, True)
