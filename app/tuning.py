"""Tuning a small transformer on Dutch texts without labels, from an English one."""

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer, processors

from app.corpus import Corpus, background, train_tokenizer
from app.errors import InputError
from app.glosses import gloss_words
from app.pairs import Ids, Ragged
from app.training import Log, Progress, ahead, pieces_of_words, refuse_overwriting, write_log
from app.transplant import POSITIONS, Base

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_WARM_UP = 30
_PREFETCH = 8
_CHUNK = 64
"""Texts of one forward pass, sorted by length."""
_GLOSSED_SENTENCES = 450_000
_CLIP = 1.0
_MARKS = ("[CLS]", "[SEP]")
_CLS, _SEP = 1, 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the result, but for the last digits: the tokenizer's trainer and threads add in an order of their own.

    Attributes:
        pieces: the size of the vocabulary.
        layers: which layers of the base model are kept.
        steps: how many batches are learned from; the learning rates fall to zero over them.
        batch: pairs a batch; each other target in it is a negative.
        rate: AdamW's learning rate for the layers at its highest.
        vocabulary_rate: the same for the vectors of the vocabulary.
        scale: cosines are multiplied by it before the softmax (the inverse temperature).
        dropout: the share of the words that each side of a pair loses, so that no single word carries a match.
        longest: tokens of a text that are read while learning.
    """

    pieces: int = 18_000
    layers: tuple[int, ...] = (0, 1, 3, 5)
    steps: int = 1_000
    batch: int = 160
    rate: float = 2e-4
    vocabulary_rate: float = 2e-3
    scale: float = 20.0
    dropout: float = 0.15
    longest: int = 64
    seed: int = 0


def tune(folder: Path, out: Path, recipe: Recipe, base: str, progress: Progress | None = None) -> Log:
    """Give an English model a Dutch vocabulary, train it on the texts in `folder`, and write it to `out`.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text), a `lexicon*.tsv` (Dutch and English words
            that mean alike), and other `*.tsv` of texts that mean alike.
        out: a folder that does not exist yet; it becomes a sentence-transformers folder.
        base: a BERT model that sentence-transformers can load.

    Returns:
        The log, also written to `training.json`: recipe, data, seconds, loss.

    Raises:
        InputError: `folder` lacks passages or words, `out` exists, or the base cannot be loaded.
    """
    refuse_overwriting(out)
    began = time.monotonic()
    english = Base(base)
    corpus = Corpus.of_folder(folder, recipe.seed)
    read = time.monotonic()
    tokenizer = _with_marks(train_tokenizer(corpus, recipe.pieces, _MARKS))
    model = _begin(english, tokenizer, corpus, recipe)
    ready = time.monotonic()
    losses = _learn(corpus, tokenizer, model, recipe, progress)
    log: Log = {
        "recipe": asdict(recipe),
        "base": english.name,
        "data": corpus.counts,
        "seconds": {
            "reading": round(read - began), "vocabulary": round(ready - read), "learning": round(time.monotonic() - ready)
        },
        "loss": losses,
        "machine": f"{platform.machine()}, {platform.system()}",
    }  # fmt: skip
    _save(out, tokenizer, model, log)
    background(folder).save(out / "background.json")
    return log


def _with_marks(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer, putting a text between the two marks as the layers expect."""
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=list(zip(_MARKS, (_CLS, _SEP), strict=True))
    )
    return tokenizer


def _begin(base: Base, tokenizer: Tokenizer, corpus: Corpus, recipe: Recipe) -> "PreTrainedModel":
    """The base model with the Dutch vocabulary."""
    if not corpus.word_list:
        raise InputError("A new vocabulary needs a word list: lexicon*.tsv in the corpus folder.", code="empty-corpus")
    words, counts = list(corpus.vocabulary.numbers), corpus.frequencies
    sentences = corpus.sentences(_GLOSSED_SENTENCES, np.random.default_rng(recipe.seed))
    glosses = gloss_words(words, counts, sentences, corpus.word_list, corpus.aligned, base.embed, base.commonness)
    return base.transplanted(tokenizer, words, glosses, counts, recipe.layers)


def _learn(
    corpus: Corpus, tokenizer: Tokenizer, model: "PreTrainedModel", recipe: Recipe, progress: Progress | None = None
) -> list[float]:
    """Symmetric InfoNCE with in-batch negatives (van den Oord et al. 2018, arXiv 1807.03748).

    Returns:
        The mean loss of each fiftieth of the steps.
    """
    import torch
    from torch.nn import functional

    random = np.random.default_rng(recipe.seed)
    pieces = pieces_of_words(tokenizer, corpus)
    vocabulary = model.get_input_embeddings().weight
    layers = [weights for weights in model.parameters() if weights is not vocabulary]
    groups = [{"params": [vocabulary], "lr": recipe.vocabulary_rate}, {"params": layers, "lr": recipe.rate}]
    adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    highest = [group["lr"] for group in adam.param_groups]
    targets = torch.arange(recipe.batch)
    losses, recent, every = [], 0.0, max(1, recipe.steps // 50)
    for step, batch in enumerate(ahead(corpus.batches(recipe.steps, recipe.batch, recipe.seed)), 1):
        for group, rate in zip(adam.param_groups, highest, strict=True):
            group["lr"] = rate * min(1.0, step / _WARM_UP) * (1 - step / (recipe.steps + 1))
        texts = [*_rows(batch.query, pieces, recipe, random), *_rows(batch.target, pieces, recipe, random)]
        vectors = _embed(model, texts)
        keys = torch.from_numpy(batch.keys)
        same = (keys[:, None] == keys[None, :]).fill_diagonal_(False)
        scores = (recipe.scale * vectors[: recipe.batch] @ vectors[recipe.batch :].T).masked_fill(same, float("-inf"))
        loss = (functional.cross_entropy(scores, targets) + functional.cross_entropy(scores.T, targets)) / 2
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(layers, _CLIP)
        adam.step()
        recent += loss.item()
        if step % every == 0:
            losses.append(round(recent / every, 3))
            recent = 0.0
            if progress:
                progress(step, recipe.steps, losses[-1])
    return losses


def _rows(texts: tuple[Ids, Ids], pieces: Ragged, recipe: Recipe, random: np.random.Generator) -> list[Ids]:
    """Word ids with row numbers, less those that drop out, as piece ids row by row between the two marks."""
    kept = random.random(len(texts[0])) >= recipe.dropout
    words, rows = texts[0][kept], texts[1][kept]
    order = np.argsort(rows, kind="stable")
    ids, word = pieces.take(words[order])
    cuts = np.searchsorted(rows[order][word], np.arange(1, recipe.batch))
    return [np.concatenate([[_CLS], row[: recipe.longest], [_SEP]]) for row in np.split(ids, cuts)]


def _embed(model: "PreTrainedModel", rows: Sequence[Ids]) -> "torch.Tensor":
    """Unit vectors of rows of token ids, float32 [n, d]: the means over their tokens."""
    import torch
    from torch.nn import functional

    order = np.argsort([len(row) for row in rows], kind="stable")
    means = []
    with torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), _CHUNK):
            chunk = [torch.from_numpy(rows[place]) for place in order[start : start + _CHUNK]]
            ids = torch.nn.utils.rnn.pad_sequence(chunk, batch_first=True)
            mask = torch.arange(ids.shape[1])[None, :] < torch.tensor([len(row) for row in chunk])[:, None]
            states = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state.float()
            means.append((states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True))
    return functional.normalize(torch.cat(means)[torch.from_numpy(np.argsort(order))])


def _save(out: Path, tokenizer: Tokenizer, model: "PreTrainedModel", log: Log) -> None:
    """A sentence-transformers folder with float16 weights, which both readers raise to float32."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import PreTrainedTokenizerFast

    model.train(False).half().save_pretrained(out)
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[UNK]",
        model_max_length=POSITIONS,
    )  # fmt: skip
    wrapped.save_pretrained(out)
    transformer = Transformer(str(out), max_seq_length=POSITIONS)
    modules = [transformer, Pooling(model.config.hidden_size, "mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").half().save_pretrained(str(out), create_model_card=False)
    write_log(out, log)
