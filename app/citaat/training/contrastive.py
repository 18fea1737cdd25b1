"""Learning from texts without labels: a sentence and the rest of its passage mean alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from citaat.errors import InputError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

_SCALE = 20.0
"""Cosines are multiplied by it before the softmax (the inverse temperature)."""

SentenceLists = Sequence[Sequence[str]]
"""Passages as their sentences."""
TrainingProgress = Callable[[int, int, float | None], None]
"""Called with the step, how many there are, and the mean loss since the last call where something is learned."""


@dataclass(frozen=True, slots=True)
class ContrastiveRecipe:
    """How to learn.

    Attributes:
        steps: how many batches are learned from; the learning rate rises over a tenth of them, at most 100, and falls to zero.
        batch: sentences a batch, each with the rest of its passage; the rests of the others are negatives.
        rate: AdamW's learning rate at its highest.
        dropout: the share of the words that each side loses, so that no single word carries a match.
    """

    steps: int
    batch: int
    rate: float
    dropout: float = 0.3
    seed: int = 0


def learn(
    model: "SentenceTransformer",
    sources: Sequence[SentenceLists],
    recipe: ContrastiveRecipe,
    progress: TrainingProgress | None = None,
) -> list[float]:
    """Learn by symmetric InfoNCE with in-batch negatives (van den Oord et al. 2018, arXiv 1807.03748).

    Args:
        model: changed in place; weights that need no gradient stay.
        sources: each gives as many batches, and a batch is of one of them, so that its negatives are of the same kind.

    Returns:
        The mean losses of each tenth of the steps.

    Raises:
        InputError: no passage has two sentences.
    """
    import torch
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    pairs = _Pairs(model, sources, recipe)
    objective = MultipleNegativesRankingLoss(
        model, _SCALE, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
    )
    adam, schedule = _optimizer(model, recipe)
    losses: list[float] = []
    recent: list[float] = []
    for step in range(1, recipe.steps + 1):
        with torch.autocast("cpu", torch.bfloat16):
            vectors = [model(model.preprocess(texts))["sentence_embedding"].float() for texts in pairs.batch()]
        loss = objective.compute_loss_from_embeddings(vectors, torch.empty(0))
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        schedule.step()
        recent.append(loss.item())
        if step % max(1, recipe.steps // 10) == 0:
            losses.append(round(float(np.mean(recent)), 3))
            recent.clear()
            if progress:
                progress(step, recipe.steps, losses[-1])
    return losses


def _optimizer(
    model: "SentenceTransformer", recipe: ContrastiveRecipe
) -> tuple["torch.optim.Optimizer", "torch.optim.lr_scheduler.LRScheduler"]:
    import torch
    from transformers import get_linear_schedule_with_warmup

    learning = [weights for weights in model.parameters() if weights.requires_grad]
    adam = torch.optim.AdamW(learning, recipe.rate, (0.9, 0.99), weight_decay=0.0, fused=True)
    warm_up = min(recipe.steps // 10, 100)
    return adam, get_linear_schedule_with_warmup(adam, warm_up, recipe.steps)  # type: ignore[no-untyped-call]


def rest_of(sentences: Sequence[str], at: int) -> str:
    """A passage without one of its sentences."""
    return " ".join([*sentences[:at], *sentences[at + 1 :]])


class _Pairs:
    """Batches of sentences with the rests of their passages, each with its prompt; no two of one passage."""

    def __init__(self, model: "SentenceTransformer", sources: Sequence[SentenceLists], recipe: ContrastiveRecipe) -> None:
        divided = [[sentences for sentences in source if len(sentences) > 1] for source in sources]
        self._sources = [source for source in divided if source]
        if not self._sources:
            raise InputError("No passage has two sentences to learn from.", code="empty-corpus")
        self._prompts = [model.prompts.get(kind) or "" for kind in ("query", "document")]
        self._size, self._dropout = recipe.batch, recipe.dropout
        self._random = np.random.default_rng(recipe.seed)

    def batch(self) -> tuple[list[str], list[str]]:
        source = self._sources[self._random.integers(len(self._sources))]
        chosen = self._random.choice(len(source), min(self._size, len(source)), replace=False, shuffle=False)
        left, right = [], []
        for sentences in (source[position] for position in chosen):
            at = int(self._random.integers(len(sentences)))
            left.append(self._prompts[0] + self._without_some_words(sentences[at]))
            right.append(self._prompts[1] + self._without_some_words(rest_of(sentences, at)))
        return left, right

    def _without_some_words(self, text: str) -> str:
        """The text without a share of its words, but never without all of them."""
        words = text.split()
        kept = self._random.random(len(words)) >= self._dropout
        return " ".join(compress(words, kept)) or text
