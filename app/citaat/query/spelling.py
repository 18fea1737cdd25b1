"""Spelling correction: a word that nobody knows is read as the known word one edit away."""

from collections.abc import Callable, Container, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LENGTHS = range(5, 41)
"""Letters of a word that is corrected: shorter ones have too many neighbours, and no word is longer."""


def corrections(
    words: Sequence[str], frequencies: Callable[[Sequence[str]], NDArray[np.int64]], correct: Container[str] = ()
) -> dict[str, str]:
    """What to read instead of each unknown word: the most frequent known one at an edit distance of one.

    An edit drops, adds or replaces a letter, or swaps it with the next (Damerau 1964). A word without a known neighbour is
    left alone, and so is one of those that are known to be `correct`.

    Args:
        words: folded.
        frequencies: how often each of n words is known; int64 [n].
    """
    checked = list(dict.fromkeys(word for word in words if len(word) in _LENGTHS and word.isalpha()))
    known = frequencies(checked) if checked else ()
    found = {}
    for word, count in zip(checked, known, strict=True):
        if not count and word not in correct:
            neighbours = list(dict.fromkeys(_neighbours(word)))
            counts = frequencies(neighbours)
            if counts.any():
                found[word] = neighbours[int(counts.argmax())]
    return found


def _neighbours(word: str) -> Iterator[str]:
    """Every string at an edit distance of one, some of them twice."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in _LETTERS)
