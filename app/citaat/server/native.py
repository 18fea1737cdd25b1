"""Our own routes."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from citaat.chat import conversation
from citaat.chat.replies import reply_json
from citaat.citations import citation as citations
from citaat.domain import DocumentInfo
from citaat.server import events
from citaat.server.schemas import AnswerModel, AskRequest, CitationModel, Verdict, VerifyRequest
from citaat.server.serving import base_address, library_of

router = APIRouter()


@router.post("/ask", response_model=AnswerModel)
async def ask(body: AskRequest, request: Request) -> Response:
    """The passages that answer a question, verbatim, best first; as events if the client asks for an event stream."""
    reply = conversation.reply(
        library_of(request), body.turns(), limit=body.limit, documents=body.documents, min_confidence=body.min_confidence
    )
    found = reply_json(reply, base_address(request))
    if events.MEDIA_TYPE in request.headers.get("accept", ""):
        return events.stream(_events(found))
    return JSONResponse(found)


def _events(found: dict[str, Any]) -> Iterator[str]:
    for citation in found["citations"]:
        yield events.event(citation, "citation")
    yield events.event({name: found[name] for name in ("question", "language", "status", "answer", "suggestions")}, "answer")
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
async def passage(passage_id: str, request: Request) -> JSONResponse:
    """A passage by its id, as a citation without a question (confidence 1, nothing highlighted)."""
    return JSONResponse(citations.citation_json(library_of(request).passage(passage_id), base_address(request)))


@router.post("/verify", response_model=Verdict)
async def verify(body: VerifyRequest, request: Request) -> JSONResponse:
    """Whether a quote stands where it is said to stand."""
    verbatim, found = citations.verify(library_of(request).store, body.document, body.start, body.end, body.quote)
    return JSONResponse({"verbatim": verbatim, "found": [{"start": span.start, "end": span.end} for span in found]})


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    """The library is open: questions can be asked."""
    return {"status": "ready", "model": library_of(request).model.encoder.name}


@router.get("/info")
async def info(request: Request) -> dict[str, Any]:
    """The model, the sizes and the limits of this library."""
    library = library_of(request)
    fitted = library.store.probes is not None and len(library.store.probes) > 0
    return {
        "model": {
            "id": library.model.encoder.name,
            "fingerprint": library.model.encoder.fingerprint,
            "dimension": library.model.encoder.dimension,
        },
        "threshold": library.ranker.threshold,
        "foreign_threshold": round(library.ranker.foreign_threshold, 4),
        "calibrated": library.ranker.encoder == library.model.encoder.fingerprint and fitted,
        "documents": len(library.documents()),
        "passages": len(library.store),
        "limits": {"question": 2000, "citations": 20, "body_bytes": 1_048_576},
    }


def _described(document: DocumentInfo) -> dict[str, Any]:
    source = document.source
    return {
        "id": document.id, "title": source.title, "publisher": source.publisher or None, "year": source.year or None,
        "url": source.url or None, "language": source.language or None, "licence": source.licence or None,
        "sha256": document.sha256, "length": document.length, "passages": document.passages,
    }  # fmt: skip
