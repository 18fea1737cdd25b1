"""The model that ships, adapted to a reader's own texts: minutes of learning without labels, judged on a part held out."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import passages, readers, training
from app.corpus import Corpus
from app.encoder import Encoder, load
from app.errors import InputError
from app.pairs import Row
from app.ranking import Ranker
from app.training import Log, Progress, Recipe

RECIPE = Recipe(steps=200, batch=512, rate=0.003, dropout=0.3)
_FLATTEN = 1.0
_HELD_OUT = 5
"""Every fifth stretch of passages is held out."""
_STRETCH = 5
_SHARE = 0.3
"""How far the vectors go from where they began to what was learned: few texts are soon learned by heart (Wortsman et al.
2022, arXiv 2109.01903)."""
_FEWEST = 100
_BESIDE = ("ranker.json", "background.json")

Texts = list[list[str]]
"""Passages as their sentences."""


def adapt(texts: Sequence[Path], start: Path, out: Path, recipe: Recipe = RECIPE, progress: Progress | None = None) -> Log:
    """Go on learning from a model on the reader's own texts, and say what it gave on passages that it did not see.

    Args:
        texts: files and folders, as for `citaat index`.
        start: the folder of a model that `citaat train` made.
        out: a folder that does not exist yet.

    Returns:
        The log, also in `training.json`: `before` and `after` say how often a sentence of a held-out passage has the rest
        of it first, and among ten, of all passages.

    Raises:
        InputError: there are too few passages, `out` exists, or `start` is no such model.
    """
    training.refuse_overwriting(out)
    began = time.monotonic()
    tokenizer, weights = training.load(start, _FLATTEN)
    every = _read(texts)
    if sum(len(parts) > 1 for parts in every) < _FEWEST:
        raise InputError(
            f"These texts have too few passages to learn from: adapting needs {_FEWEST} of two sentences and more.",
            code="empty-corpus",
        )
    held = np.arange(len(every)) // _STRETCH % _HELD_OUT == _HELD_OUT - 1
    learned: list[Row] = [{"title": "", "text": " ".join(parts)} for parts, out_of in zip(every, held, strict=True) if not out_of]
    corpus = Corpus({"texts": learned}, {}, recipe.seed)
    first = weights / np.linalg.norm(weights, axis=1).mean()
    learned_weights, losses = training.learn(corpus, tokenizer, weights, recipe, progress)
    weights = (1 - _SHARE) * first + _SHARE * learned_weights
    before = _found(load(str(start)), every, held)
    log: Log = {
        "from": start.name,
        "passages": {"learned": len(learned), "held_out": int(held.sum())},
        "seconds": round(time.monotonic() - began),
        "loss": losses,
        "before": before,
    }
    training.save(out, tokenizer, weights, log)
    for name in _BESIDE:
        if (start / name).is_file():
            shutil.copyfile(start / name, out / name)
    adapted = load(str(out))
    if (out / "ranker.json").is_file():
        replace(Ranker.load(out / "ranker.json"), encoder=adapted.fingerprint).save(out / "ranker.json")
    log["after"] = _found(adapted, every, held)
    training.write_log(out, log)
    return log


def _read(texts: Sequence[Path]) -> Texts:
    found: Texts = []
    for file in readers.find(list(texts)):
        document = readers.read(file)
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
