from dataclasses import replace
from pathlib import Path

import pytest
from citaat.errors import InputError
from citaat.library import Library
from citaat.text.lexicon import Background
from citaat.text.translation import Translations

PAIRS = [
    ("childcare", "kinderopvang"),
    ("house", "huis"),
    ("home", "huis"),
    ("house", "woning"),
    ("house", "pand"),
    ("house", "hut"),
]


def test_a_word_has_at_most_three_translations_the_closest_first() -> None:
    assert Translations(PAIRS).from_english.of(["house"]) == ["huis", "woning", "pand"]
    assert Translations(PAIRS).from_dutch.of(["huis"]) == ["house", "home"]


def test_a_word_is_found_by_its_stem_and_stays_itself_if_it_is_unknown() -> None:
    assert Translations(PAIRS).from_english.of(["houses"]) == ["huis", "woning", "pand"]
    assert Translations(PAIRS).from_dutch.of(["woningen"]) == ["house"]
    assert Translations(PAIRS).from_english.of(["amelisweerd"]) == ["amelisweerd"]
    assert "houses" in Translations(PAIRS).from_english
    assert "amelisweerd" not in Translations(PAIRS).from_english


def test_a_word_of_its_own_goes_before_one_of_the_same_stem() -> None:
    table = Translations([("import", "invoer"), ("important", "belangrijk")]).from_english
    assert (table.of(["import"]), table.of(["important"]), table.of(["imports"])) == (["invoer"], ["belangrijk"], ["invoer"])


def test_a_phrase_goes_before_its_words_and_words_that_tell_nothing_are_left_out() -> None:
    pairs = [("nuclear weapon", "kernwapen"), ("weapon", "wapen"), ("thing", "ding"), ("take", "nemen")]
    table = Translations(pairs).from_english
    assert table.of(["some", "nuclear", "weapons", "take", "weapons"]) == ["kernwapen", "wapen"]
    assert Translations([("take part", "meedoen")]).from_english.of(["take", "part"]) == ["meedoen"]
    assert Translations(pairs).from_dutch.of(["kernwapens"]) == ["kernwapens"]
    assert Translations(pairs).from_dutch.of(["kernwapen"]) == ["nuclear weapon"]


def test_translations_are_saved_as_they_were(tmp_path: Path) -> None:
    Translations(PAIRS).save(tmp_path / "translations.tsv")
    assert Translations.load(tmp_path / "translations.tsv").from_english.of(["home"]) == ["huis"]


@pytest.mark.parametrize("damage", [b"house\n", b"\xff\tx\n", b"a\tb\nhou", b"house\t\n", b"a\t\tb\nfoo\n"])
def test_a_damaged_list_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "translations.tsv").write_bytes(damage)
    with pytest.raises(InputError, match="damaged"):
        Translations.load(tmp_path / "translations.tsv")


def test_without_a_list_nothing_is_translated(tmp_path: Path) -> None:
    assert Translations.load(tmp_path / "translations.tsv").pairs() == []


def test_an_english_question_finds_dutch_words(shipped: Library) -> None:
    with_words = shipped.ask("Which weapons may be exported?", min_confidence=0).citations[0]
    bare = Background(shipped._search.background.passages, shipped._search.background.counts)
    unaided = Library(shipped.store, replace(shipped.model, background=bare))
    without = unaided.ask("Which weapons may be exported?", min_confidence=0)
    assert "wapenexport" in with_words.quote
    assert with_words.confidence > without.citations[0].confidence + 0.02
