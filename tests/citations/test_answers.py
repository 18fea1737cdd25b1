from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from citaat.citations.answers import AnswerWriter, refuse_out_of_bounds
from citaat.errors import InputError
from citaat.query.query import Query
from citaat.retrieval import ranking
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.ranking import Ranking
from citaat.retrieval.reranking import Reranker
from citaat.store.embedded.store import EmbeddedStore
from tests.fakes import LongestFirst, fake_model, stored

SECTIONS = "# Boven\n\n" + "\n\n".join(
    f"## {heading}\n\nVrede is {body}." for heading, body in
    (("Een", "a"), ("Twee", "b b"), ("Drie", "c c c"), ("Twee", "d d d d"), ("Vier", "e e e e e"), ("Vijf", "f f f f f f"))
)  # fmt: skip


LANGUAGES = '["a.txt"]\nlanguage = "en"\n["b.txt"]\nlanguage = "nl"\n'


@pytest.fixture(scope="module")
def sections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """Six passages, each under a heading, the longer the less they say of peace."""
    with stored(tmp_path_factory.mktemp("sections"), {"a.md": SECTIONS}) as opened:
        yield opened


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """Thirty passages on peace, each with a word of its own length, and two others under a heading."""
    texts = {"a.md": "\n\n".join(f"Vrede {'a' * number}." for number in range(1, 31)), "b.md": "# Kop\n\nNiets.\n\nOok niets."}
    with stored(tmp_path_factory.mktemp("many"), texts) as opened:
        yield opened


def ask(store: EmbeddedStore, question: str) -> Query:
    (query,) = fake_model().pipeline(store).plain_queries([question])
    return query


def ranked(store: EmbeddedStore, question: str = "Vrede", least: float | None = None, *publishers: str) -> Ranking:
    asked = replace(ask(store, question), publishers=tuple(frozenset([one]) for one in publishers))
    return ranking.rank(asked, fake_model().pipeline(store).search, fake_model().ranker, least)


def writer(store: EmbeddedStore, reranker: Reranker | None = None) -> AnswerWriter:
    return AnswerWriter(store, Highlighter(fake_model().background), reranker)


def test_what_answers_is_cited_best_first_with_its_number(sections: EmbeddedStore) -> None:
    found = ranked(sections)
    answer = writer(sections).answer(found, 2)
    assert (answer.status, answer.question, len(found.answering_rows) > 2) == ("answered", "Vrede", True)
    assert [citation.quote for citation in answer.citations] == [sections.quote(row) for row in found.answering_rows[:2].tolist()]
    assert [citation.number for citation in answer.citations] == [1, 2]
    assert [citation.confidence for citation in answer.citations] == found.confidences[found.order[:2]].tolist()


def test_what_does_not_reach_its_threshold_is_not_cited(sections: EmbeddedStore) -> None:
    found = ranked(sections, "Appeltaart")
    assert len(found.answering_rows) == 0
    answer = writer(sections).answer(found, 3)
    assert (answer.status, answer.citations) == ("no_answer", ())


def test_a_confidence_that_is_asked_for_replaces_the_thresholds(sections: EmbeddedStore) -> None:
    found = ranked(sections, "Appeltaart")
    best = float(found.confidences.max())
    assert len(writer(sections).answer(ranked(sections, "Appeltaart", 0.0), 9).citations) == 6
    surest = writer(sections).answer(ranked(sections, "Appeltaart", best), 9).citations
    assert len(surest) == (found.confidences == best).sum()
    assert writer(sections).answer(ranked(sections, "Vrede", 1.0), 9).status == "no_answer"


def test_the_sentences_that_answer_are_highlighted(many: EmbeddedStore) -> None:
    found = ranked(many)
    place = int(found.order[0])
    passage = many.passage(int(found.rows[0]))
    texts = [many.text(passage.document, one.start, one.end) for one in passage.sentences]
    vectors = found.candidates.fetched.sentences_of(place)
    highlighter = Highlighter(fake_model().background)
    expected = highlighter.highlights(found.query, passage, texts, vectors, cross_lingual=False)
    assert writer(many).answer(found, 1).citations[0].highlights == expected != ()


@pytest.mark.parametrize(
    ("translations", "marked"), [([("doctor", "dokter")], ["The doctor comes."]), ([], ["Houses grow.", "The doctor comes."])]
)
def test_sentences_in_another_language_are_highlighted_by_their_translation(
    tmp_path: Path, translations: list[tuple[str, str]], marked: list[str]
) -> None:
    texts = {"a.txt": "Houses grow. The doctor comes.", "b.txt": "De zorg blijft.", "sources.toml": LANGUAGES}
    with stored(tmp_path, texts) as store:
        pipeline = fake_model(translations=translations).pipeline(store)
        (query,) = pipeline.plain_queries(["Wat is er met de dokter?"])
        answer = writer(store).answer(ranking.rank(query, pipeline.search, fake_model().ranker, 0.0), 2)
    found = {one.document.id: [span.of(texts[f"{one.document.id}.txt"]) for span in one.highlights] for one in answer.citations}
    assert found == {"a": marked, "b": ["De zorg blijft."]}


def test_the_headings_closest_by_are_suggested_once_and_not_those_that_are_cited(sections: EmbeddedStore) -> None:
    found = ranked(sections, "Vrede", 0.0)
    headings = ["Een", "Twee", "Drie", "Twee", "Vier", "Vijf"]
    closest = [headings[row] for row in found.rows.tolist()]
    for limit in (1, 2, 3):
        answer = writer(sections).answer(found, limit)
        assert [citation.section[-1] for citation in answer.citations] == closest[:limit]
        others = [heading for heading in dict.fromkeys(closest) if heading not in closest[:limit]]
        assert list(answer.suggestions) == others[:3]


def test_no_more_than_three_headings_are_suggested(sections: EmbeddedStore) -> None:
    answer = writer(sections).answer(ranked(sections, "Appeltaart"), 3)
    assert len(answer.suggestions) == 3


def test_suggestions_are_of_the_twenty_passages_beyond_those_asked_for(many: EmbeddedStore) -> None:
    assert set(ranked(many).rows[:30].tolist()) == set(range(30))
    assert writer(many).answer(ranked(many), 10).suggestions == ()
    assert writer(many).answer(ranked(many), 11).suggestions == ("Kop",)


def test_all_that_answers_is_cited_in_the_order_of_the_ranking(many: EmbeddedStore) -> None:
    found = ranked(many, least=0.0)
    cited = [citation.quote for citation in writer(many).answer(found, 50).citations]
    assert cited == [many.quote(row) for row in found.rows.tolist()][:50]
    assert len(cited) > 20


def test_a_cross_encoder_puts_what_answers_in_order(sections: EmbeddedStore) -> None:
    longest = LongestFirst()
    found = ranked(sections, "Vrede", 0.0)
    answer = writer(sections, longest).answer(found, 2)
    quotes = [sections.quote(row) for row in found.rows.tolist()]
    assert longest.asked == [("Vrede", quotes)]
    assert [citation.quote for citation in answer.citations] == sorted(quotes, key=lambda quote: -len(quote))[:2]
    assert answer.citations[0].confidence == found.confidences[5], "which stays the ranker's"


def test_only_the_first_twenty_are_put_in_order_again(many: EmbeddedStore) -> None:
    found = ranked(many, "Vrede", 0.0)
    quotes = [many.quote(row) for row in found.rows.tolist()]
    cited = [citation.quote for citation in writer(many, LongestFirst()).answer(found, 50).citations]
    assert cited == sorted(quotes[:20], key=lambda quote: -len(quote)) + quotes[20:]


def test_a_cross_encoder_leaves_the_best_of_each_publisher_asked_before_all_others(many: EmbeddedStore) -> None:
    found = ranked(many, "Vrede", 0.0, "a", "b")
    cited = writer(many, LongestFirst()).answer(found, 3).citations
    assert [citation.document.id for citation in cited] == ["a", "b", "a"]
    reranked = sorted((many.quote(row) for row in found.rows[:20].tolist()), key=lambda quote: -len(quote))
    assert [cited[0].quote, cited[2].quote] == reranked[:2]


@pytest.mark.parametrize(("least", "count"), [(1.0, 0), (None, 1), (0.0, 2)])
def test_a_cross_encoder_is_not_asked_to_order_fewer_than_two(tmp_path: Path, least: float | None, count: int) -> None:
    longest = LongestFirst()
    with stored(tmp_path, {"a.txt": "De huur daalt.\n\nIets anders."}) as store:
        found = ranked(store, "Daalt de huur?", least)
        assert len(writer(store, longest).answer(found, 3).citations) == count
    assert bool(longest.asked) == (count == 2)


@pytest.mark.parametrize("limit", [0, -1, 51])
def test_a_limit_is_one_to_fifty(limit: int) -> None:
    with pytest.raises(InputError, match=rf"^limit is {limit}; it can be 1 to 50\.$") as error:
        refuse_out_of_bounds(limit, None)
    assert error.value.code == "invalid-limit"
    for fits in (1, 50):
        refuse_out_of_bounds(fits, None)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(InputError, match=r"^min_confidence can be 0 to 1\.$") as error:
        refuse_out_of_bounds(1, confidence)
    assert error.value.code == "invalid-confidence"
    for fits in (0.0, 1.0):
        refuse_out_of_bounds(1, fits)
