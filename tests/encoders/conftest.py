"""The encoders, each with the folder that it reads."""

from pathlib import Path

import pytest

from citaat.encoders import loading
from citaat.encoders.static import StaticEncoder
from citaat.encoders.transformer import TransformerEncoder
from citaat.settings import shipped_model
from tests.fakes import tiny_static

AWKWARD = ["", "?!", "Wat vindt de partij van kernwapens?", "😀 e\u0301\u00a0ß ﬁ", "vrede " * 400]
"""No token, marks only, a question, what Unicode may write in several ways, and more words than a model reads."""


@pytest.fixture(scope="session")
def transformer() -> TransformerEncoder:
    """The model that ships."""
    loaded = loading.load(str(shipped_model()))
    assert isinstance(loaded, TransformerEncoder)
    return loaded


@pytest.fixture(scope="session")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_static(tmp_path_factory.mktemp("models") / "static")


@pytest.fixture(scope="session")
def static(static_folder: Path) -> StaticEncoder:
    loaded = loading.load(str(static_folder))
    assert isinstance(loaded, StaticEncoder)
    return loaded
