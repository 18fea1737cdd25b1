"""What `citaat eval` and `citaat train` print: figures as JSON, or as a table."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from citaat.encoders.encoder import Encoder
from citaat.encoders.loading import load
from citaat.errors import InputError
from citaat.evaluation import evaluation, measures
from citaat.evaluation.evaluation import Figures
from citaat.retrieval.model import load_background
from citaat.retrieval.ranking import Ranker
from citaat.retrieval.search import Search
from citaat.settings import Settings
from citaat.text.lexicon import Background
from citaat.training import examples, fitting
from citaat.training.examples import Examples


def of_sets(
    folders: Sequence[Path],
    queries: Path | None,
    model: Encoder,
    ranker: Ranker,
    background: Background,
    *,
    mistyped: bool = False,
) -> Figures:
    """`{"sets": {NAME: {SYSTEM: figures}}, "paired": {NAME: product minus lexicon}}`, and of several sets the `"mean"`.

    Args:
        mistyped: put each set's questions with a typing error in each content word as well.

    Raises:
        InputError: two folders have one name, or a folder is no question set.
    """
    sets = [evaluation.read_set(folder, queries) for folder in folders]
    names = [one.name for one in sets]
    if len(set(names)) < len(names):
        raise InputError(
            "Two of these folders have the same name, so their figures could not be told apart. Rename one.", code="duplicate-set"
        )
    found: Figures = {"sets": {}, "paired": {}}
    for own in sets:
        with evaluation.indexed(own.corpus, model) as store:
            search = Search(store, model, background)
            for one in (own, measures.mistyped(own)) if mistyped else (own,):
                found["sets"][one.name], found["paired"][one.name] = evaluation.evaluate_set(one, search, ranker)
            if own.answers:
                found["sets"][own.name] |= measures.highlight_figures(own, search)
    if len(sets) > 1:
        found["mean"] = _means([found["sets"][name] for name in names])
    return found


def _means(sets: Sequence[Figures]) -> Figures:
    """Each system's nDCG@10 in the mean of the sets."""
    ranked = [system for system, figures in sets[0].items() if "ndcg@10" in figures]
    return {system: {"ndcg@10": round(float(np.mean([one[system]["ndcg@10"] for one in sets])), 4)} for system in ranked}


def of_refusal(
    folders: Sequence[Path], crossed: Sequence[tuple[Path, Path]], model: Encoder, background: Background, plot: Path | None
) -> Figures:
    """What is refused on each set, by a ranker that was fitted on the others; and the picture of it.

    Raises:
        InputError: there are fewer than two corpora, or the picture cannot be drawn.
    """
    return _left_out(examples.collect(_sets(folders, crossed), model, background), model, plot)


def _sets(folders: Sequence[Path], crossed: Sequence[tuple[Path, Path]]) -> list[evaluation.QuestionSet]:
    """The sets in `folders`, and those with questions of another file, such as one of another language."""
    return [evaluation.read_set(folder) for folder in folders] + [
        replace(evaluation.read_set(folder, queries), name=f"{folder.name} < {queries.parent.name}")
        for folder, queries in crossed
    ]


def _left_out(sets: Sequence[Examples], model: Encoder, plot: Path | None = None) -> Figures:
    figures: Figures = {}
    curves: dict[str, measures.Curve] = {}
    for own in sets:
        others = [one for one in sets if examples.base(one.name) != examples.base(own.name)]
        if others:
            ranker = fitting.fit(others, model)
            figures[own.name] = fitting.judge(ranker, own)
            firsts = np.concatenate(list(fitting.first_confidences(ranker, own).values()))
            curves[own.name] = measures.Curve(firsts[:, 0], firsts[:, 1], float(np.median(firsts[:, 2])))
    if not figures:
        raise InputError("Refusal is judged on one set by the others: name at least two sets.", code="no-question-set")
    if plot:
        measures.draw(curves, plot)
    return {"left_out": figures}


def of_questions(files: Sequence[Path], documents: Sequence[Path], settings: Settings) -> Figures:
    """`{"product": rates, "by_lang": {...}, "by_kind": {...}}` of one file of questions put to `documents`.

    Raises:
        InputError: there is more than one file, or it holds no questions.
    """
    if len(files) != 1:
        raise InputError("With --documents, give one QUESTIONS.jsonl.", code="no-question-set")
    rows = evaluation.read_rows(files[0])
    if not rows:
        raise InputError(f"{files[0]} holds no questions.", code="no-question-set")
    return evaluation.evaluate_questions(rows, documents, settings)


def of_fit(folders: Sequence[Path], crossed: Sequence[tuple[Path, Path]], model_folder: Path) -> Figures:
    """Fit the ranker of a model on question sets and write it; each set's figures are of a fit on other corpora.

    Args:
        crossed: folders with a file of questions to put to them instead of their own, such as those of another language.
    """
    model = load(str(model_folder))
    found = examples.collect(_sets(folders, crossed), model, load_background(str(model_folder)))
    fitting.fit(found, model).save(model_folder / "ranker.json")
    return _left_out(found, model) if len(folders) > 1 else {}


def table(figures: Figures) -> str:
    """Figures as lines of columns: one line a set and system, or one a group of questions."""
    rows: list[tuple[str, str, Figures]] = []
    for name, systems in figures.get("sets", {}).items():
        rows += [(name, system, values) for system, values in systems.items()]
        rows.append((name, "product - lexicon", figures["paired"][name]))
    rows += [("mean", system, values) for system, values in figures.get("mean", {}).items()]
    rows += [("fitted on the other sets", name, values) for name, values in figures.get("left_out", {}).items()]
    rows += [("translations", way, values) for way, values in figures.get("translations", {}).items()]
    rows += [(kind, way, values) for kind, ways in figures.get("conversations", {}).items() for way, values in ways.items()]
    if "product" in figures:
        rows.append(("all", "", figures["product"]))
        rows += [
            (key.removeprefix("by_"), name, values) for key in ("by_lang", "by_kind") for name, values in figures[key].items()
        ]
    columns = list(dict.fromkeys(column for _, _, values in rows for column in values))
    cells = [["", "", *columns]] + [
        [first, second, *(_cell(values.get(column)) for column in columns)] for first, second, values in rows
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "–".join(f"{bound:.3f}" for bound in value)
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else str(value)
