import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.training.caching import CachingEncoder
from tests.fakes import HashEncoder

WORD = st.sampled_from(["huur", "vrede", "kat", "een twee drie"])


@given(st.lists(st.lists(WORD, max_size=5), min_size=1, max_size=4))
def test_vectors_are_those_of_the_encoder_and_no_text_is_encoded_twice(calls: list[list[str]]) -> None:
    plain, cached = HashEncoder(max_words=2), CachingEncoder(inner := HashEncoder(max_words=2))
    for texts in calls:
        expected, found = plain.encode(texts, "question"), cached.encode(texts, "question")
        assert found.vectors.tolist() == expected.vectors.tolist()
        assert found.vectors.shape == (len(texts), 16)
        assert found.truncated.tolist() == expected.truncated.tolist()
    assert sorted(inner.encoded) == sorted({text for texts in calls for text in texts})


@given(st.lists(st.lists(st.lists(WORD, min_size=1, max_size=3), max_size=4), min_size=1, max_size=3))
def test_passages_are_those_of_the_encoder_with_their_sentences_in_order(calls: list[list[list[str]]]) -> None:
    plain, cached = HashEncoder(max_words=4), CachingEncoder(inner := HashEncoder(max_words=4))
    for passages in calls:
        found = cached.encode_passages(passages)
        assert found.passages.shape == (len(passages), 16)
        assert found.sentences.shape == (sum(map(len, passages)), 16)
        if passages:
            expected = plain.encode_passages(passages)
            assert found.passages.tolist() == expected.passages.tolist()
            assert found.sentences.tolist() == expected.sentences.tolist()
            assert found.truncated.tolist() == expected.truncated.tolist()
    distinct = {tuple(passage) for passages in calls for passage in passages}
    assert len(inner.encoded) == sum(1 + len(passage) for passage in distinct)


def test_a_text_as_a_question_is_another_than_as_a_passage() -> None:
    cached = CachingEncoder(inner := HashEncoder())
    for kind in ("question", "passage", "question"):
        cached.encode(["huur"], kind)
    assert inner.encoded == ["huur", "huur"]


@pytest.mark.parametrize("name", ["name", "fingerprint", "dimension"])
def test_it_is_taken_for_the_encoder_that_it_stands_for(name: str) -> None:
    assert getattr(CachingEncoder(HashEncoder()), name) == getattr(HashEncoder(), name)


def test_nothing_is_float32_too() -> None:
    found = CachingEncoder(HashEncoder()).encode_passages([])
    assert [one.dtype.name for one in (found.passages, found.sentences, found.truncated)] == ["float32", "float32", "bool"]
