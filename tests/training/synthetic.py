"""Examples whose answer is known: in each question one candidate leads, by words alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from citaat.domain import FloatMatrix
from citaat.retrieval.candidates import FEATURES, Features
from citaat.training.examples import Example, Examples, taken_out

LEXICAL = FEATURES.index("lexical")
WHOLE = range(100)


def examples(seed: int, level: float = 0.0, *, cross_lingual: bool = False, lead: float = 0.5) -> Examples:
    """Eighty questions whose relevant passage leads in the lexical feature, and eighty far ones that lead in none.

    Args:
        level: what every lexical score of this corpus has too much, its own sentences' scores too.
        cross_lingual: whether the questions are in another language than the passages.
        lead: how far the relevant passage leads.
    """
    random = np.random.default_rng(seed)
    leads = np.zeros((10, len(FEATURES)), np.float32)
    leads[0, LEXICAL] = lead

    def values() -> FloatMatrix:
        found = random.uniform(0, 0.3, size=leads.shape).astype(np.float32)
        found[:, LEXICAL] += level
        return found

    def example(answerable: bool) -> Example:
        found = Features(values() + answerable * leads, np.full(10, cross_lingual), 100)
        return Example("answerable" if answerable else "far", found, (np.arange(10) == 0) & answerable, WHOLE)

    impostors = np.concatenate([values() for _ in range(100)])
    asked = [[example(answerable) for _ in range(80)] for answerable in (True, False)]
    return Examples(str(seed), "hash-16", with_taken_out(*asked), [], {WHOLE: impostors})


def with_taken_out(answerable: Sequence[Example], far: Sequence[Example]) -> list[Example]:
    return [*answerable, *map(taken_out, answerable), *far]


def of_kind(examples: Sequence[Example], kind: str) -> list[Example]:
    return [one for one in examples if one.kind == kind]


def with_small_stretches(seed: int) -> Examples:
    """The same with as many questions put to stretches of twenty passages, too small to be calibrated, where all score less."""
    small = examples(seed + 10, level=-0.3)
    return replace(examples(seed), parts=[replace(one, stretch=range(20)) for one in small.whole])
