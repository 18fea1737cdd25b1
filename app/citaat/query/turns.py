"""What a person said, read once: its words, the publishers that it names, and what it is about."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from citaat.errors import InputError
from citaat.limits import LONGEST_QUESTION
from citaat.query.publishers import Mention, Publishers, end_of
from citaat.text.words import Token, fold, tokenise, word_list

_JOINT = re.compile(r"['’-]")
"""What joins two words to one, as in "zee-egel" and "auto's"."""
_ARTICLES = frozenset(("de", "het", "the"))


@dataclass(frozen=True)
class Turn:
    """
    Attributes:
        text: without white space around it, each letter with its accent one character (Unicode's NFC).
        tokens: its words with their places.
        mentions: the publishers that it names, in order.
    """

    text: str
    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...] = ()

    @classmethod
    def read(cls, text: str, publishers: Publishers | None = None) -> "Turn":
        """Read a text whatever it holds; without publishers no names are sought."""
        whole = unicodedata.normalize("NFC", text.strip())
        tokens = tokenise(whole)
        return cls(whole, tokens, publishers.mentions(whole, tokens) if publishers else ())

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words, folded."""
        return tuple(token.folded for token in self.tokens)

    @cached_property
    def addressees(self) -> tuple[Mention, ...]:
        """The publishers that are asked; where none is, those that are named."""
        speaking = tuple(mention for mention in self.mentions if mention.is_addressed)
        return speaking or tuple(mention for mention in self.mentions if mention.is_published)

    @cached_property
    def compounds(self) -> tuple[str, ...]:
        """Its words as they are written, a compound as one, "de partij" in the place of each addressee and its article.

        "Wat wil de VVD met de 80-jarige?" has the compounds Wat, wil, de, partij, met, de, 80-jarige.
        """
        found: list[str] = []
        end, named = -1, None
        for token in self.tokens:
            before = named
            named = next((one for one in self.addressees if one.start <= token.start < end_of(self.text, one)), None)
            if named and named is not before:
                found = [*(found[:-1] if found and found[-1].lower() in _ARTICLES else found), "de", "partij"]
            elif not named and not before and found and (token.start < end or _JOINT.fullmatch(self.text, end, token.start)):
                found[-1] += self.text[end : token.end]  # two words of one character, as in "½", are one here
            elif not named:
                found.append(self.text[token.start : token.end])
            end = token.end
        return tuple(found)

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The words that say what it is about, once each."""
        return distinct(word for word in self.compounds if not is_contentless(fold(word)))


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Words once each, in the order in which they were met first and as they were written last."""
    return tuple({fold(word): word for word in words}.values())


def is_contentless(word: str) -> bool:
    """Whether a folded word says nothing of a subject."""
    return word in word_list("stop") or word in word_list("contentless")


def checked(question: str) -> str:
    """A question without white space around it, in whole letters (NFC).

    Raises:
        InputError: it is empty, too long, or holds characters that are no text.
    """
    trimmed = unicodedata.normalize("NFC", question.strip())
    if not trimmed:
        raise InputError("The question is empty. Ask it in words.", code="question-empty")
    if len(question) > LONGEST_QUESTION:
        raise InputError(
            f"The question has {len(question)} characters; at most {LONGEST_QUESTION} are read. Shorten it.",
            code="question-too-long",
        )
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in trimmed):
        raise InputError(
            "The question holds a NUL or half a character (a lone surrogate). Send it as text.", code="question-unreadable"
        )
    return trimmed


def is_askable(question: str) -> bool:
    """Whether a text is a question that can be asked."""
    try:
        checked(question)
    except InputError:
        return False
    return True
