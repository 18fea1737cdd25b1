"""What comes in and what goes out over HTTP; api.md's native shapes, with an example each."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from citaat.chat import conversation
from citaat.citations.citation import MOST_FOUND
from citaat.domain import LONGEST_QUESTION


class Message(BaseModel):
    """An earlier turn of a conversation."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    content: str


class AskRequest(BaseModel):
    """A question to the library."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"question": "Wat vindt de partij van kernwapens?", "limit": 3}]},
    )

    question: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
    messages: Annotated[list[Message], Field(max_length=200, description="Earlier turns, oldest first.")] = []
    limit: Annotated[int, Field(ge=1, le=20)] = 3
    documents: Annotated[list[str] | None, Field(description="Ids of the documents to look in; null for all.")] = None
    min_confidence: Annotated[float | None, Field(ge=0, le=1, description="Replaces the threshold.")] = None

    def turns(self) -> list[conversation.Message]:
        """The conversation, the question last."""
        earlier = [conversation.Message(message.role, message.content) for message in self.messages]
        return [*earlier, conversation.Message("user", self.question)]


class VerifyRequest(BaseModel):
    """A quote and the place where it should stand, in code points of the document's canonical text."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    quote: Annotated[str, Field(min_length=1)]


class SpanModel(BaseModel):
    start: int
    end: int


class DocumentModel(BaseModel):
    id: str
    title: str
    url: str | None
    language: str | None
    sha256: str


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


class AnswerModel(BaseModel):
    """The citations, best first, none if the library does not answer; and the headings closest by, as suggestions."""

    question: Annotated[str, Field(description="What was put to the library: a follow-up carries what it leans on.")]
    language: Annotated[Literal["nl", "en"], Field(description="Of the person who asks.")]
    status: Literal["answered", "no_answer"]
    answer: Annotated[str, Field(description="For a chat window: the quotes, each with its number, or that there is none.")]
    citations: list[CitationModel]
    suggestions: Annotated[
        list[str], Field(description="The innermost headings of the closest passages, but for those of the citations.")
    ]


class Verdict(BaseModel):
    """Whether the quote stands there, and where it does stand."""

    verbatim: bool
    found: Annotated[list[SpanModel], Field(description=f"The first {MOST_FOUND} spans where the quote stands, in order.")]
