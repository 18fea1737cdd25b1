"""A folder of texts to learn from, as word ids: what is done to a text after that is array arithmetic."""

import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError

WordIds = NDArray[np.int64]
Row = dict[str, str]
"""A passage: `id`, `title` and `text`."""

_WORD = re.compile(r"\w+|[^\w\s]")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9•–\"'(])")
_LINE_END_HYPHEN = re.compile(r"\u00ad\s*")
_CONTENTS_PAGE = re.compile(r"\.{4,}|(\. ){4,}")
_SHORTEST_SENTENCE = 3


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as bags of words: each word id with the row of its text."""

    words: WordIds
    rows: WordIds


@dataclass(frozen=True, slots=True)
class RaggedArray:
    """Rows of unequal length, flat: row i is `values[starts[i]:starts[i + 1]]`."""

    values: WordIds
    starts: WordIds

    @classmethod
    def of(cls, rows: Iterable[list[int]]) -> "RaggedArray":
        lengths, values = [0], [np.empty(0, np.int64)]
        for row in rows:
            lengths.append(len(row))
            values.append(np.asarray(row, np.int64))
        return cls(np.concatenate(values), np.cumsum(lengths, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def slices(self, begins: WordIds, ends: WordIds) -> Bags:
        """The values in each `[begin, end)`, with the number of the slice that each came from."""
        lengths = np.maximum(ends - begins, 0)
        rows = np.repeat(np.arange(len(lengths)), lengths)
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return Bags(self.values[np.repeat(begins, lengths) + within], rows)

    def take(self, rows: WordIds) -> Bags:
        return self.slices(self.starts[rows], self.starts[rows + 1])


class Vocabulary:
    """Every distinct lower-cased word of the training texts, numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def ids(self, text: str) -> list[int]:
        numbers = self.numbers
        return [numbers.setdefault(word, len(numbers)) for word in _WORD.findall(text.lower())]


@dataclass(frozen=True, slots=True)
class PassageWords:
    """Passages as sentences of word ids: passage p holds sentences `first[p]` up to `first[p + 1]`."""

    sentences: RaggedArray
    first: WordIds

    def __len__(self) -> int:
        return len(self.first) - 1


def passage_files(folder: Path) -> list[Path]:
    """The files with passages in a corpus folder, by name.

    Raises:
        InputError: there are none.
    """
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.zst")]) if folder.is_dir() else []
    if not files:
        raise InputError(f"{folder} holds no passages (*.jsonl or *.jsonl.zst with id, title and text).", code="empty-corpus")
    return files


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a .jsonl or .jsonl.zst file.

    Raises:
        InputError: the file is compressed and zstandard is not installed.
    """
    with path.open("rb") as raw:
        stream = _decompressed(raw, path) if path.suffix == ".zst" else raw
        with io.TextIOWrapper(stream, encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _decompressed(raw: BinaryIO, path: Path) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        raise InputError(
            f"{path.name} is compressed, and the package that reads it is not installed. Run: pip install 'citaat[train]'",
            code="missing-package",
        ) from None
    return cast(BinaryIO, zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(raw))


def read_passages(rows: Iterable[Row], vocabulary: Vocabulary) -> PassageWords:
    """Passages as word ids; tables of contents, OCR noise and copies are left out."""
    sentences: list[list[int]] = []
    first, seen = [0], set[int]()
    for row in rows:
        text = " ".join(_LINE_END_HYPHEN.sub("", row["text"]).split())
        digest = hash(text)
        if digest in seen or not _is_prose(text):
            continue
        seen.add(digest)
        parts = (vocabulary.ids(part) for part in _SENTENCE_END.split(text))
        sentences += [ids for ids in parts if len(ids) >= _SHORTEST_SENTENCE]
        first.append(len(sentences))
    return PassageWords(RaggedArray.of(sentences), np.asarray(first))


def _is_prose(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return len(text) >= 60 and letters >= 0.72 * len(text) and not _CONTENTS_PAGE.search(text)
