"""The standing library: some four hundred passages of Dutch law and of English translations, by five ministries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from citaat.library import Library
from citaat.retrieval.model import Model
from citaat.settings import Settings, shipped_model

LAWS = Path(__file__).parent / "laws"


@pytest.fixture(scope="session")
def laws_settings(loaded: Model, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(LAWS, str(shipped_model()), tmp_path_factory.mktemp("laws"), "")
    Library.index([LAWS], made, model=loaded)
    return made


@pytest.fixture(scope="session")
def laws(laws_settings: Settings, loaded: Model) -> Iterator[Library]:
    with Library.open(laws_settings, loaded) as opened:
        yield opened
