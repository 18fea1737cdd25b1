"""The one tokeniser: texts to words, folded to lower case without accents, and the word lists."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[^\W_]+")
_ACCENT = re.compile(r"[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: `[start, end)` in code points, and the word folded."""

    start: int
    end: int
    folded: str


def fold(text: str) -> str:
    """Lower case, compatibility forms decomposed (NFKD), without accents."""
    if text.isascii():
        return text.lower()
    return _ACCENT.sub("", unicodedata.normalize("NFKD", text.lower()))


def words(text: str) -> list[str]:
    """The folded words of a text, in order: runs of letters and digits."""
    return _WORD.findall(fold(text))


def tokenise(text: str) -> tuple[Token, ...]:
    """The same words, each with its place in the text."""
    folded = [fold(character) for character in text]
    origin = [at for at, letters in enumerate(folded) for _ in letters]
    found = _WORD.finditer("".join(folded))
    return tuple(Token(origin[one.start()], origin[one.end() - 1] + 1, one[0]) for one in found)


@cache
def word_list(use: str, language: str = "") -> frozenset[str]:
    """The words of a list in `word_lists.toml`, in one language or in all."""
    lists = _word_lists()[use]
    return frozenset(word for name, listed in lists.items() if language in ("", name) for word in listed.split())


def content_words(found: Iterable[str]) -> list[str]:
    """Folded words but for stop words, or all of them if there are no others."""
    every, stop_words = list(found), word_list("stop")
    return [word for word in every if word not in stop_words] or every


@cache
def _word_lists() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "word_lists.toml").read_text("utf-8"))
