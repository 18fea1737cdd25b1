"""The blocks for Anthropic's Messages API, held against the types of the `anthropic` package."""

import httpx
import pytest
from anthropic.types import SearchResultBlockParam, TextBlockParam, ToolResultBlockParam
from pydantic import TypeAdapter
from source import ANSWERED, REFUSED, TEXTS, URL


def blocks(question: str) -> list[dict]:
    return httpx.post(f"{URL}/anthropic/search-results", json={"question": question}).raise_for_status().json()["content"]


@pytest.mark.parametrize("question", ANSWERED)
def check_search_results(question: str) -> None:
    found = blocks(question)
    assert found
    for block in found:
        assert set(block) <= set(SearchResultBlockParam.__annotations__)
        TypeAdapter(SearchResultBlockParam).validate_python(block, strict=True)
        assert block["citations"] == {"enabled": True}
        assert all(any(text["text"] in source for source in TEXTS) for text in block["content"])
        assert httpx.get(block["source"]).status_code == 200


def check_a_tool_result_takes_them() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": blocks(ANSWERED[0])}
    TypeAdapter(ToolResultBlockParam).validate_python(result)


def check_refusal() -> None:
    (block,) = blocks(REFUSED)
    TypeAdapter(TextBlockParam).validate_python(block)
