"""The standing library: some four hundred passages of Dutch law and of English translations, by five ministries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from citaat.library import Library
from citaat.settings import Settings

LAWS = Path(__file__).parent / "laws"


@pytest.fixture(scope="session")
def laws_settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(LAWS, settings.model, tmp_path_factory.mktemp("laws"), "")
    Library.index([LAWS], made)
    return made


@pytest.fixture
def laws(laws_settings: Settings) -> Iterator[Library]:
    with Library.open(laws_settings) as opened:
        yield opened
