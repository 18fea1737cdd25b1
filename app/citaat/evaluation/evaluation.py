"""Measuring: question sets in BEIR layout, questions over documents, and the figures of both."""

import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citaat import indexing, library
from citaat.domain import Document, Passage, Source, Span
from citaat.encoders.encoder import Encoder
from citaat.errors import InputError
from citaat.indexing import Prepared
from citaat.library import Library
from citaat.parsers import Origin
from citaat.retrieval.ranking import Ranker
from citaat.retrieval.search import CANDIDATES, FEATURES, Search
from citaat.segmentation import passages, sentences
from citaat.segmentation.passages import Split
from citaat.settings import Settings
from citaat.store import generations
from citaat.store.store import Store
from citaat.text import lexicon
from citaat.text.languages import language_of_document

_DEPTH = 10
_RESAMPLES = 1_000

Rates = dict[str, float | int | None]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set in BEIR layout: rows of the corpus, questions by id, per question its relevant rows with their gain, and the
    words of the row that answer it, where the set tells."""

    name: str
    corpus: list[dict[str, str]]
    questions: dict[str, str]
    relevant: dict[str, dict[str, float]]
    answers: dict[str, str]

    def without_copies(self) -> "QuestionSet":
        """The same set with each text once: of equal ones the first stays, relevant where any of them was."""
        first: dict[str, str] = {}
        stands_for = {row["id"]: first.setdefault(row["text"], row["id"]) for row in self.corpus}
        kept = set(first.values())
        relevant = {question: {stands_for[row]: gain for row, gain in rows.items()} for question, rows in self.relevant.items()}
        return replace(self, corpus=[row for row in self.corpus if row["id"] in kept], relevant=relevant)


def read_set(folder: Path, queries: Path | None = None) -> QuestionSet:
    """Read `corpus.jsonl`, `queries.jsonl` (or `queries`) and `qrels.tsv` or `qrels/{test,dev}.tsv`.

    Raises:
        InputError: a file is missing, a row lacks a field, a judgement is no number, or no question has a relevant row in
            the corpus.
    """
    judged = next((path for name in ("qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv") if (path := folder / name).is_file()), None)
    if judged is None:
        raise InputError(f"{folder} has no qrels.tsv, qrels/test.tsv or qrels/dev.tsv.", code="no-question-set")
    held, asked = folder / "corpus.jsonl", queries or folder / "queries.jsonl"
    corpus = [
        {"id": _id(row, held), "title": str(row.get("title") or ""), "text": str(row.get("text") or "")}
        for row in read_rows(held)
    ]
    rows = {_id(row, asked): row for row in read_rows(asked)}
    questions = {name: str(row.get("text") or "") for name, row in rows.items()}
    answers = {name: str(row["answer"]) for name, row in rows.items() if row.get("answer")}
    known = {row["id"] for row in corpus}
    relevant: dict[str, dict[str, float]] = {}
    for question, row, gain in _judgements(judged):
        if gain > 0 and question in questions and row in known:
            relevant.setdefault(question, {})[row] = gain
    if not relevant:
        raise InputError(f"{judged} names no question and row that are both there.", code="no-question-set")
    return QuestionSet(folder.resolve().name, corpus, {key: questions[key] for key in relevant}, relevant, answers)


def _judgements(path: Path) -> Iterator[tuple[str, str, float]]:
    """The rows of a file of judgements, below its header: a question, a row of the corpus, and the gain."""
    for number, line in enumerate(read_lines(path)[1:], 2):
        if not line.strip():
            continue
        question, row, gain, *_ = *line.split("\t"), "", "", ""
        try:
            found = float(gain)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise InputError(
                f"{path}, line {number}: this is not a question, a row and a number, with tabs between.", code="no-question-set"
            )
        yield question, row, found


def read_lines(path: Path) -> list[str]:
    """The lines of a file in UTF-8; a line feed alone ends one, with or without a carriage return before it.

    Raises:
        InputError: the file cannot be read, or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({type(error).__name__}).", code="no-question-set") from None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines if lines[-1] else lines[:-1]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a .jsonl file.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object.
    """
    return [_object(line, path, number) for number, line in enumerate(read_lines(path), 1) if line.strip()]


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise InputError(f"{path}, line {number}: this is not a JSON object, one to a line.", code="no-question-set")
    return row


def _id(row: dict[str, Any], path: Path) -> str:
    found = row.get("_id", row.get("id"))
    if found is None:
        raise InputError(f"{path} holds a row with neither '_id' nor 'id'.", code="no-question-set")
    return str(found)


@contextmanager
def indexed(corpus: list[dict[str, str]], model: Encoder) -> Iterator[Store]:
    """A temporary store in which each row is one passage, in order, with its title as the heading path."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with generations.building(root) as folder:
            indexing.build(folder, root, map(_prepared, corpus), model, [], None, generations.Disk())
        with Store.open(root) as store:
            yield store


def _prepared(row: dict[str, str]) -> Prepared:
    title, body = row["title"].strip(), row["text"].strip() or "-"
    text = f"{title}\n\n{body}" if title else body
    span = Span(len(text) - len(body), len(text))
    headings = (Span(0, len(title)),) if title else ()
    fingerprint = passages.fingerprint(body, 0)
    source = Source(title, language=language_of_document(text))
    cut = sentences.split(text, span, source.language or "nl")
    passage = Passage(f"{row['id']}/{fingerprint}", row["id"], span, headings, None, cut)
    return Prepared(Document(row["id"], text, source), Split((passage,), headings, {}), Origin("", 0, 0, ""))


def evaluate_set(questions: QuestionSet, search: Search, ranker: Ranker) -> tuple[Figures, Figures]:
    """The figures of the baseline and of ours on one set, and the paired interval of product minus lexicon.

    Args:
        search: over the set's corpus as `indexed` stores it.
    """
    gains: dict[str, NDArray[np.float64]] = {}
    figures: Figures = {}
    for name, rank in _systems(search, ranker, questions.corpus).items():
        began = time.perf_counter()
        ranked = [rank(question) for question in questions.questions.values()]
        seconds = time.perf_counter() - began
        figures[name], gains[name] = _figures(ranked, questions)
        figures[name]["ms_per_question"] = round(1_000 * seconds / len(ranked), 3)
    difference = gains["product"] - gains["lexicon"]
    return figures, {"ndcg@10": round(float(difference.mean()), 4), "ndcg@10_ci": bootstrap(difference)}


def _systems(search: Search, ranker: Ranker, corpus: list[dict[str, str]]) -> dict[str, Callable[[str], NDArray[np.int64]]]:
    """Each system as a function from a question to rows, best first.

    `bm25` reads the question as it was asked. Ours all read the query that `Search.query` makes of it, typing errors mended,
    and the time to make it counts for each. `lexicon` ranks all passages by the query's own words. `dense` ranks the hundred
    passages whose vectors are nearest, by the ranker's weights of a passage and of its closest sentence; no word has a say.
    `product` is both, as a library ranks.
    """
    meaning = np.array(
        [weight * (feature in ("passage", "sentence")) for feature, weight in zip(FEATURES, ranker.weights, strict=True)]
    )

    def words(question: str) -> NDArray[np.int64]:
        scores = search.store.lexicon.scores(search.query(question).terms, search.background)
        return np.argsort(-scores, kind="stable")[:CANDIDATES]

    def dense(question: str) -> NDArray[np.int64]:
        query = search.query(question)
        found = search.candidates(query)
        nearest = np.argsort(-search.dense(query), kind="stable")[:CANDIDATES]
        scores = np.where(np.isin(found.rows, nearest), found.features @ meaning, -np.inf)
        return found.rows[np.argsort(-scores, kind="stable")[: len(nearest)]]

    def product(question: str) -> NDArray[np.int64]:
        found = search.candidates(search.query(question))
        return found.rows[np.argsort(-ranker.confidence(found), kind="stable")]

    return {"bm25": _baseline([row["text"] for row in corpus]), "lexicon": words, "dense": dense, "product": product}


def _baseline(texts: list[str]) -> Callable[[str], NDArray[np.int64]]:
    """The fixed baseline: bm25s over Dutch Snowball stems, stop words kept, k1 1.5, b 0.75."""
    import bm25s

    analyzer = lexicon.Analyzer(stems_only=True)
    index = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    index.index([analyzer.terms(text) for text in texts], show_progress=False)

    def rank(question: str) -> NDArray[np.int64]:
        known = [term for term in analyzer.terms(question) if term in index.vocab_dict]
        if not known:
            return np.empty(0, np.int64)
        return np.argsort(-index.get_scores(known), kind="stable")[:CANDIDATES]

    return rank


def _figures(ranked: Sequence[NDArray[np.int64]], questions: QuestionSet) -> tuple[Figures, NDArray[np.float64]]:
    """nDCG (Järvelin and Kekäläinen 2002, linear gain), MRR, recall and hit rate, each a mean over the questions."""
    discount = 1 / np.log2(np.arange(2, _DEPTH + 2))
    rows: list[tuple[float, ...]] = []
    for found, relevant in zip(ranked, questions.relevant.values(), strict=True):
        gains = np.array([relevant.get(questions.corpus[row]["id"], 0.0) for row in found[:_DEPTH]])
        gains = np.pad(gains, (0, _DEPTH - len(gains)))
        ideal = np.sort(list(relevant.values()))[::-1][:_DEPTH]
        first = np.flatnonzero(gains)
        hits = np.cumsum(gains > 0)
        rows.append(
            (
                float(gains @ discount / (ideal @ discount[: len(ideal)])), 1 / (first[0] + 1) if len(first) else 0.0,
                hits[4] / len(relevant), hits[-1] / len(relevant), float(gains[0] > 0),
            )
        )  # fmt: skip
    table = np.array(rows)
    means = dict(zip(("ndcg@10", "mrr@10", "recall@5", "recall@10", "hit@1"), table.mean(axis=0).round(4).tolist(), strict=True))
    return {**means, "ndcg@10_ci": bootstrap(table[:, 0]), "n": len(rows)}, table[:, 0]


def bootstrap(values: NDArray[np.float64]) -> list[float]:
    """The 95% percentile interval of the mean (Efron 1979), from 1,000 seeded resamples: [low, high]."""
    picks = np.random.default_rng(0).integers(len(values), size=(_RESAMPLES, len(values)))
    return [round(float(bound), 4) for bound in np.percentile(values[picks].mean(axis=1), (2.5, 97.5))]


def evaluate_questions(rows: list[dict[str, Any]], documents: Sequence[Path], settings: Settings) -> Figures:
    """Ask every row of a library of `documents`; rates over all rows, by language and by kind.

    Raises:
        InputError: a row lacks `question` or `answer`.
    """
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        settings = replace(settings, store=Path(name))
        library.index(documents, settings)
        with Library.open(settings) as opened:
            outcomes = [_outcome(row, opened) for row in rows]
    by = {key: sorted({str(row.get(key, "")) for row in rows}) for key in ("lang", "kind")}
    return {
        "product": rates(outcomes),
        "by_lang": {lang: rates([o for o in outcomes if o.lang == lang]) for lang in by["lang"]},
        "by_kind": {kind: rates([o for o in outcomes if o.kind == kind]) for kind in by["kind"]},
    }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question. `rank` is 1-based, 0 where no passage among the first ten holds the answer."""

    lang: str
    kind: str
    answerable: bool
    answered: bool
    rank: int
    confidence: float


def _outcome(row: dict[str, Any], opened: Library) -> Outcome:
    if not isinstance(row.get("question"), str) or not isinstance(row.get("answer"), str | None):
        raise InputError("Each row needs a 'question', and an 'answer' that is text or null.", code="no-question-set")
    answer = row.get("answer")
    best = opened.ask(row["question"], limit=_DEPTH, min_confidence=0).citations
    wanted = _levelled(answer or "")
    ranks = [citation.number for citation in best if answer is not None and wanted in _levelled(citation.quote)]
    confidence = best[0].confidence if best else 0.0
    answered = opened.ask(row["question"], limit=1).status == "answered"
    return Outcome(
        str(row.get("lang", "")), str(row.get("kind", "")), answer is not None, answered, min(ranks, default=0), confidence
    )


def _levelled(text: str) -> str:
    return " ".join(text.casefold().split())


def rates(outcomes: Sequence[Outcome]) -> Rates:
    """The rates of these outcomes as fractions of 1; a rate over no rows is None."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    others = [outcome for outcome in outcomes if not outcome.answerable]
    return {
        "hit@1": _mean([outcome.rank == 1 for outcome in answerable]),
        "mrr@10": _mean([1 / outcome.rank if outcome.rank else 0.0 for outcome in answerable]),
        "auroc": auroc([outcome.confidence for outcome in answerable], [outcome.confidence for outcome in others]),
        "false_answer_rate": _mean([outcome.answered for outcome in others]),
        "false_refusal_rate": _mean([not outcome.answered for outcome in answerable]),
        "n": len(outcomes),
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a positive scores above a negative, ties counting half (Mann and Whitney 1947); None without both."""
    if not positive or not negative:
        return None
    above = np.subtract.outer(np.asarray(positive), np.asarray(negative))
    return round(float((above > 0).mean() + (above == 0).mean() / 2), 4)
