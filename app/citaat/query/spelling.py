"""Questions with typing errors: a word that nobody knows is read as the known word one slip away."""

import re
from collections.abc import Callable, Container, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from citaat.text.lexicon import fold

_WORD = re.compile(r"\w+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORTEST = 5
"""Letters of a word that is mended; shorter ones have too many neighbours."""

Counts = Callable[[Sequence[str]], NDArray[np.int64]]
"""How often each of some words is known; int64 [n]."""


def mended(question: str, counts: Counts, spared: Container[str] = ()) -> str:
    """The question with each unknown word replaced by the most frequent known one that a single slip makes of it.

    A slip is a letter dropped, doubled, added, replaced, or swapped with the next (Damerau 1964). A word that has no
    known neighbour stays, and so does one of those that are `spared`.
    """
    words = dict.fromkeys(word for word in map(fold, _WORD.findall(question)) if len(word) >= _SHORTEST and word.isalpha())
    known = zip(words, counts(list(words)), strict=True) if words else ()
    unknown = [word for word, count in known if not count and word not in spared]
    instead = {word: best for word in unknown if (best := _best(word, counts))}
    return _WORD.sub(lambda found: instead.get(fold(found[0]), found[0]), question) if instead else question


def _best(word: str, counts: Counts) -> str | None:
    neighbours = list(dict.fromkeys(_neighbours(word)))
    known = counts(neighbours)
    best = int(known.argmax())
    return neighbours[best] if known[best] else None


def _neighbours(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in _LETTERS)
