"""Our own routes."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.chat.replies import Reply, answer_model
from citaat.citations.wire import AnswerModel, CitationModel, VerificationModel
from citaat.domain import DocumentInfo
from citaat.library import Library
from citaat.limits import DEFAULT_CITATIONS, LARGEST_BODY, LONGEST_QUESTION, MOST_CITATIONS, MOST_TURNS
from citaat.server import events
from citaat.server.lifecycle import base_address, library_of

router = APIRouter()


_EXAMPLE = {"question": "Wat vindt de partij van kernwapens?", "limit": 3}


class EarlierTurn(BaseModel, extra="forbid"):
    """An earlier turn of a conversation."""

    role: Literal["user", "assistant"]
    content: str


class AskRequest(BaseModel, extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE]}):
    """A question to the library."""

    question: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
    messages: Annotated[list[EarlierTurn], Field(max_length=MOST_TURNS, description="Earlier turns, oldest first.")] = []
    limit: Annotated[int, Field(ge=1, le=MOST_CITATIONS)] = DEFAULT_CITATIONS
    documents: Annotated[list[str] | None, Field(description="Ids of the documents to look in; null for all.")] = None
    min_confidence: Annotated[float | None, Field(ge=0, le=1, description="Replaces the threshold.")] = None

    def reply(self, library: Library) -> Reply:
        """The reply to the question, after the earlier turns; see `conversation.reply`."""
        turns = [*(Message(one.role, one.content) for one in self.messages), Message("user", self.question)]
        return conversation.reply(library, turns, limit=self.limit, documents=self.documents, min_confidence=self.min_confidence)


class VerifyRequest(BaseModel, extra="forbid", strict=True):
    """A quote and the place where it should stand, in code points of the document's canonical text."""

    document: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    quote: Annotated[str, Field(min_length=1)]


@router.post("/ask", response_model=AnswerModel)
async def ask(body: AskRequest, request: Request) -> AnswerModel | Response:
    """The passages that answer a question, verbatim, best first; as events if the client asks for an event stream."""
    found = answer_model(body.reply(library_of(request)), base_address(request))
    return events.stream(_events(found)) if events.MEDIA_TYPE in request.headers.get("accept", "") else found


def _events(found: AnswerModel) -> Iterator[str]:
    for citation in found.citations:
        yield events.event(citation.model_dump(), "citation")
    yield events.event(found.model_dump(exclude={"citations"}), "answer")
    yield events.event({}, "done")


@router.get("/examples")
async def examples(request: Request) -> dict[str, list[str]]:
    """Questions that this library answers, made of its own headings."""
    return {"questions": conversation.examples(library_of(request))}


@router.get("/documents")
async def documents(request: Request) -> list[dict[str, Any]]:
    """The documents of the library, in order."""
    return [_described(document) for document in library_of(request).documents()]


@router.get("/documents/{document_id}")
async def document(document_id: str, request: Request) -> dict[str, Any]:
    """A document's canonical text and its sections."""
    library = library_of(request)
    return _described(library.document(document_id)) | {
        "text": library.text(document_id),
        "sections": [{"section": list(path), "start": start} for path, start in library.sections(document_id)],
    }


@router.get("/passages/{passage_id:path}", response_model=CitationModel)
async def passage(passage_id: str, request: Request) -> CitationModel:
    """A passage by its id, as a citation without a question (confidence 1, nothing highlighted)."""
    return CitationModel.of(library_of(request).passage(passage_id), base_address(request))


@router.post("/verify", response_model=VerificationModel)
async def verify(body: VerifyRequest, request: Request) -> VerificationModel:
    """Whether a quote stands where it is said to stand."""
    return VerificationModel.model_validate(library_of(request).verify(body.document, body.start, body.end, body.quote))


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    """The library is open: questions can be asked."""
    return {"status": "ready", "model": library_of(request).describe().encoder}


@router.get("/info")
async def info(request: Request) -> dict[str, Any]:
    """The model, the sizes and the limits of this library."""
    library = library_of(request).describe()
    return {
        "model": {"id": library.encoder, "fingerprint": library.fingerprint, "dimension": library.dimension},
        "threshold": library.threshold,
        "foreign_threshold": round(library.cross_lingual_threshold, 4),
        "calibrated": library.is_calibrated,
        "documents": library.documents,
        "passages": library.passages,
        "limits": {"question": LONGEST_QUESTION, "citations": MOST_CITATIONS, "body_bytes": LARGEST_BODY},
    }


def _described(document: DocumentInfo) -> dict[str, Any]:
    source = document.source
    return {
        "id": document.id, "title": source.title, "publisher": source.publisher or None, "year": source.year or None,
        "url": source.url or None, "language": source.language or None, "licence": source.licence or None,
        "sha256": document.sha256, "length": document.length, "passages": document.passages,
    }  # fmt: skip
