"""A model adapted to a reader's own texts: minutes of learning without labels, judged on a part held out."""

import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from citaat import parsers as readers
from citaat.encoders.encoder import Encoder
from citaat.encoders.loading import load
from citaat.encoders.static_encoder import StaticEncoder
from citaat.encoders.transformer_encoder import TransformerEncoder
from citaat.errors import InputError
from citaat.retrieval.ranking import Ranker
from citaat.segmentation import passages
from citaat.training import training
from citaat.training.pairs import Progress
from citaat.training.training import Log

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_SCALE = 20.0
_HELD_OUT = 5
"""Every fifth stretch of passages is held out."""
_STRETCH = 5
_SHARE = 0.3
"""How far the weights go from where they began to what was learned: few texts are soon learned by heart (Wortsman et al.
2022, arXiv 2109.01903)."""
_FEWEST = 100
_BESIDE = ("ranker.json", "background.json", "translations.tsv")

Texts = list[list[str]]
"""Passages as their sentences."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to go on learning.

    Attributes:
        steps: how many batches are learned from; the learning rate falls to zero over them.
        batch: sentences a batch, each with the rest of its passage; the rests of the others are negatives.
        rate: AdamW's learning rate at its highest.
        dropout: the share of the words that each side loses, so that no single word carries a match.
    """

    steps: int
    batch: int
    rate: float
    dropout: float = 0.3
    seed: int = 0


STATIC = Recipe(steps=200, batch=512, rate=0.003)
TRANSFORMER = Recipe(steps=60, batch=64, rate=1e-4)
_LAYER = re.compile(r"\.layers?\.(\d+)\.")


def adapt(
    texts: Sequence[Path], start: Path, out: Path, *, steps: int | None = None, seed: int = 0, progress: Progress | None = None
) -> Log:
    """Go on learning from a model on the reader's own texts, and say what it gave on passages that it did not see.

    Args:
        texts: files and folders, as for `citaat index`.
        start: the folder of a sentence-transformers model.
        out: a folder that does not exist yet.
        steps: instead of those of the recipe for such a model.

    Returns:
        The log, also in `training.json`: `before` and `after` say how often a sentence of a held-out passage has the rest
        of it first, and among ten, of all passages.

    Raises:
        InputError: there are too few passages, `out` exists, or `start` is no such model.
    """
    training.refuse_overwriting(out)
    if not (start / "modules.json").is_file():
        raise InputError(f"{start} holds no sentence-transformers model to go on from.", code="unknown-model")
    began = time.monotonic()
    every = _read(texts)
    if sum(len(parts) > 1 for parts in every) < _FEWEST:
        raise InputError(
            f"These texts have too few passages to learn from: adapting needs {_FEWEST} of two sentences and more.",
            code="empty-corpus",
        )
    held = np.arange(len(every)) // _STRETCH % _HELD_OUT == _HELD_OUT - 1
    learned = [parts for parts, out_of in zip(every, held, strict=True) if not out_of]
    model = load(str(start))
    recipe = STATIC if isinstance(model, StaticEncoder) else TRANSFORMER
    before = _found(model, every, held)
    tuned, losses = _tune(start, model, learned, replace(recipe, steps=steps or recipe.steps, seed=seed), progress)
    log: Log = {
        "from": start.name,
        "passages": {"learned": len(learned), "held_out": int(held.sum())},
        "loss": losses,
        "before": before,
    }
    tuned.half().save_pretrained(str(out), create_model_card=False)
    for name in _BESIDE:
        if (start / name).is_file():
            shutil.copyfile(start / name, out / name)
    adapted = load(str(out))
    if (out / "ranker.json").is_file():
        replace(Ranker.load(out / "ranker.json"), encoder=adapted.fingerprint).save(out / "ranker.json")
    log["after"] = _found(adapted, every, held)
    log["seconds"] = round(time.monotonic() - began)
    training.write_log(out, log)
    return log


def _tune(
    start: Path, encoder: Encoder, learned: Texts, recipe: Recipe, progress: Progress | None
) -> tuple["SentenceTransformer", list[float]]:
    """Symmetric InfoNCE between sentences and the rests of their passages, then the mean with the weights at the start.

    Returns:
        The model, and the mean losses of each tenth of the steps.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from torch.nn import functional

    random = np.random.default_rng(recipe.seed)
    pairs = [
        (parts[at], " ".join(parts[:at] + parts[at + 1 :])) for parts in learned if len(parts) > 1 for at in range(len(parts))
    ]
    size = min(recipe.batch, len(pairs))
    model = SentenceTransformer(str(start), device="cpu", model_kwargs={"dtype": "float32"}).float()
    if isinstance(encoder, TransformerEncoder):
        model.prompts |= encoder.prompts
    prompts = [model.prompts.get(kind) or "" for kind in ("query", "document")]
    first = {name: weights.clone() for name, weights in model.state_dict().items()}
    _freeze_lower(model)
    learning = [weights for weights in model.parameters() if weights.requires_grad]
    adam = torch.optim.AdamW(learning, weight_decay=0.0, fused=True)
    own = torch.arange(size)
    losses, recent, every = [], 0.0, max(1, recipe.steps // 10)
    for step in range(1, recipe.steps + 1):
        adam.param_groups[0]["lr"] = recipe.rate * (1 - (step - 1) / recipe.steps)
        chosen = random.choice(len(pairs), size, replace=False)
        sides = [[prompts[side] + _dropped(pairs[place][side], recipe.dropout, random) for place in chosen] for side in (0, 1)]
        with torch.autocast("cpu", torch.bfloat16):
            left, right = (model(model.preprocess(texts))["sentence_embedding"].float() for texts in sides)
        scores = _SCALE * functional.normalize(left) @ functional.normalize(right).T
        loss = (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        recent += loss.item()
        if step % every == 0:
            losses.append(round(recent / every, 3))
            recent = 0.0
            if progress:
                progress(step, recipe.steps, losses[-1])
    for name, weights in model.state_dict().items():
        if weights.is_floating_point():
            weights.copy_(torch.lerp(first[name], weights, _SHARE))
    return model, losses


def _freeze_lower(model: "SentenceTransformer") -> None:
    """Keep the tokens' vectors and all layers but the last third as they are, where a model has layers: half the time."""
    layers = {name: int(found[1]) for name, _ in model.named_parameters() if (found := _LAYER.search(name))}
    if layers:
        highest = max(layers.values()) + 1
        for name, weights in model.named_parameters():
            weights.requires_grad_("embeddings" not in name and layers.get(name, highest) >= 2 * highest // 3)


def _dropped(text: str, share: float, random: np.random.Generator) -> str:
    """The text without a share of its words, but never without all of them."""
    words = text.split()
    kept = [word for word, lot in zip(words, random.random(len(words)), strict=True) if lot >= share]
    return " ".join(kept or words)


def _read(texts: Sequence[Path]) -> Texts:
    found: Texts = []
    for file in readers.find(list(texts)):
        document, _ = readers.read(file)
        for passage in passages.split(document).passages:
            found.append([passages.plain(document.text, sentence) for sentence in passage.sentences])
    return found


def _found(model: Encoder, every: Texts, held: NDArray[np.bool_]) -> dict[str, float | int]:
    """How often a sentence of a held-out passage finds the rest of that passage, among all other passages."""
    asked = [(place, at) for place in np.flatnonzero(held).tolist() if len(every[place]) > 1 for at in range(len(every[place]))]
    if not asked:
        raise InputError("No held-out passage has two sentences.", code="empty-corpus")
    rests = model.encode([" ".join(every[place][:at] + every[place][at + 1 :]) for place, at in asked], "passage")
    questions = model.encode([every[place][at] for place, at in asked], "question")
    scores = questions @ model.encode([" ".join(parts) for parts in every], "passage").T
    rows, own = np.arange(len(asked)), [place for place, _ in asked]
    scores[rows, own] = np.vecdot(questions, rests)
    ranks = 1 + (scores > scores[rows, own][:, None]).sum(axis=1)
    return {"hit@1": round(float((ranks == 1).mean()), 4), "recall@10": round(float((ranks <= 10).mean()), 4), "n": len(asked)}
