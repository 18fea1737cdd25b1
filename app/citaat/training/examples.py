"""What a ranker is fitted on and judged by: the candidates of a set's questions, in its whole corpus and in stretches of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix
from citaat.encoders.loading import load
from citaat.encoders.protocol import Encoder
from citaat.evaluation.corpora import indexed
from citaat.evaluation.question_sets import QuestionSet, read_set
from citaat.query.translation import Translations
from citaat.retrieval import calibration
from citaat.retrieval.candidates import Features, QueryPipeline
from citaat.retrieval.model import load_background, load_translations
from citaat.text.background import Background
from citaat.training.caching import CachingEncoder

_MOST_QUESTIONS = 600
_SIZES = (5, 20, 80, 320)
"""Passages: a corpus is looked at whole and in stretches of these sizes."""

JudgedQuestions = list[tuple[str, str, list[int]]]
"""Questions: the kind of each, its text, and its relevant rows of the corpus, which only an answerable one has."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates in one stretch of a corpus.

    Attributes:
        kind: "answerable"; "taken_out", an answerable one without its relevant candidates; "near", one of the set's near
            questions, in the whole corpus alone; or "far", a question of another set.
        found: the k candidates, at least one.
        relevant: bool [k], which of them are; none but of an answerable question.
        stretch: the rows that were indexed.
    """

    kind: str
    found: Features
    relevant: NDArray[np.bool_]
    stretch: range


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of one set, in its whole corpus and in stretches of it, and the impostor features of each of these (see
    `calibration.impostor_features`); `encoder` is the fingerprint of the one that they were found with."""

    name: str
    encoder: str
    whole: list[Example]
    parts: list[Example]
    impostors: dict[range, FloatMatrix]


def read_examples(
    folders: Sequence[Path], crossed: Sequence[tuple[Path, Path]], model: str, without: frozenset[str] = frozenset()
) -> list[Examples]:
    """The examples of the sets in `folders`, and of "A < B" for each folder A that is crossed with a file of questions in a
    folder B, found with what lies in a model's folder; `without` as in `QuestionSet.without`."""
    sets = [read_set(folder) for folder in folders]
    for folder, queries in crossed:
        sets.append(replace(read_set(folder, queries), name=f"{folder.name} < {queries.parent.name}"))
    kept = [one.without(without) for one in sets]
    return collect(kept, load(model), load_background(model), load_translations(model))


def base(name: str) -> str:
    """The corpus of a set: that of "A < B", which puts the questions of B to it, is A."""
    return name.split(" < ")[0]


def collect(sets: Sequence[QuestionSet], encoder: Encoder, background: Background, translations: Translations) -> list[Examples]:
    """The candidates of at most 600 questions of each set, and of as many questions of the other sets put to it.

    Each question is put to the whole corpus and to stretches of neighbouring passages, each indexed as a library of its
    own. A text that stands in a set more than once is searched once.
    """
    random = np.random.default_rng(0)
    distinct, cached = [own.without_copies() for own in sets], CachingEncoder(encoder)
    found = []
    for own in distinct:
        plan = _plan(own, [one for one in distinct if base(one.name) != base(own.name)], random)
        examples, impostors = [], {}
        for stretch, questions in plan.items():
            with indexed(own.corpus[stretch.start : stretch.stop], cached) as store:
                pipeline = QueryPipeline(store, cached, background, translations)
                impostors[stretch] = calibration.impostor_features(pipeline)
                examples.append(_examples(stretch, questions, pipeline))
        whole, *parts = examples
        found.append(Examples(own.name, encoder.fingerprint, whole, list(chain.from_iterable(parts)), impostors))
    return found


def _plan(own: QuestionSet, others: Sequence[QuestionSet], random: np.random.Generator) -> dict[range, JudgedQuestions]:
    """The questions that are put to each stretch of a corpus, the whole of it first."""
    size, texts = len(own.corpus), {row["text"] for row in own.corpus}
    rows = {row["id"]: position for position, row in enumerate(own.corpus)}
    keys = _some(list(own.questions), random)
    far = _some([question for other in others for question in _unanswered(other, texts)], random, len(keys))
    asked = [("answerable", own.questions[key], [rows[row] for row in own.relevant[key]]) for key in keys]
    asked += [("far", question, []) for question in far]
    plan = {range(size): asked + [("near", own.near[key], []) for key in keys if key in own.near]}
    for kind, question, relevant in asked:
        around = int(random.choice(sorted(relevant)) if relevant else random.integers(size))
        for length in _SIZES:
            if length < size:
                plan.setdefault(stretch_around(around, length, size), []).append((kind, question, relevant))
    return plan


def _unanswered(other: QuestionSet, texts: set[str]) -> Iterator[str]:
    """The questions of another set that none of these texts is known to answer."""
    answering = {row["id"] for row in other.corpus if row["text"] in texts}
    return (question for key, question in other.questions.items() if answering.isdisjoint(other.relevant[key]))


def _some(values: list[str], random: np.random.Generator, most: int = _MOST_QUESTIONS) -> list[str]:
    if len(values) <= most:
        return values
    return [values[position] for position in np.sort(random.choice(len(values), most, replace=False))]


def stretch_around(row: int, size: int, among: int) -> range:
    """The one of the corpus's stretches of `size` rows that holds a row; the last one overlaps the one before it."""
    start = min(row // size * size, among - size)
    return range(start, start + size)


def _examples(stretch: range, questions: JudgedQuestions, pipeline: QueryPipeline) -> list[Example]:
    """The examples of one stretch; of an answerable question with other candidates too, also one with the relevant taken out."""
    examples = []
    for query, (kind, _, rows) in zip(pipeline.plain_queries([text for _, text, _ in questions]), questions, strict=True):
        found = pipeline.search.candidates(query)
        relevant = np.isin(found.rows + stretch.start, rows)
        examples.append(Example(kind, found.features, relevant, stretch))
        if rows and not relevant.all():
            examples.append(taken_out(examples[-1]))
    return examples


def taken_out(answerable: Example) -> Example:
    """An answerable question without its relevant candidates."""
    others = ~answerable.relevant
    found = replace(
        answerable.found, values=answerable.found.values[others], cross_lingual=answerable.found.cross_lingual[others]
    )
    return Example("taken_out", found, np.zeros(len(found.values), np.bool_), answerable.stretch)
