"""What `citaat eval` prints: figures as JSON, or as a table."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from citaat.errors import InputError
from citaat.evaluation.corpora import indexed
from citaat.evaluation.highlighting import highlight_figures
from citaat.evaluation.measures import Figures
from citaat.evaluation.question_sets import read_rows, read_set
from citaat.evaluation.questions import evaluate_questions
from citaat.evaluation.systems import evaluate_set
from citaat.evaluation.typing_errors import with_typing_errors
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.model import Model
from citaat.settings import Settings


def question_set_report(folders: Sequence[Path], queries: Path | None, model: Model, *, mistyped: bool = False) -> Figures:
    """`{"sets": {NAME: {SYSTEM: figures}}, "paired": {NAME: product minus lexicon}}`, and of several sets the `"mean"`.

    Args:
        mistyped: put each set's questions with a typing error in each content word as well.

    Raises:
        InputError: two folders have one name, or a folder is no question set.
    """
    sets = [read_set(folder, queries) for folder in folders]
    names = [one.name for one in sets]
    if len(set(names)) < len(names):
        raise InputError(
            "Two of these folders have the same name, so their figures could not be told apart. Rename one.", code="duplicate-set"
        )
    found: Figures = {"sets": {}, "paired": {}}
    for own in sets:
        with indexed(own.corpus, model.encoder) as store:
            pipeline = model.pipeline(store)
            for one in (own, with_typing_errors(own)) if mistyped else (own,):
                found["sets"][one.name], found["paired"][one.name] = evaluate_set(one, pipeline, model.ranker)
            if own.answers:
                found["sets"][own.name] |= highlight_figures(own, pipeline, Highlighter(model.background))
    if len(sets) > 1:
        found["mean"] = _means([found["sets"][name] for name in names])
    return found


def _means(sets: Sequence[Figures]) -> Figures:
    """Each system's nDCG@10 in the mean of the sets."""
    ranked = [system for system, figures in sets[0].items() if "ndcg@10" in figures]
    return {system: {"ndcg@10": round(float(np.mean([one[system]["ndcg@10"] for one in sets])), 4)} for system in ranked}


def question_report(files: Sequence[Path], documents: Sequence[Path], settings: Settings) -> Figures:
    """`{"product": rates, "by_lang": {...}, "by_kind": {...}}` of one file of questions put to `documents`.

    Raises:
        InputError: there is more than one file, or it holds no questions.
    """
    if len(files) != 1:
        raise InputError("With --documents, give one QUESTIONS.jsonl.", code="no-question-set")
    rows = read_rows(files[0])
    if not rows:
        raise InputError(f"{files[0]} holds no questions.", code="no-question-set")
    return evaluate_questions(rows, documents, settings)


def table(figures: Figures) -> str:
    """Figures as lines of columns: one line a set and system, or one a group of questions."""
    from tabulate import tabulate

    rows = list(_rows(figures))
    columns = list(dict.fromkeys(column for _, _, values in rows for column in values))
    cells = [[first, second, *(_cell(values.get(column)) for column in columns)] for first, second, values in rows]
    aligned = ("left", "left", *("right" for _ in columns))
    return tabulate(cells, ["", "", *columns], tablefmt="plain", colalign=aligned, disable_numparse=True) if cells else ""


def _rows(figures: Figures) -> Iterator[tuple[str, str, Figures]]:
    for name, systems in figures.get("sets", {}).items():
        yield from ((name, system, values) for system, values in systems.items())
        yield name, "product - lexicon", figures["paired"][name]
    yield from (("mean", system, values) for system, values in figures.get("mean", {}).items())
    yield from (("fitted on the other sets", name, values) for name, values in figures.get("left_out", {}).items())
    yield from (("translations", way, values) for way, values in figures.get("translations", {}).items())
    yield from ((kind, way, values) for kind, ways in figures.get("conversations", {}).items() for way, values in ways.items())
    if "product" in figures:
        yield "all", "", figures["product"]
        for key in ("by_lang", "by_kind"):
            yield from ((key.removeprefix("by_"), name, values) for name, values in figures[key].items())


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "–".join(f"{bound:.3f}" for bound in value)
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else str(value)
