"""What a ranker is fitted on and judged by: the candidates of a set's questions, in its whole corpus and in stretches of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix, FloatVector
from citaat.encoders.encoder import Encoder, Kind
from citaat.evaluation.evaluation import QuestionSet, indexed
from citaat.retrieval import calibration
from citaat.retrieval.search import Candidates, Search
from citaat.text.lexicon import Background

_MOST_QUESTIONS = 600
_SIZES = (5, 20, 80, 320)
"""Passages: a corpus is looked at whole and in stretches of these sizes."""
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates in one stretch of a corpus, and which of them are relevant: none for a question of another
    set. `stretch` is the range of rows that was indexed."""

    found: Candidates
    relevant: Labels
    stretch: range


@dataclass(frozen=True, slots=True)
class Examples:
    """The questions of one set put to its whole corpus, questions of other sets put to it, both put to stretches of it,
    and what each of these reaches by chance (see `calibration.probe`)."""

    name: str
    answerable: list[Example]
    far: list[Example]
    parts: dict[str, list[Example]]
    probes: dict[range, FloatMatrix]

    def whole(self) -> range:
        return self.answerable[0].stretch


def collect(sets: Sequence[QuestionSet], model: Encoder, background: Background, seed: int = 0) -> list[Examples]:
    """The candidates of at most 600 questions of each set, and of as many questions of the other sets put to it.

    Each question is put to the whole corpus and to stretches of neighbouring passages, each indexed as a library of its
    own. A text that stands in a set more than once is searched once.
    """
    random = np.random.default_rng(seed)
    sets = [own.without_copies() for own in sets]
    return [_collected(own, [one for one in sets if base(one.name) != base(own.name)], model, background, random) for own in sets]


def base(name: str) -> str:
    """The corpus of a set: that of "A < B", which puts the questions of B to it, is A."""
    return name.split(" < ")[0]


def _collected(
    own: QuestionSet, others: Sequence[QuestionSet], model: Encoder, background: Background, random: np.random.Generator
) -> Examples:
    size = len(own.corpus)
    places = {row["id"]: place for place, row in enumerate(own.corpus)}
    keys = _some(list(own.questions), random)
    foreign = _some([question for other in others for question in other.questions.values()], random, len(keys))
    asked = [("answerable", own.questions[key], [places[row] for row in own.relevant[key]]) for key in keys]
    asked += [("far", question, []) for question in foreign]
    put: dict[range, list[tuple[str, str, list[int]]]] = {range(size): asked}
    for kind, question, right in asked:
        around = int(random.choice(sorted(right)) if right else random.integers(size))
        for length in _SIZES:
            if length < size:
                put.setdefault(stretch_around(around, length, size), []).append((kind, question, right))
    remembering = _Remembering(model)
    found: dict[str, list[Example]] = {"answerable": [], "far": []}
    whole: dict[str, list[Example]] = {"answerable": [], "far": []}
    probes = {}
    for stretch, questions in put.items():
        with indexed(own.corpus[stretch.start : stretch.stop], remembering) as store:
            search = Search(store, remembering, background)
            probes[stretch] = calibration.probe(search)
            for kind, question, right in questions:
                candidates = search.candidates(search.query(question))
                example = Example(candidates, np.isin(candidates.rows + stretch.start, right), stretch)
                (whole if len(stretch) == size else found)[kind].append(example)
    return Examples(own.name, whole["answerable"], whole["far"], found, probes)


def stretch_around(row: int, size: int, among: int) -> range:
    """The one of the corpus's stretches of `size` rows that holds a row; the last one overlaps the one before it."""
    start = min(row // size * size, among - size)
    return range(start, start + size)


class _Remembering:
    """An encoder that encodes no text twice."""

    def __init__(self, model: Encoder) -> None:
        self._model = model
        self.name, self.fingerprint, self.dimension = model.name, model.fingerprint, model.dimension
        self._texts: dict[tuple[str, Kind], FloatVector] = {}
        self._passages: dict[tuple[str, ...], tuple[FloatVector, FloatMatrix]] = {}

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        new = [text for text in dict.fromkeys(texts) if (text, kind) not in self._texts]
        self._texts |= zip([(text, kind) for text in new], self._model.encode(new, kind) if new else [], strict=True)
        return np.array([self._texts[text, kind] for text in texts], np.float32).reshape(-1, self.dimension)

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        keys = [tuple(passage) for passage in passages]
        new = [key for key in dict.fromkeys(keys) if key not in self._passages]
        if new:
            whole, parts = self._model.encode_passages(new)
            cuts = np.cumsum([len(key) for key in new])[:-1]
            self._passages |= zip(new, zip(whole, np.split(parts, cuts), strict=True), strict=True)
        known = [self._passages[key] for key in keys]
        empty = np.empty((0, self.dimension), np.float32)
        return np.array([vector for vector, _ in known] or empty), np.concatenate([empty, *(parts for _, parts in known)])

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        return self._model.overlong(texts, kind)


def _some(values: list[str], random: np.random.Generator, most: int = _MOST_QUESTIONS) -> list[str]:
    if len(values) <= most:
        return values
    return [values[place] for place in np.sort(random.choice(len(values), most, replace=False))]
