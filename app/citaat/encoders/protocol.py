"""What an encoder is: texts in, unit vectors out."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix
from citaat.errors import InputError

TextKind = Literal["question", "passage"]

_E5_NAME = re.compile(r"(?:^|[_-])e5(?:[_-]|$)", re.IGNORECASE)
_E5_PROMPTS = {"query": "query: ", "document": "passage: "}
PROMPT_NAMES: dict[TextKind, str] = {"question": "query", "passage": "document"}
"""What sentence-transformers calls the prompt of each kind."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The vectors of n texts, in their order.

    Attributes:
        vectors: float32 [n, d], each row of unit length; a text without a token may be all zeros.
        truncated: bool [n], whether a text has more tokens than the model reads; the rest is not in its vector.
    """

    vectors: FloatMatrix
    truncated: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EncodedPassages:
    """The vectors of n passages and of their s sentences, both in the order of the text.

    Attributes:
        passages: float32 [n, d], as in `Encoded`.
        sentences: float32 [s, d], as in `Encoded`.
        truncated: bool [n], whether a passage has more tokens than the model reads.
    """

    passages: FloatMatrix
    sentences: FloatMatrix
    truncated: NDArray[np.bool_]


class Encoder(Protocol):
    """Turns texts into unit vectors.

    Attributes:
        name: what the user called the model.
        fingerprint: hex; two encoders with one fingerprint give equal vectors, but for the rounding of what they compute in.
        dimension: d.
    """

    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded: ...

    def encode_passages(self, passages: Sequence[Sequence[str]]) -> EncodedPassages:
        """
        Args:
            passages: each as its sentences, at least one.
        """
        ...


def encode_separately(encoder: Encoder, passages: Sequence[Sequence[str]]) -> EncodedPassages:
    """Passages and sentences each encoded by themselves, for models that give one vector a text."""
    whole = encoder.encode([" ".join(sentences) for sentences in passages], "passage")
    sentences = encoder.encode(list(chain.from_iterable(passages)), "passage")
    return EncodedPassages(whole.vectors, sentences.vectors, whole.truncated)


def prompts_of(name: str, prompts: Mapping[str, str | None]) -> dict[str, str]:
    """What questions ("query") and passages ("document") begin with.

    A model of the E5 family (Wang et al. 2022, arXiv 2212.03533) whose files name no prompts gets those it was trained with.
    """
    told = {key: prompt or "" for key, prompt in prompts.items()}
    return told if any(told.values()) or not _E5_NAME.search(name) else told | _E5_PROMPTS


def fingerprint_of(settings: str, *paths: Path) -> str:
    """Sixteen hex digits of the SHA-256 of settings and files."""
    digest = hashlib.sha256(settings.encode())
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()[:16]


def normalize(vectors: FloatMatrix) -> FloatMatrix:
    """Scale each row to unit length, in place; a row of zeros stays."""
    norms = np.sqrt(np.vecdot(vectors, vectors))[:, np.newaxis]
    return np.divide(vectors, norms, out=vectors, where=norms > 0)


def loading_failed(error: Exception) -> InputError:
    """The error for a model that cannot be loaded."""
    return InputError(
        f"The model cannot be loaded ({type(error).__name__}). CITAAT_MODEL takes a sentence-transformers folder, or the id of "
        "a model on a hub that this machine can reach.",
        code="unknown-model",
    )
