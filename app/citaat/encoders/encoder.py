"""What an encoder is: texts to unit vectors."""

import hashlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from citaat.domain import FloatMatrix
from citaat.errors import InputError

Kind = Literal["question", "passage"]

PROMPTS: dict[Kind, str] = {"question": "query", "passage": "document"}
"""What sentence-transformers calls them."""


class Encoder(Protocol):
    """Turns texts into unit vectors; what has no token at all may be the all-zero vector.

    Attributes:
        name: what the user called the model.
        fingerprint: hex; two encoders with one fingerprint give equal vectors.
        dimension: d.
    """

    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str], kind: Kind) -> FloatMatrix:
        """float32 [len(texts), d], each row of unit length, in the order of `texts`."""
        ...

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
        """The vectors of passages, given as their sentences, and of those sentences: float32 [n, d] and [sentences, d]."""
        ...

    def overlong(self, texts: Sequence[str], kind: Kind) -> int:
        """How many of the texts have more tokens than the model reads; what is beyond that is not encoded."""
        ...


def apart(encoder: Encoder, passages: Sequence[Sequence[str]]) -> tuple[FloatMatrix, FloatMatrix]:
    """Passages and their sentences encoded apart, as models do that give one vector a text."""
    whole = encoder.encode([" ".join(sentences) for sentences in passages], "passage")
    return whole, encoder.encode(list(chain.from_iterable(passages)), "passage")


def hash_of(settings: str, *paths: Path) -> str:
    digest = hashlib.sha256(settings.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def unloadable(error: Exception) -> InputError:
    """What is told of a model that cannot be loaded."""
    return InputError(
        f"The model cannot be loaded ({type(error).__name__}). CITAAT_MODEL takes a sentence-transformers folder, or the id of "
        "a model on a hub that this machine can reach.",
        code="unknown-model",
    )


def unit(vectors: FloatMatrix) -> FloatMatrix:
    """Each row scaled to unit length, in place; a row of zeros stays."""
    norms = np.sqrt(np.vecdot(vectors, vectors))[:, np.newaxis]
    return np.divide(vectors, norms, out=vectors, where=norms > 0)
