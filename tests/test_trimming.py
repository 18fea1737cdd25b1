import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from citaat.encoders import loading
from citaat.encoders.bert_encoder import BertEncoder
from citaat.encoders.tensors import raised, read_tensors
from citaat.errors import InputError
from citaat.training import trimming
from citaat.training.trimming import Recipe
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from tests.fakes import tiny_bert, tiny_multilingual, tiny_static

TEXTS = ["", " ?!", "De arts en de leraar", "huur  en\nwoning", "trein \U0001f600 spoor 7", "vrede " * 400]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny_multilingual(tmp_path / "tiny-e5")


@pytest.fixture
def trimmed(corpus: Path, base: Path, tmp_path: Path) -> Path:
    trimming.trim(corpus, tmp_path / "model", Recipe(pieces=80), str(base))
    return tmp_path / "model"


def test_a_trimmed_model_holds_the_weights_of_the_whole_one_in_eight_bits(base: Path, trimmed: Path) -> None:
    pieces = tokenizer_of(base).get_vocab()
    kept = [pieces[piece] for piece, _ in sorted(tokenizer_of(trimmed).get_vocab().items(), key=lambda item: item[1])]
    whole, ours = (read_tensors(folder / "model.safetensors") for folder in (base, trimmed))
    for name, tensor in ours.items():
        wanted = raised(whole[name])[kept] if "word_embeddings" in name else raised(whole[name])
        if not name.startswith("pooler."):
            np.testing.assert_allclose(raised(tensor), wanted, rtol=1 / 16, atol=1 / 1024, err_msg=name)
    assert sum(tensor.nbytes for tensor in ours.values()) < 0.3 * sum(tensor.nbytes for tensor in whole.values())


def test_the_map_centres_vectors_and_brings_their_axes_nearer_to_one_length() -> None:
    random = np.random.default_rng(0)
    turned, _ = np.linalg.qr(random.standard_normal((8, 8)))
    lengths = 1.5 ** np.arange(8)
    vectors = (3 + random.standard_normal((5_000, 8)) * lengths @ turned).astype(np.float32)
    for power in (0.0, 0.3, 1.0):
        weights, bias = trimming.levelled(vectors, power)
        mapped = vectors @ weights.T + bias
        np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-2)
        np.testing.assert_allclose(np.sort(mapped.std(axis=0)), np.sort(lengths ** (1 - power)), rtol=0.05)


def test_both_readers_raise_its_weights_alike_and_know_its_prompts(trimmed: Path) -> None:
    ours, theirs = loading.load(str(trimmed)), SentenceTransformer(str(trimmed), device="cpu")
    assert isinstance(ours, BertEncoder)
    np.testing.assert_allclose(ours.encode(TEXTS, "question"), theirs.encode_query(TEXTS), atol=1e-5)
    np.testing.assert_allclose(ours.encode(TEXTS, "passage"), theirs.encode_document(TEXTS), atol=1e-5)
    whole, _ = ours.encode_passages([["De arts.", "De leraar."]])
    np.testing.assert_allclose(whole, ours.encode(["De arts. De leraar."], "passage"), atol=1e-6)


def test_the_log_tells_what_was_counted_and_what_is_kept(corpus: Path, base: Path, tmp_path: Path) -> None:
    (corpus / "sentences.tsv").write_text("de arts gaat\tthe doctor goes\nhet huis\tthe house\n")
    told: list[tuple[int, int, float | None]] = []
    log = trimming.trim(corpus, tmp_path / "model", Recipe(pieces=80), str(base), lambda *step: told.append(step))
    assert told[:3] == [(200, 600, None), (400, 600, None), (600, 600, None)]
    assert log["base"] == "tiny-e5"
    assert log["data"] == {"texts.jsonl": 600, "lexicon.tsv": 3, "sentences.tsv": 2}
    assert log["pieces"]["kept"] <= 80
    assert 0.9 < log["pieces"]["share of the text"] <= 1
    assert (tmp_path / "model" / "background.json").is_file()
    assert (tmp_path / "model" / "translations.tsv").is_file()


def test_a_sentence_is_the_mean_of_its_tokens_in_the_passage_and_a_long_passage_is_read_in_windows(trimmed: Path) -> None:
    ours = loading.load(str(trimmed))
    theirs = SentenceTransformer(str(trimmed), device="cpu")
    assert isinstance(ours, BertEncoder)
    sentences = ["De arts gaat over zorg.", "huur"]
    tokens = theirs.encode_document([" ".join(sentences)], output_value="token_embeddings")[0].numpy()
    opening = 1 + len(theirs.tokenizer.tokenize("passage:"))
    lengths = [len(theirs.tokenizer.tokenize(sentence)) for sentence in sentences]
    weights = raised(read_tensors(trimmed / "2_Dense" / "model.safetensors")["linear.weight"])
    bias = raised(read_tensors(trimmed / "2_Dense" / "model.safetensors")["linear.bias"])
    _, parts = ours.encode_passages([sentences])
    for start, end, part in zip((opening, opening + lengths[0]), np.cumsum(lengths) + opening, parts, strict=True):
        expected = weights @ tokens[start:end].mean(axis=0) + bias
        np.testing.assert_allclose(part, expected / np.linalg.norm(expected), atol=1e-5)
    long = ["de arts en zorg " * 40, "huur en woning " * 40]
    whole, parts = ours.encode_passages([["kort."], long])
    assert (len(whole), len(parts)) == (2, 3)
    first, second = ours.encode(long, "passage")
    assert parts[1] @ first > parts[1] @ second
    assert ours.overlong([" ".join(long)], "passage") == 0
    assert ours.overlong([" ".join(long)], "question") == 1


def test_a_sentence_without_a_token_has_no_direction(trimmed: Path) -> None:
    _, parts = loading.load(str(trimmed)).encode_passages([["De arts.", ""]])
    np.testing.assert_allclose(np.linalg.norm(parts, axis=1), [1, 0], atol=1e-6)


@pytest.mark.parametrize("told", [{"pooling_mode": "cls"}, {"pooling_mode": "mean", "include_prompt": False}])
def test_a_model_that_pools_otherwise_is_left_to_sentence_transformers(trimmed: Path, told: dict[str, object]) -> None:
    file = trimmed / "1_Pooling" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | told))
    assert not BertEncoder.reads(trimmed)


def tokenizer_of(base: Path) -> Tokenizer:
    return Tokenizer.from_file(str(base / "tokenizer.json"))


def test_a_trimmed_tokenizer_reads_in_lower_case_and_keeps_every_character(base: Path) -> None:
    whole = tokenizer_of(base)
    counts = Counter(whole.encode("de arts leert vrede.").ids)
    tokenizer, kept = trimming.trimmed_tokenizer(whole, counts, set("de arts leert vrede."), 20, [0, 1, 2, 3])
    assert tokenizer.get_vocab_size() == len(kept) <= 20
    assert tokenizer.encode("VREDE. Arts").tokens == ["<s>", "\u2581vrede", ".", "\u2581arts", "</s>"]
    assert tokenizer.encode("ver").tokens == ["<s>", "\u2581", "v", "e", "r", "</s>"]
    assert tokenizer.encode("\u2122").tokens == ["<s>", "\u2581", "t", "m", "</s>"]
    assert "\u2581trein" in whole.encode("trein").tokens
    assert "\u2581trein" not in tokenizer.encode("trein").tokens


def test_what_cannot_be_trimmed_is_refused(corpus: Path, base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never overwritten"):
        trimming.trim(corpus, corpus, Recipe(), str(base))
    with pytest.raises(InputError, match="holds no passages"):
        trimming.trim(tmp_path / "nergens", tmp_path / "model", Recipe(), str(base))
    with pytest.raises(InputError, match="no unigram vocabulary"):
        trimming.trim(corpus, tmp_path / "model", Recipe(), str(tiny_bert(tmp_path / "bert")))
    with pytest.raises(InputError, match="no BERT with gelu"):
        trimming.trim(corpus, tmp_path / "model", Recipe(), str(tiny_static(tmp_path / "static")))
    (tmp_path / "little").mkdir()
    (tmp_path / "little" / "texts.jsonl").write_text('{"id": "1", "title": "", "text": "De arts."}\n')
    with pytest.raises(InputError, match="1 passages to find the map from"):
        trimming.trim(tmp_path / "little", tmp_path / "model", Recipe(), str(base))
    with pytest.raises(InputError, match="cannot be loaded"):
        trimming.trim(corpus, tmp_path / "model", Recipe(), str(tmp_path / "nergens"))
