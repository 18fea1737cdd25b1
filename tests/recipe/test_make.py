import json
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from citaat.encoders import loading
from citaat.encoders.transformer import TransformerEncoder
from citaat.errors import InputError
from recipe.make import ModelRecipe, make
from recipe.vocabulary import trim_tokenizer
from recipe.whitening import partial_whitening
from tests.conftest import ROOT
from tests.fakes import tiny_bert, tiny_multilingual, tiny_static

TEXTS = ["", " ?!", "De arts en de leraar", "huur  en\nwoning", "trein \U0001f600 spoor 7", "vrede " * 400]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny_multilingual(tmp_path / "tiny-e5")


@pytest.fixture
def trimmed(corpus: Path, base: Path, tmp_path: Path) -> Path:
    make(corpus, tmp_path / "model", ModelRecipe(pieces=80), str(base))
    return tmp_path / "model"


def test_a_trimmed_model_holds_the_weights_of_the_whole_one_in_eight_bits(base: Path, trimmed: Path) -> None:
    from safetensors.torch import load_file

    pieces = tokenizer_of(base).get_vocab()
    kept = [pieces[piece] for piece, _ in sorted(tokenizer_of(trimmed).get_vocab().items(), key=lambda item: item[1])]
    whole, ours = (load_file(folder / "model.safetensors") for folder in (base, trimmed))
    for name, tensor in ours.items():
        wanted = whole[name].float()[kept] if "word_embeddings" in name else whole[name].float()
        if not name.startswith("pooler."):
            np.testing.assert_allclose(tensor.float(), wanted, rtol=1 / 16, atol=1 / 1024, err_msg=name)
    assert sum(tensor.nbytes for tensor in ours.values()) < 0.3 * sum(tensor.nbytes for tensor in whole.values())


def test_the_map_centres_vectors_and_brings_their_axes_nearer_to_one_length() -> None:
    random = np.random.default_rng(0)
    turned, _ = np.linalg.qr(random.standard_normal((8, 8)))
    lengths = 1.5 ** np.arange(8)
    vectors = (3 + random.standard_normal((5_000, 8)) * lengths @ turned).astype(np.float32)
    for power in (0.0, 0.3, 1.0):
        weights, bias = partial_whitening(vectors, power)
        mapped = vectors @ weights.T + bias
        np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-2)
        np.testing.assert_allclose(np.sort(mapped.std(axis=0)), np.sort(lengths ** (1 - power)), rtol=0.05)


def test_openvino_and_torch_read_the_same_weights_and_prompts(trimmed: Path) -> None:
    from sentence_transformers import SentenceTransformer

    ours, theirs = loading.load(str(trimmed)), SentenceTransformer(str(trimmed), device="cpu")
    assert isinstance(ours, TransformerEncoder)
    np.testing.assert_allclose(ours.encode(TEXTS, "question").vectors, theirs.encode_query(TEXTS), atol=1e-5)
    np.testing.assert_allclose(ours.encode(TEXTS, "passage").vectors, theirs.encode_document(TEXTS), atol=1e-5)


def test_the_log_tells_what_was_counted_and_what_is_kept(corpus: Path, base: Path, tmp_path: Path) -> None:
    (corpus / "sentences.tsv").write_text("de arts gaat\tthe doctor goes\nhet huis\tthe house\n")
    steps: list[tuple[int, int, float | None]] = []
    log = make(corpus, tmp_path / "model", ModelRecipe(pieces=80), str(base), lambda *step: steps.append(step))
    assert steps[:3] == [(200, 600, None), (400, 600, None), (600, 600, None)]
    assert log["base"] == "tiny-e5"
    assert log["data"] == {"texts.jsonl": 600, "lexicon.tsv": 3, "sentences.tsv": 2}
    assert log["pieces"]["kept"] <= 80
    assert 0.9 < log["pieces"]["share of the text"] <= 1
    assert (tmp_path / "model" / "background.json").is_file()
    assert (tmp_path / "model" / "translations.tsv").is_file()


def tokenizer_of(base: Path) -> Tokenizer:
    return Tokenizer.from_file(str(base / "tokenizer.json"))


def test_a_trimmed_tokenizer_reads_in_lower_case_and_keeps_every_character(base: Path) -> None:
    whole = tokenizer_of(base)
    counts = Counter(whole.encode("de arts leert vrede.").ids)
    tokenizer, kept = trim_tokenizer(whole, counts, set("de arts leert vrede."), 20, [0, 1, 2, 3])
    assert tokenizer.get_vocab_size() == len(kept) <= 20
    assert tokenizer.encode("VREDE. Arts").tokens == ["<s>", "\u2581vrede", ".", "\u2581arts", "</s>"]
    assert tokenizer.encode("ver").tokens == ["<s>", "\u2581", "v", "e", "r", "</s>"]
    assert tokenizer.encode("\u2122").tokens == ["<s>", "\u2581", "t", "m", "</s>"]
    assert "\u2581trein" in whole.encode("trein").tokens
    assert "\u2581trein" not in tokenizer.encode("trein").tokens


def test_what_cannot_be_trimmed_is_refused(corpus: Path, base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="never overwritten"):
        make(corpus, corpus, ModelRecipe(), str(base))
    with pytest.raises(InputError, match="holds no passages"):
        make(tmp_path / "nergens", tmp_path / "model", ModelRecipe(), str(base))
    with pytest.raises(InputError, match="no unigram vocabulary"):
        make(corpus, tmp_path / "model", ModelRecipe(), str(tiny_bert(tmp_path / "bert")))
    with pytest.raises(InputError, match="no BERT with gelu"):
        make(corpus, tmp_path / "model", ModelRecipe(), str(tiny_static(tmp_path / "static")))
    (tmp_path / "little").mkdir()
    (tmp_path / "little" / "texts.jsonl").write_text('{"id": "1", "title": "", "text": "De arts."}\n')
    with pytest.raises(InputError, match="1 passages to find the map from"):
        make(tmp_path / "little", tmp_path / "model", ModelRecipe(), str(base))
    with pytest.raises(InputError, match="cannot be loaded"):
        make(corpus, tmp_path / "model", ModelRecipe(), str(tmp_path / "nergens"))


def test_nothing_of_the_question_sets_is_in_the_log_of_the_model_that_ships() -> None:
    log = json.loads((ROOT / "embeddings" / "model" / "training.json").read_text("utf-8"))
    assert set(log["data"]) == {
        "laws.jsonl.zst",
        "programmes.jsonl.zst",
        "lexicon_nl_en.tsv",
        "parallel_nl_en.tsv",
        "sick_nl.tsv",
    }


def test_the_command_makes_a_model(
    corpus: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["recipe", "make", "--corpus", str(corpus), "--out", str(tmp_path / "model"), "--base", str(base)]
    )
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("recipe", run_name="__main__")
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out)["base"] == "tiny-e5"
    assert isinstance(loading.load(str(tmp_path / "model")), TransformerEncoder)


def test_the_command_runs_from_the_folder_above_it_and_says_why_no_model_is_made(corpus: Path) -> None:
    command = [sys.executable, "-m", "recipe", "make", "--corpus", str(corpus), "--out", str(corpus)]
    done = subprocess.run(command, cwd=ROOT / "embeddings", capture_output=True, text=True)
    assert (done.returncode, "never overwritten" in done.stderr) == (1, True)
