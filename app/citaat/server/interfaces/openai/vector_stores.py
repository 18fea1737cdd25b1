"""`GET /v1/vector_stores` and `POST /v1/vector_stores/{id}/search`: the passages, for a program that composes its own reply."""

import math
import operator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from citaat.domain import Citation, DocumentInfo
from citaat.errors import InputError, NotFoundError
from citaat.library import Library
from citaat.limits import MOST_CITATIONS, MOST_QUERIES
from citaat.server.interfaces.openai.wire import MODEL, search_result
from citaat.server.lifecycle import base_address, compute, description_of

router = APIRouter(prefix="/v1")

_COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


class RankingOptions(BaseModel):
    """`ranker` is taken; there is one. `score_threshold` replaces the threshold of the library."""

    ranker: str | None = None
    score_threshold: Annotated[float | None, Field(ge=0, le=1)] = None


class Comparison(BaseModel):
    """A condition on one fact of a document: id, title, publisher, year, language or sha256."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: str
    value: str | float | bool | list[str | float]


class Compound(BaseModel):
    type: Literal["and", "or"]
    filters: "list[Comparison | Compound]"


class SearchRequest(BaseModel):
    query: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1, max_length=MOST_QUERIES)]
    max_num_results: Annotated[int, Field(ge=1, le=MOST_CITATIONS)] = 10
    filters: Comparison | Compound | None = None
    ranking_options: RankingOptions | None = None
    rewrite_query: bool | None = False


@router.get("/vector_stores")
async def vector_stores(request: Request) -> dict[str, Any]:
    """The library as the one vector store of this server."""
    return {"object": "list", "data": [_store(request)], "first_id": MODEL, "last_id": MODEL, "has_more": False}


@router.get("/vector_stores/{store_id}")
async def vector_store(store_id: str, request: Request) -> dict[str, Any]:
    _refuse_unknown(store_id)
    return _store(request)


@router.post("/vector_stores/{store_id}/search")
async def search(store_id: str, body: SearchRequest, request: Request) -> dict[str, Any]:
    """The passages closest to one query or to any of several, verbatim, best first.

    Those of several queries are in the order of their confidence; with a cross-encoder, whose scores of different queries
    do not compare, in that of their place for the query that they are best for.
    """
    _refuse_unknown(store_id)
    base, queries = base_address(request), [body.query] if isinstance(body.query, str) else body.query

    def rows(library: Library) -> list[dict[str, Any]]:
        found = _searched(library, queries, body)
        return [search_result(one, base) | {"content": [{"type": "text", "text": one.quote}]} for one in found]

    return {
        "object": "vector_store.search_results.page", "search_query": queries, "data": await compute(request, rows),
        "has_more": False, "next_page": None,
    }  # fmt: skip


def _refuse_unknown(store_id: str) -> None:
    if store_id != MODEL:
        raise NotFoundError(f"There is one vector store here: '{MODEL}'.", code="vector_store_not_found")


def _store(request: Request) -> dict[str, Any]:
    known = description_of(request)
    counts = {"in_progress": 0, "completed": known.documents, "failed": 0, "cancelled": 0, "total": known.documents}
    return {
        "id": MODEL, "object": "vector_store", "name": "Citaat", "created_at": known.created, "status": "completed",
        "usage_bytes": known.size, "last_active_at": None, "metadata": {}, "file_counts": counts,
    }  # fmt: skip


def _searched(library: Library, queries: list[str], body: SearchRequest) -> list[Citation]:
    """The citations of several queries, each once, best first."""
    documents = [one.id for one in library.documents() if _holds(body.filters, facts(one))] if body.filters else None
    if documents == []:
        return []

    def order(citation: Citation) -> tuple[int, float]:
        return citation.number if library.reranks else 0, -citation.confidence

    least = body.ranking_options.score_threshold if body.ranking_options else None
    found: dict[str, Citation] = {}
    for query in library.queries(queries, documents):
        for citation in library.answer(query, limit=body.max_num_results, min_confidence=least).citations:
            found[citation.id] = min(found.get(citation.id, citation), citation, key=order)
    return sorted(found.values(), key=order)[: body.max_num_results]


def facts(document: DocumentInfo) -> dict[str, str]:
    """What filters can ask of a document."""
    source = document.source
    return {
        "id": document.id, "title": source.title, "publisher": source.publisher, "year": source.year,
        "language": source.language, "sha256": document.sha256,
    }  # fmt: skip


def _holds(condition: Comparison | Compound, known: dict[str, str]) -> bool:
    """Whether a document meets a condition.

    Raises:
        InputError: a condition on something that documents have not, or that has no size.
    """
    if isinstance(condition, Compound):
        parts = [_holds(part, known) for part in condition.filters]
        return all(parts) if condition.type == "and" else any(parts)
    if condition.key not in known:
        raise InputError(f"Documents can be filtered by {', '.join(known)}.", code="unknown-filter")
    fact = known[condition.key]
    if condition.type not in _COMPARISONS:
        among = condition.value if isinstance(condition.value, list) else [condition.value]
        written = [f"{one:.15g}" if isinstance(one, float) else str(one) for one in among]  # 2023.0 as a fact is, 2023
        return (fact in written) == (condition.type in ("eq", "in"))
    theirs = _number(condition.value)
    if condition.key != "year" or math.isnan(theirs):
        raise InputError("Only 'year' can be compared by size, with a number such as 2023.", code="unknown-filter")
    return _COMPARISONS[condition.type](_number(fact), theirs)


def _number(value: str | float | bool | list[str | float]) -> float:
    """NaN, which is neither larger nor smaller than anything, for what is no number."""
    try:
        return math.nan if isinstance(value, list) else float(value)
    except ValueError:
        return math.nan
