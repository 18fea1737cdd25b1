from pathlib import Path

import numpy as np
import pytest
from tokenizers import Encoding

from citaat.encoders import loading
from citaat.encoders import static as module
from citaat.encoders.static import StaticEncoder
from citaat.errors import InputError
from tests.fakes import tiny_static


def test_a_text_without_a_known_token_has_no_direction(static: StaticEncoder) -> None:
    np.testing.assert_array_equal(static.encode([""], "passage").vectors, np.zeros((1, static.dimension)))


def test_a_text_of_any_length_is_read_whole(static: StaticEncoder) -> None:
    assert static.encode(["vrede " * 5_000], "question").truncated.tolist() == [False]


def test_a_passage_and_its_sentences_are_encoded_separately(static: StaticEncoder) -> None:
    encoded = static.encode_passages([["Vrede.", "Nu."], ["Wonen."]])
    np.testing.assert_allclose(encoded.passages, static.encode(["Vrede. Nu.", "Wonen."], "passage").vectors, atol=1e-6)
    np.testing.assert_allclose(encoded.sentences, static.encode(["Vrede.", "Nu.", "Wonen."], "passage").vectors, atol=1e-6)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    tiny_static(tmp_path / "static")
    (tmp_path / "modules.json").write_text((tmp_path / "static" / "modules.json").read_text())
    with pytest.raises(InputError, match="no complete static model"):
        loading.load(str(tmp_path))


class Interrupted:
    """A tokenizer during whose work the cache is full and another text is encoded, as by another thread."""

    def __init__(self, encoder: StaticEncoder, patch: pytest.MonkeyPatch) -> None:
        self._encoder, self._tokenizer, self._patch = encoder, encoder._tokenizer, patch

    def encode_batch_fast(self, words: list[str], add_special_tokens: bool) -> list[Encoding]:
        self._encoder._tokenizer = self._tokenizer
        self._patch.setattr(module, "_CACHED_WORDS", 0)
        self._encoder.encode(["wonen wat"], "question")
        return self._tokenizer.encode_batch_fast(words, add_special_tokens=add_special_tokens)


def test_what_another_thread_forgets_is_not_lost(static: StaticEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = static.encode(["vrede nu"], "question").vectors
    monkeypatch.setattr(static, "_tokenizer", Interrupted(static, monkeypatch))
    found = static.encode(["vrede nu", "partij"], "question").vectors
    np.testing.assert_array_equal(found[:1], expected)
