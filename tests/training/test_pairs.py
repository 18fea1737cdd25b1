from itertools import product
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pytest

from citaat.errors import InputError
from citaat.training.corpus import Bags, Vocabulary, read_passages
from citaat.training.pairs import PairSampler


@pytest.fixture
def sampler(corpus: Path) -> PairSampler:
    return PairSampler.of_folder(corpus, seed=0)


def texts_of(sampler: PairSampler, bags: Bags, row: int) -> list[str]:
    words = list(sampler.vocabulary.numbers)
    return [words[number] for number in bags.words[bags.rows == row]]


def test_a_sentence_goes_with_the_rest_of_its_passage(sampler: PairSampler) -> None:
    (batch,) = sampler.batches(1, 16)
    assert len(batch.keys) == 16
    for row in range(16):
        target = texts_of(sampler, batch.target, row)
        assert target.count("zin") == 2
        assert target.count(".") == 2


def test_each_batch_is_of_one_file_and_files_give_as_many() -> None:
    vocabulary = Vocabulary()
    row = "Hierover staat geschreven een zin over {}. Daarna staat nog een zin over {}."
    files = {
        word: read_passages([{"text": row.format(word, word + "s" * n)} for n in range(9 * size)], vocabulary)
        for word, size in (("leger", 1), ("huur", 4))
    }
    sampler = PairSampler(files, vocabulary, seed=0)
    assert sampler.sizes == {"leger": 9, "huur": 36}
    of_the_larger = [bool(batch.keys.max() >= 9) for batch in sampler.batches(400, 8)]
    assert 160 < sum(of_the_larger) < 240


def test_half_of_the_content_words_that_a_query_shares_with_its_target_are_dropped(sampler: PairSampler) -> None:
    sampler._is_content[:] = True
    sampler._frames = type(sampler._frames).of([[]])
    size = len(sampler.vocabulary.numbers)
    words, rows = np.tile(np.arange(size), 200), np.repeat(np.arange(200), size)
    every = Bags(words, rows)
    assert 0.45 < len(sampler.as_question(every, every, 200).words) / len(words) < 0.55
    other = Bags(words, rows + 200)
    assert len(sampler.as_question(every, other, 200).words) == len(words)
    sampler._is_content[:] = False
    assert len(sampler.as_question(every, every, 200).words) == len(words)


def test_a_third_of_the_queries_begin_as_a_question(sampler: PairSampler) -> None:
    nothing = Bags(np.empty(0, np.int64), np.empty(0, np.int64))
    asked = sampler.as_question(nothing, nothing, 3_000)
    assert 900 < len(set(asked.rows.tolist())) < 1_080
    assert set(texts_of(sampler, asked, int(asked.rows[0]))) <= set("wat is de zijn vindt partij van hoe werkt".split()) | set(
        sampler.vocabulary.numbers
    )
    assert max(asked.rows) < 3_000


def test_the_most_frequent_words_short_ones_and_numbers_are_no_content() -> None:
    vocabulary = Vocabulary()
    frequent = " ".join("woord" + "".join(pair) for pair in product(ascii_lowercase, repeat=2))[: 249 * 8]
    rare = "Hier ligt een haven aan zee sinds 1840 en veel verder landinwaarts ook."
    passages = read_passages([{"text": f"{frequent}. {frequent}. {rare}"}], vocabulary)
    sampler = PairSampler({"texts": passages}, vocabulary, seed=0)
    found = [bool(sampler._is_content[vocabulary.numbers[word]]) for word in ("haven", "zee", "1840", "woordaa", "woordjb")]
    assert found == [True, False, False, False, False]


def test_frequencies_count_words_in_sentences(sampler: PairSampler) -> None:
    assert sampler.frequencies()["zin"] == 3 * sampler.sizes["texts.jsonl"]
    assert sampler.frequencies()["wat"] == 0


def test_a_file_whose_passages_are_single_sentences_gives_no_pairs_and_nothing_else_is_refused() -> None:
    vocabulary = Vocabulary()
    single = read_passages([{"text": "Hierover staat geschreven een zin over het leger en over de vrede."}], vocabulary)
    two = read_passages([{"text": "Hierover staat geschreven een zin over het leger. En ook over de vrede."}], vocabulary)
    (batch,) = PairSampler({"single": single, "two": two}, vocabulary, seed=0).batches(1, 4)
    assert len(batch.keys) == 4
    with pytest.raises(InputError, match="two sentences"):
        PairSampler({"single": single}, vocabulary, seed=0)
