"""Which of the two languages a text is in, by its function words."""

import re
from typing import Literal

from citaat.text.lexicon import fold

Language = Literal["nl", "en"]
LANGUAGES: dict[str, Language] = {"nl": "nl", "en": "en"}

_BEGINNING = 2_000
"""Characters."""
_WORD = re.compile(r"\w+")
_DUTCH = frozenset(
    "de het een en van is wat hoe waarom wie wanneer welke welk hoeveel waar wil willen vindt doet doen gaat zijn voor met op "
    "aan te er dat die deze dit ik je jullie niet ook nog naar bij als of om over door kan komt wordt worden moet mag moeten "
    "heeft hebben zit meer geen".split()
)
_ENGLISH = frozenset(
    "the a an and of is what how why who when which where do does are for with on to there that this these those i you your "
    "not also at by as or about can will be should must has have they them it much many more no does party think".split()
)


def language_of_document(text: str) -> str:
    """The language that the beginning of a text tells; the empty string if it tells none."""
    return language_of(text[:_BEGINNING]) or ""


def language_of(text: str) -> Language | None:
    """The language whose function words a text has more of; None if neither."""
    words = _WORD.findall(fold(text))
    dutch, english = (sum(word in of for word in words) for of in (_DUTCH, _ENGLISH))
    return None if dutch == english else "nl" if dutch > english else "en"
