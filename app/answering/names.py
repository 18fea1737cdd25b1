"""Questions that name who speaks: "wat vindt de VVD van kernenergie?" asks what one document says of nuclear energy.

The name tells where to look. As a word of the question it would only be in the way: a text hardly ever names its own
publisher, and where it does, it says nothing of the subject there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.lexical.lexicon import STOP_WORDS, fold
from app.storage.store import StoredDocument

_INTRODUCTION = re.compile(r"(?:\b(?:volgens|bij|van|door|according to|by|of)\s+)?(?:\b(?:de|het|the)\s+)?$", re.IGNORECASE)
_SPEAKS = (
    "vindt|vinden|wil|willen|zegt|zeggen|denkt|denken|stelt|stellen|belooft|beloven|pleit|pleiten|schrijft|schrijven|"
    "thinks?|wants?|says?|proposes?|promises?"
)
_SPEAKS_BEFORE = re.compile(rf"(?:\b(?:volgens|according to|{_SPEAKS})|^(?:en|and))\s+(?:(?:de|het|the)\s+)?$", re.IGNORECASE)
_BELONGS_OR_SPEAKS = re.compile(rf"\b(?:bij|van|door|by|of)\s+(?:(?:de|het|the)\s+)?$|{_SPEAKS_BEFORE.pattern}", re.IGNORECASE)
_SPEAKS_AFTER = re.compile(rf"\s+(?:{_SPEAKS})\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:de|het|the)\s+$", re.IGNORECASE)
_ENDING = re.compile(r"['’](?:s|ers?)\b")
_PARENTHESES = re.compile(r"[()]")
_WORD = re.compile(r"[^\W_]+")
_SAYING = frozenset("vindt vinden wil willen zegt zeggen denkt partij programma thinks think wants want says say party".split())
"""Words that say nothing of a subject in a question on who speaks, beside the stop words."""

_Place = tuple[tuple[str, ...], int, int]
"""The words of a name, folded, and where it starts and ends in a question."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a question asks of the documents that it names.

    Attributes:
        question: without the names, unless nothing would be left of it.
        documents: bool [n], those that are named.
        published: whether each name is that of a publisher, and not only a word of a file's name.
        speaking: whether each stands where one who speaks does ("vindt de VVD", and of a publisher "bij de VVD"); otherwise it
            may be the subject: "de AOW" where there is an AOW.txt, "de gemeente" on the site of one.
    """

    question: str
    documents: NDArray[np.bool_]
    published: bool
    speaking: bool


class Names:
    """What the documents of a library are called: by their publishers, and by acronyms in these and in file names.

    "Partij voor de Dieren (PvdD)" goes by both, "GroenLinks-PvdA" by each half too: capitals within a word tell a name.

    Args:
        is_word: whether a name in lower case is an ordinary word ("denk", "volt"); then it is a name only as it is written.
    """

    def __init__(self, documents: Sequence[StoredDocument], is_word: Callable[[str], bool]) -> None:
        self._is_word, self._count = is_word, len(documents)
        self._places: dict[tuple[str, ...], list[int]] = {}
        self._written: dict[tuple[str, ...], str] = {}
        self._published: set[tuple[str, ...]] = set()
        for place, document in enumerate(documents):
            publishers = _called(document.source.publisher)
            self._published |= {_key(name) for name in publishers}
            for name in publishers | _acronyms(Path(document.path).stem):
                self._written.setdefault(_key(name), name)
                self._places.setdefault(_key(name), []).append(place)
        self._longest = max(map(len, self._places), default=0)

    def in_question(self, question: str) -> Named | None:
        """What a question asks of the documents that it names; None if it names none."""
        found = self._found(question)
        if not found:
            return None
        documents = np.zeros(self._count, np.bool_)
        documents[[place for key, _, _ in found for place in self._places[key]]] = True
        rest = self._without(question, found, _INTRODUCTION, "")
        told = any(word not in STOP_WORDS and word not in _SAYING for word in _WORD.findall(fold(rest)))
        published = all(key in self._published for key, _, _ in found)
        before = _BELONGS_OR_SPEAKS if published else _SPEAKS_BEFORE
        speaking = all(before.search(question[:start]) or _SPEAKS_AFTER.match(question, end) for _, start, end in found)
        return Named(rest if told else question, documents, published, speaking)

    def apart(self, turn: str) -> tuple[str, tuple[str, ...]]:
        """A turn of a conversation with "de partij" for each name, and the names: what it asks, and of whom."""
        found = self._found(turn)
        return self._without(turn, found, _ARTICLE, "de partij"), tuple(turn[start:end] for _, start, end in found)

    def _without(self, question: str, found: list[_Place], before: re.Pattern[str], instead: str) -> str:
        kept, at = "", 0
        for _, start, end in found:
            kept += before.sub("", question[at:start]) + f" {instead} "
            ending = _ENDING.match(question, end)
            at = ending.end() if ending else end
        return re.sub(r"\s+(?=[?!.,]|$)", "", " ".join((kept + question[at:]).split())) if found else question

    def _found(self, question: str) -> list[_Place]:
        """Each name in a question, the longest where several begin, with where it starts and ends."""
        words = list(_WORD.finditer(question))
        found, at = [], 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                start, end = words[at].start(), words[at + length - 1].end()
                key = _key(question[start:end])
                if key in self._places and self._is_meant(key, question[start:end]):
                    found.append((key, start, end))
                    at += length - 1
                    break
            at += 1
        return found

    def _is_meant(self, key: tuple[str, ...], words: str) -> bool:
        return len(key) > 1 or words == self._written[key] or not self._is_word(key[0])


def _key(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(name)))


def _called(publisher: str) -> set[str]:
    """The whole of a publisher's name, what stands before and within parentheses, and acronyms."""
    ways = {publisher, *_PARENTHESES.split(publisher), *_acronyms(publisher)}
    return {name.strip() for name in ways if _WORD.search(name)}


def _acronyms(text: str) -> set[str]:
    """The words with a capital beyond the first letter, or with a capital and a digit."""
    words = [word for word in _WORD.findall(text) if any(map(str.isupper, word))]
    return {word for word in words if any(letter.isupper() or letter.isdigit() for letter in word[1:])}
