"""Questions put to a library of texts, answerable or not: what is answered, and how surely."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citaat.domain import Citation
from citaat.errors import InputError
from citaat.evaluation.corpora import temporary_library
from citaat.evaluation.measures import DEPTH, Figures, auroc, mean
from citaat.evaluation.question_sets import read_rows
from citaat.library import Library
from citaat.query.query import Query
from citaat.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        rank: of the first passage that holds the answer, whatever its confidence; 0 for none.
        confidence: that of the first passage.
        answered: whether anything is quoted at the library's threshold.
    """

    rank: int
    confidence: float
    answered: bool


def outcome_of(query: Query, library: Library, holds_answer: Callable[[Citation], bool], depth: int) -> Outcome:
    """Ask a library, and judge the first `depth` passages."""
    best = library.answer(query, limit=depth, min_confidence=0).citations
    rank = min((citation.number for citation in best if holds_answer(citation)), default=0)
    answered = library.answer(query, limit=1).status == "answered"
    return Outcome(rank, best[0].confidence if best else 0.0, answered)


def question_report(files: Sequence[Path], documents: Sequence[Path], settings: Settings) -> Figures:
    """`{"product": rates, "by_lang": {...}, "by_kind": {...}}` of one file of questions put to a library of `documents`.

    Raises:
        InputError: there is more than one file, it holds no questions, or a row lacks `question` or `answer`.
    """
    if len(files) != 1:
        raise InputError("With --documents, give one QUESTIONS.jsonl.", code="no-question-set")
    rows = read_rows(files[0])
    if not rows:
        raise InputError(f"{files[0]} holds no questions.", code="no-question-set")
    with temporary_library(documents, settings) as library:
        outcomes = [(row, _outcome(row, library)) for row in rows]
    figures: Figures = {"product": rates(outcomes)}
    for key in ("lang", "kind"):
        values = sorted({str(row.get(key, "")) for row in rows})
        figures[f"by_{key}"] = {value: rates([one for one in outcomes if str(one[0].get(key, "")) == value]) for value in values}
    return figures


def _outcome(row: dict[str, Any], library: Library) -> Outcome:
    if not isinstance(row.get("question"), str) or not isinstance(row.get("answer"), str | None):
        raise InputError("Each row needs a 'question', and an 'answer' that is text or null.", code="no-question-set")
    answer, query = row.get("answer"), library.query(row["question"])
    return outcome_of(query, library, lambda one: answer is not None and _levelled(answer) in _levelled(one.quote), DEPTH)


def _levelled(text: str) -> str:
    return " ".join(text.casefold().split())


def rates(outcomes: Sequence[tuple[dict[str, Any], Outcome]]) -> Figures:
    """The rates of what became of these rows as fractions of 1; a rate over no rows is None."""
    answerable = [outcome for row, outcome in outcomes if row.get("answer") is not None]
    others = [outcome for row, outcome in outcomes if row.get("answer") is None]
    return {
        **rank_figures(answerable, DEPTH),
        "auroc": auroc([outcome.confidence for outcome in answerable], [outcome.confidence for outcome in others]),
        "false_answer_rate": mean(outcome.answered for outcome in others),
        "false_refusal_rate": mean(not outcome.answered for outcome in answerable),
        "n": len(outcomes),
    }


def rank_figures(outcomes: Sequence[Outcome], depth: int) -> Figures:
    """hit@1 and the mean reciprocal rank of outcomes of which `depth` passages were judged."""
    reciprocal = [1 / outcome.rank if outcome.rank else 0.0 for outcome in outcomes]
    return {"hit@1": mean(outcome.rank == 1 for outcome in outcomes), f"mrr@{depth}": mean(reciprocal)}
