"""Collection statistics at large: how common terms are beside those of a library."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citaat.errors import InputError
from citaat.text.analysis import Analyzer
from citaat.text.words import content_words, words

BACKGROUND_PASSAGES = 500
"""How many passages of everyday text idf imagines beside the library."""
_RAREST = 20


@dataclass(frozen=True, slots=True)
class Background:
    """In how many of `passages` passages of everyday text each term stands.

    In a library of five passages "partij" is as rare as "kernwapen". So idf is taken as if BACKGROUND_PASSAGES passages of
    everyday text stood beside the library's own.
    """

    passages: int
    counts: dict[str, int]

    @classmethod
    def load(cls, path: Path) -> "Background":
        """
        Raises:
            InputError: the file is missing or holds no such table.
        """
        try:
            rows = json.loads(path.read_text("utf-8"))
            return cls(int(rows["passages"]), rows["counts"])
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"{path} is missing or damaged. Point CITAAT_MODEL at a whole model folder.", code="unknown-model"
            ) from None

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Background":
        """Count the terms of texts; those in fewer than 20 of them are left out."""
        analyzer, counts, passages = Analyzer(), Counter[str](), 0
        for text in texts:
            counts.update(set(analyzer.terms(content_words(words(text)))))
            passages += 1
        return cls(passages, {term: count for term, count in sorted(counts.items()) if count >= _RAREST})

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"passages": self.passages, "counts": self.counts}, ensure_ascii=False) + "\n", "utf-8")

    def idf(self, term: str, corpus_size: int, document_frequency: int) -> float:
        """idf of a term in `document_frequency` of a library's `corpus_size` passages, beside the background."""
        share = self.counts.get(term, 0) / self.passages if self.passages else 0.0
        return idf(corpus_size + BACKGROUND_PASSAGES, document_frequency + BACKGROUND_PASSAGES * share)


def idf(corpus_size: float, document_frequency: float) -> float:
    """Lucene's: ln(1 + (N - n + 0.5) / (n + 0.5)) for a term in n of N passages; always positive."""
    return float(np.log1p((corpus_size - document_frequency + 0.5) / (document_frequency + 0.5)))
