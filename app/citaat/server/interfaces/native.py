"""Our own routes."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from citaat.chat import conversation
from citaat.chat.replies import answer_model
from citaat.citations.wire import AnswerModel, CitationModel, VerificationModel
from citaat.domain import DocumentInfo
from citaat.limits import LARGEST_BODY, LONGEST_QUESTION, MOST_CITATIONS
from citaat.server import events
from citaat.server.requests import AskRequest, VerifyRequest
from citaat.server.serving import base_address, library_of

router = APIRouter()


@router.post("/ask", response_model=AnswerModel)
async def ask(body: AskRequest, request: Request) -> AnswerModel | Response:
    """The passages that answer a question, verbatim, best first; as events if the client asks for an event stream."""
    reply = conversation.reply(
        library_of(request), body.turns(), limit=body.limit, documents=body.documents, min_confidence=body.min_confidence
    )
    found = answer_model(reply, base_address(request))
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
