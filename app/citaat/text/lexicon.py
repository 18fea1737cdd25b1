"""The passages as words: Dutch analysis and BM25.

A word counts as its Snowball stem, twice, and as its character 4-grams: Dutch writes compounds as one word, so
"kernwapenbeheersing" is found by "wapen" only through its parts, and the n-grams forgive a typing error as well.
"""

import json
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import Stemmer
from numpy.typing import NDArray

from citaat.domain import FloatVector
from citaat.errors import InputError
from citaat.text.translation import Translations

K1, B = 1.5, 0.75
BACKGROUND_PASSAGES = 500
"""How many passages of everyday text idf imagines beside the library."""
_RAREST = 20

_WORD = re.compile(r"\w+")
_ACCENT = re.compile(r"[\u0300-\u036f]")
_GRAM = 4
_STEM_WEIGHT = 2
_LONGEST_TERM = 16
_CACHED_WORDS = 200_000
STOP_WORDS = frozenset(
    """aan al alle als bij dan dat de der deze die dit door een en er haar had heb hebben hebt heeft het hij hoe hoeveel hun
    ik in is je jouw kan kunnen maar mag mag me meer men met mij mijn mogen moet moeten na naar niet geen nog nu of om ons
    onze ook op over te tegen tot u uit uw van voor waar waarom wanneer was wat we wel welk welke werd wie wij wil willen
    word worden wordt zal ze zich zij zijn zo zou zullen ben bent waren ander andere
    a am an and are as at be been by can do does for from had has have how i if in is it its may me must my no not of on or
    our shall should so that the their them there these they this to was we were what when where which who why will with
    you your""".split()
)


class Analyzer:
    """Text to terms. Keeps the terms of each word it has met, since the same words return.

    Args:
        stems_only: a term is a stem and no word is left out: plain BM25, to compare with.
    """

    def __init__(self, *, stems_only: bool = False) -> None:
        self._stems_only = stems_only
        self._stem = Stemmer.Stemmer("dutch").stemWord
        self._known: dict[str, list[str]] = {}

    def terms(self, text: str) -> list[str]:
        """The terms of every word of a text that counts."""
        if len(self._known) > _CACHED_WORDS:
            self._known.clear()
        return [term for word in self.words(text) for term in self.of_word(word)]

    def words(self, text: str) -> list[str]:
        """All words but stop words, or all words if there are no others."""
        words = _WORD.findall(fold(text))
        if self._stems_only:
            return words
        return [word for word in words if word not in STOP_WORDS] or words

    def of_word(self, word: str) -> list[str]:
        """The terms of one word, kept."""
        if word not in self._known:
            self._known[word] = self.terms_of(word)
        return self._known[word]

    def terms_of(self, word: str) -> list[str]:
        """The terms of one word."""
        if self._stems_only:
            return [self._stem(word)]
        padded = f"_{word}_"
        grams = [padded[at : at + _GRAM] for at in range(max(1, len(padded) - _GRAM + 1))]
        return grams + [self.stem(word)] * _STEM_WEIGHT

    def stem(self, word: str) -> str:
        """The term of a word that stands for it whole."""
        return f"={self._stem(word)}"[:_LONGEST_TERM]


def fold(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    return _ACCENT.sub("", unicodedata.normalize("NFKD", text.lower()))


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of words beside those of a library: how common terms are at large, in how many of `passages` passages
    each stands, and what words are in the other language.

    In a library of five passages "partij" is as rare as "kernwapen". So idf is taken as if BACKGROUND_PASSAGES
    passages of everyday text stood beside the library's own.
    """

    passages: int
    counts: dict[str, int]
    translations: Translations = field(default_factory=Translations)

    @classmethod
    def load(cls, path: Path, translations: Path) -> "Background":
        """
        Raises:
            InputError: a file is missing or is no such table.
        """
        try:
            rows = json.loads(path.read_text("utf-8"))
            counted = int(rows["passages"]), rows["counts"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"{path} is missing or damaged. Point CITAAT_MODEL at a whole model folder.", code="unknown-model"
            ) from None
        return cls(*counted, Translations.load(translations))

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Background":
        """Count the terms of texts; those in fewer than 20 of them are left out."""
        analyzer, counts, passages = Analyzer(), Counter[str](), 0
        for text in texts:
            counts.update(set(analyzer.terms(text)))
            passages += 1
        return cls(passages, {term: count for term, count in sorted(counts.items()) if count >= _RAREST})

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"passages": self.passages, "counts": self.counts}, ensure_ascii=False) + "\n", "utf-8")

    def idf(self, term: str, count: int, frequency: int) -> float:
        """idf of a term in `frequency` of a library's `count` passages, beside the background."""
        share = self.counts.get(term, 0) / self.passages if self.passages else 0.0
        return idf(count + BACKGROUND_PASSAGES, frequency + BACKGROUND_PASSAGES * share)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """An inverted index with BM25 weights computed when it is built.

    Attributes:
        terms: [t] the distinct terms, sorted.
        starts: int64 [t + 1]; the postings of term i lie at `starts[i]:starts[i + 1]`.
        passages: int32 [p] the passage of each posting.
        weights: float32 [p] its BM25 weight, idf times saturated frequency, at most the term's idf.
        count: how many passages there are.
    """

    terms: NDArray[np.str_]
    starts: NDArray[np.int64]
    passages: NDArray[np.int32]
    weights: NDArray[np.float32]
    count: int

    def scores(self, terms: Sequence[str], background: Background) -> FloatVector:
        """BM25 of each passage as a share of the best that any passage could reach for these terms.

        The weights hold the library's own idf; it is exchanged for the one beside the background.

        Returns:
            float32 [count] in [0, 1): the sum of the terms' weights over the sum of their idf. Terms that no
            passage holds count in the second sum, so a question about something else scores low everywhere.
        """
        if not terms or not len(self.terms):
            return np.zeros(self.count, np.float32)
        counts = Counter(terms)
        wanted, times = np.array(list(counts)), np.array(list(counts.values()))
        places = np.minimum(np.searchsorted(self.terms, wanted), len(self.terms) - 1)
        starts = self.starts[places]
        lengths = np.where(self.terms[places] == wanted, self.starts[places + 1] - starts, 0)
        found = zip(counts, lengths.tolist(), strict=True)
        weights = times * np.array([background.idf(term, self.count, length) for term, length in found])
        own = np.log1p((self.count - lengths + 0.5) / (lengths + 0.5))
        ends = np.cumsum(lengths)
        postings = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
        values = self.weights[postings] * np.repeat(weights / own, lengths)
        return (np.bincount(self.passages[postings], values, self.count) / weights.sum()).astype(np.float32)

    def frequencies(self, terms: Sequence[str]) -> NDArray[np.int64]:
        """How many passages hold each term; int64 [n]."""
        if not terms or not len(self.terms):
            return np.zeros(len(terms), np.int64)
        wanted = np.array(terms)
        places = np.minimum(np.searchsorted(self.terms, wanted), len(self.terms) - 1)
        return np.where(self.terms[places] == wanted, self.starts[places + 1] - self.starts[places], 0)


def idf(count: float, frequency: float) -> float:
    """Lucene's: ln(1 + (N - n + 0.5) / (n + 0.5)) for a term in n of N passages; always positive."""
    return float(np.log1p((count - frequency + 0.5) / (frequency + 0.5)))


class Builder:
    """Collects texts, in order, and indexes them with bm25s."""

    def __init__(self) -> None:
        self._analyzer = Analyzer()
        self._vocabulary: dict[str, int] = {}
        self._numbers: dict[str, list[int]] = {}
        self._rows: list[array[int]] = []

    def add(self, text: str) -> None:
        words = self._analyzer.words(text)
        for word in words:
            if word not in self._numbers:
                terms = self._analyzer.terms_of(word)
                self._numbers[word] = [self._vocabulary.setdefault(term, len(self._vocabulary)) for term in terms]
        self._rows.append(array("i", chain.from_iterable(map(self._numbers.__getitem__, words))))

    def build(self) -> Lexicon:
        import bm25s

        count = len(self._rows)
        if not self._vocabulary:
            return Lexicon(np.empty(0, "<U1"), np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), count)
        index = bm25s.BM25(k1=K1, b=B, method="lucene")
        index.index((self._rows, self._vocabulary), show_progress=False, create_empty_token=False)
        return _sorted_by_term(list(self._vocabulary), index.scores, count)


def _sorted_by_term(terms: list[str], scores: dict[str, NDArray[np.generic]], count: int) -> Lexicon:
    """bm25s' columns in the order of their terms, so that a term is found by bisection in a memory-mapped array."""
    names = np.array(terms)
    order = np.argsort(names)
    starts = scores["indptr"].astype(np.int64)
    lengths = np.diff(starts)[order]
    ends = np.cumsum(lengths)
    picks = np.arange(ends[-1]) + np.repeat(starts[:-1][order] - (ends - lengths), lengths)
    return Lexicon(
        names[order],
        np.concatenate([[0], ends]),
        scores["indices"][picks].astype(np.int32),
        scores["data"][picks].astype(np.float32),
        count,
    )
