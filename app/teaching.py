"""What a student is taught: texts, and the states that a larger model has at each of their pieces.

The teacher is a multilingual model read as it was made, but for one thing: it reads in lower case, and in the pieces that
the student will have, so that every piece of the student has its own to learn from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.domain import FloatMatrix, FloatVector
from app.encoder import prompts_of, unit
from app.errors import InputError
from app.lessons import Lesson, Prompt
from app.pairs import Ids, Ragged

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_BATCH_TOKENS = 6_000
_WHITENING = 0.3
"""The power of its standard deviation that each axis is divided by: 0 leaves the axes as they are, 1 makes them equal."""
_LEAST_VARIANCE = 1e-4
"""As a share of the mean, the variance that an axis is taken to have at least."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What a student should give for each text of a lesson.

    Attributes:
        ids: the pieces of each text, the special ones around it included.
        texts: float32 [n, d] unit vectors.
        pieces: float16 [pieces, d], in the order of `ids.values`; for a text without a prompt and with a meaning of its
            own, their mean points where the text's vector does.
    """

    ids: Ragged
    texts: FloatMatrix
    pieces: NDArray[np.float16]


class Teacher:
    """A transformer whose vectors are the mean of its last states, and its tokenizer, a unigram model."""

    def __init__(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            loaded = SentenceTransformer(model, device="cpu", model_kwargs={"dtype": "float32"})
        except (OSError, ValueError) as error:
            raise InputError(
                f"The base model cannot be loaded ({type(error).__name__}). Name a sentence-transformers folder or id.",
                code="unknown-model",
            ) from None
        self.name = Path(model).name
        self.prompts = prompts_of(loaded, model)
        first: Any = loaded[0]
        self.model: PreTrainedModel = first.auto_model
        self.tokenizer: Tokenizer = Tokenizer.from_str(loaded.tokenizer.backend_tokenizer.to_str())
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        if "Unigram" not in type(self.tokenizer.model).__name__ or self.model.config.model_type != "bert":
            raise InputError(
                "The base model is no BERT with a unigram vocabulary, such as multilingual-e5-small.", code="unknown-model"
            )

    def token_id(self, piece: str) -> int:
        """The number of a piece.

        Raises:
            InputError: the vocabulary has no such piece.
        """
        found = self.tokenizer.token_to_id(piece)
        if found is None:
            raise InputError(f"The base model's vocabulary has no {piece}.", code="unknown-model")
        return found

    def states(self, rows: Sequence[Sequence[int]], prompt: Prompt) -> Iterator[tuple[int, FloatVector, FloatMatrix]]:
        """Of each row of piece ids with the special ones around it: its number, the mean of all states, float32 [d], and the
        states of the row itself, float32 [pieces, d].

        The prompt is read with each row, and counts in the mean. Products inside are in bfloat16. Short rows come first.
        """
        import torch

        before = self.tokenizer.encode(self.prompts.get(prompt, "").rstrip(), add_special_tokens=False).ids
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        for chunk in _chunks(order, [len(row) + len(before) for row in rows]):
            width = len(rows[chunk[-1]]) + len(before)
            ids, seen = np.zeros((2, len(chunk), width), np.int64)
            for line, row in enumerate(chunk):
                whole = [*rows[row][:1], *before, *rows[row][1:]]
                ids[line, : len(whole)], seen[line, : len(whole)] = whole, 1
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                found = self.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(seen)).last_hidden_state
            for row, states in zip(chunk, found.float().numpy(), strict=True):
                own = states[: len(rows[row]) + len(before)]
                yield row, own.mean(axis=0), np.concatenate([own[:1], own[1 + len(before) :]])


def _chunks(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    chunk: list[int] = []
    for row in order:
        if chunk and lengths[row] * (len(chunk) + 1) > _BATCH_TOKENS:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def targets_of(lessons: Sequence[Lesson], teacher: Teacher, tokenizer: Tokenizer, kept: Ids, longest: int) -> list[Targets]:
    """What the teacher says of each lesson, on axes that the texts of the first differ along.

    The states are taken less their mean, on the eigenvectors of their covariance, the long axes shortened: vectors that
    all lie near one another are spread out (after Su et al. 2021, arXiv 2103.15316, who make all axes equal).

    Args:
        tokenizer: the student's.
        kept: the teacher's number of each of the student's pieces.
        longest: pieces of a text that are read, the special ones included.
    """
    read = [_read(lesson, teacher, tokenizer, kept, longest) for lesson in lessons]
    centre = read[0][1].mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov((read[0][1] - centre).T))
    variances = np.maximum(variances / variances.mean(), _LEAST_VARIANCE)
    whitening = np.asarray(axes * variances ** (-_WHITENING / 2), np.float32)
    found = []
    for lesson, (ids, means, pieces) in zip(lessons, read, strict=True):
        vectors = unit((means - centre) @ whitening)
        meant = np.zeros((int(lesson.meanings.max(initial=-1)) + 1, vectors.shape[1]), np.float32)
        np.add.at(meant, lesson.meanings, vectors)
        for start in range(0, len(pieces), _BATCH_TOKENS):
            part = pieces[start : start + _BATCH_TOKENS]
            pieces[start : start + _BATCH_TOKENS] = (part.astype(np.float32) - centre) @ whitening
        found.append(Targets(ids, unit(meant)[lesson.meanings], pieces))
    return found


def _read(
    lesson: Lesson, teacher: Teacher, tokenizer: Tokenizer, kept: Ids, longest: int
) -> tuple[Ragged, FloatMatrix, NDArray[np.float16]]:
    encoded = (found.ids for found in tokenizer.encode_batch_fast(lesson.texts))
    rows = [[*ids[:-1][: longest - 1], ids[-1]] for ids in encoded]
    ids = Ragged.of(rows)
    means = np.empty((len(rows), teacher.model.config.hidden_size), np.float32)
    pieces = np.empty((len(ids.values), teacher.model.config.hidden_size), np.float16)
    for row, mean, states in teacher.states([kept[row].tolist() for row in rows], lesson.prompt):
        means[row] = mean
        pieces[ids.starts[row] : ids.starts[row + 1]] = states
    return ids, means, pieces
