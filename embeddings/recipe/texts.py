"""The texts that the model is made from: samples of passages, sheets of texts that mean alike, how common terms are."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from citaat.errors import InputError
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from citaat.text.words import content_words, words
from citaat.training.corpus import read_rows

TextPairs = list[tuple[str, str]]
"""Texts that mean alike."""

WORD_LIST = "lexicon"
"""How the name of a sheet of words begins; the other sheets hold sentences."""
_BACKGROUND_SAMPLE = 35_000
_RAREST = 20
_SAME_MEANING = 4
"""SICK's relatedness is 1 to 5."""


def sample(path: Path, size: int) -> Iterator[str]:
    """About `size` texts of a file of passages, evenly spread: fewer than twice as many, or all."""
    every = max(1, sum(1 for _ in read_rows(path)) // size)
    return (row["text"] for number, row in enumerate(read_rows(path)) if number % every == 0)


def sample_all(files: Sequence[Path], sheets: dict[str, TextPairs], size: int) -> Iterator[str]:
    """About `size` texts of each file, and all texts of the sheets."""
    yield from chain.from_iterable(sample(file, size) for file in files)
    for sheet in sheets.values():
        yield from chain.from_iterable(sheet)


def background(files: Sequence[Path]) -> Background:
    """How common terms are in about 35,000 passages of each file, evenly spread."""
    return count_terms(text for file in files for text in sample(file, _BACKGROUND_SAMPLE))


def count_terms(texts: Iterable[str]) -> Background:
    """In how many texts each term stands; those in fewer than 20 of them are left out."""
    analyzer, counts, passages = Analyzer(), Counter[str](), 0
    for text in texts:
        counts.update(set(analyzer.terms(content_words(words(text)))))
        passages += 1
    return Background(passages, {term: count for term, count in sorted(counts.items()) if count >= _RAREST})


def read_sheets(folder: Path) -> dict[str, TextPairs]:
    """The `*.tsv` of a corpus folder, by the name of the file."""
    return {path.name: read_sheet(path) for path in sorted(folder.glob("*.tsv"))}


def read_sheet(path: Path) -> TextPairs:
    """Two columns, Dutch and English; or sentences with a `relatedness_score`, of which rows of 4 and more mean alike, and
    each means what its original does.

    Raises:
        InputError: the file is empty.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = next(rows, None)
        if header is None:
            raise InputError(f"{path.name} is empty: give a tab-separated file with two columns of texts.")
        if "relatedness_score" not in header:
            return [(header[0], header[1])] + [(row[0], row[1]) for row in rows if len(row) >= 2]
        named = (dict(zip(header, values, strict=False)) for values in rows)
        return [pair for row in named for pair in _sick_pairs(row)]


def _sick_pairs(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    if float(row["relatedness_score"]) >= _SAME_MEANING:
        yield row["sentence_A"], row["sentence_B"]
    if "sentence_A_original" in row:
        yield row["sentence_A"], row["sentence_A_original"]
        yield row["sentence_B"], row["sentence_B_original"]
