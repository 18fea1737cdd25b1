"""Follow-ups: whether a turn depends on the question before it, and which of that question's words it takes along.

Three rules, no grammar. A turn is a follow-up if it has hardly a word of its own, points back ("kost dat?") or opens as a
continuation does ("en de Westerscheldetunnel?"). A follow-up gets the words of the question before it; of those, the ones
that a word of its own replaces, as the encoder tells, are left out ("en Iran?" after "Moet Wagner op de lijst?").
Whether the turn has gone on to another subject all the same takes a search, and is decided in `chat.subject_changes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from citaat.domain import FloatVector
from citaat.limits import LONGEST_QUESTION
from citaat.query.publishers import Mention
from citaat.query.turns import Turn, distinct, is_contentless
from citaat.text.language import language_of
from citaat.text.words import fold, word_list

UNRELATED = ("fiets", "regen", "muziek", "belasting", "kaas", "ziekenhuis")
"""Words that have nothing to do with one another: their cosines tell how near any two words are in this encoder."""
_REPLACES = 0.29
"""How near a word has to be to replace another, rather than to say more about it: from 0, as near as unrelated words are, to 1,
the same word. Cosines alone tell little: in some models they begin at .7."""
_FEW, _OPENED = 2, 3
"""Words of its own with which a turn stands alone; `_OPENED` for one that opens as a continuation does."""
_COMPLETE = frozenset(
    [("de", "partij"), ("het", "programma"), ("the", "party"), ("the", "programme")]
    + [("wat", verb) for verb in ("is", "zijn", "betekent", "houdt")]
    + [(who, verb) for who in ("what", "who") for verb in ("is", "are")]
)
"""Pairs of words in a question that is not short for another."""


@dataclass(frozen=True, slots=True)
class Question:
    """A turn with what it takes along from the turns before it.

    Attributes:
        carried: words of the question before that say what this one is about.
        asked_before: the publishers that were asked, where this turn names none.
    """

    turn: Turn
    carried: tuple[str, ...] = ()
    asked_before: tuple[Mention, ...] = ()

    @property
    def text(self) -> str:
        """For a reader: the turn, and in parentheses what it takes along."""
        by = "according to" if language_of(self.turn.words) == "en" else "volgens"
        more = [*self.carried, *(f"{by} {one.name}" for one in self.asked_before)]
        return f"{self.turn.text} ({', '.join(more)})" if more else self.turn.text

    @property
    def content(self) -> tuple[str, ...]:
        """The words that say what it is about."""
        return distinct([*self.turn.content, *self.carried])

    @property
    def addressees(self) -> tuple[Mention, ...]:
        return self.asked_before or self.turn.addressees

    @property
    def readings(self) -> tuple["Question", ...]:
        """With what it takes along and, where it may have gone on to another subject, also without."""
        return (self, replace(self, carried=())) if self.carried and may_change_subject(self.turn) else (self,)


def is_context_dependent(turn: Turn) -> bool:
    """Whether a turn cannot be understood without the one before it."""
    if _points_back(turn):
        return True
    if any(pair in _COMPLETE for pair in pairwise(map(fold, turn.compounds))):
        return not turn.content
    return len(turn.content) < (_OPENED if _opens_as_continuation(turn) else _FEW)


def may_change_subject(turn: Turn) -> bool:
    """Whether a turn goes on with a subject of its own ("en de huur?"), which may have nothing to do with the one before."""
    return _opens_as_continuation(turn) and bool(turn.content) and not _points_back(turn)


def contextualise(turn: Turn, before: Question, vectors: Mapping[str, FloatVector]) -> Question:
    """What a turn asks after a question: with the words of that question, if it is a follow-up.

    Who is asked is no subject: "en volgens de VVD?" asks the VVD what another was asked, and "en waarom?" the same one again.
    With those words it may be too long a question; then it is read by itself.

    Args:
        vectors: of the content words of both, and of UNRELATED; by the word as it is written.
    """
    asks_all = bool(turn.addressees) or not word_list("everyone").isdisjoint(turn.words)
    asked_before = () if asks_all else before.addressees
    carried = _kept(before.content, turn.content, vectors) if is_context_dependent(turn) else ()
    question = Question(turn, carried, asked_before)
    return question if len(question.text) <= LONGEST_QUESTION else Question(turn)


def _opens_as_continuation(turn: Turn) -> bool:
    return bool(turn.compounds) and fold(turn.compounds[0]) in word_list("opener")


def _points_back(turn: Turn) -> bool:
    """Whether a pronoun stands for something said before: the turn has hardly said anything itself by then, and the
    pronoun does not begin a clause about the noun before it."""
    words = list(map(fold, turn.compounds))
    has_content = [not is_contentless(word) for word in words]
    for at, word in enumerate(words):
        if word in word_list("demonstrative") and sum(has_content[:at]) < _FEW:
            after_verb = at == 2 and words[0] in word_list("interrogative")
            is_apart = not any(has_content[:at]) or not any(has_content[at + 1 : at + 2])
            after_noun = any(has_content[at - 1 : at]) or not word_list("publisher_noun").isdisjoint(words[at - 1 : at])
            if after_verb or (is_apart and (at + 1 == len(words) or not after_noun)):
                return True
    return False


def _kept(before: Sequence[str], own: Sequence[str], vectors: Mapping[str, FloatVector]) -> tuple[str, ...]:
    """The words of the question before that no word of this turn replaces."""
    missing = tuple(word for word in before if fold(word) not in set(map(fold, own)))
    if not missing or not own:
        return missing
    left, now, strangers = (np.array([vectors[word] for word in words]) for words in (missing, own, UNRELATED))
    unrelated = float((strangers @ strangers.T)[np.triu_indices(len(UNRELATED), 1)].mean())
    nearest = (np.vecdot(left[:, np.newaxis], now[np.newaxis]).max(axis=1) - unrelated) / max(1 - unrelated, 1e-9)
    return tuple(word for word, nearness in zip(missing, nearest.tolist(), strict=True) if nearness < _REPLACES)
