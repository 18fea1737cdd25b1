"""Passages as the `search_result` blocks that Anthropic's Messages API cites from, one text block a sentence."""

from typing import Any

from fastapi import APIRouter, Request

from citaat.citations.links import caption, permalink
from citaat.domain import Citation
from citaat.library import Library
from citaat.server.interfaces.native import AskRequest
from citaat.server.lifecycle import base_address, compute

router = APIRouter(prefix="/anthropic")


@router.post("/search-results")
async def search_results(body: AskRequest, request: Request) -> dict[str, Any]:
    """What a tool gives back: its `content` goes into a `tool_result` block as it is."""
    base = base_address(request)

    def content(library: Library) -> list[dict[str, Any]]:
        reply = body.reply(library)
        blocks = [_block(citation, base) for citation in reply.answer.citations]
        return blocks or [{"type": "text", "text": reply.text()}]

    return {"content": await compute(request, content)}


def _block(citation: Citation, base: str) -> dict[str, Any]:
    start = citation.span.start
    sentences = [citation.quote[one.start - start : one.end - start] for one in citation.sentences]
    return {
        "type": "search_result",
        "source": permalink(citation.id, base),
        "title": caption(citation),
        "content": [{"type": "text", "text": sentence} for sentence in sentences],
        "citations": {"enabled": True},
    }
