"""A small Dutch transformer taught by two models: an English one that reads glosses, and a static one of Dutch words.

The English model knows what words mean together, the static one which Dutch words go together in these texts; the
student learns to give the vectors of both at once (after Reimers and Gurevych 2020, arXiv 2004.09813).
"""

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from app import training
from app.corpus import Corpus, background, train_tokenizer
from app.domain import FloatMatrix
from app.errors import InputError
from app.student import MARKS, Student
from app.teaching import Lessons, StaticTeacher, glosses_of, lessons_of, targets_of
from app.training import Log, Progress, pieces_of_words, refuse_overwriting, write_log
from app.transplant import Base

_WARM_UP = 100
_CLIP = 1.0
_NEARNESS = 10.0
"""The weight of the cosine distance beside the softmax over the batch."""

_STATIC = training.Recipe(steps=2_000)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the result, but for the last digits: the tokenizer's trainer and threads add in an order of their own.

    Attributes:
        pieces: the size of the vocabulary.
        layers: which layers of the base model are kept.
        dimension: of the vectors.
        texts: passages, sentences, headings and questions that are learned from.
        words: words that are learned from, apart from any text.
        shares: of the texts, the aligned sentences and the words in the batches.
        glossed: what the English model counts for beside the static one, which counts for 1.
        steps: how many batches are learned from; the learning rates fall to zero over them.
        batch: texts a batch; the targets of the others are negatives.
        rate: AdamW's learning rate for the layers at its highest.
        vocabulary_rate: the same for the vectors of the vocabulary and the last map.
        scale: cosines are multiplied by it before the softmax (the inverse temperature).
        dropout: the share of the words of a text that the student does not see; a word alone is seen.
        longest: words of a text that are read while learning.
        static: how the static teacher is trained first.
    """

    pieces: int = 18_000
    layers: tuple[int, ...] = (0, 1, 3, 5)
    dimension: int = 256
    texts: int = 90_000
    words: int = 60_000
    shares: tuple[float, float, float] = (0.6, 0.25, 0.15)
    glossed: float = 2.0
    steps: int = 2_600
    batch: int = 128
    rate: float = 3e-4
    vocabulary_rate: float = 2e-3
    scale: float = 20.0
    dropout: float = 0.05
    longest: int = 112
    static: training.Recipe = _STATIC
    seed: int = 0

    def reduced(self, steps: int) -> "Recipe":
        """The same with fewer steps, and as much fewer texts, words and steps of the static teacher."""
        share = steps / self.steps
        texts, words, static = (max(1, round(share * size)) for size in (self.texts, self.words, self.static.steps))
        return replace(self, steps=steps, texts=texts, words=words, static=replace(self.static, steps=static))


def distil(folder: Path, out: Path, recipe: Recipe, base: str, progress: Progress | None = None) -> Log:
    """Give an English model a Dutch vocabulary, teach it on the texts in `folder`, and write it to `out`.

    Args:
        folder: passages (`*.jsonl`, `*.jsonl.zst`: rows of id, title, text), a `lexicon*.tsv` (Dutch and English words
            that mean alike), and other `*.tsv` of texts that mean alike.
        out: a folder that does not exist yet; it becomes a sentence-transformers folder.
        base: a BERT model that sentence-transformers can load.

    Returns:
        The log, also written to `training.json`: recipe, data, seconds of each stage, cosine distance to the teachers.

    Raises:
        InputError: `folder` lacks passages or words, `out` exists, or the base cannot be loaded.
    """
    refuse_overwriting(out)
    clock = _Clock()
    english = Base(base)
    corpus = Corpus.of_folder(folder, recipe.seed)
    if not corpus.word_list:
        raise InputError("A new vocabulary needs a word list: lexicon*.tsv in the corpus folder.", code="empty-corpus")
    clock.stop("reading")
    total = recipe.static.steps + recipe.steps
    settings = replace(recipe.static, seed=recipe.seed)
    static = StaticTeacher(corpus, settings, progress and (lambda step, _, loss: progress(step, total, loss)))
    clock.stop("static teacher")
    glosses = glosses_of(corpus, english, recipe.seed)
    clock.stop("glosses")
    lessons = lessons_of(corpus, glosses, recipe.texts, recipe.words, recipe.longest, recipe.seed)
    targets = targets_of(lessons, static, english, recipe.glossed, recipe.dimension)
    clock.stop("teachers' vectors")
    tokenizer = train_tokenizer(corpus, recipe.pieces, MARKS)
    words = list(corpus.vocabulary.numbers)
    model = english.transplanted(tokenizer, words, glosses, corpus.frequencies, recipe.layers)
    pieces = pieces_of_words(tokenizer, corpus)
    student = Student(model, tokenizer, pieces, recipe.dimension, recipe.dropout, recipe.seed)
    student.begin(lessons[0].texts, targets[0])
    distances = _learn(
        student, lessons, targets, recipe, progress and (lambda step, _, loss: progress(recipe.static.steps + step, total, loss))
    )
    clock.stop("student")
    log: Log = {
        "recipe": asdict(recipe),
        "base": english.name,
        "data": corpus.counts,
        "lessons": [len(lesson.texts) for lesson in lessons],
        "seconds": clock.seconds,
        "distance": distances,
        "machine": f"{platform.machine()}, {platform.system()}",
    }
    student.save(out)
    write_log(out, log)
    background(folder).save(out / "background.json")
    return log


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, int] = {}
        self._last = time.monotonic()

    def stop(self, stage: str) -> None:
        """Count the time since the last stop for `stage`."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self._last)
        self._last = now


def _learn(
    student: Student, lessons: Sequence[Lessons], targets: Sequence[FloatMatrix], recipe: Recipe, progress: Progress | None
) -> list[float]:
    """Bring each text near its target, and nearer to it than to the other targets of the batch.

    Returns:
        The mean cosine distance to the targets of each fiftieth of the steps.
    """
    import torch
    from torch.nn import functional

    random = np.random.default_rng(recipe.seed)
    layers, fresh = student.parameters()
    groups = [{"params": fresh, "lr": recipe.vocabulary_rate}, {"params": layers, "lr": recipe.rate}]
    adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    highest = [group["lr"] for group in adam.param_groups]
    given = [(one, round(recipe.batch * share)) for one, share in zip(lessons, recipe.shares, strict=True) if len(one.texts)]
    known = [part for part in targets if len(part)]
    own = torch.arange(sum(size for _, size in given))
    distances, recent, every = [], 0.0, max(1, recipe.steps // 50)
    for step in range(1, recipe.steps + 1):
        for group, rate in zip(adam.param_groups, highest, strict=True):
            group["lr"] = rate * min(1.0, step / _WARM_UP) * (1 - step / (recipe.steps + 1))
        chosen = [random.integers(len(one.texts), size=size) for one, size in given]
        vectors = torch.cat([student.embed(one.texts, picked) for (one, _), picked in zip(given, chosen, strict=True)])
        wanted = torch.from_numpy(np.concatenate([part[picked] for part, picked in zip(known, chosen, strict=True)]))
        distance = 1 - (vectors * wanted).sum(dim=1).mean()
        loss = _NEARNESS * distance + functional.cross_entropy(recipe.scale * vectors @ wanted.T, own)
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
