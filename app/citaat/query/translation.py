"""The words of one language in the other, so that a question also finds the words of a text in another language than its own."""

import re
from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from citaat.errors import InputError
from citaat.text.analysis import stemmer
from citaat.text.words import word_list

MOST = 3
"""How many words stand for one at most."""
LONGEST = 3
"""Words of a phrase that has a translation of its own."""
_LISTED = re.compile(r"(?:[^\t\n]+\t[^\t\n]+\n)*")


class Table:
    """What words of a language are in another, and phrases such as "nuclear weapons"; what is not there is sought by its stems.

    Args:
        pairs: a word or phrase and one that means alike; of those with one word, the first three count.
        language: of the first of each pair, as Snowball calls it.
        untranslated: words that count only within a phrase.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], language: str, untranslated: Container[str] = ()) -> None:
        self._untranslated = untranslated
        self._stem = stemmer(language)
        self._known: dict[str, list[str]] = {}
        for phrase, other in pairs:
            known = self._known.setdefault(phrase, [])
            if len(known) < MOST:
                known.append(other)
        shortest_last = sorted(self._known, key=lambda phrase: (-len(phrase), phrase))
        self._by_stem = {self._stemmed(phrase.split(" ")): self._known[phrase] for phrase in shortest_last}

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and (word in self._known or self._stem(word) in self._by_stem)

    def translations(self, words: Sequence[str]) -> list[str]:
        """What means the same as words in a row, at most three for each word or phrase; a word that is unknown stays itself."""
        found: list[str] = []
        at = 0
        while at < len(words):
            lengths = range(min(LONGEST, len(words) - at), 0, -1)
            known = {length: others for length in lengths if (others := self._listed(words[at : at + length]))}
            length = max(known, default=1)
            if length > 1 or words[at] not in self._untranslated:
                found += known.get(length, words[at : at + 1])
            at += length
        return found

    def _listed(self, words: Sequence[str]) -> list[str]:
        return self._known.get(" ".join(words)) or self._by_stem.get(self._stemmed(words)) or []

    def _stemmed(self, words: Sequence[str]) -> str:
        return " ".join(map(self._stem, words))


class Translations:
    """English words and phrases with the Dutch words that mean alike, the closest pairs first; all are folded as
    `text.words.fold` does."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._listed = "".join(f"{english}\t{dutch}\n" for english, dutch in pairs)

    @classmethod
    def load(cls, path: Path) -> "Translations":
        """The list in a file; none where there is no file.

        Raises:
            InputError: the file is no such list.
        """
        found = cls()
        try:
            found._listed = path.read_text("utf-8") if path.exists() else ""
            if not _LISTED.fullmatch(found._listed):
                raise ValueError("lines without two words")
        except (OSError, ValueError):
            raise InputError(f"{path} is damaged. Take that of a whole model folder.", code="unknown-model") from None
        return found

    def save(self, path: Path) -> None:
        path.write_text(self._listed, "utf-8")

    def is_word(self, word: str) -> bool:
        """Whether a word, or one that it makes with -en, is on the list, in either language."""
        listed = self._listed
        return any(
            f"\n{one}\t" in listed or listed.startswith(f"{one}\t") or f"\t{one}\n" in listed for one in (word, f"{word}en")
        )

    @cached_property
    def from_english(self) -> Table:
        return Table(self.pairs(), "english", word_list("untranslated", "en"))

    @cached_property
    def from_dutch(self) -> Table:
        return Table(((dutch, english) for english, dutch in self.pairs()), "dutch")

    def pairs(self) -> list[tuple[str, str]]:
        """English words or phrases and Dutch words, in their order."""
        rows = (line.partition("\t") for line in self._listed.split("\n")[:-1])
        return [(english, dutch) for english, _, dutch in rows]
