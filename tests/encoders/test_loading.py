import shutil
from pathlib import Path

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


def test_the_model_folder_is_at_most_32_megabytes() -> None:
    assert sum(path.stat().st_size for path in shipped_model().rglob("*") if path.is_file()) <= 32_000_000
