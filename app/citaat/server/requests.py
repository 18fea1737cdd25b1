"""What comes in over HTTP at our own routes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from citaat.chat import conversation
from citaat.limits import LONGEST_QUESTION, MOST_CITATIONS, MOST_TURNS


class EarlierTurn(BaseModel):
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
    messages: Annotated[list[EarlierTurn], Field(max_length=MOST_TURNS, description="Earlier turns, oldest first.")] = []
    limit: Annotated[int, Field(ge=1, le=MOST_CITATIONS)] = 3
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
