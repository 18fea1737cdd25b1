from collections.abc import Sequence

import numpy as np
import pytest
from citaat.library import Library
from citaat.query import spelling
from numpy.typing import NDArray

KNOWN = {"belasting": 9, "belastingen": 2, "kernwapens": 4, "huren": 1, "buren": 5}


def counts(words: Sequence[str]) -> NDArray[np.int64]:
    return np.array([KNOWN.get(word, 0) for word in words], np.int64)


@pytest.mark.parametrize("slip", ["belatsing", "belasing", "belassting", "belasring", "Belastng", "belästimg"])
def test_a_single_slip_is_mended(slip: str) -> None:
    assert spelling.mended(f"Hoe hoog is de {slip}?", counts) == "Hoe hoog is de belasting?"


def test_known_short_and_strange_words_stay() -> None:
    question = "Wat kosten belastingen, wapens, 12345 en xylofonen in Neu?"
    assert spelling.mended(question, counts) == question
    assert spelling.mended("", counts) == ""


def test_of_two_neighbours_the_more_frequent_is_meant() -> None:
    assert spelling.mended("suren", counts) == "buren"


def test_a_mistyped_question_finds_what_was_meant(shipped: Library) -> None:
    meant, typed = (
        shipped.ask(f"Wat vindt de partij van {word}?", min_confidence=0).citations[0] for word in ("kernwapens", "kernwapnes")
    )
    assert (typed.id, typed.confidence) == (meant.id, meant.confidence)
