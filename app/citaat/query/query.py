"""A question as it was understood."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citaat.domain import DocumentInfo, FloatVector
from citaat.text.language import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text as a question: its vector, float32 [d] of unit length, and whether it has more tokens than the encoder reads."""

    vector: FloatVector
    is_truncated: bool


@dataclass(frozen=True, slots=True)
class Query:
    """
    Attributes:
        question: as a reader sees it, with what it takes along from earlier turns.
        text: what is searched for: without the publishers that are asked, its spelling corrected.
        language: of the text; None if it cannot be told.
        vector: of the text, float32 [d] of unit length.
        terms: of the text, with repetitions.
        translated: the terms of its words in the other language; none where all documents are in its own.
        documents: ids of the documents that it is put to; None for all.
        publishers: the documents of each publisher that is asked; the best passage of each comes first.
        alternative: the same question with the names as words of it, where they may be its subject: the surer answer counts.
        is_truncated: whether the text has more tokens than the encoder reads.
    """

    question: str
    text: str
    language: Language | None
    vector: FloatVector
    terms: tuple[str, ...]
    translated: tuple[str, ...]
    documents: frozenset[str] | None = None
    publishers: tuple[frozenset[str], ...] = ()
    alternative: "Query | None" = None
    is_truncated: bool = False


class DocumentLanguages:
    """Which documents are in another language than a question."""

    def __init__(self, documents: Sequence[DocumentInfo]) -> None:
        spoken = [LANGUAGES.get(document.source.language) for document in documents]
        self._differ: dict[Language | None, NDArray[np.bool_]] = {None: np.zeros(len(spoken), np.bool_)}
        for language in LANGUAGES.values():
            self._differ[language] = np.array([one not in (None, language) for one in spoken], np.bool_)

    def differ(self, language: Language | None) -> NDArray[np.bool_]:
        """Whether each document is known to be in the other language; bool [documents], all False for None."""
        return self._differ[language]
