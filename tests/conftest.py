"""The shipped library, built once, and a folder of texts."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from app import library
from app.library import Library
from app.settings import Settings, shipped_model

# No deadlines: a shared machine may pause for longer than any example takes.
hypothesis.settings.register_profile("citaat", deadline=None)
hypothesis.settings.load_profile("citaat")

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "data" / "verkiezingsprogramma-7.3.txt"
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped data and model, with a store of this test run's own."""
    made = Settings(ROOT / "data", str(shipped_model()), tmp_path_factory.mktemp("store"), "")
    library.index([made.data], made)
    return made


@pytest.fixture
def shipped(settings: Settings) -> Iterator[Library]:
    with Library.open(settings) as opened:
        yield opened


def shared(name: str) -> Path:
    """A file beside the project; the test is skipped where it is not there."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs {name}, which lies beside the project and not in it")
    return path
