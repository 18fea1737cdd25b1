"""Which of the two languages a text is in, by its function words."""

from collections.abc import Iterable
from typing import Literal

from citaat.text.words import word_list, words

Language = Literal["nl", "en"]
LANGUAGES: dict[str, Language] = {"nl": "nl", "en": "en"}

_BEGINNING = 2_000
"""Characters of a document that its language is told from."""


def language_of_document(text: str) -> str:
    """The language that the beginning of a text tells; the empty string if it tells none."""
    return language_of(words(text[:_BEGINNING])) or ""


def language_of(found: Iterable[str]) -> Language | None:
    """The language whose function words stand more often among folded words; None if neither."""
    every = list(found)
    dutch, english = (sum(map(word_list("language", language).__contains__, every)) for language in ("nl", "en"))
    return None if dutch == english else "nl" if dutch > english else "en"
