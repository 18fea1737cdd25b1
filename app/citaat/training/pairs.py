"""Batches of texts that mean alike, without labels: a sentence and the rest of its passage."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citaat.errors import InputError
from citaat.training.corpus import Bags, PassageWords, RaggedArray, Vocabulary, WordIds, passage_files, read_passages, read_rows

_FRAMES = (
    "wat is de", "wat zijn de", "wat vindt de partij van", "hoe werkt", "hoe kan ik", "hoe lang", "hoeveel",
    "wanneer moet ik", "waarom", "wie mag", "waar kan ik", "welke regels gelden er voor", "mag ik", "moet ik",
    "kan ik", "heb ik recht op", "wat wil de partij met", "wat gebeurt er met", "is het waar dat", "wat moet ik doen als",
    "krijg ik", "wat staat er over", "wat doet de overheid aan", "hoe zit het met",
)  # fmt: skip
"""How questions begin."""
_FRAMED, _SHARED_KEPT = 0.33, 0.5
"""The share of the queries that begin as a question, and of the words shared with the target that a query keeps."""
_FUNCTION_WORDS = 250
"""The most frequent words, which a query keeps also where its target has them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B queries with a target each, and a key per row: rows of equal keys are no negatives of one another."""

    query: Bags
    target: Bags
    keys: WordIds


class PairSampler:
    """Pairs drawn from passages; a query loses words that its target has too, so that not words alone find it.

    Args:
        files: the passages of each file, by its name.
        vocabulary: that of the passages.

    Attributes:
        sizes: how many passages each file holds.

    Raises:
        InputError: no passage has two sentences.
    """

    def __init__(self, files: dict[str, PassageWords], vocabulary: Vocabulary, seed: int) -> None:
        self.vocabulary = vocabulary
        self.sizes = {name: len(passages) for name, passages in files.items()}
        self._random = np.random.default_rng(seed)
        self._frames = RaggedArray.of(vocabulary.ids(frame) for frame in _FRAMES)
        running = np.concatenate([passages.sentences.values for passages in files.values()])
        self._counts = np.bincount(running, minlength=len(vocabulary.numbers))
        self._is_content = np.array([len(word) > 3 and word.isalpha() for word in vocabulary.numbers])
        self._is_content[np.argsort(-self._counts)[:_FUNCTION_WORDS]] = False
        with_rest = [(passages, np.flatnonzero(np.diff(passages.first) >= 2)) for passages in files.values()]
        self._files = [(passages, chosen) for passages, chosen in with_rest if len(chosen)]
        if not self._files:
            raise InputError("No passage has two sentences to learn from.", code="empty-corpus")

    @classmethod
    def of_folder(cls, folder: Path, seed: int) -> "PairSampler":
        """
        Raises:
            InputError: the folder holds no passages, or none of two sentences.
        """
        vocabulary = Vocabulary()
        files = {file.name: read_passages(read_rows(file), vocabulary) for file in passage_files(folder)}
        return cls(files, vocabulary, seed)

    def frequencies(self) -> dict[str, int]:
        """How often each word stands in the passages."""
        return dict(zip(self.vocabulary.numbers, self._counts.tolist(), strict=True))

    def batches(self, steps: int, size: int) -> Iterator[Batch]:
        """Batches of `size` pairs, each from one file, so that its negatives are of the same kind."""
        for file in self._random.integers(len(self._files), size=steps).tolist():
            passages, with_rest = self._files[file]
            yield self._batch(passages, with_rest, size)

    def _batch(self, passages: PassageWords, with_rest: WordIds, size: int) -> Batch:
        sentences, first = passages.sentences, passages.first
        chosen = self._random.choice(with_rest, size)
        begin, end = first[chosen], first[chosen + 1]
        sentence = begin + (self._random.random(size) * (end - begin)).astype(np.int64)
        before = sentences.slices(sentences.starts[begin], sentences.starts[sentence])
        after = sentences.slices(sentences.starts[sentence + 1], sentences.starts[end])
        target = _joined(before, after)
        return Batch(self.as_question(sentences.take(sentence), target, size), target, chosen)

    def as_question(self, query: Bags, target: Bags, size: int) -> Bags:
        """Drop half of the content words that a query shares with its target; a third of the queries begin as questions."""
        words = len(self._is_content)
        shared = np.isin(query.rows * words + query.words, target.rows * words + target.words) & self._is_content[query.words]
        kept = ~shared | (self._random.random(len(shared)) < _SHARED_KEPT)
        asked = np.flatnonzero(self._random.random(size) < _FRAMED)
        frames = self._frames.take(self._random.integers(len(self._frames), size=len(asked)))
        return _joined(Bags(frames.words, asked[frames.rows]), Bags(query.words[kept], query.rows[kept]))


def _joined(one: Bags, other: Bags) -> Bags:
    return Bags(np.concatenate([one.words, other.words]), np.concatenate([one.rows, other.rows]))
