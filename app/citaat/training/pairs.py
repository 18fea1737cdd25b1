"""Training pairs without labels: a corpus as word ids, and batches of texts that mean alike.

A text becomes a bag of word ids once; every augmentation after that (dropping the words that a
query shares with its target, swapping words for synonyms or translations, typing errors) is array
arithmetic on those ids, so that pairs are made as fast as a model can learn from them.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citaat.errors import InputError

Ids = NDArray[np.int64]

_WORD = re.compile(r"\w+|[^\w\s]")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9•–\"'(])")
_LINE_END_HYPHEN = re.compile(r"\u00ad\s*")
_BARE_HEADING = re.compile(r"^(artikel|article|hoofdstuk|paragraaf|afdeling|bijlage)?[\s\d.:a-z]{0,8}$", re.I)
_CONTENTS_PAGE = re.compile(r"\.{4,}|(\. ){4,}")

QUESTION_FRAMES = (
    "wat is de", "wat zijn de", "wat vindt de partij van", "hoe werkt", "hoe kan ik", "hoe lang", "hoeveel",
    "wanneer moet ik", "waarom", "wie mag", "waar kan ik", "welke regels gelden er voor", "mag ik", "moet ik",
    "kan ik", "heb ik recht op", "wat wil de partij met", "wat gebeurt er met", "is het waar dat", "wat moet ik doen als",
    "krijg ik", "wat staat er over", "wat doet de overheid aan", "hoe zit het met",
)  # fmt: skip
ENGLISH_FRAMES = (
    "what is the", "what are the", "how does", "how can i", "when do i have to", "why", "who may", "where can i",
    "which rules apply to", "am i allowed to", "do i need", "what does the party want with", "is it true that", "how long",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of unequal length, flat: row i is `values[starts[i]:starts[i + 1]]`."""

    values: Ids
    starts: Ids

    @classmethod
    def of(cls, rows: Iterable[list[int]]) -> "Ragged":
        lengths, values = [0], []
        for row in rows:
            lengths.append(len(row))
            values.append(np.asarray(row, dtype=np.int64))
        flat = np.concatenate(values) if values else np.empty(0, np.int64)
        return cls(flat, np.cumsum(lengths, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def slices(self, begins: Ids, ends: Ids) -> tuple[Ids, Ids]:
        """The values in each `[begin, end)` and the number of the slice that each came from."""
        lengths = np.maximum(ends - begins, 0)
        rows = np.repeat(np.arange(len(lengths)), lengths)
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.values[np.repeat(begins, lengths) + within], rows

    def take(self, rows: Ids) -> tuple[Ids, Ids]:
        return self.slices(self.starts[rows], self.starts[rows + 1])


class Vocabulary:
    """Every distinct lower-cased word of the training texts, numbered as it is met."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def ids(self, text: str) -> list[int]:
        numbers = self.numbers
        return [numbers.setdefault(word, len(numbers)) for word in _WORD.findall(text.lower())]


@dataclass(frozen=True, slots=True)
class Passages:
    """Passages as sentences of word ids: passage p holds sentences `first[p]` up to `first[p + 1]`."""

    sentences: Ragged
    first: Ids
    headings: Ragged

    def __len__(self) -> int:
        return len(self.first) - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """B pairs: word ids with the row of each, and a key per row; equal keys are no negatives of one another."""

    query: tuple[Ids, Ids]
    target: tuple[Ids, Ids]
    keys: Ids


Row = dict[str, str]
"""A passage: `title`, the heading path joined with " > ", and `text`."""


def read_passages(rows: Iterable[Row], vocabulary: Vocabulary) -> Passages:
    """Passages as word ids; contents pages, OCR rubble and copies are left out."""
    sentences: list[list[int]] = []
    headings: list[list[int]] = []
    first, seen = [0], set[int]()
    for row in rows:
        text = " ".join(_LINE_END_HYPHEN.sub("", row["text"]).split())
        digest = hash(text)
        if digest in seen or not _is_prose(text):
            continue
        seen.add(digest)
        sentences += [ids for part in _SENTENCE_END.split(text) if len(ids := vocabulary.ids(part)) > 2]
        first.append(len(sentences))
        heading = row["title"].split(" > ")[-1] if " > " in row["title"] else ""
        headings.append([] if _BARE_HEADING.match(heading) else vocabulary.ids(heading)[:24])
    return Passages(Ragged.of(sentences), np.asarray(first), Ragged.of(headings))


def sample_texts(path: Path, size: int) -> Iterator[str]:
    """About `size` texts of a file of passages, evenly spread: fewer than twice as many, or all."""
    every = max(1, sum(1 for _ in rows_of(path)) // size)
    return (row["text"] for number, row in enumerate(rows_of(path)) if number % every == 0)


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a .jsonl or .jsonl.zst file."""
    import zstandard

    with path.open("rb") as raw:
        packed = path.suffix == ".zst"
        stream = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(raw) if packed else raw
        with io.TextIOWrapper(stream, encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _is_prose(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return len(text) >= 60 and letters >= 0.72 * len(text) and not _CONTENTS_PAGE.search(text)


Pairs = list[tuple[str, str]]
"""Texts that mean alike."""
Progress = Callable[[int, int, float | None], None]
"""Called with the step, how many there are, and the mean loss since the last call where something is learned."""
WORD_LIST = "lexicon"
"""How the name of a file of words begins; the other sheets hold sentences."""


def read_sheets(folder: Path) -> dict[str, Pairs]:
    """The `*.tsv` of a corpus folder, by the name of the file."""
    return {path.name: read_sheet(path) for path in sorted(folder.glob("*.tsv"))}


def read_sheet(path: Path) -> Pairs:
    """Two columns, Dutch and English; or sentences with a `relatedness_score`, of which rows of 4 and more mean alike, and
    each means what its original does."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        head = next(rows, None)
        if head is None:
            raise InputError(f"{path.name} is empty: give a tab-separated file with two columns of texts.")
        if "relatedness_score" not in head:
            return [(head[0], head[1])] + [(row[0], row[1]) for row in rows if len(row) >= 2]
        pairs = []
        for row in (dict(zip(head, values, strict=False)) for values in rows):
            if float(row["relatedness_score"]) >= 4:
                pairs.append((row["sentence_A"], row["sentence_B"]))
            if "sentence_A_original" in row:
                pairs.append((row["sentence_A"], row["sentence_A_original"]))
                pairs.append((row["sentence_B"], row["sentence_B_original"]))
        return pairs


class Augmenter:
    """Changes queries so that their words alone no longer find their targets."""

    def __init__(self, vocabulary: Vocabulary, counts: Ids, lexicon: list[tuple[str, str]], seed: int) -> None:
        self.random = np.random.default_rng(seed)
        words = list(vocabulary.numbers)
        self.is_content = np.array([len(word) > 3 and word.isalpha() for word in words])
        self.is_content[np.argsort(-counts)[:250]] = False
        self.translations, self.synonyms = self._alternatives(vocabulary, words, lexicon)
        self.frames = Ragged.of(vocabulary.ids(frame) for frame in QUESTION_FRAMES)
        self.english_frames = Ragged.of(vocabulary.ids(frame) for frame in ENGLISH_FRAMES)
        self.typos = self._typing_errors(vocabulary, words, counts)

    def _alternatives(self, vocabulary: Vocabulary, words: list[str], lexicon: list[tuple[str, str]]) -> tuple[Ragged, Ragged]:
        """Per word the English lemmas, and the Dutch lemmas that share one of them, met through its Dutch stem."""
        import Stemmer

        stem = Stemmer.Stemmer("dutch").stemWord
        english: dict[str, set[str]] = {}
        dutch: dict[str, set[str]] = {}
        for lemma, translation in lexicon:
            if " " not in lemma and len(translation.split()) <= 2:
                english.setdefault(stem(lemma.lower()), set()).add(translation.lower())
                dutch.setdefault(translation.lower(), set()).add(lemma.lower())
        translations: list[list[int]] = []
        synonyms: list[list[int]] = []
        for word in words:
            found = sorted(english.get(stem(word), ()))[:8]
            translations.append([number for text in found for number in vocabulary.ids(text)[:1]])
            alike = sorted({lemma for text in found for lemma in dutch[text] if len(dutch[text]) <= 6} - {word})
            synonyms.append([number for lemma in alike[:12] for number in vocabulary.ids(lemma)[:1]])
        return Ragged.of(translations), Ragged.of(synonyms)

    def _typing_errors(self, vocabulary: Vocabulary, words: list[str], counts: Ids) -> Ids:
        """One misspelling (swap, drop or double) for each frequent word of five letters and more; -1 for none."""
        typos = np.full(len(counts), -1, dtype=np.int64)
        for number in np.argsort(-counts)[:150_000]:
            word = words[number]
            if len(word) >= 5 and word.isalpha():
                at = int(self.random.integers(1, len(word) - 1))
                kind = int(self.random.integers(3))
                wrong = (
                    word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                    word[:at] + word[at + 1 :],
                    word[:at] + word[at] + word[at:],
                )[kind]
                typos[number] = vocabulary.ids(wrong)[0]
        return typos

    def query(self, query: tuple[Ids, Ids], target: tuple[Ids, Ids], *, translated: bool) -> tuple[Ids, Ids]:
        """Swap, drop and misspell words of each query; a third of the queries get the words of a question."""
        words, rows = query
        size = len(self.is_content)
        shared = np.isin(rows * size + words, target[1] * size + target[0]) & self.is_content[words]
        words = self._swap(words, self.translations, 0.85) if translated else self._swap(words, self.synonyms, 0.12)
        swapped = words != query[0]
        misspelt = ~swapped & (self.typos[query[0]] >= 0) & (self.random.random(len(words)) < 0.03)
        words = np.where(misspelt, self.typos[query[0]], words)
        kept = swapped | ~shared | (self.random.random(len(words)) < 0.5)
        frames = self.english_frames if translated else self.frames
        asked = np.flatnonzero(self.random.random(int(rows.max()) + 1) < 0.33)
        frame_words, frame_rows = frames.take(self.random.integers(len(frames), size=len(asked)))
        return np.concatenate([frame_words, words[kept]]), np.concatenate([asked[frame_rows], rows[kept]])

    def _swap(self, words: Ids, table: Ragged, chance: float) -> Ids:
        begins, ends = table.starts[words], table.starts[words + 1]
        swaps = (ends > begins) & self.is_content[words] & (self.random.random(len(words)) < chance)
        picks = begins + (self.random.random(len(words)) * (ends - begins)).astype(np.int64)
        swapped = words.copy()
        swapped[swaps] = table.values[picks[swaps]]
        return swapped


class PassagePairs:
    """Batches from running text: a sentence to the rest of its passage, a heading to its passage."""

    def __init__(self, passages: Passages, augmenter: Augmenter, longest: int = 160) -> None:
        self.passages, self.augmenter, self.longest = passages, augmenter, longest
        lengths = np.diff(passages.first)
        self.with_rest = np.flatnonzero(lengths >= 2)
        self.with_heading = np.flatnonzero((np.diff(passages.headings.starts) >= 2) & (lengths >= 1))
        self.has_headings = len(self.with_heading) > 0

    def rest(self, size: int, *, translated: bool = False) -> Batch:
        chosen, sentence = self._draw(self.with_rest, size)
        sentences, first = self.passages.sentences, self.passages.first
        before = sentences.slices(sentences.starts[first[chosen]], sentences.starts[sentence])
        after = sentences.slices(sentences.starts[sentence + 1], sentences.starts[first[chosen + 1]])
        target = np.concatenate([before[0], after[0]]), np.concatenate([before[1], after[1]])
        return self._batch(sentences.take(sentence), target, chosen, translated=translated)

    def heading(self, size: int, *, translated: bool = False) -> Batch:
        chosen = self.augmenter.random.choice(self.with_heading, size)
        return self._batch(self.passages.headings.take(chosen), self._text(chosen), chosen, translated=translated)

    def _draw(self, pool: Ids, size: int) -> tuple[Ids, Ids]:
        random = self.augmenter.random
        chosen = random.choice(pool, size)
        first, end = self.passages.first[chosen], self.passages.first[chosen + 1]
        return chosen, first + (random.random(size) * (end - first)).astype(np.int64)

    def _text(self, chosen: Ids) -> tuple[Ids, Ids]:
        sentences, first = self.passages.sentences, self.passages.first
        begins = sentences.starts[first[chosen]]
        return sentences.slices(begins, np.minimum(sentences.starts[first[chosen + 1]], begins + self.longest))

    def _batch(self, query: tuple[Ids, Ids], target: tuple[Ids, Ids], keys: Ids, *, translated: bool) -> Batch:
        return Batch(self.augmenter.query(query, target, translated=translated), target, keys)


class AlikePairs:
    """Batches of texts that were written to mean alike: translations, paraphrases, lexicon entries."""

    def __init__(self, pairs: list[tuple[str, str]], vocabulary: Vocabulary, random: np.random.Generator) -> None:
        self.left = Ragged.of(vocabulary.ids(left) for left, _ in pairs)
        self.right = Ragged.of(vocabulary.ids(right) for _, right in pairs)
        numbers: dict[str, int] = {}
        self.keys = np.array([numbers.setdefault(right, len(numbers)) for _, right in pairs])
        self.random = random

    def draw(self, size: int) -> Batch:
        chosen = self.random.integers(len(self.left), size=size)
        return Batch(self.left.take(chosen), self.right.take(chosen), self.keys[chosen])
