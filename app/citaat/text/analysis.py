"""Words to terms.

A word counts as its Snowball stem, twice, and as its character 4-grams: Dutch writes compounds as one word, so
"kernwapenbeheersing" is found by "wapen" only through its parts, and the n-grams forgive a typing error as well.
"""

import threading
from collections.abc import Callable, Iterable

import Stemmer

_GRAM = 4
_STEM_WEIGHT = 2
_LONGEST_TERM = 16
_CACHED_WORDS = 200_000


def stemmer(language: str) -> Callable[[str], str]:
    """From words to stems, in a language as Snowball calls it, for any number of threads."""
    stem, lock = Stemmer.Stemmer(language).stemWord, threading.Lock()

    def locked(word: str) -> str:
        with lock:  # PyStemmer: "must not be called concurrently"
            return stem(word)

    return locked


class Analyzer:
    """Folded words to terms. Keeps the terms of each word it has met, since the same words return."""

    def __init__(self) -> None:
        self._stem = stemmer("dutch")
        self._known: dict[str, list[str]] = {}

    def terms(self, words: Iterable[str]) -> list[str]:
        """The terms of every word, in order, with repetitions."""
        if len(self._known) > _CACHED_WORDS:
            self._known.clear()
        return [term for word in words for term in self.terms_of(word)]

    def terms_of(self, word: str) -> list[str]:
        """The terms of one word."""
        known = self._known.get(word)
        if known is None:
            padded = f"_{word}_"
            grams = [padded[at : at + _GRAM] for at in range(max(1, len(padded) - _GRAM + 1))]
            known = self._known[word] = [*grams, *[self.stem(word)] * _STEM_WEIGHT]
        return known

    def stem(self, word: str) -> str:
        """The term that stands for a whole word; what has the same stem has the same term."""
        return f"={self._stem(word)}"[:_LONGEST_TERM]
