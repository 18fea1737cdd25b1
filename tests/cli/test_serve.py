from pathlib import Path

import pytest
import uvicorn

from citaat.settings import Settings
from tests.cli.conftest import Run


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is asked of uvicorn, which serves nothing."""
    asked: list[object] = []
    monkeypatch.setattr(uvicorn, "run", lambda name, **options: asked.append((name, options)))
    return asked


def test_the_server_listens_on_the_loopback_unless_it_is_told_otherwise(run: Run, served: list[object]) -> None:
    assert run("serve").exit_code == 0
    assert run("serve", "--host", "0.0.0.0", "--port", "80", "--workers", "4").exit_code == 0
    options = {"factory": True, "host": "127.0.0.1", "port": 8000, "workers": 1, "access_log": False}
    others = options | {"host": "0.0.0.0", "port": 80, "workers": 4}
    assert served == [("citaat.server:create", options), ("citaat.server:create", others)]


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
