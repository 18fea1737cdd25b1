import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.errors import InputError
from citaat.training import corpus as corpora
from citaat.training.corpus import PassageWords, RaggedArray, Vocabulary

SENTENCES = "De huur van een woning gaat dit jaar omlaag. Er komen ook meer woningen bij voor jonge gezinnen."


def read(rows: Sequence[tuple[str, str]]) -> tuple[PassageWords, Vocabulary]:
    vocabulary = Vocabulary()
    return corpora.read_passages([{"title": title, "text": text} for title, text in rows], vocabulary), vocabulary


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=6), st.data())
def test_rows_taken_from_a_ragged_array_are_the_rows_that_went_in(rows: list[list[int]], data: st.DataObject) -> None:
    array = RaggedArray.of(rows)
    assert len(array) == len(rows)
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=5))
    bags = array.take(np.array(chosen, np.int64))
    found = [bags.words[bags.rows == number].tolist() for number in range(len(chosen))]
    assert found == [rows[row] for row in chosen]


def test_a_slice_that_ends_before_it_begins_is_empty() -> None:
    array = RaggedArray.of([[1, 2, 3], [4]])
    bags = array.slices(np.array([2, 1]), np.array([1, 3]))
    assert (bags.words.tolist(), bags.rows.tolist()) == ([2, 3], [1, 1])


def test_words_are_numbered_in_lower_case_in_the_order_in_which_they_are_met() -> None:
    vocabulary = Vocabulary()
    assert vocabulary.ids("De huur, de") == [0, 1, 2, 0]
    assert list(vocabulary.numbers) == ["de", "huur", ","]


def test_a_passage_is_its_sentences_of_three_words_and_more() -> None:
    passages, vocabulary = read([("Wonen", SENTENCES + " Ja. Goed zo.")])
    words = list(vocabulary.numbers)
    assert len(passages) == 1
    assert passages.first.tolist() == [0, 3]
    assert [words[number] for number in passages.sentences.take(np.array([2])).words] == ["goed", "zo", "."]


def test_a_hyphen_at_the_end_of_a_line_joins_a_word() -> None:
    _, vocabulary = read([("Wonen", SENTENCES.replace("woningen", "wo\u00ad\nningen"))])
    assert "woningen" in vocabulary.numbers


@pytest.mark.parametrize(
    "text",
    ["Te kort.", SENTENCES + " .... 12", SENTENCES + "1" * 20, SENTENCES[:58] + "."],
    ids=["short", "contents", "digits", "59 characters"],
)
def test_what_is_no_prose_is_left_out(text: str) -> None:
    passages, _ = read([("Wonen", text), ("Wonen", SENTENCES)])
    assert len(passages) == 1


def test_a_copy_is_left_out_whatever_its_white_space() -> None:
    passages, _ = read([("Wonen", SENTENCES), ("Huren", SENTENCES.replace(" ", "\n"))])
    assert len(passages) == 1


def test_compressed_rows_are_read_and_without_the_package_the_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zstandard = pytest.importorskip("zstandard")
    row = {"id": "1", "title": "Wonen", "text": SENTENCES}
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(json.dumps(row).encode()))
    (file,) = corpora.passage_files(tmp_path)
    assert list(corpora.read_rows(file)) == [row]
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(InputError, match=r"a\.jsonl\.zst is compressed.*pip install 'citaat\[train\]'"):
        list(corpora.read_rows(file))


def test_plain_rows_are_read_without_the_package(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (file,) = corpora.passage_files(corpus)
    assert len(list(corpora.read_rows(file))) == 600


def test_a_folder_without_passages_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nergens"):
        with pytest.raises(InputError, match="holds no passages"):
            corpora.passage_files(folder)
