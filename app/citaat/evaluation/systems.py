"""The systems that are compared on a question set, and their figures."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import Stemmer
from numpy.typing import NDArray

from citaat.evaluation.measures import Figures, bootstrap, ranking_figures
from citaat.evaluation.question_sets import QuestionSet
from citaat.query.query import Query
from citaat.retrieval.candidates import CANDIDATES, FEATURES, QueryPipeline
from citaat.retrieval.ranker import Ranker
from citaat.retrieval.ranking import rank
from citaat.store.protocol import EVERYTHING
from citaat.text.words import words

System = Callable[[Query], NDArray[np.int64]]
"""From a query to rows, best first."""


def evaluate_set(questions: QuestionSet, pipeline: QueryPipeline, ranker: Ranker) -> tuple[Figures, Figures]:
    """The figures of the baseline and of ours on one set, whose corpus `corpora.indexed` stored for the pipeline, and the paired
    interval of product minus lexicon."""
    gains: dict[str, NDArray[np.float64]] = {}
    figures: Figures = {}
    began = time.perf_counter()
    queries = pipeline.plain_queries(list(questions.questions.values()))
    understanding = time.perf_counter() - began
    for name, system in systems(pipeline, ranker, questions.corpus).items():
        began = time.perf_counter()
        ranked = [system(query) for query in queries]
        seconds = time.perf_counter() - began + understanding * (name != "bm25")
        figures[name], gains[name] = ranking_figures(ranked, questions)
        figures[name]["ms_per_question"] = round(1_000 * seconds / len(ranked), 3)
    difference = gains["product"] - gains["lexicon"]
    return figures, {"ndcg@10": round(float(difference.mean()), 4), "ndcg@10_ci": bootstrap(difference)}


def systems(pipeline: QueryPipeline, ranker: Ranker, corpus: Sequence[Mapping[str, str]]) -> dict[str, System]:
    """`bm25`, which reads the question as it was asked, and three that read the query that is made of it, typing errors
    corrected; the time to make the queries, together, counts for each. `lexicon` ranks by the query's own terms. `dense`
    ranks the hundred passages whose vectors are nearest, by the ranker's weights of a passage and of its closest sentence; no
    word has a say. `product` is both, as a library ranks.
    """
    store, search = pipeline.store, pipeline.search
    dense_weights = np.array(ranker.weights) * np.isin(FEATURES, ("passage", "sentence"))

    def lexicon(query: Query) -> NDArray[np.int64]:
        weights = search.weights(query.terms)
        rows = store.matching(weights, CANDIDATES, EVERYTHING)
        scores = np.vecdot(store.fetch(rows, list(weights)).saturations, np.array(list(weights.values())))
        return rows[np.argsort(-scores, kind="stable")]

    def dense(query: Query) -> NDArray[np.int64]:
        found = search.candidates(query)
        nearest = np.isin(found.rows, store.nearest(query.vector, CANDIDATES, EVERYTHING))
        scores = found.features.values[nearest] @ dense_weights
        return found.rows[nearest][np.argsort(-scores, kind="stable")]

    def product(query: Query) -> NDArray[np.int64]:
        return rank(query, search, ranker).rows

    return {"bm25": _bm25([row["text"] for row in corpus]), "lexicon": lexicon, "dense": dense, "product": product}


def _bm25(texts: Sequence[str]) -> System:
    """The fixed baseline: bm25s over Dutch Snowball stems, stop words kept, k1 1.5, b 0.75."""
    import bm25s

    stem = Stemmer.Stemmer("dutch").stemWords
    index = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    index.index([stem(words(text)) for text in texts], show_progress=False)

    def system(query: Query) -> NDArray[np.int64]:
        known = [term for term in stem(words(query.question)) if term in index.vocab_dict]
        return np.argsort(-index.get_scores(known), kind="stable")[:CANDIDATES] if known else np.empty(0, np.int64)

    return system
