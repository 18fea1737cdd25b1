"""Our own routes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse

from app import citations
from app.api.schemas import AnswerModel, AskRequest, CitationModel, Verdict, VerifyRequest
from app.api.shelf import Shelf
from app.domain import DocumentInfo
from app.library import MOST_CITATIONS

router = APIRouter()


async def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


Current = Annotated[Shelf, Depends(_shelf)]


def base_address(request: Request, shelf: Shelf) -> str:
    """The address that links start with."""
    return shelf.settings.url or str(request.base_url).rstrip("/")


@router.post("/ask", response_model=AnswerModel)
async def ask(body: AskRequest, request: Request, shelf: Current) -> JSONResponse:
    """The passages that answer a question, verbatim, best first."""
    answer = shelf.library.ask(body.question, limit=body.limit, documents=body.documents, min_confidence=body.min_confidence)
    return JSONResponse(citations.answer_json(answer, base_address(request, shelf)))


@router.get("/documents")
async def documents(shelf: Current) -> list[dict[str, Any]]:
    """The documents of the library, in order."""
    return [_described(document) for document in shelf.library.documents()]


@router.get("/documents/{document_id}")
async def document(document_id: str, shelf: Current) -> dict[str, Any]:
    """A document's canonical text and its sections."""
    library = shelf.library
    return _described(library.document(document_id)) | {
        "text": library.text(document_id),
        "sections": [{"section": list(path), "start": start} for path, start in library.sections(document_id)],
    }


@router.get("/passages/{passage_id:path}", response_model=CitationModel)
async def passage(passage_id: str, request: Request, shelf: Current) -> JSONResponse:
    """A passage by its id, as a citation without a question (confidence 1, nothing highlighted)."""
    return JSONResponse(citations.citation_json(shelf.library.passage(passage_id), base_address(request, shelf)))


@router.post("/verify", response_model=Verdict)
async def verify(body: VerifyRequest, shelf: Current) -> JSONResponse:
    """Whether a quote stands where it is said to stand."""
    verbatim, found = citations.verify(shelf.library.store, body.document, body.start, body.end, body.quote)
    return JSONResponse({"verbatim": verbatim, "found": [{"start": span.start, "end": span.end} for span in found]})


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@router.get("/health/ready")
async def ready(shelf: Current) -> dict[str, str]:
    """The library is open: questions can be asked."""
    return {"status": "ready", "model": shelf.library.encoder.name}


@router.get("/info")
async def info(shelf: Current) -> dict[str, Any]:
    """The model, the sizes and the limits of this library."""
    library = shelf.library
    return {
        "model": {"id": library.encoder.name, "fingerprint": library.encoder.fingerprint, "dimension": library.encoder.dimension},
        "threshold": library.ranker.threshold,
        "calibrated": library.ranker.encoder == library.encoder.fingerprint,
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
