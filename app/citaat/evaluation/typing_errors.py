"""A question set with typing errors in its questions."""

from dataclasses import replace

import numpy as np

from citaat.evaluation.question_sets import QuestionSet
from citaat.text.words import word_list

_NEIGHBOURS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnm",
        "wa qes wrd etf ryg tuh yij uok ipl ol qsz adw sfe dgr fht gjy hku jli kop asx zcd xvf cbg vnh bmj nk".split(),
        strict=True,
    )
)
_SHORTEST_MISTYPED = 4


def with_typing_errors(questions: QuestionSet, seed: int = 0) -> QuestionSet:
    """The same set with one typing error in each content word: a swap, a drop, a double or a neighbouring key."""
    random = np.random.default_rng(seed)
    asked = {
        key: " ".join(_mistype(word, random) for word in question.split(" ")) for key, question in questions.questions.items()
    }
    return replace(questions, name=f"{questions.name} mistyped", questions=asked)


def _mistype(word: str, random: np.random.Generator) -> str:
    letters = word.rstrip("?.,;:!")
    if len(letters) < _SHORTEST_MISTYPED or letters.lower() in word_list("stop") or not letters.isalpha():
        return word
    at = int(random.integers(1, len(letters) - 1))
    keys = _NEIGHBOURS.get(letters[at].lower(), letters[at])
    wrong = (
        letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :],
        letters[:at] + letters[at + 1 :],
        letters[:at] + letters[at] + letters[at:],
        letters[:at] + keys[int(random.integers(len(keys)))] + letters[at + 1 :],
    )
    changed = [one for one in wrong if one != letters]
    return changed[int(random.integers(len(changed)))] + word[len(letters) :]
