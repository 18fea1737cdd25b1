"""Collection statistics at large: how common terms are beside those of a library."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citaat.errors import InputError

BACKGROUND_PASSAGES = 500
"""How many passages of everyday text idf imagines beside the library."""


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

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"passages": self.passages, "counts": self.counts}, ensure_ascii=False) + "\n", "utf-8")

    def idf(self, term: str, corpus_size: int, document_frequency: int) -> float:
        """idf of a term in `document_frequency` of a library's `corpus_size` passages, beside the background."""
        share = self.counts.get(term, 0) / self.passages if self.passages else 0.0
        return idf(corpus_size + BACKGROUND_PASSAGES, document_frequency + BACKGROUND_PASSAGES * share)


def idf(corpus_size: float, document_frequency: float) -> float:
    """Lucene's: ln(1 + (N - n + 0.5) / (n + 0.5)) for a term in n of N passages; always positive."""
    return float(np.log1p((corpus_size - document_frequency + 0.5) / (document_frequency + 0.5)))
