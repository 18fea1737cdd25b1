"""The encoder learns from questions: one belongs to the passage that answers it, not to others that are found for it."""

import json
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from citaat.encoders.loading import load
from citaat.encoders.protocol import Encoder
from citaat.errors import InputError
from citaat.evaluation.measures import Figures
from citaat.training.contrastive import TrainingProgress, learn
from citaat.training.corpus import read_rows
from citaat.training.model_folder import refuse_overwriting, write_log

Triple = tuple[str, str, str]
"""A question, a passage that answers it, and one that does not."""

_FROZEN = re.compile(r"_embeddings\.|^2\.")
"""Token embeddings, of which the questions meet a part, and the map."""
_NEAREST = 60
"""Passages that negatives are chosen among."""
_HEADING = re.compile(r"(?!Artikel|Art\.|Hoofdstuk|Bijlage|Afdeling|Wet |Besluit |Regeling |Verdrag |§|Titel|,)\S+ .*")
"""A heading that could be asked: of two words or more, and no number or name of a law."""
_HEADING_LENGTHS, _TEXT_LENGTHS = range(12, 81), range(81, 900)


@dataclass(frozen=True, slots=True)
class QuestionRecipe:
    """How to learn.

    Attributes:
        epochs: how often each question is asked, in Dutch and in English by turns.
        questions: in a batch, each with one passage that answers it and one negative.
        headings: of laws in a batch, each with a passage below it and one below another heading of the same law: what keeps
            the model from forgetting how laws put things.
        rate: AdamW's learning rate at its highest.
        negatives: a question's nearest passages that one is drawn from.
        margin: a negative's cosine is below this share of that of the passage that answers: nearer ones may answer as well
            (Moreira et al. 2024, arXiv 2407.15831).
        share: how far the weights go from where they began to what was learned (model soups, arXiv 2203.05482).
    """

    epochs: float = 1.4
    questions: int = 32
    headings: int = 8
    rate: float = 3e-5
    negatives: int = 8
    margin: float = 0.95
    share: float = 0.8
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in both languages, the text of the passage that answers it, and passages that are found but do not answer."""

    dutch: str
    english: str
    passage: str
    negatives: Sequence[str]


def tune(
    start: Path, questions: Path, laws: Path, out: Path, recipe: QuestionRecipe, progress: TrainingProgress | None = None
) -> Figures:
    """Write a model that learned from questions.

    Args:
        start: the folder of the model to go on from.
        questions: a folder with `passages.jsonl` (id, text) and `train.jsonl` (passage, question, en).
        laws: passages (rows of id, title, text; the title is a path of headings) whose last headings are asked.
        out: a folder that does not exist yet.

    Returns:
        The log, also added to `training.json`: the recipe, how much it learned from, the mean losses along the way, seconds.

    Raises:
        InputError: `out` exists, or `questions` lacks what it is learned from.
    """
    refuse_overwriting(out)
    began = time.monotonic()
    asked = read_questions(questions, load(str(start)), recipe)
    model = SentenceTransformer(str(start), device="cpu", model_kwargs={"dtype": "float32"}).float()
    for name, weights in model.named_parameters():
        weights.requires_grad_(not _FROZEN.search(name))
    torch.manual_seed(recipe.seed)
    steps = int(recipe.epochs * len(asked) / recipe.questions)
    triples = batches(asked, read_headings(laws), recipe)
    model.train()
    losses = learn(model, (with_prompts(batch, model.prompts) for batch in triples), steps, recipe.rate, progress)
    save_beside(model, start, out, recipe.share)
    log: Figures = {
        "recipe": asdict(recipe), "questions": len(asked), "steps": steps, "loss": losses,
        "seconds": round(time.monotonic() - began),
    }  # fmt: skip
    write_log(out, json.loads((start / "training.json").read_text("utf-8")) | {"questions": log})
    return log


def read_questions(folder: Path, encoder: Encoder, recipe: QuestionRecipe) -> list[Asked]:
    """The questions of a folder, with the negatives that an encoder finds for them; InputError if they lack a field."""
    try:
        texts = {row["id"]: row["text"] for row in read_rows(folder / "passages.jsonl")}
        rows = [(row["question"], row["en"], texts[row["passage"]]) for row in read_rows(folder / "train.jsonl")]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{folder} has no questions to learn from ({type(error).__name__}): it takes passages.jsonl with id and text, and "
            "train.jsonl with passage, question and en.",
            code="no-question-set",
        ) from None
    passages = list(dict.fromkeys(texts.values()))
    numbers = {text: number for number, text in enumerate(passages)}
    vectors = encoder.encode(passages, "passage").vectors
    scores = encoder.encode([question for question, _, _ in rows], "question").vectors @ vectors.T
    own = [numbers[text] for _, _, text in rows]
    found = (negatives(of, row, recipe) for of, row in zip(scores, own, strict=True))
    return [Asked(*row, [passages[one] for one in ones]) for row, ones in zip(rows, found, strict=True)]


def negatives(scores: np.ndarray, own: int, recipe: QuestionRecipe) -> list[int]:
    """The nearest passages that lie farther from a question than its own by the margin; the farthest of the nearest if none
    does.

    Args:
        scores: cosines of the question with all passages, float32 [n].
        own: the number of the passage that answers.
    """
    nearest = [number for number in np.argsort(-scores, kind="stable")[:_NEAREST].tolist() if number != own]
    below = [number for number in nearest if scores[number] < recipe.margin * scores[own]]
    return below[: recipe.negatives] or nearest[-recipe.negatives :]


def read_headings(path: Path) -> list[dict[str, list[str]]]:
    """Of each law with two headings that could be asked, the texts below each of these."""
    laws: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in read_rows(path):
        heading = re.sub(r"^[\d.]+\s*", "", row["title"].rpartition(" > ")[2].strip(" *."))
        if len(heading) in _HEADING_LENGTHS and len(row["text"]) in _TEXT_LENGTHS and _HEADING.fullmatch(heading):
            laws[row["id"].rpartition("-")[0]][heading].append(row["text"])
    return [laws[name] for name in sorted(laws) if len(laws[name]) > 1]


def batches(asked: Sequence[Asked], laws: Sequence[dict[str, list[str]]], recipe: QuestionRecipe) -> Iterator[list[Triple]]:
    """Without end, all questions in an order of their own each time; none is asked twice in one language before it was in the
    other. What answers one question of a batch is no other's negative."""
    random = Random(recipe.seed)
    first = [random.random() < 0.5 for _ in asked]
    stream = ((number, is_odd) for is_odd in cycle((False, True)) for number in random.sample(range(len(asked)), len(asked)))
    while True:
        drawn = [next(stream) for _ in range(recipe.questions)]
        answering = {asked[number].passage for number, _ in drawn}
        batch: list[Triple] = []
        for number, is_odd in drawn:
            one = asked[number]
            allowed = [text for text in one.negatives if text not in answering] or one.negatives
            batch.append((one.english if first[number] ^ is_odd else one.dutch, one.passage, random.choice(allowed)))
        for law in (random.choice(laws) for _ in range(recipe.headings if laws else 0)):
            heading, other = random.sample(sorted(law), 2)
            batch.append((heading, random.choice(law[heading]), random.choice(law[other])))
        yield batch


def with_prompts(batch: Sequence[Triple], prompts: Mapping[str, str | None]) -> list[list[str]]:
    """The columns of a batch, each text after the prompt of its kind."""
    begins = [prompts.get(kind) or "" for kind in ("query", "document", "document")]
    return [[begin + text for text in column] for begin, column in zip(begins, zip(*batch, strict=True), strict=True)]


def save_beside(model: SentenceTransformer, start: Path, out: Path, share: float) -> None:
    """Write the folder of the start with the weights that were learned, a share of the way there, in float16; those that were not
    stay as they are stored."""
    transformer: Any = model[0]
    learned = transformer.auto_model.state_dict()
    stored = load_file(start / "model.safetensors")
    for name, weights in stored.items():
        if not torch.equal(weights.float(), learned[name]):
            stored[name] = torch.lerp(weights.float(), learned[name], share).half()
    shutil.copytree(start, out)
    save_file(stored, out / "model.safetensors", metadata={"format": "pt"})
