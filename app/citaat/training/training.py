"""Learning a static encoder from texts without labels, by contrast within large batches."""

import json
import platform
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from citaat.domain import FloatMatrix
from citaat.encoders.loading import load
from citaat.errors import InputError
from citaat.training import dictionary
from citaat.training.corpus import Corpus, background, train_tokenizer
from citaat.training.pairs import Batch, Ids, Progress, Ragged, read_sheets

if TYPE_CHECKING:
    import torch

_WARM_UP = 100
_PREFETCH = 8
_LOGGED = 100
"""Steps, at most, between two losses in the log."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the result, but for the last digits: the tokenizer's trainer and threads add in an order of their own.

    Attributes:
        pieces: the size of the vocabulary.
        dimension: of the vectors.
        steps: how many batches are learned from; the learning rate falls to zero over them.
        batch: pairs a batch; each other target in it is a negative.
        rate: Adam's learning rate at its highest.
        scale: cosines are multiplied by it before the softmax (the inverse temperature).
        dropout: the share of the words that each side of a pair loses, so that no single word carries a match.
    """

    pieces: int = 40_000
    dimension: int = 256
    steps: int = 18_000
    batch: int = 2_048
    rate: float = 0.15
    scale: float = 20.0
    dropout: float = 0.3
    seed: int = 0


Log = dict[str, Any]


def train(folder: Path, out: Path, recipe: Recipe, progress: Progress | None = None) -> Log:
    """Train a static model on the texts in `folder` and write it to `out` as a sentence-transformers folder.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text) and, if at hand, a `lexicon*.tsv` (Dutch and
            English words that mean alike) and other `*.tsv` of texts that mean alike.
        out: a folder that does not exist yet.

    Returns:
        The log, also written to `training.json`: recipe, data, seconds, loss.

    Raises:
        InputError: `folder` holds no passages, or `out` exists.
    """
    refuse_overwriting(out)
    began = time.monotonic()
    corpus = Corpus.of_folder(folder, recipe.seed)
    tokenizer = train_tokenizer(corpus, recipe.pieces)
    read = time.monotonic()
    first = np.random.default_rng(recipe.seed).standard_normal((tokenizer.get_vocab_size(), recipe.dimension), np.float32)
    weights, losses = learn(corpus, tokenizer, first, recipe, progress)
    log: Log = {
        "recipe": asdict(recipe),
        "data": corpus.counts,
        "seconds": {"reading": round(read - began), "learning": round(time.monotonic() - read)},
        "loss": losses,
        "machine": f"{platform.machine()}, {platform.system()}",
    }
    save(out, tokenizer, weights, log)
    save_words(folder, out, progress)
    return log


def save_words(folder: Path, out: Path, progress: Progress | None) -> None:
    """What a corpus tells of words beside a model in `out`: how common they are and, if it has texts that mean alike, what
    they are in the other language."""
    known = background(folder)
    known.save(out / "background.json")
    learned = dictionary.learn(read_sheets(folder), load(str(out)), known, progress)
    if learned.pairs():
        learned.save(out / "translations.tsv")


def refuse_overwriting(out: Path) -> None:
    """
    Raises:
        InputError: there is something at `out`.
    """
    if out.exists():
        raise InputError(f"{out} exists; a model is never overwritten. Name another folder.", code="output-exists")


def _pieces_of_words(tokenizer: Tokenizer, corpus: Corpus) -> Ragged:
    """The pieces of each word of a corpus, by its number."""
    words = list(corpus.vocabulary.numbers)
    return Ragged.of(found.ids for found in tokenizer.encode_batch_fast(words, add_special_tokens=False))


def learn(
    corpus: Corpus, tokenizer: Tokenizer, weights: FloatMatrix, recipe: Recipe, progress: Progress | None = None
) -> tuple[FloatMatrix, list[float]]:
    """Symmetric InfoNCE with in-batch negatives (van den Oord et al. 2018, arXiv 1807.03748).

    Adam works on the whole table: a batch touches most of it, and dense steps are three times as fast as sparse ones.

    Args:
        weights: float32 [pieces, d] to begin with.

    Returns:
        The learned vectors, their lengths 1 in the mean, and the mean losses along the way.
    """
    import torch
    from torch.nn import functional

    random = np.random.default_rng(recipe.seed)
    table = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(weights), freeze=False, mode="mean")
    adam = torch.optim.Adam(table.parameters(), lr=recipe.rate, betas=(0.9, 0.99), fused=True)
    targets = torch.arange(recipe.batch)
    pieces = _pieces_of_words(tokenizer, corpus)
    losses, recent, every = [], 0.0, min(_LOGGED, recipe.steps)
    for step, batch in enumerate(_ahead(corpus.batches(recipe.steps, recipe.batch, recipe.seed)), 1):
        rate = recipe.rate * min(1.0, step / _WARM_UP) * (1 - step / (recipe.steps + 1))
        adam.param_groups[0]["lr"] = rate
        left = functional.normalize(table(*_bags(batch.query, pieces, recipe, random)))
        right = functional.normalize(table(*_bags(batch.target, pieces, recipe, random)))
        keys = torch.from_numpy(batch.keys)
        same = (keys[:, None] == keys[None, :]).fill_diagonal_(False)
        scores = (recipe.scale * left @ right.T).masked_fill(same, float("-inf"))
        loss = (functional.cross_entropy(scores, targets) + functional.cross_entropy(scores.T, targets)) / 2
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        recent += loss.item()
        if step % every == 0:
            losses.append(round(recent / every, 3))
            recent = 0.0
            if progress:
                progress(step, recipe.steps, losses[-1])
    learned: FloatMatrix = table.weight.detach().numpy()
    return learned / np.linalg.norm(learned, axis=1).mean(), losses


def _bags(
    texts: tuple[Ids, Ids], pieces: Ragged, recipe: Recipe, random: np.random.Generator
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Word ids with row numbers, less those that drop out, as piece ids with the offset at which each row begins."""
    import torch

    kept = random.random(len(texts[0])) >= recipe.dropout
    words, rows = texts[0][kept], texts[1][kept]
    order = np.argsort(rows, kind="stable")
    ids, word = pieces.take(words[order])
    return torch.from_numpy(ids), torch.from_numpy(np.searchsorted(rows[order][word], np.arange(recipe.batch)))


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, made in a second thread while the first one learns."""
    with ThreadPoolExecutor(1) as maker:
        ready = deque(maker.submit(next, batches, None) for _ in range(_PREFETCH))
        while (batch := ready.popleft().result()) is not None:
            ready.append(maker.submit(next, batches, None))
            yield batch


def save(out: Path, tokenizer: Tokenizer, weights: FloatMatrix, log: Log) -> None:
    """A sentence-transformers folder with float16 weights, which both readers raise to float32."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()], device="cpu")
    model.half().save_pretrained(str(out), create_model_card=False)
    write_log(out, log)


def write_log(out: Path, log: Log) -> None:
    (out / "training.json").write_text(json.dumps(log, indent=2) + "\n", "utf-8")
