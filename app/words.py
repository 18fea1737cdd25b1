"""The words of passages as vectors, so that a question's words are held against each of them.

A question on "atoombommen" finds "kernwapens", and one on "rent" finds "huur", also where the vector of the whole passage
is about something else. The score is MaxSim (Khattab and Zaharia 2020, arXiv 2004.12832), over words where that work has
tokens, so that a library keeps one vector for each of its words and not one for each place where it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.domain import FloatMatrix, FloatVector

LONGEST_WORD = 32
"""Characters of a word that are kept; what is beyond that tells no words apart."""
_FEW = 32_768
"""Words up to which all of their vectors are raised to float32 at once and kept."""


@dataclass(frozen=True)
class Words:
    """
    Attributes:
        words: str [w], sorted.
        vectors: float16 [w, d], of unit length.
        starts: uint64 [n + 1]; the words of passage p are `numbers[starts[p]:starts[p + 1]]`, each once.
        numbers: uint32, places in `words`.
    """

    words: NDArray[np.str_]
    vectors: NDArray[np.float16]
    starts: NDArray[np.uint64]
    numbers: NDArray[np.uint32]

    @classmethod
    def none(cls, vectors: FloatMatrix) -> Self:
        """Those of passages whose words were not stored, of which only the vectors are known: float32 [n, d]."""
        passages, dimension = vectors.shape
        starts = np.zeros(passages + 1, np.uint64)
        return cls(np.empty(0, np.str_), np.empty((0, dimension), np.float16), starts, np.empty(0, np.uint32))

    def places(self, words: Sequence[str]) -> NDArray[np.int64]:
        """The place of each word, -1 for one that no passage holds."""
        if not len(self.words) or not words:
            return np.full(len(words), -1)
        wanted = np.array(words, self.words.dtype)
        found = np.minimum(np.searchsorted(self.words, wanted), len(self.words) - 1)
        return np.where(self.words[found] == wanted, found, -1)

    def closeness(self, rows: NDArray[np.int64], asked: FloatMatrix) -> FloatVector:
        """The sum, over the words asked, of the product with the closest word of each passage, none below 0.

        Args:
            rows: int64 [k] passages.
            asked: float32 [q, d], each word's vector as long as the word weighs.

        Returns:
            float32 [k].
        """
        scores = np.zeros(len(rows), np.float32)
        begins = self.starts[rows].astype(np.int64)
        lengths = self.starts[rows + 1].astype(np.int64) - begins
        held = np.flatnonzero(lengths)
        if len(held) and len(asked):
            offsets = np.cumsum(lengths) - lengths
            numbers = self.numbers[np.arange(lengths.sum()) + np.repeat(begins - offsets, lengths)]
            if len(self.words) <= _FEW:
                products, places = self._raised @ asked.T, numbers
            else:
                among = np.zeros(len(self.words), np.bool_)
                among[numbers] = True
                products, places = self.vectors[among].astype(np.float32) @ asked.T, (np.cumsum(among) - 1)[numbers]
            closest = np.maximum.reduceat(products[places], offsets[held], axis=0)
            scores[held] = np.maximum(closest, 0).sum(axis=1)
        return scores

    @cached_property
    def _raised(self) -> FloatMatrix:
        return self.vectors.astype(np.float32)
