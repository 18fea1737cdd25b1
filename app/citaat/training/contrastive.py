"""Learning from texts without labels: a sentence and the rest of its passage mean alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from citaat.errors import InputError

if TYPE_CHECKING:
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
    model: "SentenceTransformer", sources: Sequence[SentenceLists], recipe: ContrastiveRecipe, progress: TrainingProgress | None
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
    from transformers import get_linear_schedule_with_warmup

    objective = MultipleNegativesRankingLoss(
        model, _SCALE, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
    )
    learning = [weights for weights in model.parameters() if weights.requires_grad]
    adam = torch.optim.AdamW(learning, recipe.rate, (0.9, 0.99), weight_decay=0.0, fused=True)
    warm_up = min(recipe.steps // 10, 100)
    schedule = get_linear_schedule_with_warmup(adam, warm_up, recipe.steps)  # type: ignore[no-untyped-call]
    every: list[float] = []
    losses: list[float] = []
    tenth = max(1, recipe.steps // 10)
    for step, pairs in zip(range(1, recipe.steps + 1), batches(model.prompts, sources, recipe), strict=False):
        with torch.autocast("cpu", torch.bfloat16):
            vectors = [model(model.preprocess(texts))["sentence_embedding"].float() for texts in pairs]
        loss = objective.compute_loss_from_embeddings(vectors, torch.empty(0))
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        schedule.step()
        every.append(loss.item())
        if step % tenth == 0:
            losses.append(round(float(np.mean(every[-tenth:])), 3))
            if progress:
                progress(step, recipe.steps, losses[-1])
    return losses


def batches(
    prompts: Mapping[str, str | None], sources: Sequence[SentenceLists], recipe: ContrastiveRecipe
) -> Iterator[tuple[list[str], list[str]]]:
    """Without end: sentences with the rests of their passages, each after its prompt, no two of one passage; InputError if no
    passage has two sentences."""
    divided = [kept for source in sources if (kept := [sentences for sentences in source if len(sentences) > 1])]
    if not divided:
        raise InputError("No passage has two sentences to learn from.", code="empty-corpus")
    query, document = (prompts.get(kind) or "" for kind in ("query", "document"))
    random = np.random.default_rng(recipe.seed)
    while True:
        source = divided[random.integers(len(divided))]
        chosen = random.choice(len(source), min(recipe.batch, len(source)), replace=False, shuffle=False)
        left, right = [], []
        for sentences in (source[position] for position in chosen):
            at = int(random.integers(len(sentences)))
            left.append(query + _without_some_words(sentences[at], recipe.dropout, random))
            right.append(document + _without_some_words(rest_of(sentences, at), recipe.dropout, random))
        yield left, right


def rest_of(sentences: Sequence[str], at: int) -> str:
    """A passage without one of its sentences."""
    return " ".join([*sentences[:at], *sentences[at + 1 :]])


def _without_some_words(text: str, share: float, random: np.random.Generator) -> str:
    """The text without a share of its words, but never without all of them."""
    words = text.split()
    return " ".join(compress(words, random.random(len(words)) >= share)) or text
