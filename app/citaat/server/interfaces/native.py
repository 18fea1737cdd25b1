"""Our own routes."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.chat.replies import Reply, answer_model
from citaat.citations.wire import AnswerModel, CitationModel, VerificationModel
from citaat.domain import DocumentInfo
from citaat.library import Library
from citaat.limits import DEFAULT_CITATIONS, LARGEST_BODY, LONGEST_QUESTION, MOST_CITATIONS, MOST_TURNS
from citaat.server import events
from citaat.server.lifecycle import base_address, compute, description_of

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
async def ask(body: AskRequest, request: Request) -> Response:
    """The passages that answer a question, verbatim, best first; as events if the client asks for an event stream."""
    base, is_streamed = base_address(request), events.MEDIA_TYPE in request.headers.get("accept", "")

    def answered(library: Library) -> Response:
        found = answer_model(body.reply(library), base)
        return events.stream(_events(found)) if is_streamed else _json(found)

    return await compute(request, answered)


def _events(found: AnswerModel) -> Iterator[str]:
    for citation in found.citations:
        yield events.event(citation.model_dump(), "citation")
    yield events.event(found.model_dump(exclude={"citations"}), "answer")
    yield events.event({}, "done")


@router.get("/examples")
async def examples(request: Request) -> dict[str, list[str]]:
    """Questions that this library answers, made of its own headings; sought once for each state of it."""
    known: WeakKeyDictionary[Library, list[str]] = request.app.state.examples

    def found(library: Library) -> list[str]:
        if library not in known:
            known[library] = conversation.examples(library)
        return known[library]

    return {"questions": await compute(request, found)}


@router.get("/documents", response_model=list[dict[str, Any]])
async def documents(request: Request) -> Response:
    """The documents of the library, in order."""
    return await compute(request, lambda library: JSONResponse([_described(document) for document in library.documents()]))


@router.get("/documents/{document_id}", response_model=dict[str, Any])
async def document(document_id: str, request: Request) -> Response:
    """A document's canonical text and its sections."""

    def whole(library: Library) -> Response:
        sections = [{"section": list(path), "start": start} for path, start in library.sections(document_id)]
        described = _described(library.document(document_id))
        return JSONResponse(described | {"text": library.text(document_id), "sections": sections})

    return await compute(request, whole)


@router.get("/passages/{passage_id:path}", response_model=CitationModel)
async def passage(passage_id: str, request: Request) -> Response:
    """A passage by its id, as a citation without a question (confidence 1, nothing highlighted)."""
    base = base_address(request)
    return await compute(request, lambda library: _json(CitationModel.of(library.passage(passage_id), base)))


@router.post("/verify", response_model=VerificationModel)
async def verify(body: VerifyRequest, request: Request) -> Response:
    """Whether a quote stands where it is said to stand."""

    def verified(library: Library) -> Response:
        return _json(VerificationModel.model_validate(library.verify(body.document, body.start, body.end, body.quote)))

    return await compute(request, verified)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    """The library is open: questions can be asked."""
    return {"status": "ready", "model": description_of(request).encoder}


@router.get("/info")
async def info(request: Request) -> dict[str, Any]:
    """The model, the sizes and the limits of this library."""
    library = description_of(request)
    return {
        "model": {"id": library.encoder, "fingerprint": library.fingerprint, "dimension": library.dimension},
        "threshold": library.threshold,
        "foreign_threshold": round(library.cross_lingual_threshold, 4),
        "calibrated": library.is_calibrated,
        "documents": library.documents,
        "passages": library.passages,
        "limits": {"question": LONGEST_QUESTION, "citations": MOST_CITATIONS, "body_bytes": LARGEST_BODY},
    }


def _json(found: BaseModel) -> Response:
    return Response(found.model_dump_json(), media_type="application/json")


def _described(document: DocumentInfo) -> dict[str, Any]:
    source = document.source
    return {
        "id": document.id, "title": source.title, "publisher": source.publisher or None, "year": source.year or None,
        "url": source.url or None, "language": source.language or None, "licence": source.licence or None,
        "sha256": document.sha256, "length": document.length, "passages": document.passages,
    }  # fmt: skip
