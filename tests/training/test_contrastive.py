from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from citaat.errors import InputError
from citaat.training.contrastive import ContrastiveRecipe, SentenceLists, batches, learn, rest_of
from tests.fakes import tiny_static


def passages(word: str, count: int) -> list[list[str]]:
    return [[f"{word}{number} {part}" for part in ("een", "twee", "drie")] for number in range(count)]


def pairs(
    *sources: SentenceLists, dropout: float = 0.0, prompts: dict[str, str] | None = None, size: int = 8
) -> Iterator[tuple[list[str], list[str]]]:
    return batches(prompts or {}, sources, ContrastiveRecipe(1, size, 0.1, dropout))


def test_a_sentence_goes_with_the_rest_of_its_passage_and_no_two_pairs_are_of_one_passage() -> None:
    left, right = next(pairs(passages("leger", 20)))
    names = [sentence.split()[0] for sentence in left]
    assert len(set(names)) == 8
    for name, sentence, rest in zip(names, left, right, strict=True):
        assert sorted(f"{sentence} {rest}".split()) == sorted([name, "een", name, "twee", name, "drie"])


def test_the_sentence_is_any_of_its_passage() -> None:
    sampler = pairs(passages("leger", 20))
    drawn = [sentence.split()[1] for _ in range(40) for sentence in next(sampler)[0]]
    assert all(70 < drawn.count(part) < 145 for part in ("een", "twee", "drie"))


def test_each_batch_is_of_one_source_and_sources_give_as_many() -> None:
    sampler = pairs(passages("leger", 9), passages("huur", 36))
    batches = [{sentence[0] for sentence in next(sampler)[0]} for _ in range(400)]
    assert all(len(words) == 1 for words in batches)
    assert 160 < sum(words == {"h"} for words in batches) < 240


def test_a_batch_is_no_larger_than_its_source() -> None:
    assert len(next(pairs(passages("leger", 3)))[0]) == 3


def test_each_side_begins_with_its_prompt() -> None:
    left, right = next(pairs(passages("leger", 9), prompts={"query": "q: ", "document": "d: "}))
    assert all(text.startswith("q: leger") for text in left)
    assert all(text.startswith("d: leger") for text in right)


def test_words_drop_out_but_never_all_of_them() -> None:
    left, right = next(pairs([["woord " * 1_000] * 2] * 9, dropout=0.3))
    assert 5_200 < sum(len(text.split()) for text in left) < 6_000
    assert 5_200 < sum(len(text.split()) for text in right) < 6_000
    assert set(next(pairs([["huur"] * 2] * 9, dropout=1.0))[0]) == {"huur"}


def test_passages_of_one_sentence_give_no_pairs_and_nothing_else_is_refused() -> None:
    assert len(next(pairs([["leger"]], passages("huur", 2)))[0]) == 2
    with pytest.raises(InputError, match="two sentences") as error:
        next(pairs([["leger"]], []))
    assert error.value.code == "empty-corpus"


def test_the_rest_of_a_passage_is_all_but_one_sentence() -> None:
    assert [rest_of(["a", "b", "c"], at) for at in range(3)] == ["b c", "a c", "a b"]


def test_a_loss_is_the_mean_since_the_one_before(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_static(tmp_path / "model")), device="cpu").float()
    own = [[f"vrede {letter}", f"wonen {letter}{letter}"] for letter in "abcdefgh"]
    single, pairs = (learn(model, batches({}, [own], ContrastiveRecipe(steps, 4, 0.0)), steps, 0.0, None) for steps in (10, 20))
    assert pairs[:5] == pytest.approx([(one + other) / 2 for one, other in zip(single[::2], single[1::2], strict=True)], abs=2e-3)


def test_learning_brings_a_sentence_nearer_to_the_rest_of_its_passage(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_static(tmp_path / "model")), device="cpu").float()
    told: list[tuple[int, int, float | None]] = []
    own = [[f"vrede {letter}", f"wonen {letter}{letter}"] for letter in "abcdefgh"]
    pairs = batches({}, [own], ContrastiveRecipe(40, 8, 0.05, 0.0))
    losses = learn(model, pairs, 40, 0.05, lambda *step: told.append(step))
    assert told == [(4 * number, 40, loss) for number, loss in enumerate(losses, 1)]
    assert losses[-1] < losses[0] / 2
    vectors = model.encode(["vrede b", "wonen bb", "wonen cc"], normalize_embeddings=True)
    assert np.vecdot(vectors[0], vectors[1]) > np.vecdot(vectors[0], vectors[2])
