from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from citaat.evaluation.corpora import indexed
from citaat.evaluation.question_sets import QuestionSet
from citaat.evaluation.systems import evaluate_set, systems
from citaat.query.query import Query
from citaat.retrieval.candidates import QueryPipeline
from citaat.retrieval.ranking import rank
from tests.fakes import fake_model

MODEL = fake_model()
CORPUS = [{"id": str(row), "title": "", "text": f"De huur in wijk {row} gaat omlaag."} for row in range(150)]
CORPUS[140]["text"] = "Kernwapens moeten heel anders dan elders verdwijnen. Zo blijft het."
QUESTION = "Hoe gaat de huur omlaag zonder kernwapnes?"


@pytest.fixture(scope="module")
def pipeline() -> Iterator[QueryPipeline]:
    with indexed(CORPUS, MODEL.encoder) as store:
        yield MODEL.pipeline(store)


def asked(pipeline: QueryPipeline, question: str) -> Query:
    (query,) = pipeline.plain_queries([question])
    return query


def questions(asked: dict[str, str], relevant: dict[str, dict[str, int]]) -> QuestionSet:
    return QuestionSet("p", CORPUS, asked, relevant, {})


def test_dense_ranks_the_nearest_by_the_weights_of_their_vectors_alone(pipeline: QueryPipeline) -> None:
    ranker = replace(MODEL.ranker, weights=(1.0, 2.0, 50.0))
    (query,) = pipeline.plain_queries([QUESTION])
    known = pipeline.store.fetch(np.arange(150))
    cosines = known.vectors @ query.vector
    sentences = np.array([(known.sentences_of(row) @ query.vector).max() for row in range(150)])
    nearest = np.argsort(-cosines, kind="stable")[:100]
    found = systems(pipeline, ranker, CORPUS)["dense"](asked(pipeline, QUESTION))
    assert sorted(found) == sorted(nearest)
    scores = (cosines + 2 * sentences)[found]
    assert (np.diff(scores) <= 1e-6).all()
    assert found[0] == nearest[(cosines + 2 * sentences)[nearest].argmax()]


def test_lexicon_reads_the_corrected_question_and_the_baseline_as_it_was_asked(pipeline: QueryPipeline) -> None:
    found = systems(pipeline, MODEL.ranker, CORPUS)
    assert found["lexicon"](asked(pipeline, "kernwapnes"))[0] == 140
    assert found["bm25"](asked(pipeline, "kernwapnes")).tolist() == []
    assert found["bm25"](asked(pipeline, "kernwapens")).tolist()[0] == 140


def test_lexicon_ranks_by_the_weighted_terms_of_the_query(pipeline: QueryPipeline) -> None:
    (query,) = pipeline.plain_queries([QUESTION])
    weights = pipeline.search.weights(query.terms)
    known = pipeline.store.fetch(np.arange(150), list(weights))
    scores = known.saturations @ np.array(list(weights.values()))
    found = systems(pipeline, MODEL.ranker, CORPUS)["lexicon"](asked(pipeline, QUESTION))
    assert len(found) == 100
    assert (np.diff(scores[found]) <= 1e-9).all()
    assert scores[found].min() >= np.delete(scores, found).max() - 1e-9


def test_the_baseline_keeps_stop_words_and_reads_stems(pipeline: QueryPipeline) -> None:
    baseline = systems(pipeline, MODEL.ranker, CORPUS)["bm25"]
    assert baseline(asked(pipeline, "het"))[0] == 140
    assert baseline(asked(pipeline, "verdwijn"))[0] == 140
    assert len(baseline(asked(pipeline, "De wijken"))) == 100


def test_the_baseline_is_lucenes_bm25_with_the_usual_parameters(pipeline: QueryPipeline) -> None:
    random = np.random.default_rng(0)
    rows = [random.choice(["vis", "kat", "hond", "boom"], size=random.integers(2, 30)).tolist() for _ in range(60)]
    counts = np.array([[row.count(word) for word in ("kat", "vis")] for row in rows])
    lengths = np.array([len(row) for row in rows])
    held = (counts > 0).sum(axis=0)
    idf = np.log(1 + (len(rows) - held + 0.5) / (held + 0.5))
    scores = (idf * counts / (counts + 1.5 * (0.25 + 0.75 * lengths / lengths.mean())[:, None])).sum(axis=1)
    corpus = [{"id": str(at), "title": "", "text": " ".join(row)} for at, row in enumerate(rows)]
    found = systems(pipeline, MODEL.ranker, corpus)["bm25"](asked(pipeline, "Kat, vis!"))
    assert (np.diff(scores[found]) <= 1e-6).all()
    assert sorted(found) == list(range(60))


def test_the_product_ranks_as_a_library_does(pipeline: QueryPipeline) -> None:
    (query,) = pipeline.plain_queries([QUESTION])
    found = systems(pipeline, MODEL.ranker, CORPUS)["product"](asked(pipeline, QUESTION))
    assert found.tolist() == rank(query, pipeline.search, MODEL.ranker).rows.tolist()


def test_equal_passages_rank_in_document_order() -> None:
    corpus = [{"id": str(row), "title": "", "text": "De huur gaat omlaag."} for row in range(60)]
    with indexed(corpus, MODEL.encoder) as store:
        own = MODEL.pipeline(store)
        for system in systems(own, MODEL.ranker, corpus).values():
            assert system(asked(own, "huur")).tolist() == list(range(60))


def test_each_system_has_its_figures_and_the_difference_its_interval(pipeline: QueryPipeline) -> None:
    asked = questions({"1": "kernwapnes", "2": "wijk 7"}, {"1": {"140": 1}, "2": {"7": 1}})
    figures, paired = evaluate_set(asked, pipeline, MODEL.ranker)
    assert list(figures) == ["bm25", "lexicon", "dense", "product"]
    assert all(one["n"] == 2 and 0 < one["ms_per_question"] < 60_000 for one in figures.values())
    assert figures["bm25"]["hit@1"] == 0.5
    assert figures["lexicon"]["hit@1"] == 1.0
    assert paired["ndcg@10"] == pytest.approx(figures["product"]["ndcg@10"] - figures["lexicon"]["ndcg@10"], abs=1e-4)
    low, high = paired["ndcg@10_ci"]
    assert low <= paired["ndcg@10"] <= high
