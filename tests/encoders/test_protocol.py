from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citaat.encoders.protocol import Encoder, encode_separately, fingerprint_of, normalize
from citaat.encoders.static import StaticEncoder
from citaat.encoders.transformer import TransformerEncoder
from citaat.settings import shipped_model
from tests.conftest import SEED
from tests.encoders.conftest import AWKWARD
from tests.fakes import HashEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@pytest.fixture(scope="module", params=["transformer", "static"])
def both(
    request: pytest.FixtureRequest, transformer: TransformerEncoder, static: StaticEncoder, static_folder: Path
) -> tuple[Encoder, "SentenceTransformer"]:
    """An encoder, and sentence-transformers' own reading of the same folder."""
    from sentence_transformers import SentenceTransformer

    ours: Encoder = transformer if request.param == "transformer" else static
    folder = shipped_model() if request.param == "transformer" else static_folder
    return ours, SentenceTransformer(str(folder), device="cpu").float()


def test_a_model_gives_the_vectors_of_sentence_transformers(both: tuple[Encoder, "SentenceTransformer"]) -> None:
    texts = [*SEED.read_text("utf-8").split("."), *AWKWARD]
    # One text at a time: torch pads all texts of a batch to the longest, which here has 512 tokens.
    passages, questions = both[1].encode_document(texts, batch_size=1), both[1].encode_query(texts, batch_size=1)
    np.testing.assert_allclose(both[0].encode(texts, "passage").vectors, passages, atol=1e-5)
    np.testing.assert_allclose(both[0].encode(texts, "question").vectors, questions, atol=1e-5)


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_any_text_gives_the_same_vector_in_both(both: tuple[Encoder, "SentenceTransformer"], text: str) -> None:
    np.testing.assert_allclose(both[0].encode([text], "question").vectors, both[1].encode_query([text]), atol=1e-5)


def test_vectors_are_of_unit_length_and_do_not_depend_on_their_neighbours(both: tuple[Encoder, "SentenceTransformer"]) -> None:
    together = both[0].encode(["Kernwapens weg", "Vrede", "Vrede"], "passage").vectors
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(together[1], both[0].encode(["Vrede"], "passage").vectors[0], atol=1e-6)
    np.testing.assert_array_equal(together[1], together[2])


def test_no_texts_give_no_vectors(both: tuple[Encoder, "SentenceTransformer"]) -> None:
    encoded, passages = both[0].encode([], "question"), both[0].encode_passages([])
    assert encoded.vectors.shape == passages.passages.shape == passages.sentences.shape == (0, both[0].dimension)
    assert encoded.truncated.shape == passages.truncated.shape == (0,)


def test_passages_encoded_separately_are_truncated_where_their_sentences_together_are() -> None:
    encoder = HashEncoder(max_words=3)
    encoded = encode_separately(encoder, [["vrede nu", "en later"], ["huur"]])
    np.testing.assert_array_equal(encoded.passages, encoder.encode(["vrede nu en later", "huur"], "passage").vectors)
    np.testing.assert_array_equal(encoded.sentences, encoder.encode(["vrede nu", "en later", "huur"], "passage").vectors)
    assert encoded.truncated.tolist() == [True, False]


def test_a_row_of_zeros_stays_when_others_are_normalized() -> None:
    np.testing.assert_array_equal(normalize(np.array([[3, 4], [0, 0]], np.float32)), np.array([[0.6, 0.8], [0, 0]], np.float32))


def test_a_fingerprint_changes_with_settings_and_with_each_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    found = {fingerprint_of(text, *paths) for text in ("", "prompt") for paths in ([tmp_path / "a"], [tmp_path / "b"])}
    assert len(found) == 4
    assert {len(one) for one in found} == {16}
