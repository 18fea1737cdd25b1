from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.libraries import ODD

QUESTION = "Krijgt de kat vis?"


def test_search_results_are_whole_sentences_word_for_word(small: TestClient) -> None:
    (block,) = small.post("/anthropic/search-results", json={"question": QUESTION}).json()["content"]
    assert (block["type"], block["citations"]) == ("search_result", {"enabled": True})
    assert block["title"].startswith("dieren › ")
    assert [part["type"] for part in block["content"]] == ["text", "text"]
    first, second = (part["text"] for part in block["content"])
    assert (first, second) == (ODD[: len(first)], "De kat krijgt elke dag vis 🐟 en melk.")
    assert small.get(block["source"]).status_code == 200


def test_what_is_not_answered_is_said_in_one_block_of_text(small: TestClient) -> None:
    asked = {"question": "Hoe bak ik een appeltaart?"}
    (refusal,) = small.post("/anthropic/search-results", json=asked).json()["content"]
    assert refusal == {"type": "text", "text": small.post("/ask", json=asked).json()["answer"]}


EVERY = {"min_confidence": 0}


@pytest.mark.parametrize(
    ("fields", "blocks"), [(EVERY | {"limit": 1}, 1), (EVERY | {"limit": 4}, 4), ({"documents": ["huur"]}, 1)]
)
def test_all_that_can_be_asked_of_our_own_route_can_be_asked_here(small: TestClient, fields: dict[str, Any], blocks: int) -> None:
    content = small.post("/anthropic/search-results", json={"question": QUESTION, **fields}).json()["content"]
    assert len(content) == blocks
    assert (content[0]["type"] == "text") == ("documents" in fields)


def test_earlier_turns_are_read(small: TestClient) -> None:
    body = {"question": "en waarom?", "messages": [{"role": "user", "content": QUESTION}]}
    (block,) = small.post("/anthropic/search-results", json=body).json()["content"]
    assert block["title"].startswith("dieren › ")
