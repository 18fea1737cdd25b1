import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.text import analysis
from citaat.text.analysis import Analyzer

WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=30)


def test_a_word_counts_as_its_four_grams_and_twice_as_its_stem() -> None:
    assert Analyzer().terms_of("huizen") == ["_hui", "huiz", "uize", "izen", "zen_", "=huis", "=huis"]


@pytest.mark.parametrize(("word", "grams"), [("a", ["_a_"]), ("eu", ["_eu_"]), ("nee", ["_nee", "nee_"])])
def test_a_short_word_has_one_gram_at_least(word: str, grams: list[str]) -> None:
    assert [term for term in Analyzer().terms_of(word) if not term.startswith("=")] == grams


def test_words_of_one_stem_share_a_term() -> None:
    analyzer = Analyzer()
    assert analyzer.stem("huizen") == analyzer.stem("huis") == "=huis"
    assert analyzer.stem("belasting") == analyzer.stem("belastingen")
    assert analyzer.stem("belasting") != analyzer.stem("balans")


def test_a_part_of_a_compound_shares_terms_with_it() -> None:
    assert set(Analyzer().terms_of("wapen")) & set(Analyzer().terms_of("kernwapenbeheersing")) == {"wape", "apen"}


def test_the_term_of_a_long_stem_is_cut_at_sixteen_characters() -> None:
    assert Analyzer().stem("kernwapenbeheersingsverdrag") == "=kernwapenbeheer"
    assert len(Analyzer().stem("abcdefghijklmno")) == 16


def test_the_terms_of_several_words_come_in_order_with_repetitions() -> None:
    analyzer = Analyzer()
    assert analyzer.terms(iter(["eu", "nee", "eu"])) == [
        *analyzer.terms_of("eu"),
        *analyzer.terms_of("nee"),
        *analyzer.terms_of("eu"),
    ]
    assert analyzer.terms([]) == []


@given(WORDS)
def test_every_term_is_short_and_the_grams_cover_the_word(word: str) -> None:
    *grams, first, second = Analyzer().terms_of(word)
    assert first == second == Analyzer().stem(word)
    assert all(len(term) <= 16 for term in [*grams, first])
    assert grams[0] + "".join(gram[-1] for gram in grams[1:]) == f"_{word}_"


def test_the_terms_of_a_word_are_kept_until_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_CACHED_WORDS", 2)
    analyzer = Analyzer()
    kept = analyzer.terms_of("een")
    analyzer.terms(["twee"])
    analyzer.terms([])
    assert analyzer.terms_of("een") is kept
    analyzer.terms_of("drie")
    assert analyzer.terms(["een"]) == kept
    assert analyzer.terms_of("een") is not kept
