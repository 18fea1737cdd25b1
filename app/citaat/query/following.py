"""A follow-up becomes a question of its own: the words that it leans on are carried from the question before it.

Three rules, no grammar. A turn leans if it has hardly a word of its own, points back ("kost dat?") or opens as a
continuation does ("en de Westerscheldetunnel?"). What leans gets the words of the question before it; of those, the ones
that a word of its own takes the place of, as the encoder tells, are left out ("en Iran?" after "Moet Wagner op de lijst?").
"""

import re
from collections.abc import Sequence

import numpy as np

from citaat.encoders.encoder import Encoder
from citaat.text.lexicon import STOP_WORDS, fold

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_EMPTY = frozenset(
    """volgens according
    partij partijen programma plan plannen vindt vinden doet doen denkt zegt zeggen staat staan zit zitten gaat gaan komt
    komen krijgt krijgen krijg wilt willen wil moet mogen ga geldt gelden heet eigenlijk precies dan nou toch ook nog meteen
    hoezo daarover daarmee daarvoor daarvan daaraan daarheen hierover daar hier zoiets iets dit dat die deze er vertel
    meer zeggen uitleggen toelichten bedoel hoelang lang wat wie waar wanneer waarom hoe welke hoeveel ze zij hun hen
    party programme plan plans think thinks say says want wants about get gets happen happens then also else more long
    that this those these it they them there tell explain mean which many much does do did how why who what when""".split()
)
_OPENERS = re.compile(r"(?:(?:ja|nee|ok|oke|okay|dus|and|but|so|or|en|maar|of)\b[, ]*)+", re.IGNORECASE)
_BACK = frozenset(
    "dat dit die deze daarover daarmee daarvoor daarvan daaraan daarheen hierover zoiets that this those it them".split()
)
_NOUNS = frozenset("partij partijen programma plan plannen party programme plans".split())
"""Those of the empty words that a clause can be about."""
_QUESTION_WORDS = frozenset("wat wie waar wanneer waarom hoe welke hoeveel what who where when why how which".split())
_COMPLETE = re.compile(
    r"\b(?:de partij|het programma|the (?:party|programme)|wat (?:is|zijn|betekent|houdt)|what (?:is|are)|who (?:is|are))\b",
    re.IGNORECASE,
)
"""How a question is put that is not short for another."""
_TAKES_THE_PLACE = 0.29
"""How near a word has to be to replace another, rather than to say more about it: from 0, as near as words are that have
nothing to do with one another, to 1, the same word. Cosines alone tell little: in some models they begin at .7."""
_UNRELATED = ("fiets", "regen", "muziek", "belasting", "kaas", "ziekenhuis")
_FEW, _OPENED = 2, 3
"""Words of its own with which a turn stands alone; `_OPENED` for one that opens as a continuation does."""


def following(encoder: Encoder, before: str, turn: str) -> str:
    """What a turn asks, where `before` is what the turn before it asked, or empty."""
    if not before or not leans(turn):
        return turn
    carried = _kept(encoder, _own(before), _own(turn))
    return f"{turn.rstrip()} ({', '.join(carried)})" if carried else turn


def leans(turn: str) -> bool:
    """Whether a turn cannot be understood without the one before it."""
    own = _own(turn)
    if _points_back(turn):
        return True
    if _COMPLETE.search(turn):
        return not own
    return len(own) < (_OPENED if _OPENERS.match(turn) else _FEW)


def names_a_subject(turn: str) -> bool:
    """Whether a turn goes on with a subject of its own ("en de huur?"), which may have nothing to do with the one before."""
    return bool(_OPENERS.match(turn) and _own(turn)) and not _points_back(turn)


def _own(text: str) -> list[str]:
    """The words of a text that say what it is about, once each, as they are written."""
    words = {fold(word): word for word in _WORD.findall(text)}
    return [word for folded, word in words.items() if folded not in STOP_WORDS and folded not in _EMPTY]


def _points_back(turn: str) -> bool:
    """Whether a pronoun stands for something said before: the turn has hardly said anything itself by then, and the
    pronoun does not begin a clause about the noun before it."""
    words = [fold(word) for word in _WORD.findall(turn)]
    told = 0
    for place, word in enumerate(words):
        after_verb = place == 2 and words[0] in _QUESTION_WORDS
        if word in _BACK and told < _FEW and (not told or after_verb or _is_empty(words[place + 1 : place + 2])):
            before = words[place - 1 : place]
            if after_verb or (_is_empty(before) and not _NOUNS.intersection(before)) or place + 1 == len(words):
                return True
        told += not _is_empty([word])
    return False


def _is_empty(words: Sequence[str]) -> bool:
    return all(word in STOP_WORDS or word in _EMPTY for word in words)


def _kept(encoder: Encoder, before: Sequence[str], own: Sequence[str]) -> list[str]:
    """The words of the question before that no word of this turn takes the place of."""
    missing = [word for word in before if fold(word) not in {fold(one) for one in own}]
    if not missing or not own:
        return missing
    vectors = encoder.encode([*missing, *own, *_UNRELATED], "question")
    left, now, strangers = np.split(vectors, [len(missing), len(missing) + len(own)])
    usual = float((strangers @ strangers.T)[np.triu_indices(len(_UNRELATED), 1)].mean())
    near = (np.vecdot(left[:, np.newaxis], now[np.newaxis]).max(axis=1) - usual) / max(1 - usual, 1e-9)
    return [word for word, closeness in zip(missing, near.tolist(), strict=True) if closeness < _TAKES_THE_PLACE]
