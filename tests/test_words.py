import numpy as np
import pytest

from app.words import Words

# Passage 0 holds a and b, passage 1 nothing, passage 2 c.
WORDS = Words(
    np.array(["a", "b", "c"], "<U32"),
    np.eye(3, dtype=np.float16),
    np.array([0, 2, 2, 3], np.uint64),
    np.array([0, 1, 2], np.uint32),
)


@pytest.mark.parametrize("few", [0, 1_000])
def test_each_word_asked_meets_the_closest_word_of_a_passage(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.words._FEW", few)
    asked = np.array([[0.6, 0.3, 0.1], [0.0, -1.0, 0.2]], np.float32)
    found = WORDS.closeness(np.array([0, 1, 2]), asked)
    np.testing.assert_allclose(found, [0.6 + 0.0, 0.0, 0.1 + 0.2], atol=1e-6)
    np.testing.assert_allclose(WORDS.closeness(np.array([2]), asked), found[2:])


def test_without_words_or_passages_nothing_is_close() -> None:
    assert WORDS.closeness(np.array([0, 2]), np.empty((0, 3), np.float32)).tolist() == [0, 0]
    assert WORDS.closeness(np.empty(0, np.int64), np.ones((1, 3), np.float32)).tolist() == []
    assert WORDS.closeness(np.array([1]), np.ones((1, 3), np.float32)).tolist() == [0]


@pytest.mark.parametrize(("asked", "expected"), [(["c", "a"], [2, 0]), (["aa", "", "z"], [-1, -1, -1]), ([], [])])
def test_a_word_is_found_where_it_lies(asked: list[str], expected: list[int]) -> None:
    assert WORDS.places(asked).tolist() == expected
