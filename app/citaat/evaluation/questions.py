"""Questions put to a library of texts, answerable or not: what is answered, and how surely."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from citaat.errors import InputError
from citaat.evaluation.measures import DEPTH, Figures, auroc, mean
from citaat.library import Library
from citaat.settings import Settings


def evaluate_questions(rows: list[dict[str, Any]], documents: Sequence[Path], settings: Settings) -> Figures:
    """Ask every row of a library of `documents`; rates over all rows, by language and by kind.

    Raises:
        InputError: a row lacks `question` or `answer`.
    """
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        settings = replace(settings, store=Path(name))
        Library.index(documents, settings)
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
    query = opened.query(row["question"])
    best = opened.answer(query, limit=DEPTH, min_confidence=0).citations
    wanted = _levelled(answer or "")
    ranks = [citation.number for citation in best if answer is not None and wanted in _levelled(citation.quote)]
    confidence = best[0].confidence if best else 0.0
    answered = opened.answer(query, limit=1).status == "answered"
    return Outcome(
        str(row.get("lang", "")), str(row.get("kind", "")), answer is not None, answered, min(ranks, default=0), confidence
    )


def _levelled(text: str) -> str:
    return " ".join(text.casefold().split())


def rates(outcomes: Sequence[Outcome]) -> Figures:
    """The rates of these outcomes as fractions of 1; a rate over no rows is None."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    others = [outcome for outcome in outcomes if not outcome.answerable]
    return {
        "hit@1": mean([outcome.rank == 1 for outcome in answerable]),
        "mrr@10": mean([1 / outcome.rank if outcome.rank else 0.0 for outcome in answerable]),
        "auroc": auroc([outcome.confidence for outcome in answerable], [outcome.confidence for outcome in others]),
        "false_answer_rate": mean([outcome.answered for outcome in others]),
        "false_refusal_rate": mean([not outcome.answered for outcome in answerable]),
        "n": len(outcomes),
    }
