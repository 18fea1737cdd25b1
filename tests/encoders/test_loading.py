import shutil
from pathlib import Path

import numpy as np
import pytest

from citaat.encoders import loading
from citaat.encoders.sentence_transformers import SentenceTransformersEncoder
from citaat.encoders.transformer import TransformerEncoder
from citaat.errors import InputError
from citaat.settings import shipped_model
from tests.fakes import tiny_bert


@pytest.mark.parametrize(
    ("name", "content"),
    [("modules.json", "{"), ("modules.json", '[{"type": 1}]'), ("tokenizer.json", "{}"), ("model.safetensors", "short")],
)
def test_a_broken_model_is_an_error_that_says_what_to_do(static_folder: Path, tmp_path: Path, name: str, content: str) -> None:
    shutil.copytree(static_folder, tmp_path / "broken")
    (tmp_path / "broken" / name).write_text(content)
    with pytest.raises(InputError, match="CITAAT_MODEL takes"):
        loading.load(str(tmp_path / "broken"))


def test_a_model_of_another_architecture_is_left_to_sentence_transformers(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert")
    assert isinstance(loading.load(str(folder)), TransformerEncoder)
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(pooling.read_text().replace('"mean"', '"cls"'))
    assert isinstance(loading.load(str(folder)), SentenceTransformersEncoder)


def test_the_model_folder_is_at_most_64_megabytes() -> None:
    assert sum(path.stat().st_size for path in shipped_model().rglob("*") if path.is_file()) <= 64_000_000


def test_torch_computes_the_same_vectors_on_a_device_that_is_named(transformer: TransformerEncoder) -> None:
    texts = ["De huur gaat omlaag.", "Kernwapens de wereld uit, en wel nu."]
    by_torch = loading.load(str(shipped_model()), "cpu")
    assert by_torch.fingerprint == transformer.fingerprint
    for found, expected in (
        (by_torch.encode(texts, "question").vectors, transformer.encode(texts, "question").vectors),
        (by_torch.encode_passages([texts]).sentences, transformer.encode_passages([texts]).sentences),
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_any_model_takes_a_device(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "bert")
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(pooling.read_text().replace('"mean"', '"cls"'))
    assert loading.load(str(folder), "cpu").dimension == 16


@pytest.mark.parametrize("device", ["cuda:99", "toaster"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(InputError, match=r"no such device on this machine\. It has: cpu") as error:
        loading.load(str(shipped_model()), device)
    assert error.value.code == "unknown-setting"
