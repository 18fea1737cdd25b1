import bm25s
import numpy as np
import pytest
from citaat.text.lexicon import Analyzer, Background, Builder, Lexicon, fold, idf
from hypothesis import given
from hypothesis import strategies as st

NOTHING = Background(0, {})
TEXTS = [
    "Kernwapens de wereld uit.",
    "De wapenexport wordt streng.",
    "Wij bouwen huizen en scholen.",
    "Huizen, huizen en nog eens huizen.",
]


def lexicon(texts: list[str]) -> Lexicon:
    builder = Builder()
    for text in texts:
        builder.add(text)
    return builder.build()


def test_accents_and_case_do_not_count() -> None:
    assert fold("Financiële ÉÉN") == "financiele een"


def test_stop_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert Analyzer().terms("wat wil de partij") == Analyzer().terms("partij")
    assert Analyzer().terms("wat is het") != []


def test_a_part_of_a_compound_finds_it() -> None:
    scores = lexicon(TEXTS).scores(Analyzer().terms("wapens"), NOTHING)
    assert set(np.argsort(-scores)[:2]) == {0, 1}


def test_scores_are_those_of_bm25s_over_the_best_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("citaat.text.lexicon.BACKGROUND_PASSAGES", 0)
    analyzer = Analyzer()
    index = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    index.index([analyzer.terms(text) for text in TEXTS], show_progress=False)
    terms = analyzer.terms("huizen bouwen")
    best = sum(idf(len(TEXTS), sum(term in analyzer.terms(text) for text in TEXTS)) for term in terms)
    expected = index.get_scores([term for term in terms if term in index.vocab_dict]) / best
    np.testing.assert_allclose(lexicon(TEXTS).scores(terms, NOTHING), expected, rtol=1e-5)


def test_a_common_word_counts_less_beside_the_background() -> None:
    common = Background(1_000, dict.fromkeys(Analyzer().terms("wereld"), 900))
    terms = Analyzer().terms("wereld kernwapens")
    assert lexicon(TEXTS).scores(terms, common)[0] > lexicon(TEXTS).scores(Analyzer().terms("wereld onbekendwoord"), common)[0]
    assert common.idf("=wereld", 5, 1) < common.idf("=kernwap", 5, 1)


@given(st.lists(st.text(max_size=20), max_size=6), st.text(max_size=20))
def test_a_score_is_a_share(texts: list[str], question: str) -> None:
    scores = lexicon(texts).scores(Analyzer().terms(question), NOTHING)
    assert scores.shape == (len(texts),)
    assert ((scores >= 0) & (scores < 1)).all()
