"""The command line over a small library that loads in milliseconds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from citaat.cli import main
from citaat.library import Library
from citaat.settings import Settings
from tests.fakes import word_model

Run = Callable[..., Result]

TEXT = "# Plan van de stad\n\n## Wonen\n\nDe huur gaat omlaag in de stad, ook van een woning van buiten. Dat is goed.\n"
ANIMALS = "De kat krijgt elke dag vis, maar de hond krijgt iets anders.\n"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small model's folder."""
    return str(word_model(tmp_path_factory.mktemp("model") / "words"))


@pytest.fixture(scope="session")
def library(model: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a library of two texts, `plan` and `dieren`."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "data").mkdir()
    (folder / "data" / "plan.md").write_text(TEXT, "utf-8")
    (folder / "data" / "dieren.txt").write_text(ANIMALS, "utf-8")
    made = Settings(folder / "data", model, folder / "store", "")
    Library.index([made.data], made)
    return made


@pytest.fixture
def run(library: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the library that the environment names."""
    monkeypatch.setenv("CITAAT_DATA", str(library.data))
    monkeypatch.setenv("CITAAT_MODEL", library.model)
    monkeypatch.setenv("CITAAT_STORE", str(library.store))
    monkeypatch.delenv("CITAAT_URL", raising=False)

    def invoke(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, [str(one) for one in arguments], input=stdin)

    return invoke


@pytest.fixture
def elsewhere(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a store that is not there yet, which the environment names from now on."""
    monkeypatch.setenv("CITAAT_STORE", str(tmp_path / "store"))
    return tmp_path / "store"
