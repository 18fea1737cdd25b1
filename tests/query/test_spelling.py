from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from citaat.query.spelling import corrections

KNOWN = {"belasting": 9, "belastingen": 2, "kernwapens": 4, "huren": 1, "buren": 5, "huis": 7, "tarwe": 3, "tarwes": 3}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def frequencies(words: Sequence[str]) -> NDArray[np.int64]:
    return np.array([KNOWN.get(word, 0) for word in words], np.int64)


@pytest.mark.parametrize("typed", ["belatsing", "belasing", "belassting", "belasring", "belastng", "elasting", "ebelasting"])
def test_a_word_one_edit_from_a_known_one_is_corrected(typed: str) -> None:
    assert corrections(["hoe", "hoog", "is", "de", typed], frequencies) == {typed: "belasting"}


@pytest.mark.parametrize("typed", ["abelasting", "belastinga", "belastin", "zelasting", "belastinz", "eblasting", "belastign"])
def test_an_edit_may_be_at_either_end_of_a_word(typed: str) -> None:
    assert corrections([typed], frequencies) == {typed: "belasting"}


@given(st.sampled_from(["belasting", "kernwapens"]), st.data())
def test_any_single_replacement_is_corrected(word: str, data: st.DataObject) -> None:
    at, letter = data.draw(st.integers(0, len(word) - 1)), data.draw(st.sampled_from(LETTERS))
    typed = word[:at] + letter + word[at + 1 :]
    assert corrections([typed], frequencies) == ({} if typed == word else {typed: word})


def test_two_edits_are_too_many() -> None:
    assert corrections(["belatsign", "kernwpns"], frequencies) == {}


def test_known_words_stay() -> None:
    assert corrections(["belastingen", "huren", "kernwapens"], frequencies) == {}


def test_short_words_and_words_with_digits_stay() -> None:
    assert corrections(["huia", "hren", "belastin9", "12345"], frequencies) == {}
    assert corrections(["hurem"], frequencies) == {"hurem": "huren"}
    assert corrections(["huius"], frequencies) == {"huius": "huis"}


def test_a_word_without_a_known_neighbour_stays() -> None:
    assert corrections(["xylofonen", "belasring"], frequencies) == {"belasring": "belasting"}


def test_of_two_neighbours_the_more_frequent_is_meant() -> None:
    assert corrections(["suren"], frequencies) == {"suren": "buren"}


def test_of_two_equally_frequent_neighbours_the_one_that_is_made_first_is_meant() -> None:
    assert corrections(["tarwet"], frequencies) == {"tarwet": "tarwe"}


def test_a_word_that_is_known_to_be_correct_stays() -> None:
    assert corrections(["suren", "hurem"], frequencies, {"suren"}) == {"hurem": "huren"}


def test_each_unknown_word_is_sought_once() -> None:
    asked: list[Sequence[str]] = []

    def counted(words: Sequence[str]) -> NDArray[np.int64]:
        asked.append(words)
        return frequencies(words)

    assert corrections(["suren", "huren", "suren", "op"], counted) == {"suren": "buren"}
    assert asked[0] == ["suren", "huren"]
    assert len(asked) == 2
    assert len(asked[1]) == len(set(asked[1]))


def test_without_a_word_to_check_nothing_is_asked() -> None:
    def never(words: Sequence[str]) -> NDArray[np.int64]:
        raise AssertionError(words)

    assert corrections([], never) == corrections(["op", "2023"], never) == {}


@pytest.mark.parametrize(("letters", "is_corrected"), [(40, True), (41, False)])
def test_a_word_longer_than_any_word_is_left_alone(letters: int, is_corrected: bool) -> None:
    known = "a" * (letters - 1)
    found = corrections(["a" * letters], lambda words: np.array([int(word == known) for word in words]))
    assert bool(found) == is_corrected
