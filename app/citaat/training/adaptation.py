"""A model adapted to a reader's own texts: minutes of learning without labels, judged on a part held out."""

import re
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from citaat.encoders.loading import load
from citaat.encoders.protocol import Encoder
from citaat.encoders.sentence_transformers import SentenceTransformersEncoder
from citaat.encoders.static import StaticEncoder
from citaat.errors import InputError
from citaat.evaluation.measures import Figures, mean
from citaat.parsers import discovery, reading
from citaat.retrieval.ranker import Ranker
from citaat.segmentation import passages
from citaat.text.normalise import plain
from citaat.training.contrastive import ContrastiveRecipe, SentenceLists, TrainingProgress, batches, learn, rest_of
from citaat.training.model_folder import refuse_overwriting, write_log

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_FOLDS, _STRETCH = 5, 5
_LEARNED_SHARE = 0.3
"""How far the weights go from where they began to what was learned: few texts are soon learned by heart (Wortsman et al.
2022, arXiv 2109.01903)."""
_FEWEST_PASSAGES = 100
_COPIED = ("ranker.json", "background.json", "translations.tsv")
_LAYER = re.compile(r"\.layers?\.(\d+)\.")

STATIC = ContrastiveRecipe(steps=200, batch=512, rate=0.003)
TRANSFORMER = ContrastiveRecipe(steps=60, batch=64, rate=1e-4)


def adapt(
    texts: Path, start: Path, out: Path, *, steps: int | None = None, seed: int = 0, progress: TrainingProgress | None = None
) -> Figures:
    """Go on learning from a model on the reader's own texts, and say what it gave on passages that it did not see.

    Args:
        texts: a file or folder, as for `citaat index`.
        start: the folder of a sentence-transformers model.
        out: a folder that does not exist yet.
        steps: instead of those of the recipe for such a model.

    Returns:
        The log, also in `training.json`: the model it comes `from`, how many passages were learned and held out, the mean
        losses along the way, the seconds it took; `before` and `after` say how often a sentence of a held-out passage has
        the rest of it first, and among ten, of all passages.

    Raises:
        InputError: there are too few passages, `out` exists, or `start` is no such model.
    """
    refuse_overwriting(out)
    if not (start / "modules.json").is_file():
        raise InputError(f"{start} holds no sentence-transformers model to go on from.", code="unknown-model")
    began = time.monotonic()
    every = _read(texts)
    held_out = held_out_passages(len(every))
    learned = [sentences for sentences, held in zip(every, held_out, strict=True) if not held]
    encoder = load(str(start))
    recipe = STATIC if isinstance(encoder, StaticEncoder) else TRANSFORMER
    before = _found_rests(encoder, every, held_out)
    model, losses = _tune(start, encoder, learned, replace(recipe, steps=steps or recipe.steps, seed=seed), progress)
    adapted = _save(model, start, out)
    log: Figures = {
        "from": start.name, "passages": {"learned": len(learned), "held_out": int(held_out.sum())}, "loss": losses,
        "before": before, "after": _found_rests(adapted, every, held_out), "seconds": round(time.monotonic() - began),
    }  # fmt: skip
    write_log(out, log)
    return log


def held_out_passages(count: int) -> NDArray[np.bool_]:
    """The last of every five stretches of five passages, since neighbours say much the same; bool [count]."""
    return np.arange(count) // _STRETCH % _FOLDS == _FOLDS - 1


def _read(texts: Path) -> SentenceLists:
    """Their passages as sentences; InputError if too few have two."""
    documents = (reading.read(file)[0] for file in discovery.find([texts]))
    split = ((document.text, passage) for document in documents for passage in passages.split(document).passages)
    found = [[plain(text, sentence) for sentence in passage.sentences] for text, passage in split]
    if sum(len(sentences) > 1 for sentences in found) < _FEWEST_PASSAGES:
        raise InputError(
            f"These texts have too few passages to learn from: adapting needs {_FEWEST_PASSAGES} of two sentences and more.",
            code="empty-corpus",
        )
    return found


def _tune(
    start: Path, encoder: Encoder, learned: SentenceLists, recipe: ContrastiveRecipe, progress: TrainingProgress | None
) -> tuple["SentenceTransformer", list[float]]:
    """The model with the weighted mean of its weights at the start and of what it learned from these passages, and the mean
    losses along the way."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(start), device="cpu", model_kwargs={"dtype": "float32"}).float()
    if isinstance(encoder, SentenceTransformersEncoder):
        model.prompts |= encoder.prompts
    first = {name: weights.clone() for name, weights in model.state_dict().items()}
    _freeze_lower_layers(model)
    losses = learn(model, batches(model.prompts, [learned], recipe), recipe.steps, recipe.rate, progress)
    for name, weights in model.state_dict().items():
        if weights.is_floating_point():
            weights.copy_(torch.lerp(first[name], weights, _LEARNED_SHARE))
    return model, losses


def _freeze_lower_layers(model: "SentenceTransformer") -> None:
    """Keep the embeddings and all layers but the last third as they are, where a model has layers: half the time."""
    layers = {name: int(found[1]) for name, _ in model.named_parameters() if (found := _LAYER.search(name))}
    if layers:
        count = max(layers.values()) + 1
        for name, weights in model.named_parameters():
            weights.requires_grad_("embeddings" not in name and layers.get(name, count) >= 2 * count // 3)


def _save(model: "SentenceTransformer", start: Path, out: Path) -> Encoder:
    """Write the model in float16 with what lay beside it at the start, and load it."""
    model.half().save_pretrained(str(out), create_model_card=False)
    for name in _COPIED:
        if (start / name).is_file():
            shutil.copyfile(start / name, out / name)
    adapted = load(str(out))
    if (out / "ranker.json").is_file():
        replace(Ranker.load(out / "ranker.json"), encoder=adapted.fingerprint).save(out / "ranker.json")
    return adapted


def _found_rests(encoder: Encoder, every: SentenceLists, held_out: NDArray[np.bool_]) -> Figures:
    """How often a sentence of a held-out passage finds the rest of that passage, among all other passages; InputError if none
    has two.

    Args:
        held_out: bool [n], which of the passages are.
    """
    two = [position for position in np.flatnonzero(held_out).tolist() if len(every[position]) > 1]
    asked = [(position, at) for position in two for at in range(len(every[position]))]
    if not asked:
        raise InputError("No held-out passage has two sentences.", code="empty-corpus")
    rests = encoder.encode([rest_of(every[position], at) for position, at in asked], "passage").vectors
    questions = encoder.encode([every[position][at] for position, at in asked], "question").vectors
    scores = questions @ encoder.encode([" ".join(sentences) for sentences in every], "passage").vectors.T
    rows, own = np.arange(len(asked)), [position for position, _ in asked]
    scores[rows, own] = np.vecdot(questions, rests)
    ranks = 1 + (scores > scores[rows, own][:, None]).sum(axis=1)
    return {"hit@1": mean(ranks == 1), "recall@10": mean(ranks <= 10), "n": len(asked)}
