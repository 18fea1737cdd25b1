"""What shows only beyond the limits: of the hundred candidates, of the twenty that are re-ranked, of the turns that are read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from citaat.chat.conversation import Message, reply, understood
from citaat.domain import Citation, Passage, Span
from citaat.library import Library
from citaat.query.query import Query
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.model import Model
from citaat.retrieval.reranking import RERANKED, Reranker
from citaat.settings import Settings
from citaat.text.background import Background
from citaat.text.words import words


class LastFirst(Reranker):
    """A cross-encoder that prefers the last; remembers how many texts it was given."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def order(self, question: str, texts: Sequence[str]) -> NDArray[np.int64]:
        self.given.append(len(texts))
        return np.arange(len(texts))[::-1]


@pytest.fixture
def last_first() -> LastFirst:
    return LastFirst()


@pytest.fixture
def reranked(laws_settings: Settings, loaded: Model, last_first: LastFirst) -> Iterator[Library]:
    """The laws with a cross-encoder."""
    with Library.open(laws_settings, replace(loaded, reranker=last_first)) as opened:
        yield opened


def all_of(library: Library, question: str, documents: Sequence[str] | None = None) -> tuple[Citation, ...]:
    """The fifty closest passages."""
    return library.ask(question, limit=50, documents=documents, min_confidence=0).citations


@pytest.mark.parametrize("word", ["praktijk", "alsnog", "anderszins", "overweging", "aanvrager"])
def test_a_passage_that_only_its_words_find_is_an_answer(laws: Library, word: str) -> None:
    query = laws.query(f"Wat staat er over {word}?")
    by_vector = laws.rank(replace(query, terms=(), translated=())).rows
    assert len(by_vector) == 100
    assert laws.rank(query).rows[0] not in by_vector
    assert word in words(laws.answer(query, limit=1, min_confidence=0).citations[0].quote)


def test_the_two_searches_contribute_a_hundred_candidates_each(laws: Library) -> None:
    query = laws.query("Wat zegt de minister over het besluit van een zelfstandig bestuursorgaan?")
    found = laws.rank(query).rows
    assert 100 < len(found) <= 200
    assert len(set(found.tolist())) == len(found)


@pytest.mark.parametrize("document", ["bloedvoorziening", "blood-supply", "eindtoets"])
def test_among_fewer_passages_the_same_passage_is_the_more_certain_answer(laws: Library, loaded: Model, document: str) -> None:
    def log_odds(citations: Sequence[Citation], passage: str) -> float:
        (confidence,) = (one.confidence for one in citations if one.id == passage)
        return float(np.log(confidence / (1 - confidence)))

    question, ranker = "Wat staat er over een donor, bloed en een toets?", loaded.ranker
    alone = all_of(laws, question, [document])
    together = all_of(laws, question, [document, "zbo"])
    sizes = [laws.document(one).passages for one in (document, "zbo")]
    (shared, *_) = {one.id for one in alone} & {one.id for one in together}
    gained = log_odds(alone, shared) - log_odds(together, shared)
    assert ranker.log_size_weight < 0
    assert gained == pytest.approx(ranker.log_size_weight * (np.log(sizes[0]) - np.log(sum(sizes))), abs=1e-4)


def test_only_the_first_twenty_passages_are_put_in_another_order(laws: Library, reranked: Library, last_first: LastFirst) -> None:
    question = "Wie benoemt de leden van een zelfstandig bestuursorgaan?"
    before, after = ([one.id for one in all_of(library, question)] for library in (laws, reranked))
    assert last_first.given == [RERANKED] == [20]
    assert len(before) == len(after) == 50
    assert after == before[:20][::-1] + before[20:]


def test_a_citation_beyond_the_limit_can_be_put_first(laws: Library, reranked: Library) -> None:
    question = "Wie benoemt de leden van een zelfstandig bestuursorgaan?"
    (best,) = reranked.ask(question, limit=1, min_confidence=0).citations
    assert best.id == all_of(laws, question)[19].id


@pytest.mark.parametrize(
    "texts", [("Gaat de huur omlaag?", "De huur gaat omlaag."), ("De huur gaat omlaag.", "Gaat de huur omlaag?")]
)
def test_a_sentence_that_asks_is_no_answer(texts: Sequence[str]) -> None:
    spans = (Span(0, len(texts[0])), Span(len(texts[0]) + 1, len(" ".join(texts))))
    passage = Passage("a/0", "a", Span(0, spans[1].end), sentences=spans)
    vector = np.array([1.0, 0.0], np.float32)
    query = Query("De huur?", "De huur?", "nl", vector, ("=huur",), ())
    found = Highlighter(Background(0, {})).highlights(query, passage, texts, np.array([vector, vector]), cross_lingual=False)
    assert found == (spans[texts.index("De huur gaat omlaag.")],)


@pytest.mark.parametrize(
    "question",
    [
        "Hoeveel korting mag een boekhandel geven aan bibliotheken?", "Wie benoemt de leden van een zelfstandig bestuursorgaan?",
        "Mag een donor betaald worden?", "Who may collect blood?", "Kan mijn Nederlanderschap worden ingetrokken?",
    ],
)  # fmt: skip
@pytest.mark.parametrize("limit", [1, 3])
def test_suggestions_are_headings_of_what_was_not_cited(laws: Library, question: str, limit: int) -> None:
    answer = laws.ask(question, limit=limit, min_confidence=0)
    cited = {one.section[-1] for one in answer.citations if one.section}
    closest = dict.fromkeys(one.section[-1] for one in all_of(laws, question)[: limit + 20] if one.section)
    assert any(label in cited for label in closest)
    assert list(answer.suggestions) == [label for label in closest if label not in cited][:3]
    assert len(answer.suggestions) == 3


FOLLOW_UPS = ["waarom niet?", "en waarom?", "dank je wel", "hoezo dan?"]


def test_a_subject_is_carried_over_six_turns_and_no_more(laws: Library) -> None:
    six = understood(laws, ["Mag een donor betaald worden?", *FOLLOW_UPS, "waarom?"])
    seven = understood(laws, ["Mag een donor betaald worden?", *FOLLOW_UPS, "en waarom?", "waarom?"])
    assert six.query
    assert seven.query
    assert six.query.question == "waarom? (donor, betaald)"
    assert seven.query.question == "waarom?"


def test_a_follow_up_in_a_sixth_turn_is_answered(laws: Library) -> None:
    said = ["Mag een donor betaald worden?", *FOLLOW_UPS, "waarom niet?"]
    answered = reply(laws, [Message("user", turn) for turn in said]).answer
    assert answered.question == "waarom niet? (donor, betaald)"
    assert {one.document.id for one in answered.citations} & {"bloedvoorziening", "blood-supply"}


def test_whether_a_follow_up_has_gone_on_is_decided_among_its_documents(laws: Library) -> None:
    turns = ["Hoe hoog mag een modelluchtvaartuig vliegen?", "en de serieprijs?"]
    everywhere, there = (understood(laws, turns, documents).query for documents in (None, ["modelvliegen"]))
    assert everywhere
    assert there
    assert everywhere.question == "en de serieprijs?"
    assert there.question == "en de serieprijs? (hoog, modelluchtvaartuig, vliegen)"
    assert there.documents == frozenset(["modelvliegen"])
