"""Our own routes."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from app import citations
from app.api.schemas import AnswerModel, AskRequest, CitationModel, Verdict, VerifyRequest
from app.api.shelf import Shelf
from app.domain import DocumentInfo
from app.library import MOST_CITATIONS, Library

router = APIRouter()


def library_of(request: Request) -> Library:
    """The library that is served now.

    Raises:
        StoreError: it is loading, or could not be opened.
    """
    shelf: Shelf = request.app.state.shelf
    return shelf.library


def base_address(request: Request) -> str:
    """The address that links start with."""
    shelf: Shelf = request.app.state.shelf
    return shelf.settings.url or f"{request.url.scheme}://{request.url.netloc}"


@router.post("/ask", response_model=AnswerModel)
async def ask(body: AskRequest, request: Request) -> JSONResponse:
    """The passages that answer a question, verbatim, best first."""
    answer = library_of(request).ask(
        body.question, limit=body.limit, documents=body.documents, min_confidence=body.min_confidence
    )
    return JSONResponse(citations.answer_json(answer, base_address(request)))


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
    return {"status": "ready", "model": library_of(request).encoder.name}


@router.get("/info")
async def info(request: Request) -> dict[str, Any]:
    """The model, the sizes and the limits of this library."""
    library = library_of(request)
    return {
        "model": {"id": library.encoder.name, "fingerprint": library.encoder.fingerprint, "dimension": library.encoder.dimension},
        "threshold": library.ranker.threshold,
        "calibrated": library.ranker.encoder == library.encoder.fingerprint and library.store.probes is not None,
        "documents": len(library.documents()),
        "passages": len(library.store),
        "limits": {"question": 2000, "citations": MOST_CITATIONS, "body_bytes": 1_048_576},
    }


def _described(document: DocumentInfo) -> dict[str, Any]:
    source = document.source
    return {
        "id": document.id, "title": source.title, "publisher": source.publisher or None, "year": source.year or None,
        "url": source.url or None, "language": source.language or None, "licence": source.licence or None,
        "sha256": document.sha256, "length": document.length, "passages": document.passages,
    }  # fmt: skip
