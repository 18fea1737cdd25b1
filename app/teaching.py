"""What a student is taught: texts, and the states that a larger model has at each of their pieces.

The teacher is a multilingual model read as it was made, but for one thing: it reads in lower case, and in the pieces that
the student will have, so that every piece of the student has its own to learn from.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app import trimming
from app.corpus import WORD_LIST, passage_files
from app.domain import FloatMatrix
from app.encoder import prompts_of, unit
from app.errors import InputError
from app.pairs import ENGLISH_FRAMES, QUESTION_FRAMES, Ids, Ragged, Row, Sheet, sample_rows, sentences_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_BATCH_TOKENS = 6_000
_LONGEST_HEADING = 120
_EXCERPT = 420
"""Characters of a passage that are read."""
_SHORTEST_WORD = 3
_FRAMED = 5
"""Words of a sentence that a question is made of."""
_EVEN = 0.3
"""How far the axes are brought to one length: their variances are divided by themselves to this power."""

_SHORTEST = 1e-4
"""Of the variances, as a share of their mean, the one below which an axis is not lengthened further."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts of one kind, some of them in two forms that mean alike: each is an index into `forms`.

    Attributes:
        texts: what is read.
        kind: as which prompt the teacher reads them, "query" or "document".
        alike: int64 [n], the number of each text's meaning; texts of one number share what they should mean.
    """

    texts: list[str]
    kind: str
    alike: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Targets:
    """What a student should give for each text of a lesson.

    Attributes:
        ids: the pieces of each text, with the marks around it.
        texts: float32 [n, d] unit vectors.
        pieces: float16 [pieces, d], in the order of `ids.values`; the mean over a text points where its vector does.
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
        if "Unigram" not in type(self.tokenizer.model).__name__ or self.model.config.model_type != "bert":
            raise InputError(
                "The base model is no BERT with a unigram vocabulary, such as multilingual-e5-small.", code="unknown-model"
            )

    def number(self, mark: str) -> int:
        """The number of a piece that must be there.

        Raises:
            InputError: it is not.
        """
        found = self.tokenizer.token_to_id(mark)
        if found is None:
            raise InputError(f"The base model's vocabulary has no {mark}.", code="unknown-model")
        return found

    def states(self, rows: Sequence[Sequence[int]], kind: str) -> Iterator[tuple[int, FloatMatrix, FloatMatrix]]:
        """Of each row of piece ids with its marks: its number, the mean of all states, and those of the row itself.

        The prompt is read with each row, and counts in the mean. Products inside are in bfloat16. Short rows come first.
        """
        import torch

        prompt = self.tokenizer.encode(self.prompts.get(kind, ""), add_special_tokens=False).ids
        prompt = prompt[:-1] if prompt and self.tokenizer.id_to_token(prompt[-1]) == trimming.SPACE else prompt
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        for chunk in _chunks(order, [len(row) + len(prompt) for row in rows]):
            width = len(rows[chunk[-1]]) + len(prompt)
            ids, seen = np.zeros((2, len(chunk), width), np.int64)
            for line, row in enumerate(chunk):
                whole = [*rows[row][:1], *prompt, *rows[row][1:]]
                ids[line, : len(whole)], seen[line, : len(whole)] = whole, 1
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                found = self.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(seen)).last_hidden_state
            for row, states in zip(chunk, found.float().numpy(), strict=True):
                own = states[: len(rows[row]) + len(prompt)]
                yield row, own.mean(axis=0), np.concatenate([own[:1], own[1 + len(prompt) :]])


def _chunks(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    chunk: list[int] = []
    for row in order:
        if chunk and lengths[row] * (len(chunk) + 1) > _BATCH_TOKENS:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def lessons_of(folder: Path, sheets: dict[str, Sheet], texts: int, pairs: int, words: int, seed: int) -> list[Lesson]:
    """Running text, questions made of it, aligned texts and words.

    Args:
        texts: how many passages, sentences and headings are read, and half as many questions.
        pairs: how many pairs of aligned sentences at most.
        words: how many pairs of the word list, and how many words of the texts.
    """
    random = np.random.default_rng(seed)
    files = passage_files(folder)
    rows = [row for file in files for row in sample_rows(file, texts // len(files), random)]
    running = [text for row in rows if (text := _excerpt(row, random))]
    asked = [text for row in rows[::2] if (text := _question(row, random))]
    frequent = _frequent(running, words)
    lists = [sheet.pairs for name, sheet in sheets.items() if name.startswith(WORD_LIST)]
    aligned = [sheet.translations for name, sheet in sheets.items() if not name.startswith(WORD_LIST)]
    lessons = [Lesson(texts, kind, np.arange(len(texts))) for texts, kind in ((running, "document"), (asked, "query"))]
    lessons.append(_paired([_some(found, pairs // max(1, len(aligned)), random) for found in aligned]))
    single = _paired([_some(found, words, random) for found in lists])
    several = np.arange(len(frequent)) + len(single.texts)
    lessons.append(Lesson(single.texts + frequent, "query", np.concatenate([single.alike, several])))
    return lessons


def _excerpt(row: Row, random: np.random.Generator) -> str:
    """A sentence, a stretch of sentences, or the heading of a passage."""
    sentences = sentences_of(row["text"])
    heading = row["title"].rpartition(" > ")[2]
    draw = random.random()
    if draw < 0.1 and " > " in row["title"]:
        return heading[:_LONGEST_HEADING]
    if not sentences:
        return ""
    start = int(random.integers(len(sentences)))
    return sentences[start][:_EXCERPT] if draw < 0.6 else " ".join(sentences[start:])[:_EXCERPT]


def _question(row: Row, random: np.random.Generator) -> str:
    """The opening of a question before a heading, or before some of a sentence's words."""
    frames = QUESTION_FRAMES if random.random() < 0.9 else ENGLISH_FRAMES
    frame = frames[int(random.integers(len(frames)))]
    heading = row["title"].rpartition(" > ")[2] if " > " in row["title"] else ""
    if heading and random.random() < 0.5:
        return f"{frame} {heading[:_LONGEST_HEADING]}?"
    sentences = sentences_of(row["text"])
    words = sentences[int(random.integers(len(sentences)))].split() if sentences else []
    start = int(random.integers(max(1, len(words) - _FRAMED)))
    return f"{frame} {' '.join(words[start : start + _FRAMED + int(random.integers(4))])}?" if words else ""


def _frequent(texts: Sequence[str], most: int) -> list[str]:
    counts = Counter(word for text in texts for word in text.lower().split() if word.isalpha() and len(word) >= _SHORTEST_WORD)
    return [word for word, _ in counts.most_common(most)]


def _some(pairs: Sequence[tuple[str, str]], most: int, random: np.random.Generator) -> list[tuple[str, str]]:
    return [pairs[place] for place in random.permutation(len(pairs))[:most]]


def _paired(found: Iterable[list[tuple[str, str]]]) -> Lesson:
    pairs = [pair for some in found for pair in some]
    return Lesson([text for pair in pairs for text in pair], "query", np.repeat(np.arange(len(pairs)), 2))


def targets_of(lessons: Sequence[Lesson], teacher: Teacher, tokenizer: Tokenizer, kept: Ids, longest: int) -> list[Targets]:
    """What the teacher says of each lesson, on axes that the texts of the first differ along.

    The states are taken less their mean, on the eigenvectors of their covariance, the long axes shortened: vectors that
    all lie near one another are spread out (after Su et al. 2021, arXiv 2103.15316, who make all axes equal).

    Args:
        tokenizer: the student's.
        kept: the teacher's number of each of the student's pieces.
        longest: pieces of a text that are read, its marks included.
    """
    read = [_read(lesson, teacher, tokenizer, kept, longest) for lesson in lessons]
    means = read[0][1]
    centre = means.mean(axis=0)
    lengths, axes = np.linalg.eigh(np.cov((means - centre).T))
    lengths = np.maximum(lengths / lengths.mean(), _SHORTEST)
    spread = np.asarray(axes * lengths ** (-_EVEN / 2), np.float32)
    found = []
    for lesson, (ids, means, pieces) in zip(lessons, read, strict=True):
        vectors = unit((means - centre) @ spread)
        meant = np.zeros((int(lesson.alike.max(initial=-1)) + 1, vectors.shape[1]), np.float32)
        np.add.at(meant, lesson.alike, vectors)
        for start in range(0, len(pieces), _BATCH_TOKENS):
            part = pieces[start : start + _BATCH_TOKENS]
            pieces[start : start + _BATCH_TOKENS] = (part.astype(np.float32) - centre) @ spread
        found.append(Targets(ids, unit(meant)[lesson.alike], pieces))
    return found


def _read(
    lesson: Lesson, teacher: Teacher, tokenizer: Tokenizer, kept: Ids, longest: int
) -> tuple[Ragged, FloatMatrix, NDArray[np.float16]]:
    rows = [[*found.ids[: longest - 1], found.ids[-1]] for found in tokenizer.encode_batch_fast(lesson.texts)]
    ids = Ragged.of(rows)
    means = np.empty((len(rows), teacher.model.config.hidden_size), np.float32)
    pieces = np.empty((len(ids.values), teacher.model.config.hidden_size), np.float16)
    for row, mean, states in teacher.states([kept[row].tolist() for row in rows], lesson.kind):
        means[row] = mean
        pieces[ids.starts[row] : ids.starts[row + 1]] = states
    return ids, means, pieces
