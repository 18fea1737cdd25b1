"""The words of one language in the other, so that a question also finds the words of a text in another language than its own."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import Stemmer

from app.errors import InputError

Pairs = Sequence[tuple[str, str]]

_MOST = 3
"""How many words stand for one at most."""


class Table:
    """What words of a language are in another; a word that is not there is sought by its stem.

    Args:
        pairs: a word and one that means alike; of those with one word, the first three count.
        language: of the first of each pair, as Snowball calls it.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], language: str) -> None:
        self._stem = Stemmer.Stemmer(language).stemWord
        self._words: dict[str, list[str]] = {}
        for word, other in pairs:
            known = self._words.setdefault(word, [])
            if len(known) < _MOST:
                known.append(other)
        shortest = sorted(self._words, key=lambda word: (-len(word), word))
        self._by_stem = {self._stem(word): self._words[word] for word in shortest}

    def __contains__(self, word: str) -> bool:
        return word in self._words or self._stem(word) in self._by_stem

    def of(self, word: str) -> list[str]:
        """At most three words that mean alike; the word itself if none is known, as of a name."""
        return self._words.get(word) or self._by_stem.get(self._stem(word)) or [word]


class Translations:
    """English words with the Dutch ones that mean alike, the closest pairs first; all are folded as `lexicon.fold` does."""

    def __init__(self, pairs: Pairs = ()) -> None:
        self._listed = "".join(f"{english}\t{dutch}\n" for english, dutch in pairs)

    @classmethod
    def load(cls, path: Path) -> "Translations":
        """
        Raises:
            InputError: the file is missing or is no such list.
        """
        found = cls()
        try:
            found._listed = path.read_text("utf-8")
            if found._listed.count("\t") != found._listed.count("\n"):
                raise ValueError("lines without two words")
        except (OSError, ValueError):
            raise InputError(
                f"{path} is missing or damaged. Point CITAAT_MODEL at a whole model folder.", code="unknown-model"
            ) from None
        return found

    def save(self, path: Path) -> None:
        path.write_text(self._listed, "utf-8")

    @cached_property
    def from_english(self) -> Table:
        return Table(self.pairs(), "english")

    @cached_property
    def from_dutch(self) -> Table:
        return Table(((dutch, english) for english, dutch in self.pairs()), "dutch")

    def pairs(self) -> list[tuple[str, str]]:
        """English and Dutch words, in their order."""
        rows = (line.partition("\t") for line in self._listed.split("\n")[:-1])
        return [(english, dutch) for english, _, dutch in rows]
