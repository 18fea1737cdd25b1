import numpy as np
import pytest

from citaat.encoders import bert
from citaat.encoders.bert import Bert
from citaat.settings import shipped_model


@pytest.fixture(scope="module")
def model() -> Bert:
    return Bert(shipped_model())


def test_hidden_states_of_a_text_do_not_depend_on_what_it_is_computed_with(model: Bert) -> None:
    rows = [[0, 5, 9, 2], [0, 7, 2], [0, 5, 9, 2], [0, *range(10, 60), 2]]
    together = dict(model.hidden_states(rows))
    assert sorted(together) == [0, 1, 2, 3]
    for number, row in enumerate(rows):
        ((_, alone),) = model.hidden_states([row])
        assert alone.shape == (len(row), model.dimension)
        np.testing.assert_allclose(together[number], alone, atol=1e-4)


def test_more_tokens_than_one_chunk_are_all_computed_shortest_text_first(model: Bert, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bert, "_CHUNK_TOKENS", 50)
    rows = [[0, *range(10, 10 + length), 2] for length in (20, 3, 20, 20, 20, 4)]
    numbers = [number for number, states in model.hidden_states(rows) if len(states) == len(rows[number])]
    assert numbers == [1, 5, 0, 2, 3, 4]
