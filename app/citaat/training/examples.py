"""What a ranker is fitted on and judged by: the candidates of a set's questions, in its whole corpus and in stretches of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix
from citaat.encoders.protocol import Encoder
from citaat.evaluation.corpora import indexed
from citaat.evaluation.question_sets import QuestionSet
from citaat.query.translation import Translations
from citaat.retrieval import calibration
from citaat.retrieval.candidates import Features, QueryPipeline
from citaat.text.background import Background
from citaat.training.caching import CachingEncoder

_MOST_QUESTIONS = 600
_SIZES = (5, 20, 80, 320)
"""Passages: a corpus is looked at whole and in stretches of these sizes."""
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates in one stretch of a corpus, and which of them are relevant: none for a question of another
    set. `stretch` is the range of rows that was indexed."""

    found: Features
    relevant: Labels
    stretch: range


@dataclass(frozen=True, slots=True)
class Examples:
    """The questions of one set put to its whole corpus, questions of other sets put to it, both put to stretches of it,
    and the impostor features of each of these (see `calibration.impostor_features`)."""

    name: str
    answerable: list[Example]
    far: list[Example]
    parts: dict[str, list[Example]]
    impostors: dict[range, FloatMatrix]

    def whole(self) -> range:
        return self.answerable[0].stretch


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question to be put to a corpus: "answerable" with its relevant rows, or "far" with none."""

    kind: str
    question: str
    relevant: list[int]


def collect(
    sets: Sequence[QuestionSet], encoder: Encoder, background: Background, translations: Translations, seed: int = 0
) -> list[Examples]:
    """The candidates of at most 600 questions of each set, and of as many questions of the other sets put to it.

    Each question is put to the whole corpus and to stretches of neighbouring passages, each indexed as a library of its
    own. A text that stands in a set more than once is searched once.
    """
    random = np.random.default_rng(seed)
    distinct = [own.without_copies() for own in sets]
    found = []
    for own in distinct:
        plan = _plan(own, [one for one in distinct if base(one.name) != base(own.name)], random)
        found.append(_collected(own, plan, CachingEncoder(encoder), background, translations))
    return found


def base(name: str) -> str:
    """The corpus of a set: that of "A < B", which puts the questions of B to it, is A."""
    return name.split(" < ")[0]


def _plan(own: QuestionSet, others: Sequence[QuestionSet], random: np.random.Generator) -> dict[range, list[_Asked]]:
    """The questions that are put to each stretch of a corpus, the whole of it first."""
    size = len(own.corpus)
    rows = {row["id"]: position for position, row in enumerate(own.corpus)}
    keys = _some(list(own.questions), random)
    far = _some([question for other in others for question in other.questions.values()], random, len(keys))
    asked = [_Asked("answerable", own.questions[key], [rows[row] for row in own.relevant[key]]) for key in keys]
    asked += [_Asked("far", question, []) for question in far]
    plan: dict[range, list[_Asked]] = {range(size): list(asked)}
    for one in asked:
        around = int(random.choice(sorted(one.relevant)) if one.relevant else random.integers(size))
        for length in _SIZES:
            if length < size:
                plan.setdefault(stretch_around(around, length, size), []).append(one)
    return plan


def _collected(
    own: QuestionSet, plan: dict[range, list[_Asked]], encoder: Encoder, background: Background, translations: Translations
) -> Examples:
    whole: dict[str, list[Example]] = {"answerable": [], "far": []}
    parts: dict[str, list[Example]] = {"answerable": [], "far": []}
    impostors = {}
    for stretch, questions in plan.items():
        with indexed(own.corpus[stretch.start : stretch.stop], encoder) as store:
            pipeline = QueryPipeline(store, encoder, background, translations)
            impostors[stretch] = calibration.impostor_features(pipeline)
            queries = pipeline.plain_queries([one.question for one in questions])
            for one, query in zip(questions, queries, strict=True):
                found = pipeline.search.candidates(query)
                example = Example(found.features, np.isin(found.rows + stretch.start, one.relevant), stretch)
                (whole if len(stretch) == len(own.corpus) else parts)[one.kind].append(example)
    return Examples(own.name, whole["answerable"], whole["far"], parts, impostors)


def stretch_around(row: int, size: int, among: int) -> range:
    """The one of the corpus's stretches of `size` rows that holds a row; the last one overlaps the one before it."""
    start = min(row // size * size, among - size)
    return range(start, start + size)


def by_kind(answerable: list[Example], far: list[Example]) -> list[tuple[str, list[Example]]]:
    """Questions by kind: near are the answerable ones without their relevant passages, where they have others."""
    near = [one for one in answerable if not one.relevant.all()]
    return [("answerable", answerable), ("near", near), ("far", far)]


def _some(values: list[str], random: np.random.Generator, most: int = _MOST_QUESTIONS) -> list[str]:
    if len(values) <= most:
        return values
    return [values[position] for position in np.sort(random.choice(len(values), most, replace=False))]
