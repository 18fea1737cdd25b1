"""The Model Context Protocol, by the messages themselves; the clients are in tests/clients."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from citaat.settings import Settings
from tests.conftest import serving
from tests.server.libraries import ODD, RENT
from tests.server.tools import HEADERS, called

QUESTION = "Krijgt de kat vis?"
ABOUT = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def test_what_search_finds_can_be_fetched_word_for_word(small: TestClient) -> None:
    found = called(small, "search", query="Gaat de huur omlaag?")
    assert json.loads(found["content"][0]["text"]) == found["structuredContent"]
    assert found["structuredContent"]["results"]
    for row in found["structuredContent"]["results"]:
        assert set(row) == {"id", "title", "url"}
        fetched = called(small, "fetch", id=row["id"])["structuredContent"]
        assert set(fetched) == {"id", "title", "text", "url", "metadata"}
        assert {key: fetched[key] for key in row} == row
        place = fetched["metadata"]
        assert RENT[place["start"] : place["end"]] == fetched["text"]
        assert small.get(fetched["url"]).status_code == 200


@pytest.mark.parametrize(
    ("query", "document", "section"),
    [("Draait de wereld?", "huur", ""), ("kernwapens", "plan", "Plan van de stad › Kernwapens de wereld uit")],
)
def test_a_passage_comes_with_its_place_and_its_source(small: TestClient, query: str, document: str, section: str) -> None:
    (row, *_) = called(small, "search", query=query)["structuredContent"]["results"]
    place = called(small, "fetch", id=row["id"])["structuredContent"]["metadata"]
    known = small.get(f"/documents/{document}").json()
    assert (place["document"], place["section"], place["source"]) == (document, section, known["url"] or "")
    assert place["sha256"] == known["sha256"]


def test_search_finds_at_most_ten_passages_that_answer(own: Settings) -> None:
    own.data.write_text("\n\n".join(f"In stad {number} gaat de huur omlaag." for number in range(15)))
    with serving(own) as client:
        assert len(called(client, "search", query="huur omlaag")["structuredContent"]["results"]) == 10
        assert called(client, "search", query="appeltaart")["structuredContent"] == {"results": []}


def test_ask_gives_the_answer_of_the_api(small: TestClient) -> None:
    for question in (QUESTION, "Hoe bak ik een appeltaart?", "Hallo!"):
        found = called(small, "ask", question=question)
        assert found["structuredContent"] == small.post("/ask", json={"question": question}).json()
        assert not found.get("isError")


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("search", {}, "The argument 'query' is missing or is no text."),
        ("fetch", {"id": 1}, "The argument 'id' is missing or is no text."),
        ("fetch", {"id": "elders/1"}, "no such document"),
        ("ask", {"question": " "}, "The question is empty."),
        ("bake", {"a": 1}, "There is no such tool. There are: search, fetch, ask."),
    ],
)
def test_a_bad_call_is_an_error_that_a_model_can_read(small: TestClient, tool: str, arguments: dict[str, Any], says: str) -> None:
    result = called(small, tool, **arguments)
    assert result["isError"]
    assert says in result["content"][0]["text"]
    assert result["content"][0]["text"].endswith(".")


def test_the_tools_describe_themselves(small: TestClient) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    tools = small.post("/mcp", headers=HEADERS, json=message).json()["result"]["tools"]
    assert {tool["name"]: tool["inputSchema"]["required"] for tool in tools} == {
        "search": ["query"], "fetch": ["id"], "ask": ["question"]
    }  # fmt: skip
    for tool in tools:
        ((name, schema),) = tool["inputSchema"]["properties"].items()
        assert tool["inputSchema"]["required"] == [name]
        assert (schema["type"], schema["minLength"], schema["maxLength"]) == ("string", 1, 500 if name == "id" else 2_000)
        assert tool["annotations"] == {"readOnlyHint": True, "idempotentHint": True, "openWorldHint": False}
        assert tool["outputSchema"] == {"type": "object"}


def test_the_handshake_of_2025_is_spoken(small: TestClient) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ABOUT}
    greeted = small.post("/mcp", headers=HEADERS, json=body).json()["result"]
    assert greeted["protocolVersion"] == "2025-06-18"
    assert (greeted["serverInfo"]["name"], greeted["serverInfo"]["title"]) == ("citaat", "Citaat")
    assert "word for word" in greeted["instructions"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://elders.example", 403),
        ("http://[", 403),
        ("null", 403),
        ("http://localhost.elders.example", 403),
        ("http://localhost:80@elders.example", 403),
        ("http://127.0.0.1.elders.example:80", 403),
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:3000", 200),
    ],
)
def test_a_page_of_a_foreign_origin_is_refused(small: TestClient, origin: str, status: int) -> None:
    response = small.post("/mcp", headers=HEADERS | {"origin": origin}, json=PING)
    assert response.status_code == status
    assert ("CITAAT_ORIGINS" in response.text) == (status == 403)


@pytest.fixture(scope="module", params=[("https://krant.example",), ("*",)])
def named(request: pytest.FixtureRequest, paged: Settings) -> Iterator[tuple[TestClient, bool]]:
    """A client of a server at https://citaat.example that names an origin, and whether it allows all."""
    with serving(replace(paged, url="https://citaat.example", origins=request.param)) as opened:
        yield opened, request.param == ("*",)


def test_origins_that_are_named_and_that_of_the_server_are_allowed(named: tuple[TestClient, bool]) -> None:
    client, allows_all = named
    for origin, allowed in (("https://krant.example", True), ("https://citaat.example", True), ("https://a.example", allows_all)):
        response = client.post("/mcp", headers=HEADERS | {"origin": origin}, json=PING)
        assert response.status_code == (200 if allowed else 403)


def test_links_start_with_the_address_of_the_settings_or_of_the_request(
    named: tuple[TestClient, bool], small: TestClient
) -> None:
    for client, base in ((named[0], "https://citaat.example"), (small, "http://testserver")):
        (row, *_) = called(client, "search", query="Gaat de huur omlaag?")["structuredContent"]["results"]
        assert row["url"].startswith(f"{base}/read/")


def test_a_client_that_wants_to_listen_is_told_at_once_that_there_is_no_stream(small: TestClient) -> None:
    response = small.get("/mcp", headers={"accept": "text/event-stream"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_the_words_of_an_answer_keep_their_letters(small: TestClient) -> None:
    assert "🐟" in called(small, "ask", question=QUESTION)["content"][0]["text"]
    assert "🐟" in ODD
