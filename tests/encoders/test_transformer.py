import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Encoding, Tokenizer

from citaat.encoders.transformer import TransformerEncoder
from citaat.settings import shipped_model

LONG = ["de arts en zorg " * 150, "huur en woning " * 150]


class CountingTokenizer:
    """A tokenizer that remembers the texts it was given."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer, self.texts = tokenizer, list[str]()

    def encode_batch_fast(self, texts: Sequence[str], add_special_tokens: bool) -> list[Encoding]:
        self.texts += texts
        return self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=add_special_tokens)


@pytest.fixture
def counting(transformer: TransformerEncoder, monkeypatch: pytest.MonkeyPatch) -> CountingTokenizer:
    counting = CountingTokenizer(transformer._tokenizer)
    monkeypatch.setattr(transformer, "_tokenizer", counting)
    return counting


def test_each_text_is_tokenized_once(transformer: TransformerEncoder, counting: CountingTokenizer) -> None:
    transformer.encode(["Vrede nu", "Vrede nu", "huur"], "question")
    assert counting.texts == ["query: Vrede nu", "query: huur"]
    counting.texts.clear()
    transformer.encode_passages([["Vrede nu.", "En later."], ["Huur."]])
    assert counting.texts == ["Vrede nu.", "En later.", "Huur."]


def test_a_sentence_is_the_mean_of_its_tokens_in_the_passage(transformer: TransformerEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(shipped_model()), device="cpu").float()
    sentences = ["De arts gaat over zorg.", "huur"]
    found = theirs.encode_document([" ".join(sentences)], output_value="token_embeddings")
    assert isinstance(found, list)
    tokens = np.asarray(found[0])
    start = 1 + len(theirs.tokenizer.tokenize("passage:"))
    dense = load_file(shipped_model() / "2_Dense" / "model.safetensors")
    encoded = transformer.encode_passages([sentences])
    for sentence, vector in zip(sentences, encoded.sentences, strict=True):
        end = start + len(theirs.tokenizer.tokenize(sentence))
        expected = dense["linear.weight"] @ tokens[start:end].mean(axis=0) + dense["linear.bias"]
        np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)
        start = end


def test_a_passage_has_the_vector_of_its_sentences_together(transformer: TransformerEncoder) -> None:
    encoded = transformer.encode_passages([["De arts.", "De leraar."]])
    np.testing.assert_allclose(encoded.passages, transformer.encode(["De arts. De leraar."], "passage").vectors, atol=1e-6)


def test_a_long_passage_is_read_in_windows_and_never_truncated(transformer: TransformerEncoder) -> None:
    encoded = transformer.encode_passages([["kort."], LONG])
    assert (len(encoded.passages), len(encoded.sentences)) == (2, 3)
    assert encoded.truncated.tolist() == [False, False]
    alone = transformer.encode_passages([[sentence] for sentence in LONG])
    np.testing.assert_allclose(encoded.sentences[1:], alone.sentences, atol=1e-5)
    assert (encoded.passages[1] @ alone.passages.T > 0.5).all()


def test_a_window_is_as_full_as_whole_sentences_make_it(transformer: TransformerEncoder) -> None:
    most = transformer._max_tokens - len(transformer._passage_prompt)
    for beyond, expected in ((0, [[0, 1]]), (1, [[0], [1]])):
        windows = transformer._windows([["a", "b"], ["c"]], [[1] * 100, [2] * (most - 100 + beyond), [3]])
        found = [[number for number, _ in window.pieces] for window in windows]
        assert found == [*expected, [2]]
        assert [window.passage for window in windows] == [*(0 for _ in expected), 1]
    window, rest = transformer._windows([["a"]], [[1] * (most + 1)])
    assert (len(window.pieces[0][1]), len(rest.pieces[0][1])) == (most, 1)


def test_a_sentence_longer_than_a_window_is_read_to_its_end(transformer: TransformerEncoder) -> None:
    repeated = "de arts en zorg " * 150
    plain, with_end = transformer.encode_passages([[repeated], [repeated + "kernwapens " * 100]]).sentences
    kernwapens = transformer.encode(["kernwapens"], "passage").vectors[0]
    assert with_end @ kernwapens > plain @ kernwapens + 0.05


def test_a_text_is_truncated_when_it_has_more_tokens_than_the_model_reads(transformer: TransformerEncoder) -> None:
    most = 512 - 2 - len(transformer._tokenizer.encode("query: de", add_special_tokens=False).ids) + 1
    texts = ["de" + " de" * (count - 1) for count in (most, most + 1, 1, most + 1)]
    encoded = transformer.encode(texts, "question")
    assert encoded.truncated.tolist() == [False, True, False, True]
    np.testing.assert_allclose(encoded.vectors[0], encoded.vectors[1], atol=1e-6)


def test_a_sentence_without_a_token_has_no_direction(transformer: TransformerEncoder) -> None:
    encoded = transformer.encode_passages([["De arts.", ""]])
    np.testing.assert_allclose(np.linalg.norm(encoded.sentences, axis=1), [1, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("1_Pooling/config.json", {"pooling_mode": "cls"}),
        ("1_Pooling/config.json", {"pooling_mode": "mean", "include_prompt": False}),
        ("config.json", {"model_type": "roberta"}),
        ("2_Dense/config.json", {"activation_function": "torch.nn.modules.activation.Tanh"}),
    ],
)
def test_another_architecture_is_not_supported(tmp_path: Path, file: str, change: dict[str, object]) -> None:
    shutil.copytree(shipped_model(), tmp_path / "model")
    assert TransformerEncoder.supports(tmp_path / "model")
    config = tmp_path / "model" / file
    config.write_text(json.dumps(json.loads(config.read_text()) | change))
    assert not TransformerEncoder.supports(tmp_path / "model")


def test_a_folder_that_lacks_a_file_is_not_supported(tmp_path: Path) -> None:
    shutil.copytree(shipped_model(), tmp_path / "model")
    (tmp_path / "model" / "config_sentence_transformers.json").unlink()
    assert not TransformerEncoder.supports(tmp_path / "model")
