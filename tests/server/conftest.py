"""Servers of small libraries that load in milliseconds; the shipped one is `client`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from citaat.settings import Settings
from tests.conftest import serving
from tests.fakes import word_model
from tests.server.libraries import TEXTS, write_paged


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small model's folder."""
    return str(word_model(tmp_path_factory.mktemp("model") / "words"))


@pytest.fixture
def own(model: str, tmp_path: Path) -> Settings:
    """Settings of a library of one text of a test's own, `a.txt`, which the test may change."""
    (tmp_path / "a.txt").write_text("De huur gaat omlaag in de stad.", "utf-8")
    return Settings(tmp_path / "a.txt", model, tmp_path / "store", "")


@pytest.fixture(scope="session")
def small(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server of the TEXTS."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "data").mkdir()
    for name, text in TEXTS.items():
        (folder / "data" / name).write_bytes(text.encode())
    with serving(Settings(folder / "data", model, folder / "store", "")) as opened:
        yield opened


@pytest.fixture(scope="session")
def paged(model: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a library whose documents have pages."""
    made = Settings(Path("nergens"), model, tmp_path_factory.mktemp("paged") / "store", "http://testserver")
    write_paged(made)
    return made
