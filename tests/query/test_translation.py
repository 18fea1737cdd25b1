from pathlib import Path

import pytest

from citaat.errors import InputError
from citaat.query.translation import Translations

PAIRS = [
    ("childcare", "kinderopvang"), ("house", "huis"), ("home", "huis"), ("house", "woning"), ("house", "pand"), ("house", "hut"),
]  # fmt: skip


def test_a_word_has_at_most_three_translations_the_closest_first() -> None:
    assert Translations(PAIRS).from_english.translations(["house"]) == ["huis", "woning", "pand"]
    assert Translations(PAIRS).from_dutch.translations(["huis"]) == ["house", "home"]


def test_a_word_is_found_by_its_stem_and_stays_itself_if_it_is_unknown() -> None:
    assert Translations(PAIRS).from_english.translations(["houses"]) == ["huis", "woning", "pand"]
    assert Translations(PAIRS).from_dutch.translations(["woningen"]) == ["house"]
    assert Translations(PAIRS).from_english.translations(["amelisweerd", "home"]) == ["amelisweerd", "huis"]
    assert Translations(PAIRS).from_english.translations([]) == []


def test_a_table_holds_its_words_and_what_has_their_stems() -> None:
    table = Translations([*PAIRS, ("nuclear weapon", "kernwapen")]).from_english
    assert "house" in table
    assert "houses" in table
    assert "amelisweerd" not in table
    assert "weapon" not in table
    assert 5 not in table


def test_a_word_of_its_own_goes_before_one_of_the_same_stem() -> None:
    table = Translations([("import", "invoer"), ("important", "belangrijk")]).from_english
    assert table.translations(["import", "important", "imports"]) == ["invoer", "belangrijk", "invoer"]


def test_of_words_with_one_stem_the_shortest_and_then_the_first_in_the_alphabet_stands_for_it() -> None:
    table = Translations([("housing", "huisvesting"), ("houses", "huizen"), ("housed", "gehuisvest")]).from_english
    assert table.translations(["housings"]) == ["huizen"]


def test_a_phrase_goes_before_its_words() -> None:
    table = Translations([("nuclear weapon", "kernwapen"), ("weapon", "wapen")]).from_english
    assert table.translations(["nuclear", "weapons", "weapon", "nuclear"]) == ["kernwapen", "wapen", "nuclear"]


def test_a_phrase_has_at_most_three_words() -> None:
    pairs = [("a b c", "drie"), ("a b c d", "vier"), ("a b", "twee"), ("d", "d-nl")]
    assert Translations(pairs).from_english.translations(["a", "b", "c", "d"]) == ["drie", "d-nl"]
    assert Translations(pairs).from_english.translations(["a", "b", "d"]) == ["twee", "d-nl"]


def test_english_words_that_tell_nothing_count_only_within_a_phrase() -> None:
    pairs = [("thing", "ding"), ("take", "nemen"), ("take part", "meedoen")]
    assert Translations(pairs).from_english.translations(["some", "thing", "take"]) == ["ding"]
    assert Translations(pairs).from_english.translations(["take", "part"]) == ["meedoen"]
    assert Translations([("some", "take")]).from_dutch.translations(["take", "such"]) == ["some", "such"]


def test_dutch_words_are_found_by_dutch_stems() -> None:
    table = Translations([("house", "woning"), ("nuclear weapon", "kernwapen")]).from_dutch
    assert table.translations(["woningen", "kernwapen", "kernwapens"]) == ["house", "nuclear weapon", "kernwapens"]


def test_a_word_of_either_language_is_a_word_and_so_is_its_stem_on_en() -> None:
    known = Translations([("house", "huis"), ("think", "denken"), ("nuclear weapon", "atoombom")])
    assert all(map(known.is_word, ["house", "huis", "think", "denken", "denk", "atoombom"]))
    assert not any(map(known.is_word, ["weapon", "nuclear", "hui", "vvd", "en", ""]))


def test_a_table_is_made_once() -> None:
    known = Translations(PAIRS)
    assert known.from_english is known.from_english
    assert known.from_dutch is known.from_dutch


def test_translations_are_saved_as_they_were(tmp_path: Path) -> None:
    Translations([*PAIRS, ("café", "koffiehuis")]).save(tmp_path / "translations.tsv")
    assert Translations.load(tmp_path / "translations.tsv").pairs() == [*PAIRS, ("café", "koffiehuis")]
    assert (tmp_path / "translations.tsv").read_bytes().endswith("café\tkoffiehuis\n".encode())


@pytest.mark.parametrize("damage", [b"house\n", b"\xff\tx\n", b"a\tb\nhou", b"house\t\n", b"a\t\tb\nfoo\n", b"\tb\n"])
def test_a_damaged_list_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "translations.tsv").write_bytes(damage)
    with pytest.raises(InputError, match="damaged") as refused:
        Translations.load(tmp_path / "translations.tsv")
    assert refused.value.code == "unknown-model"
    assert str(tmp_path / "translations.tsv") in str(refused.value)


def test_without_a_list_nothing_is_translated(tmp_path: Path) -> None:
    assert Translations.load(tmp_path / "translations.tsv").pairs() == Translations().pairs() == []
    assert not Translations().is_word("huis")
