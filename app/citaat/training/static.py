"""A static encoder learned from texts without labels, by contrast within large batches."""

import platform
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from tokenizers import Tokenizer

from citaat.domain import FloatMatrix
from citaat.training.corpus import Bags, RaggedArray
from citaat.training.model_folder import TrainingProgress, refuse_overwriting, write_log
from citaat.training.pairs import Batch, PairSampler
from citaat.training.unigram import train_tokenizer

if TYPE_CHECKING:
    import torch

_WARM_UP = 100
_BATCHES_AHEAD = 8
_LOGGED = 100
"""Steps, at most, between two losses in the log."""


@dataclass(frozen=True, slots=True)
class StaticRecipe:
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


class StaticLog(TypedDict):
    """What was learned from, how long that took, and the mean losses along the way."""

    recipe: dict[str, float]
    data: dict[str, int]
    seconds: dict[str, int]
    loss: list[float]
    machine: str


def train(folder: Path, out: Path, recipe: StaticRecipe, progress: TrainingProgress | None = None) -> StaticLog:
    """Train a static model on the texts in `folder` and write it to `out` as a sentence-transformers folder.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text); each file gives as many pairs.
        out: a folder that does not exist yet.

    Returns:
        The log, also written to `training.json`.

    Raises:
        InputError: `folder` holds no passages, or `out` exists.
    """
    refuse_overwriting(out)
    began = time.monotonic()
    sampler = PairSampler.of_folder(folder, recipe.seed)
    tokenizer = train_tokenizer(sampler.frequencies(), recipe.pieces)
    read = time.monotonic()
    weights, losses = learn(sampler, tokenizer, recipe, progress)
    save(out, tokenizer, weights)
    log: StaticLog = {
        "recipe": asdict(recipe),
        "data": sampler.sizes,
        "seconds": {"reading": round(read - began), "learning": round(time.monotonic() - read)},
        "loss": losses,
        "machine": f"{platform.machine()}, {platform.system()}",
    }
    write_log(out, log)
    return log


def learn(
    sampler: PairSampler, tokenizer: Tokenizer, recipe: StaticRecipe, progress: TrainingProgress | None = None
) -> tuple[FloatMatrix, list[float]]:
    """Symmetric InfoNCE with in-batch negatives (van den Oord et al. 2018, arXiv 1807.03748).

    Adam works on the whole table: a batch touches most of it, and dense steps are three times as fast as sparse ones.

    Returns:
        The token vectors, float32 [pieces, d], their lengths 1 in the mean, and the mean losses along the way.
    """
    import torch

    random = np.random.default_rng(recipe.seed)
    first = random.standard_normal((tokenizer.get_vocab_size(), recipe.dimension), np.float32)
    table = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(first), freeze=False, mode="mean")
    adam = torch.optim.Adam(table.parameters(), lr=recipe.rate, betas=(0.9, 0.99), fused=True)
    encodings = tokenizer.encode_batch_fast(list(sampler.vocabulary.numbers), add_special_tokens=False)
    pieces = RaggedArray.of(encoding.ids for encoding in encodings)
    losses: list[float] = []
    recent, every = 0.0, min(_LOGGED, recipe.steps)
    for step, batch in enumerate(_made_ahead(sampler.batches(recipe.steps, recipe.batch)), 1):
        adam.param_groups[0]["lr"] = recipe.rate * min(1.0, step / _WARM_UP) * (1 - step / (recipe.steps + 1))
        query, target = (table(*_piece_bags(side, pieces, recipe, random)) for side in (batch.query, batch.target))
        loss = _contrastive_loss(query, target, torch.from_numpy(batch.keys), recipe.scale)
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


def _contrastive_loss(query: "torch.Tensor", target: "torch.Tensor", keys: "torch.Tensor", scale: float) -> "torch.Tensor":
    """The mean cross entropy of both directions; targets of one key are no negatives of one another."""
    import torch
    from torch.nn import functional

    own = torch.arange(len(keys))
    same = (keys[:, None] == keys[None, :]).fill_diagonal_(False)
    scores = (scale * functional.normalize(query) @ functional.normalize(target).T).masked_fill(same, float("-inf"))
    return (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2


def _piece_bags(
    bags: Bags, pieces: RaggedArray, recipe: StaticRecipe, random: np.random.Generator
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Bags of words, less those that drop out, as piece ids with the offset at which each row begins."""
    import torch

    kept = random.random(len(bags.words)) >= recipe.dropout
    words, rows = bags.words[kept], bags.rows[kept]
    order = np.argsort(rows, kind="stable")
    found = pieces.take(words[order])
    return torch.from_numpy(found.words), torch.from_numpy(np.searchsorted(rows[order][found.rows], np.arange(recipe.batch)))


def _made_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, made in a second thread while the first one learns."""
    with ThreadPoolExecutor(1) as maker:
        ready = deque(maker.submit(next, batches, None) for _ in range(_BATCHES_AHEAD))
        while (batch := ready.popleft().result()) is not None:
            ready.append(maker.submit(next, batches, None))
            yield batch


def save(out: Path, tokenizer: Tokenizer, weights: FloatMatrix) -> None:
    """A sentence-transformers folder with float16 weights."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()], device="cpu")
    model.half().save_pretrained(str(out), create_model_card=False)
