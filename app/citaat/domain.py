"""The words we use: Span, Document, Passage, Citation, Answer. Frozen, and valid once made."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float32]
"""float32 [n, d]."""
FloatVector = NDArray[np.float32]
"""float32 [d]."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """`[start, end)`: half-open, 0-based, in Unicode code points of a document's canonical text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start} and {self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The slice of `text` that this span marks."""
        return text[self.start : self.end]

    def covers(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from; what is not known is the empty string."""

    title: str
    publisher: str = ""
    year: str = ""
    url: str = ""
    language: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One source and its canonical text.

    For .txt and .md the text is the file's own bytes, decoded; every offset counts in it.
    """

    id: str
    text: str
    source: Source

    @property
    def sha256(self) -> str:
        """Hex digest of the canonical text in UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document that can stand alone as a quote. It holds no text of its own.

    Attributes:
        id: the document's id, `/`, and a hash of the passage's text and of its occurrence number.
        document: the document's id.
        headings: the headings it stands under, outermost first.
        run_in: its own first sentence where that serves as a heading.
        sentences: its sentences, in order, disjoint, within `span`.
        page: 1-based; 0 where the document has no pages.
    """

    id: str
    document: str
    span: Span
    headings: tuple[Span, ...] = ()
    run_in: Span | None = None
    sentences: tuple[Span, ...] = ()
    page: int = 0

    def __post_init__(self) -> None:
        if not self.sentences or not all(self.span.covers(sentence) for sentence in self.sentences):
            raise ValueError("a passage holds at least one sentence, and each lies within it")


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage shown to a reader.

    Attributes:
        quote: exactly the characters of `span` in the document's canonical text.
        prefix: up to 32 characters before the quote; `suffix` as many after it.
        sentences: those of the passage, as spans of the document; `highlights` are the ones that answer.
        section: the heading path, outermost first, the run-in heading last; labels, not quotes.
        confidence: the calibrated probability that this passage answers the question.
    """

    number: int
    id: str
    quote: str
    span: Span
    prefix: str
    suffix: str
    sentences: tuple[Span, ...]
    highlights: tuple[Span, ...]
    document: "DocumentInfo"
    section: tuple[str, ...]
    page: int
    confidence: float


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What a library tells of a document without its text.

    Attributes:
        sha256: hex digest of the canonical text in UTF-8.
        length: of the text, in code points.
        passages: how many it has.
        file_name: of its source, without the suffix.
    """

    id: str
    source: Source
    sha256: str
    length: int
    passages: int
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The question and its citations, best first; none where the text does not answer.

    `suggestions` are the innermost headings of the closest passages, but for the innermost ones of those that are cited.
    """

    question: str
    status: Literal["answered", "no_answer"]
    citations: tuple[Citation, ...]
    suggestions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.status == "answered") != bool(self.citations):
            raise ValueError("an answer is answered exactly if it has citations")
