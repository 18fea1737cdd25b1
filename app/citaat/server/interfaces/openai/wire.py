"""What these interfaces share: models, messages and citations."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.chat.replies import Reply
from citaat.citations.links import caption, permalink
from citaat.domain import Citation, Span
from citaat.errors import InputError, NotFoundError
from citaat.library import Library

MODEL = "citaat"
"""The whole library; `citaat/ID` is one document of it."""


class Part(BaseModel):
    """A part of a message. Only text is read."""

    type: str
    text: str = ""


class OpenAIMessage(BaseModel):
    """A turn; those of the system, of developers and of tools are not read."""

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    content: str | list[Part] | None = None

    def text(self) -> str:
        """The text of all parts; an InputError is raised where one is not text."""
        if isinstance(self.content, str) or self.content is None:
            return self.content or ""
        if strange := [part for part in self.content if part.type not in ("text", "input_text", "output_text", "refusal")]:
            raise InputError(f"{len(strange)} of the parts of a message are not text. Only text can be asked.", code="not-text")
        return " ".join(part.text for part in self.content)


def reply_to(messages: Iterable[OpenAIMessage], model: str, library: Library) -> Reply:
    """The reply to the last thing that a person said, from the documents that a model's name stands for.

    Raises:
        InputError: nobody asks anything, or a part of a question is not text.
        NotFoundError: there is no such model.
    """
    turns = [Message("user", one.text()) for one in messages if one.role == "user"]
    if not turns:
        raise InputError("No message has the role 'user'. Ask something.", code="question-empty")
    documents = None if model == MODEL else [one.id for one in library.documents() if model == f"{MODEL}/{one.id}"]
    if documents == []:
        raise NotFoundError(
            f"There is no such model here. GET /v1/models lists them; '{MODEL}' is the library.", code="model_not_found"
        )
    return conversation.reply(library, turns, documents=documents)


def url_citation(citation: Citation, span: Span, base: str) -> dict[str, Any]:
    """The fields of a `url_citation`; `span` marks the quote in the text, half-open, in code points."""
    url = permalink(citation.id, base)
    return {"url": url, "title": caption(citation), "start_index": span.start, "end_index": span.end}


def search_result(citation: Citation, base: str) -> dict[str, Any]:
    """A passage that was found, but for its text.

    Its `attributes` say where it stands, in at most 16 values, each a number or a string of at most 512 characters.
    """
    document, span = citation.document, citation.span
    attributes: dict[str, str | int] = {
        "passage": citation.id, "title": document.source.title, "section": " › ".join(citation.section),
        "start": span.start, "end": span.end, "url": permalink(citation.id, base),
        "language": document.source.language, "sha256": document.sha256,
    }  # fmt: skip
    if citation.page:
        attributes["page"] = citation.page
    return {
        "file_id": document.id, "filename": document.id, "score": round(citation.confidence, 4),
        "attributes": {name: value[:512] if isinstance(value, str) else value for name, value in attributes.items()},
    }  # fmt: skip
