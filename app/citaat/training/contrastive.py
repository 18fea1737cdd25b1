"""Learning by contrast, as from texts without labels: a sentence and the rest of its passage mean alike."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from citaat.errors import InputError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

_TOGETHER = 20
"""Texts that a transformer computes together."""
_LONGEST_GRADIENT = 1.0
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
    batches: Iterable[Sequence[list[str]]],
    steps: int,
    rate: float,
    progress: TrainingProgress | None,
) -> list[float]:
    """Learn by InfoNCE with in-batch negatives (van den Oord et al. 2018, arXiv 1807.03748).

    Args:
        model: changed in place; weights that need no gradient stay, and it drops out what its mode says.
        batches: each as columns of as many texts, their prompts before them: texts, what belongs to each, and, if there are
            more columns, what does not belong to it. Two columns are learned in both directions.
        steps: how many batches are learned from; the learning rate rises over a tenth of them, at most 100, and falls to zero.
        rate: AdamW's learning rate at its highest.

    Returns:
        The mean losses of each tenth of the steps.
    """
    import torch
    from transformers import get_linear_schedule_with_warmup

    learning = [weights for weights in model.parameters() if weights.requires_grad]
    adam = torch.optim.AdamW(learning, rate, (0.9, 0.99), weight_decay=0.0, fused=True)
    schedule = get_linear_schedule_with_warmup(adam, min(steps // 10, 100), steps)  # type: ignore[no-untyped-call]
    every: list[float] = []
    losses: list[float] = []
    tenth = max(1, steps // 10)
    for step, columns in zip(range(1, steps + 1), batches, strict=False):
        loss = _loss(model, columns)
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learning, _LONGEST_GRADIENT)
        adam.step()
        schedule.step()
        every.append(loss.item())
        if step % tenth == 0:
            losses.append(round(float(np.mean(every[-tenth:])), 3))
            if progress:
                progress(step, steps, losses[-1])
    return losses


def _loss(model: "SentenceTransformer", columns: Sequence[list[str]]) -> "torch.Tensor":
    import torch
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    if len(columns) == 2:
        objective = MultipleNegativesRankingLoss(
            model, _SCALE, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
        )
    else:
        objective = MultipleNegativesRankingLoss(model, _SCALE)
    vectors = [_vectors(model, texts) for texts in columns]
    loss: torch.Tensor = objective.compute_loss_from_embeddings(vectors, torch.empty(0))
    return loss


def _vectors(model: "SentenceTransformer", texts: Sequence[str]) -> "torch.Tensor":
    """Those of texts of about one length are computed together: passages of all lengths would be half padding."""
    import torch

    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    chunk = _TOGETHER if hasattr(model[0], "auto_model") else len(texts)
    parts = []
    with torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), chunk):
            together = [texts[number] for number in order[start : start + chunk]]
            parts.append(model(model.preprocess(together))["sentence_embedding"].float())
    return torch.cat(parts)[torch.tensor(order).argsort()]


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
