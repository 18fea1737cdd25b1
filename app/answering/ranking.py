"""From a question to ranked passages: scores, features, confidence, and the sentences that answer."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import FloatMatrix, FloatVector, Passage, Span
from app.encoding.encoder import Encoder
from app.errors import InputError
from app.lexical import spelling
from app.lexical.languages import LANGUAGES, Language, language_of
from app.lexical.lexicon import STOP_WORDS, Analyzer, Background
from app.lexical.translation import Table
from app.storage.store import Store, StoredDocument

FEATURES = ("passage", "sentence", "lexical")
"""What is known of a candidate: the cosine of the question with the passage and with its closest sentence, and its share of
the best BM25 score that the question allows."""

_NEARLY = 0.1
"""How far below the best sentence another one is highlighted too."""
_CLOSE, _LEADS, _ASKS = 0.5, 0.5, 0.6
"""What a sentence's cosine, its leading the passage and its being a question itself count for, beside the share of the
question's information that its words hold. Found on the answer spans of policyqa_passages."""

_KEPT_PASSAGES = 2_000
CANDIDATES = 100
"""How many passages each of the two searches contributes."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """
    Attributes:
        rows: int64 [k] rows of the store, ascending.
        features: float32 [k, 3], in the order of FEATURES.
        foreign: bool [k], whether the passage's document is in another language than the question.
        among: how many passages were searched.
    """

    rows: NDArray[np.int64]
    features: FloatMatrix
    foreign: NDArray[np.bool_]
    among: int


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the searches need it.

    Attributes:
        vector: float32 [d] of unit length.
        terms: of the lexicon.
        translated: the terms of its words in the other language.
        language: None if it cannot be told.
    """

    vector: FloatVector
    terms: list[str]
    translated: list[str]
    language: Language | None


class Search:
    """The two searches over one store: by vector and by word."""

    def __init__(self, store: Store, encoder: Encoder, background: Background) -> None:
        self.store, self.encoder, self.background, self.analyzer = store, encoder, background, Analyzer()
        self._known: dict[int, list[set[str]]] = {}
        self._foreign: dict[Language | None, NDArray[np.bool_]] = {}

    def query(self, question: str) -> Query:
        """A question as the searches need it, its typing errors mended where the library knows the word that was meant."""
        language = language_of(question)
        table = self._table(language) if self._foreign_documents(language).any() else None
        question = spelling.mended(question, self._counts, table if table and language == "en" else ())
        (vector,) = self.encoder.encode([question], "question")
        translated = self.analyzer.terms(" ".join(table.of(self.analyzer.words(question)))) if table else []
        return Query(vector, self.analyzer.terms(question), translated, language)

    def candidates(self, query: Query, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        """The passages closest to a question by vector or by word, with their features.

        Args:
            allowed: bool [n], the passages that may be found; None for all.
        """
        dense, lexical = self.dense(query), self.lexical(query)
        if allowed is not None:
            dense, lexical = np.where(allowed, dense, -2), np.where(allowed, lexical, -2)
        rows = _best(dense, CANDIDATES)
        if len(dense) > CANDIDATES:
            rows = np.union1d(rows, _best(lexical, CANDIDATES))
        if allowed is not None:
            rows = rows[allowed[rows]]
        sentence = self._closest_sentences(rows, query.vector)
        features = np.stack([dense[rows], sentence, lexical[rows]], axis=1).astype(np.float32)
        among = len(dense) if allowed is None else int(allowed.sum())
        return Candidates(rows, features, self._is_foreign(rows, query.language), among)

    def dense(self, query: Query) -> FloatVector:
        """The cosine of every passage with a question vector; float32 [n]."""
        # vecdot, not @: BLAS may score two equal rows differently.
        return np.vecdot(self.store.vectors, query.vector)

    def lexical(self, query: Query) -> FloatVector:
        """The share of the best possible BM25 score that every passage reaches; for a passage in another language than the
        question, of the question's words in that language, if that is more. float32 [n]."""
        own = self.store.lexicon.scores(query.terms, self.background)
        if not query.translated:
            return own
        foreign = self._foreign_documents(query.language)[self.store.passages["document"]]
        return np.maximum(own, self.store.lexicon.scores(query.translated, self.background) * foreign)

    def highlights(self, row: int, found: tuple[StoredDocument, Passage], query: Query) -> tuple[Span, ...]:
        """The sentences of a passage that answer: the best by vector, words and place, and those nearly as good.

        A run-in heading names a subject and answers nothing, so what answers is sought after it; it is marked too if it
        scores as well.
        """
        document, passage = found
        first, last = self.store.sentence_range(row)
        cosines = np.vecdot(self.store.sentence_vectors[first:last].astype(np.float32), query.vector)
        (foreign,) = self._is_foreign(np.array([row]), query.language)
        sentences = self._sentence_terms(row, document, passage)
        shares = self._shares(query.terms, sentences)
        if foreign:
            shares = np.maximum(shares, self._shares(query.translated, sentences))
        asks = np.array([self.store.text(document, one.end - 1, one.end) == "?" for one in passage.sentences])
        heads = int(passage.run_in is not None)
        places = np.maximum(np.arange(1, len(shares) + 1) - heads, 1)
        scores = shares + _CLOSE * cosines + _LEADS / places - _ASKS * asks
        least = scores[heads:].max() - _NEARLY
        return tuple(sentence for sentence, score in zip(passage.sentences, scores, strict=True) if score >= least)

    def _shares(self, terms: Sequence[str], sentences: Sequence[set[str]]) -> NDArray[np.float64]:
        """The share of the terms' information that each sentence holds; float64 [len(sentences)]."""
        told = {term: self.background.idf(term, 0, 0) for term in set(terms)}
        held = [sum(told[term] for term in told.keys() & its) for its in sentences]
        return np.array(held) / max(sum(told.values()), 1e-9)

    def _is_foreign(self, rows: NDArray[np.int64], language: Language | None) -> NDArray[np.bool_]:
        """Whether each passage's document is in another language than the question; bool [len(rows)]."""
        return self._foreign_documents(language)[self.store.passages["document"][rows]]

    def _foreign_documents(self, language: Language | None) -> NDArray[np.bool_]:
        """Whether each document is known to be in the other language than this one; kept."""
        if language not in self._foreign:
            spoken = [LANGUAGES.get(document.source.language) for document in self.store.manifest.documents]
            self._foreign[language] = np.array([language is not None and one not in (None, language) for one in spoken], np.bool_)
        return self._foreign[language]

    def _table(self, language: Language | None) -> Table:
        """From a language to the other: made when it is first needed, which takes a tenth of a second."""
        listed = self.background.translations
        return listed.from_english if language == "en" else listed.from_dutch

    def _counts(self, words: Sequence[str]) -> NDArray[np.int64]:
        """How many passages of the library, or else of everyday text, hold each word or one of its stem."""
        stems = [self.analyzer.stem(word) for word in words]
        own = self.store.lexicon.frequencies(stems)
        ordinary = [int(word in STOP_WORDS or stem in self.background.counts) for word, stem in zip(words, stems, strict=True)]
        return np.where(own > 0, own, ordinary)

    def _sentence_terms(self, row: int, document: StoredDocument, passage: Passage) -> list[set[str]]:
        """The terms of each sentence of a passage; kept, since what is cited once is often cited again."""
        known = self._known.get(row)
        if known is None:
            if len(self._known) >= _KEPT_PASSAGES:
                self._known.clear()
            texts = [self.store.text(document, sentence.start, sentence.end) for sentence in passage.sentences]
            known = self._known[row] = [set(self.analyzer.terms(text)) for text in texts]
        return known

    def _closest_sentences(self, rows: NDArray[np.int64], question: FloatVector) -> FloatVector:
        ranges = [self.store.sentence_range(int(row)) for row in rows]
        lengths = np.array([last - first for first, last in ranges])
        picks = np.concatenate([np.arange(first, last) for first, last in ranges]) if ranges else np.empty(0, np.int64)
        cosines = np.vecdot(self.store.sentence_vectors[picks].astype(np.float32), question)
        return np.maximum.reduceat(cosines, np.cumsum(lengths) - lengths) if len(rows) else cosines


def _best(scores: FloatVector, count: int) -> NDArray[np.int64]:
    """The rows of the `count` highest scores, ascending; of equal scores the first rows."""
    if len(scores) <= count:
        return np.arange(len(scores))
    least = np.partition(scores, -count)[-count]
    above = np.flatnonzero(scores > least)
    return np.sort(np.concatenate([above, np.flatnonzero(scores == least)[: count - len(above)]]))


def probability(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of log-odds, elementwise."""
    return 1 / (1 + np.exp(-odds))


@dataclass(frozen=True, slots=True)
class Ranker:
    """A logistic model over FEATURES: it ranks, and its probability is the confidence that a reader sees.

    Attributes:
        weights: one a feature, none negative.
        size: what each factor e in the number of passages adds to the log-odds: among more passages, one that only
            seems to answer comes closer.
        bias: the log-odds of a candidate whose features are all 0 in a library of one passage.
        chance: the weighted score that passages reach by chance in a library of one passage (see `calibration`).
        threshold: the confidence below which nothing is quoted.
        small_threshold: the same in a library too small to be fitted to (see `calibration`).
        foreign_threshold: the same for passages in another language than the question: their words tell less for them.
        encoder: the fingerprint of the encoder whose cosines it was fitted on.
    """

    weights: tuple[float, ...]
    size: float
    bias: float
    chance: float
    threshold: float
    small_threshold: float
    foreign_threshold: float
    encoder: str

    @classmethod
    def load(cls, path: Path) -> "Ranker":
        """
        Raises:
            InputError: the file is missing or is no ranker.
        """
        try:
            rows = json.loads(path.read_text("utf-8"))
            if set(rows["weights"]) != set(FEATURES):
                raise ValueError("weights of other features")
            weights = tuple(float(rows["weights"][feature]) for feature in FEATURES)
            names = ("size", "bias", "chance", "threshold", "small_threshold", "foreign_threshold")
            size, bias, chance, threshold, small, foreign = (float(rows[name]) for name in names)
            if not all(0 < one < 1 for one in (threshold, small, foreign)):
                raise ValueError("a threshold that is no probability")
            return cls(weights, size, bias, chance, threshold, small, foreign, str(rows["encoder"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"{path} is missing or is no ranker of this version. Run: citaat train --out {path.parent} --sets SET...",
                code="unknown-model",
            ) from None

    def save(self, path: Path) -> None:
        rows = asdict(self) | {"weights": dict(zip(FEATURES, self.weights, strict=True))}
        path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")

    def usual_chance(self, among: int) -> float:
        """The weighted score that passages reach by chance, as far as the number of passages tells."""
        return float(self.chance - self.size * np.log(among))

    def confidence(self, found: Candidates) -> NDArray[np.float64]:
        """The probability that each candidate answers; float64 [k]."""
        odds = found.features.astype(np.float64) @ np.array(self.weights) + self.size * np.log(max(1, found.among)) + self.bias
        return probability(odds)

    def thresholds(self, found: Candidates) -> NDArray[np.float64]:
        """The confidence below which each candidate is not quoted; float64 [k]."""
        return np.where(found.foreign, self.foreign_threshold, self.threshold)
