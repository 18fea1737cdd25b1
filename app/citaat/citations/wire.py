"""The one wire shape of an answer: what `citaat ask --json` prints and what every interface of ours sends.

Offsets count Unicode code points of the document's canonical text.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from citaat.citations.links import permalink, target
from citaat.domain import Answer, Citation, DocumentInfo
from citaat.limits import MOST_OCCURRENCES


class SpanModel(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    start: int
    end: int


class DocumentModel(BaseModel):
    id: str
    title: str
    url: str | None
    language: str | None
    sha256: str

    @classmethod
    def of(cls, document: DocumentInfo) -> "DocumentModel":
        source = document.source
        return cls(
            id=document.id, title=source.title, url=source.url or None, language=source.language or None, sha256=document.sha256
        )


class CitationModel(BaseModel):
    """A passage: its exact words, where they stand, and how sure we are that they answer."""

    number: int
    id: str
    quote: str
    start: int
    end: int
    highlights: Annotated[list[SpanModel], Field(description="The sentences that answer, in document offsets.")]
    document: DocumentModel
    section: list[str]
    page: int | None
    confidence: Annotated[float, Field(description="Calibrated probability that this passage answers the question.")]
    url: Annotated[str, Field(description="The passage in the reader page.")]
    target: Annotated[dict[str, Any], Field(description="A W3C Web Annotation target.")]

    @classmethod
    def of(cls, citation: Citation, base: str) -> "CitationModel":
        """`base` is the address that links start with."""
        return cls(
            number=citation.number,
            id=citation.id,
            quote=citation.quote,
            start=citation.span.start,
            end=citation.span.end,
            highlights=[SpanModel.model_validate(span) for span in citation.highlights],
            document=DocumentModel.of(citation.document),
            section=list(citation.section),
            page=citation.page or None,
            confidence=round(citation.confidence, 4),
            url=permalink(citation.id, base),
            target=target(citation, base),
        )


class AnswerModel(BaseModel):
    """The citations, best first, none if the library does not answer; and the headings closest by, as suggestions."""

    question: Annotated[str, Field(description="What was put to the library: a follow-up carries what it depends on.")]
    language: Annotated[Literal["nl", "en"], Field(description="Of the person who asks.")]
    status: Literal["answered", "no_answer"]
    answer: Annotated[str, Field(description="For a chat window: the quotes, each with its number, or that there is none.")]
    citations: list[CitationModel]
    suggestions: Annotated[
        list[str], Field(description="The innermost headings of the closest passages, but for those of the citations.")
    ]

    @classmethod
    def of(cls, answer: Answer, language: Literal["nl", "en"], text: str, base: str) -> "AnswerModel":
        """
        Args:
            language: of the person who asks.
            text: the answer as a chat window shows it.
            base: the address that links start with.
        """
        return cls(
            question=answer.question,
            language=language,
            status=answer.status,
            answer=text,
            citations=[CitationModel.of(citation, base) for citation in answer.citations],
            suggestions=list(answer.suggestions),
        )


class VerificationModel(BaseModel):
    """Whether the quote stands there, and where it does stand."""

    model_config = ConfigDict(from_attributes=True)
    verbatim: bool
    found: Annotated[list[SpanModel], Field(description=f"The first {MOST_OCCURRENCES} spans where the quote stands, in order.")]
