"""A folder of texts to learn from: files of passages as their sentences."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from citaat.errors import InputError

Row = dict[str, str]
"""A passage: `id`, `title` and `text`."""

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9•–\"'(])")
_LINE_END_HYPHEN = re.compile(r"\u00ad\s*")
_CONTENTS_PAGE = re.compile(r"\.{4,}|(\. ){4,}")
_SHORTEST_SENTENCE = 10
"""Characters."""


def passage_files(folder: Path) -> list[Path]:
    """The files with passages in a corpus folder, by name; InputError if there are none."""
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.zst")]) if folder.is_dir() else []
    if not files:
        raise InputError(f"{folder} holds no passages (*.jsonl or *.jsonl.zst with id, title and text).", code="empty-corpus")
    return files


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a .jsonl or .jsonl.zst file; InputError if it is compressed and zstandard is not installed."""
    with _decompressed(path) if path.suffix == ".zst" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _decompressed(path: Path) -> TextIO:
    try:
        import zstandard
    except ImportError:
        raise InputError(
            f"{path.name} is compressed, and the package that reads it is not installed. Run: pip install 'citaat[train]'",
            code="missing-package",
        ) from None
    return zstandard.open(path, "rt", dctx=zstandard.ZstdDecompressor(max_window_size=2**27), encoding="utf-8")


def read_passages(path: Path) -> list[list[str]]:
    """The passages of a file as their sentences; tables of contents, OCR noise and copies are left out."""
    texts = dict.fromkeys(" ".join(_LINE_END_HYPHEN.sub("", row["text"]).split()) for row in read_rows(path))
    prose = (_SENTENCE_END.split(text) for text in texts if _is_prose(text))
    return [[sentence for sentence in sentences if len(sentence) >= _SHORTEST_SENTENCE] for sentences in prose]


def _is_prose(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return len(text) >= 60 and letters >= 0.72 * len(text) and not _CONTENTS_PAGE.search(text)
