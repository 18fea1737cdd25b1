import pytest

from citaat.settings import Settings
from tests.fakes import word_model


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a small model and no texts; what is measured makes a library of its own."""
    folder = tmp_path_factory.mktemp("words")
    return Settings(folder / "data", str(word_model(folder / "model")), folder / "store", "")
