"""Questions that name who speaks: "wat vindt de VVD van kernenergie?" asks what one document says of nuclear energy.

The name tells where to look. As a word of the question it would only be in the way: a text hardly ever names its own
publisher, and where it does, it says nothing of the subject there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.store.store import StoredDocument
from citaat.text.lexicon import STOP_WORDS, fold

_ARTICLE = r"(?:\b(?:de|het|the)\s+)?$"
_SAYS = (
    r"(?:vindt|vinden|wil|willen|zegt|zeggen|denkt|denken|stelt|stellen|belooft|beloven|pleit|pleiten|schrijft|schrijven|"
    r"thinks?|wants?|says?|proposes?|promises?)\b"
)
_DOES = (
    r"(?:is|zijn|gaat|gaan|moet|moeten|doet|doen|heeft|hebben|kan|kiest|steunt|stemt|stemde|are|does|do|did|has|will|would|"
    r"should|supports?)\b"
)
_SAYS_BEFORE = re.compile(rf"(?:\b(?:volgens|according to)|^(?:en|and)|\b{_SAYS})\s+{_ARTICLE}", re.IGNORECASE)
_SAYS_AFTER = re.compile(
    rf"\s+{_SAYS}|['’]?s?[-\s](?:standpunt(?:en)?|(?:verkiezings)?programma|plan(?:nen|s)?|position|programme|manifesto)\b",
    re.IGNORECASE,
)
_DOES_BEFORE = re.compile(rf"(?:^(?:(?:wat|hoe|waarom|wanneer|what|how|why|when)\s+)?{_DOES}|\bbij)\s+{_ARTICLE}", re.IGNORECASE)
_WHO = re.compile(r"\W*(?:wie|welke partij(?:en)?|who|which part(?:y|ies))\b", re.IGNORECASE)
_BUT = re.compile(
    r"\b(?:behalve|uitgezonderd|anders dan|net als|naast|andere partij(?:en)?|other than|other part(?:y|ies)|except|besides|"
    r"apart from|unlike)\b",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\s*(?:[,/&_-]|\b(?:en|of|and|or)\b)\s*(?:(?:volgens|bij|van|according to|of)\s+)?(?:(?:de|het|the)\s+)?", re.IGNORECASE
)
_INTRODUCTION = re.compile(rf"(?:\b(?:volgens|bij|van|door|according to|by|of)\s+)?{_ARTICLE}", re.IGNORECASE)
_ONLY_ARTICLE = re.compile(_ARTICLE, re.IGNORECASE)
_GLUE = re.compile(r"[/&_-]")
_ENDING = re.compile(r"['’](?:s|ers?)\b")
_PARENTHESES = re.compile(r"\s*\([^()]*\)\s*$")
_WORD = re.compile(r"[^\W_]+")
_SAYING = frozenset(
    """vindt vinden wil willen zegt zeggen denkt partij programma verkiezingsprogramma standpunt standpunten plan plannen thinks
    think wants want says say party programme position""".split()
)
"""Words that say nothing of a subject in a question on who speaks, beside the stop words."""

_Key = tuple[str, ...]
"""The words of a name, folded."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name stands in a question: `[start, end)`, in characters."""

    key: _Key
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Named:
    """What a question asks of the documents that it names.

    Attributes:
        question: without the names, unless nothing would be left of it.
        each: of each name the documents that it stands for; bool [n] each.
        speaking: whether the names stand where one who speaks does ("vindt de VVD", "volgens de VVD"). Otherwise one may be
            the subject: "de AOW" where there is an AOW.txt, "de gemeente" on the site of one.
    """

    question: str
    each: tuple[NDArray[np.bool_], ...]
    speaking: bool

    @property
    def documents(self) -> NDArray[np.bool_]:
        """Those that any of the names stands for; bool [n]."""
        return np.logical_or.reduce(self.each)


class Names:
    """What the documents of a library are called: by their publishers, and by acronyms in these and in file names.

    "Partij voor de Dieren (PvdD)" goes by both, "GroenLinks-PvdA" by each half too: capitals within a word tell a name.

    Args:
        is_word: whether a word in lower case is an ordinary one. A name of such words only ("denk", "het bos") is one as it
            is written, and otherwise where one who speaks is named.
    """

    def __init__(self, documents: Sequence[StoredDocument], is_word: Callable[[str], bool]) -> None:
        self._is_word, self._count = is_word, len(documents)
        self._places: dict[_Key, set[int]] = {}
        self._written: dict[_Key, set[str]] = {}
        self._published: set[_Key] = set()
        for place, document in enumerate(documents):
            publishers = _called(document.source.publisher)
            self._published |= {_key(name) for name in publishers}
            for name in publishers | _acronyms(Path(document.path).stem):
                self._written.setdefault(_key(name), set()).add(name)
                self._places.setdefault(_key(name), set()).add(place)
        self._longest = max(map(len, self._places), default=0)

    def in_question(self, question: str) -> Named | None:
        """What a question asks of the documents that it names; None if it names none, or asks of all others."""
        found = [] if _BUT.search(question) else self._found(question)
        if not found:
            return None
        speaking = self._speaking(question, found)
        meant = speaking or found
        rest = _without(question, meant, _INTRODUCTION, "")
        told = any(word not in STOP_WORDS and word not in _SAYING for word in _WORD.findall(fold(rest)))
        each = {place.key: np.isin(np.arange(self._count), list(self._places[place.key])) for place in meant}
        return Named(rest if told else question, tuple(each.values()), bool(speaking))

    def apart(self, turn: str) -> tuple[str, tuple[str, ...]]:
        """A turn of a conversation with "de partij" for who speaks, and their names: what it asks, and of whom."""
        found = self._found(turn)
        meant = self._speaking(turn, found) or [place for place in found if place.key in self._published]
        return _without(turn, meant, _ONLY_ARTICLE, "de partij"), tuple(turn[place.start : place.end] for place in meant)

    def _found(self, question: str) -> list[_Place]:
        """Each name in a question, the longest where several begin."""
        words = list(_WORD.finditer(question))
        found, at = [], 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                start, end = words[at].start(), words[at + length - 1].end()
                place = _Place(_key(question[start:end]), start, end)
                if place.key in self._places and self._is_meant(question, place):
                    found.append(place)
                    at += length - 1
                    break
            at += 1
        return found

    def _is_meant(self, question: str, place: _Place) -> bool:
        """Whether what reads like a name is one."""
        if question[place.start : place.end] in self._written[place.key]:
            return True
        if not all(word in STOP_WORDS or self._is_word(word) for word in place.key):
            return True
        return not all(word in STOP_WORDS for word in place.key) and _says(question, place)

    def _speaking(self, question: str, found: list[_Place]) -> list[_Place]:
        """The names that stand where one who speaks does, and those that are joined to them ("VVD en CDA")."""
        speaks = [self._speaks(question, place) for place in found]
        joined = [bool(_JOINED.fullmatch(question, a.end, b.start)) for a, b in pairwise(found)]
        for at in [*range(len(joined)), *reversed(range(len(joined)))]:
            if joined[at]:
                speaks[at] = speaks[at + 1] = speaks[at] or speaks[at + 1]
        return [place for place, one in zip(found, speaks, strict=True) if one]

    def _speaks(self, question: str, place: _Place) -> bool:
        acronym = place.key in self._published and any(map(_acronyms, self._written[place.key]))
        return _says(question, place) or (acronym and bool(_DOES_BEFORE.search(question[: place.start])))


def _says(question: str, place: _Place) -> bool:
    """Whether a name stands beside a verb of saying or after "volgens"; not as what "wie" and "welke partij" want."""
    if _SAYS_AFTER.match(question, place.end):
        return True
    return bool(_SAYS_BEFORE.search(question[: place.start])) and not _WHO.match(question)


def _without(question: str, places: list[_Place], before: re.Pattern[str], instead: str) -> str:
    kept, at = "", 0
    for place in places:
        between = question[at : place.start]
        kept += f"{'' if _GLUE.fullmatch(between) else before.sub('', between)} {instead} "
        ending = _ENDING.match(question, place.end)
        at = ending.end() if ending else place.end
    return re.sub(r"\s+(?=[?!.,)]|$)", "", " ".join((kept + question[at:]).split())) if places else question


def _key(name: str) -> _Key:
    return tuple(_WORD.findall(fold(name)))


def _called(publisher: str) -> set[str]:
    """The whole of a publisher's name, what stands before parentheses at its end, and acronyms."""
    ways = {publisher, _PARENTHESES.sub("", publisher), *_acronyms(publisher)}
    return {name.strip() for name in ways if _WORD.search(name)}


def _acronyms(text: str) -> set[str]:
    """The words with a capital beyond the first letter, or with a capital and a digit; of several words all in capitals, none."""
    words = [word for word in _WORD.findall(text) if any(map(str.isupper, word))]
    found = {word for word in words if any(letter.isupper() or letter.isdigit() for letter in word[1:])}
    return found if len(words) == 1 or not all(map(str.isupper, words)) else set()
