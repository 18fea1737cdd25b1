from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from citaat.domain import FloatMatrix, Passage, Span
from citaat.query.query import Query
from citaat.retrieval.highlights import Highlighter
from citaat.text.analysis import Analyzer
from citaat.text.background import Background

NOTHING = Background(0, {})
HOUSES, SCHOOLS, CARE = "Huizen worden gebouwd.", "Scholen ook.", "De zorg blijft."


@dataclass
class Sentences:
    """A passage with its sentences."""

    passage: Passage
    texts: Sequence[str]
    vectors: FloatMatrix
    cross_lingual: bool


def sentences(texts: Sequence[str], cosines: Sequence[float], *, run_in: bool = False, cross_lingual: bool = False) -> Sentences:
    """The sentences of a passage, each with its cosine with the question."""
    spans = tuple(Span(10 * number, 10 * number + 5) for number in range(len(texts)))
    passage = Passage("a/1", "a", Span(0, 100), sentences=spans, run_in=spans[0] if run_in else None)
    vectors = np.array([(cosine, np.sqrt(1 - cosine**2)) for cosine in cosines], np.float32)
    return Sentences(passage, texts, vectors, cross_lingual)


def asked(*words: str, translated: Sequence[str] = ()) -> Query:
    terms = Analyzer().terms
    return Query("", "", None, np.array([1, 0], np.float32), tuple(terms(words)), tuple(terms(translated)))


def marked(found: Sentences, query: Query, background: Background = NOTHING) -> list[int]:
    """The numbers of the sentences that are highlighted."""
    highlights = Highlighter(background).highlights
    marks = highlights(query, found.passage, found.texts, found.vectors, cross_lingual=found.cross_lingual)
    return [span.start // 10 for span in marks]


def test_the_sentence_that_holds_the_words_is_highlighted() -> None:
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [0, 0, 0]), asked("scholen")) == [1]
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [0, 0, 0]), asked("zorg", "blijft")) == [2]


def test_the_sentence_that_is_closest_is_highlighted() -> None:
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [0, 0.1, 0.95]), asked()) == [2]


@pytest.mark.parametrize(("cosine", "expected"), [(-0.008, [0]), (-0.007, [0, 1]), (0.017, [0, 1]), (0.018, [1])])
def test_what_is_nearly_as_good_is_highlighted_too(cosine: float, expected: list[int]) -> None:
    """The first leads by .005; what lies .0125 below the best counts."""
    assert marked(sentences([HOUSES, SCHOOLS], [0, cosine]), asked()) == expected


@pytest.mark.parametrize(("cosine", "expected"), [(-0.0113, [1]), (-0.0103, [1, 2]), (0.0137, [1, 2]), (0.0147, [2])])
def test_what_comes_first_leads_by_its_rank(cosine: float, expected: list[int]) -> None:
    """The second leads the third by .0017, a hundredth of the difference between a half and a third; the first is far off."""
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [-1, 0, cosine]), asked()) == expected


def test_a_question_answers_nothing() -> None:
    assert marked(sentences(["Wat kost huren?", SCHOOLS], [0, 0]), asked()) == [1]
    assert marked(sentences([SCHOOLS, "Wat kost huren?"], [0, 0.2]), asked()) == [0]
    assert marked(sentences(["Wat kost huren?", SCHOOLS], [0.3, 0]), asked("scholen")) == [1]
    assert marked(sentences(["Wat kost huren?"], [0]), asked()) == [0], "but there is nothing else"


def test_a_run_in_heading_is_never_all_that_is_highlighted() -> None:
    found = sentences([HOUSES, SCHOOLS, CARE], [0.9, 0, -0.1], run_in=True)
    assert marked(found, asked("huizen", "gebouwd")) == [0, 1]


def test_after_a_run_in_heading_the_next_sentence_leads() -> None:
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [-1, 0, -0.008], run_in=True), asked()) == [1]
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [-1, 0, -0.007], run_in=True), asked()) == [1, 2]
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [-0.012, 0, -0.1], run_in=True), asked()) == [0, 1]
    assert marked(sentences([HOUSES, SCHOOLS, CARE], [-0.013, 0, -0.1], run_in=True), asked()) == [1]


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    common = Background(1_000, dict.fromkeys(Analyzer().terms(["huizen"]), 900))
    found = sentences([HOUSES, SCHOOLS], [0, 0])
    assert marked(found, asked("huizen", "scholen"), common) == [1]
    assert marked(found, asked("huizen", "scholen")) == [0, 1]


@pytest.mark.parametrize(("more", "expected"), [(-1e-4, [0]), (1e-4, [0, 1])])
def test_a_share_is_that_of_the_information_at_large(more: float, expected: list[int]) -> None:
    """The second sentence is nearly as good as the first if its cosine makes up for what its common word lacks."""
    common = Background(1_000, dict.fromkeys(Analyzer().terms(["zorg"]), 900))
    information = [common.idf(term, 0, 0) for term in dict.fromkeys(Analyzer().terms(["zorg", "fabriek"]))]
    share = sum(common.idf(term, 0, 0) for term in set(Analyzer().terms(["zorg"]))) / sum(information)
    cosine = 0.005 - 0.0125 - 0.04 * share + more
    assert marked(sentences([HOUSES, CARE], [0, cosine]), asked("zorg", "fabriek"), common) == expected


def test_translated_words_count_in_the_other_language_alone() -> None:
    question = asked("schools", translated=["scholen"])
    assert marked(sentences([HOUSES, SCHOOLS], [0, 0], cross_lingual=True), question) == [1]
    assert marked(sentences([HOUSES, SCHOOLS], [0, 0]), asked("x", translated=["scholen"])) == [0, 1]


def test_of_both_languages_the_better_share_counts() -> None:
    found = sentences([HOUSES, SCHOOLS, CARE], [0, 0, 0], cross_lingual=True)
    assert marked(found, asked("scholen", translated=["zorg", "blijft", "ziek"])) == [1]
    assert marked(found, asked("scholen", "ziek", translated=["zorg"])) == [2]


def test_stop_words_of_a_sentence_tell_nothing() -> None:
    assert marked(sentences([HOUSES, "De."], [0, 0]), asked("de")) == [1], "unless it has no others"
    assert marked(sentences([HOUSES, "De huur."], [0, 0]), asked("de")) == [0, 1]
