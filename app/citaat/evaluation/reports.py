"""What `citaat eval` prints: figures as JSON, or as a table."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from citaat.encoders.protocol import Encoder
from citaat.errors import InputError
from citaat.evaluation.corpora import indexed
from citaat.evaluation.highlighting import highlight_figures
from citaat.evaluation.measures import Figures, mean
from citaat.evaluation.question_sets import read_lines, read_set
from citaat.evaluation.systems import evaluate_set
from citaat.evaluation.typing_errors import with_typing_errors
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.model import Model
from citaat.settings import cache_folder
from citaat.store.embedded.generations import Disk
from citaat.store.embedded.kept_batches import KeepingEncoder


def question_set_report(
    folders: Sequence[Path], queries: Path | None, model: Model, *, mistyped: bool = False, without: frozenset[str] = frozenset()
) -> Figures:
    """`{"sets": {NAME: {SYSTEM: figures}}, "paired": {NAME: product minus lexicon}}`, and of several sets the `"mean"`.

    Args:
        mistyped: put each set's questions with a typing error in each content word as well.
        without: rows that are left out of the corpora, see `QuestionSet.without`.

    Raises:
        InputError: two folders have one name, or a folder is no question set.
    """
    sets = [read_set(folder, queries).without(without) for folder in folders]
    names = [one.name for one in sets]
    if len(set(names)) < len(names):
        raise InputError(
            "Two of these folders have the same name, so their figures could not be told apart. Rename one.", code="duplicate-set"
        )
    found: Figures = {"sets": {}, "paired": {}}
    model = replace(model, encoder=KeepingEncoder(model.encoder, cache_folder() / "evaluation", Disk()))
    for own in sets:
        with indexed(own.corpus, model.encoder) as store:
            pipeline = model.pipeline(store)
            for one in (own, with_typing_errors(own)) if mistyped else (own,):
                found["sets"][one.name], found["paired"][one.name] = evaluate_set(one, pipeline, model.ranker)
            if own.answers:
                found["sets"][own.name] |= highlight_figures(own, pipeline, Highlighter(model.background))
    if len(sets) > 1:
        ranked = [found["sets"][name] for name in names]
        systems = [system for system, figures in ranked[0].items() if "ndcg@10" in figures]
        found["mean"] = {system: {"ndcg@10": mean(figures[system]["ndcg@10"] for figures in ranked)} for system in systems}
    return found


def translation_report(left: Path, right: Path, encoder: Encoder) -> Figures:
    """Of two files of lines that translate each other: how often the right line of the other one is the closest, both ways;
    InputError if the files cannot be read or differ in length."""
    lines = [read_lines(path) for path in (left, right)]
    if len(lines[0]) != len(lines[1]) or not lines[0]:
        raise InputError("The two files need as many lines, each the translation of the other's.", code="no-question-set")
    here, there = (encoder.encode(one, "passage").vectors for one in lines)
    scores, own = here @ there.T, np.arange(len(here))
    return {
        f"{left.name} > {right.name}": {"hit@1": mean(scores.argmax(axis=1) == own), "n": len(own)},
        f"{right.name} > {left.name}": {"hit@1": mean(scores.argmax(axis=0) == own), "n": len(own)},
    }


def table(figures: Figures) -> str:
    """Figures as lines of columns: one line a set and system, or one a group of questions."""
    from tabulate import tabulate

    rows = [{"": first, " ": second} | {name: _cell(values[name]) for name in values} for first, second, values in _rows(figures)]
    return tabulate(rows, "keys", "plain", stralign="right", colalign=("left", "left"), disable_numparse=True) if rows else ""


def _rows(figures: Figures) -> Iterator[tuple[str, str, Figures]]:
    paired = {name: {"product - lexicon": values} for name, values in figures.get("paired", {}).items()}
    groups = [(name, systems | paired[name]) for name, systems in figures.get("sets", {}).items()]
    for label, key in (("mean", "mean"), ("fitted on the other sets", "left_out"), ("translations", "translations")):
        groups.append((label, figures.get(key, {})))
    groups += figures.get("conversations", {}).items()
    if "product" in figures:
        groups += [("all", {"": figures["product"]}), ("lang", figures["by_lang"]), ("kind", figures["by_kind"])]
    return ((label, name, values) for label, group in groups for name, values in group.items())


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "–".join(f"{bound:.3f}" for bound in value)
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else str(value)
