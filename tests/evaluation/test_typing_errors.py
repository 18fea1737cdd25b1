from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.evaluation import typing_errors
from citaat.evaluation.question_sets import QuestionSet
from tests.evaluation.beir import question_set

QUESTION = "Hoeveel gaat de huur omlaag?"
SET = question_set({"a": "De huur gaat omlaag."}, QUESTION, {"a": 1})


def mistyped(question: str, seed: int = 0) -> str:
    return typing_errors.with_typing_errors(replace(SET, questions={"1": question}), seed).questions["1"]


def is_one_error_away(right: str, wrong: str) -> bool:
    """Whether a swap of two letters that stand side by side, a missing letter, a double one or another one explains it."""
    after = next((at for at, (a, b) in enumerate(zip(right, wrong, strict=False)) if a != b), min(len(right), len(wrong)))
    swapped = right[:after] + right[after + 1 : after + 2] + right[after : after + 1] + right[after + 2 :]
    if len(right) == len(wrong):
        return wrong == swapped or wrong[after + 1 :] == right[after + 1 :]
    longer, shorter = sorted((right, wrong), key=len, reverse=True)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def test_each_content_word_gets_one_typing_error_and_the_seed_decides_which() -> None:
    one = mistyped(QUESTION)
    assert one == mistyped(QUESTION)
    changed = [was != now for was, now in zip(QUESTION.split(), one.split(), strict=True)]
    assert changed == [False, True, False, True, True]
    assert one.endswith("?")
    assert len({mistyped(QUESTION, seed) for seed in range(20)}) > 10


def test_the_name_of_the_set_tells_and_all_else_stays() -> None:
    found = typing_errors.with_typing_errors(SET)
    assert found.name == "p mistyped"
    assert isinstance(found, QuestionSet)
    assert replace(found, name=SET.name, questions=SET.questions) == SET


@pytest.mark.parametrize("word", ["van", "bus", "hoeveel", "Hoeveel", "2030", "CO2-uitstoot", "wij?"])
def test_short_words_stop_words_and_what_is_not_all_letters_are_left_alone(word: str) -> None:
    assert {mistyped(word, seed) for seed in range(20)} == {word}


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12).map(lambda letters: f"q{letters}"), st.integers(0, 50))
def test_the_first_letter_stays_and_one_error_is_made(word: str, seed: int) -> None:
    wrong = mistyped(f"{word},", seed)
    assert wrong.endswith(",")
    assert wrong != f"{word},"
    assert wrong[0] == word[0]
    assert is_one_error_away(word, wrong[:-1])


def test_the_errors_are_a_swap_a_drop_a_double_and_a_neighbouring_key() -> None:
    swaps, drops, doubles = {"hruen", "huern", "hurne"}, {"hren", "huen", "hurn"}, {"huuren", "hurren", "hureen"}
    keys = {"hyren", "hiren", "hjren", "hueen", "huten", "hufen", "hurwn", "hurrn", "hurdn"}
    assert {mistyped("huren", seed) for seed in range(400)} == swaps | drops | doubles | keys
