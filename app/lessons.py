"""The texts that a student learns from: passages, questions made of them, translations, words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.corpus import WORD_LIST
from app.errors import InputError
from app.pairs import ENGLISH_FRAMES, QUESTION_FRAMES, Row, Sheet, heading_of, sample_rows, sentences_of

_LONGEST_HEADING = 120
_EXCERPT = 420
"""Characters of a passage that are read."""
_HEADINGS, _SENTENCES = 0.1, 0.6
"""The shares of headings and of these with single sentences; the rest are stretches of sentences."""
_SHORTEST_WORD = 3
_FRAMED = 5
"""Words, at least, of a sentence that a question is made of."""
_ENGLISH = 0.1
"""The share of the questions whose opening is English."""
_FEWEST = 50
"""Running texts without which there is nothing to learn from."""

Prompt = Literal["query", "document"]
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts of one kind.

    Attributes:
        texts: what is read.
        prompt: as what the teacher reads them.
        meanings: int64 [n], the number of each text's meaning; texts of one number, such as translations, share a target.
    """

    texts: list[str]
    prompt: Prompt
    meanings: NDArray[np.int64]


def lessons_of(files: Sequence[Path], sheets: dict[str, Sheet], texts: int, pairs: int, words: int, seed: int) -> list[Lesson]:
    """Running text, questions made of it, aligned texts, and words, in this order.

    Args:
        files: of passages.
        sheets: pairs of words, in those whose name begins as a word list's does, and pairs of texts.
        texts: how many passages, sentences and headings are read, and half as many questions.
        pairs: how many pairs of aligned texts at most.
        words: how many pairs of each word list, and how many words of the texts, at most.

    Raises:
        InputError: the files hold fewer than 50 texts to read.
    """
    random = np.random.default_rng(seed)
    rows = [row for file in files for row in sample_rows(file, -(-texts // len(files)), random)]
    running = [text for row in rows if (text := _excerpt(row, random))]
    if len(running) < _FEWEST:
        raise InputError(f"Learning needs {_FEWEST} texts and more; these files gave {len(running)}.", code="empty-corpus")
    asked = [text for row in rows[::2] if (text := _question(row, random))]
    frequent = _frequent(running, words)
    lists = [sheet.pairs for name, sheet in sheets.items() if name.startswith(WORD_LIST)]
    aligned = [sheet.translations for name, sheet in sheets.items() if not name.startswith(WORD_LIST)]
    listed = paired(pair for found in lists for pair in _some(found, words, random))
    apart = np.arange(len(frequent)) + len(listed.texts)
    return [
        Lesson(running, "document", np.arange(len(running))),
        Lesson(asked, "query", np.arange(len(asked))),
        paired(pair for found in aligned for pair in _some(found, pairs // len(aligned), random)),
        Lesson(listed.texts + frequent, "query", np.concatenate([listed.meanings, apart])),
    ]


def paired(pairs: Iterable[tuple[str, str]]) -> Lesson:
    """Pairs of texts that mean alike."""
    texts = [text for pair in pairs for text in pair]
    return Lesson(texts, "query", np.arange(len(texts)) // 2)


def _excerpt(row: Row, random: np.random.Generator) -> str:
    """A sentence, a stretch of sentences, or the heading of a passage."""
    sentences, heading = sentences_of(row["text"]), heading_of(row)
    draw = random.random()
    if heading and draw < _HEADINGS:
        return heading[:_LONGEST_HEADING]
    if not sentences:
        return ""
    start = int(random.integers(len(sentences)))
    return sentences[start][:_EXCERPT] if draw < _SENTENCES else " ".join(sentences[start:])[:_EXCERPT]


def _question(row: Row, random: np.random.Generator) -> str:
    """The opening of a question before a heading, or before some of a sentence's words."""
    frames = ENGLISH_FRAMES if random.random() < _ENGLISH else QUESTION_FRAMES
    frame = frames[int(random.integers(len(frames)))]
    heading = heading_of(row)
    if heading and random.random() < 0.5:
        return f"{frame} {heading[:_LONGEST_HEADING]}?"
    sentences = sentences_of(row["text"])
    words = sentences[int(random.integers(len(sentences)))].split() if sentences else []
    start = int(random.integers(max(1, len(words) - _FRAMED)))
    return f"{frame} {' '.join(words[start : start + _FRAMED + int(random.integers(4))])}?" if words else ""


def _frequent(texts: Sequence[str], most: int) -> list[str]:
    counts = Counter(word for text in texts for word in text.lower().split() if word.isalpha() and len(word) >= _SHORTEST_WORD)
    return [word for word, _ in counts.most_common(most)]


def _some(pairs: Pairs, most: int, random: np.random.Generator) -> Pairs:
    """At most so many of the pairs of different texts, each once."""
    distinct = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
    return [distinct[place] for place in random.permutation(len(distinct))[:most]]
