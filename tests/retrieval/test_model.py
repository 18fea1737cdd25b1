from dataclasses import replace
from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.query.translation import Translations
from citaat.retrieval import model
from citaat.retrieval.model import Model, load_background, load_translations
from citaat.retrieval.ranker import Ranker
from citaat.settings import Settings, shipped_model
from citaat.text.background import Background
from tests.fakes import HashEncoder

SHIPPED = Settings(Path("texts"), str(shipped_model()), Path("store"), "")


class NamedReranker:
    """Remembers which cross-encoder was named."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_the_model_that_ships_is_loaded_whole() -> None:
    found = Model.load(SHIPPED)
    assert found.ranker == Ranker.load(shipped_model() / "ranker.json")
    assert found.ranker.encoder == found.encoder.fingerprint
    assert found.background == Background.load(shipped_model() / "background.json")
    assert found.translations.pairs() == Translations.load(shipped_model() / "translations.tsv").pairs() != []
    assert found.reranker is None


def test_a_cross_encoder_is_loaded_where_the_settings_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "Reranker", NamedReranker)
    found = Model.load(replace(SHIPPED, rerank="kruis"))
    assert isinstance(found.reranker, NamedReranker)
    assert found.reranker.name == "kruis"


def test_what_a_model_lacks_is_taken_of_the_one_that_ships(tmp_path: Path) -> None:
    assert load_background(str(tmp_path)).passages == load_background(str(shipped_model())).passages > 0
    assert load_translations(str(tmp_path)).pairs() == load_translations(str(shipped_model())).pairs()
    Background(7, {"=x": 3}).save(tmp_path / "background.json")
    Translations([("house", "huis")]).save(tmp_path / "translations.tsv")
    assert load_background(str(tmp_path)) == Background(7, {"=x": 3})
    assert load_translations(str(tmp_path)).pairs() == [("house", "huis")]


def test_a_model_whose_ranker_is_damaged_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "load", HashEncoder)
    (tmp_path / "ranker.json").write_text("{}")
    with pytest.raises(InputError, match="no ranker") as error:
        Model.load(replace(SHIPPED, model=str(tmp_path)))
    assert error.value.code == "unknown-model"
