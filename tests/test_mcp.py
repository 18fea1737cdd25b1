"""The Model Context Protocol, by the messages themselves; the clients are in tests/clients."""

import json
import os
import subprocess
import sys
from subprocess import PIPE
from typing import Any

import pytest
from citaat.settings import Settings
from starlette.testclient import TestClient

from tests.conftest import SEED

TEXT = SEED.read_bytes().decode()
HEADERS = {"accept": "application/json, text/event-stream"}


def called(client: TestClient, tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    response = client.post("/mcp", headers=HEADERS, json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    result: dict[str, Any] = response.json()["result"]
    return result


def test_what_search_finds_can_be_fetched_word_for_word(client: TestClient) -> None:
    found = called(client, "search", query="Wat vindt de partij van kernwapens?")
    assert json.loads(found["content"][0]["text"]) == found["structuredContent"]
    for row in found["structuredContent"]["results"]:
        assert set(row) == {"id", "title", "url"}
        fetched = called(client, "fetch", id=row["id"])["structuredContent"]
        assert set(fetched) == {"id", "title", "text", "url", "metadata"}
        assert TEXT[fetched["metadata"]["start"] : fetched["metadata"]["end"]] == fetched["text"]
        assert client.get(fetched["url"]).status_code == 200


def test_ask_gives_the_answer_of_the_api(client: TestClient) -> None:
    question = "Wat vindt de partij van kernwapens?"
    assert (
        called(client, "ask", question=question)["structuredContent"] == client.post("/ask", json={"question": question}).json()
    )


@pytest.mark.parametrize(
    ("tool", "arguments"), [("search", {}), ("fetch", {"id": "elders/1"}), ("ask", {"question": " "}), ("bake", {"a": 1})]
)
def test_a_bad_call_is_an_error_that_a_model_can_read(client: TestClient, tool: str, arguments: dict[str, Any]) -> None:
    result = called(client, tool, **arguments)
    assert result["isError"]
    assert result["content"][0]["text"].endswith(".")


def test_the_handshake_of_2025_is_spoken(client: TestClient) -> None:
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}
    assert client.post("/mcp", headers=HEADERS, json=body).json()["result"]["protocolVersion"] == "2025-06-18"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://elders.example", 403),
        ("http://[", 403),
        ("null", 403),
        ("http://localhost:3000", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:3000", 200),
    ],
)
def test_a_page_of_a_foreign_origin_is_refused(client: TestClient, origin: str, status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert client.post("/mcp", headers=HEADERS | {"origin": origin}, json=body).status_code == status


def test_the_tools_are_served_over_standard_input_and_output(settings: Settings) -> None:
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    call = {"name": "ask", "arguments": {"question": "Wat vindt de partij van kernwapens?"}}
    messages = [
        {"id": 1, "method": "initialize", "params": about},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": call},
    ]
    program = [sys.executable, "-c", "from citaat.cli import main; main(['mcp'])"]
    environment = os.environ | {"CITAAT_STORE": str(settings.store)}
    with subprocess.Popen(program, stdin=PIPE, stdout=PIPE, env=environment, encoding="utf-8") as server:
        assert server.stdin
        assert server.stdout
        for message in messages:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        server.stdin.flush()
        greeting, answer = (json.loads(server.stdout.readline()) for _ in range(2))
        server.stdin.close()
    assert (greeting["id"], answer["id"], server.returncode) == (1, 2, 0)
    assert all(citation["quote"] in TEXT for citation in answer["result"]["structuredContent"]["citations"])


def test_search_results_for_anthropic_are_whole_sentences(client: TestClient) -> None:
    (block, *_) = client.post("/anthropic/search-results", json={"question": "kernwapens"}).json()["content"]
    assert (block["type"], block["citations"]) == ("search_result", {"enabled": True})
    assert block["content"][0] == {"type": "text", "text": "Kernwapens de wereld uit."}
    assert all(sentence["text"] in TEXT for sentence in block["content"])
    (refusal,) = client.post("/anthropic/search-results", json={"question": "Hoe bak ik een appeltaart?"}).json()["content"]
    assert refusal["type"] == "text"


def test_a_client_that_wants_to_listen_is_told_at_once_that_there_is_no_stream(client: TestClient) -> None:
    response = client.get("/mcp", headers={"accept": "text/event-stream"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
