"""A server whose one thread is held up: what is refused, and what is answered all the same."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from citaat.chat import conversation
from citaat.library import Library
from citaat.server.queue import WorkQueue
from citaat.settings import Settings
from tests.conftest import serving
from tests.server.tools import HEADERS

QUESTION = {"question": "Gaat de huur omlaag?"}
MESSAGES = {"messages": [{"role": "user", "content": "Gaat de huur omlaag?"}]}
CALL = {"name": "ask", "arguments": QUESTION}
COMPUTED: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/ask", QUESTION),
    ("GET", "/examples", None),
    ("GET", "/documents", None),
    ("GET", "/documents/a", None),
    ("GET", "/passages/a/000000000000", None),
    ("POST", "/verify", {"document": "a", "start": 0, "end": 2, "quote": "De"}),
    ("POST", "/anthropic/search-results", QUESTION),
    ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/citaat", None),
    ("POST", "/v1/chat/completions", MESSAGES),
    ("POST", "/v1/chat/completions", MESSAGES | {"stream": True}),
    ("POST", "/v1/responses", {"input": "Gaat de huur omlaag?"}),
    ("POST", "/v1/responses", {"input": "Gaat de huur omlaag?", "stream": True}),
    ("POST", "/v1/vector_stores/citaat/search", {"query": "huur"}),
]
AT_ONCE = ["/health/live", "/health/ready", "/info", "/", "/page.js", "/read/a", "/v1/vector_stores", "/v1/vector_stores/citaat"]


@pytest.fixture(scope="module")
def busy(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server on which nothing may wait, while its one thread computes until the tests are done."""
    folder, begun, may_end, replies = tmp_path_factory.mktemp("busy"), threading.Event(), threading.Event(), conversation.reply
    (folder / "a.txt").write_text("De huur gaat omlaag in de stad.", "utf-8")

    def held_up(*given: Any, **options: Any) -> Any:
        begun.set()
        may_end.wait()
        return replies(*given, **options)

    with (
        pytest.MonkeyPatch.context() as patch,
        ThreadPoolExecutor() as pool,
        serving(Settings(folder / "a.txt", model, folder / "store", "")) as client,
    ):
        client.app.state.queue = WorkQueue(1, 0)  # type: ignore[attr-defined]
        assert client.post("/ask", json=QUESTION).status_code == 200
        patch.setattr(conversation, "reply", held_up)
        held = pool.submit(client.post, "/ask", json=QUESTION)
        begun.wait()
        yield client
        may_end.set()
        assert held.result().json()["status"] == "answered"


@pytest.mark.parametrize(("method", "path", "body"), COMPUTED)
def test_what_computes_is_refused_while_no_thread_is_free(
    busy: TestClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    response = busy.request(method, path, json=body, headers=HEADERS)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    told = "Too many questions are waiting. Ask again in 1 s."
    if path.startswith("/v1/"):
        assert response.json() == {"error": {"message": told, "type": "server_error", "param": None, "code": "busy"}}
    else:
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert (problem["status"], problem["code"], problem["detail"]) == (503, "busy", told)
        assert problem["title"] == "The server is busy"


@pytest.mark.parametrize("path", AT_ONCE)
def test_health_and_the_pages_are_answered_while_no_thread_is_free(busy: TestClient, path: str) -> None:
    assert busy.get(path).status_code == 200


def test_every_route_is_known_to_compute_or_to_be_answered_at_once(busy: TestClient) -> None:
    known, example = (
        {path for _, path, _ in COMPUTED} | set(AT_ONCE),
        {"store_id": "citaat", "model": "citaat", "document_id": "a"},
    )
    for route in busy.get("/openapi.json").json()["paths"]:
        assert route.format(**example, passage_id="a/000000000000") in known


def test_a_tool_that_is_refused_after_it_waited_tells_a_model_so(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first work of a server is not known to take long: it is only refused when it did wait."""
    begun, may_end, documents = threading.Event(), threading.Event(), Library.documents

    def held_up(library: Library) -> Any:
        begun.set()
        may_end.wait()
        return documents(library)

    with ThreadPoolExecutor() as pool, serving(own) as client:
        client.app.state.queue = WorkQueue(1, 0.01)  # type: ignore[attr-defined]
        monkeypatch.setattr(Library, "documents", held_up)
        held = pool.submit(client.get, "/documents")
        begun.wait()
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}
        result = client.post("/mcp", headers=HEADERS, json=message).json()["result"]
        may_end.set()
        assert held.result().status_code == 200
    assert result["isError"]
    assert result["content"][0]["text"] == "Too many questions are waiting. Ask again in 1 s."


def test_examples_are_sought_once_for_each_state_of_the_library(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[Library] = []

    def examples(library: Library) -> list[str]:
        sought.append(library)
        return [str(len(sought))]

    monkeypatch.setattr(conversation, "examples", examples)
    with serving(own) as client:
        assert [client.get("/examples").json() for _ in range(3)] == [{"questions": ["1"]}] * 3
        before = client.app.state.served.description.generation  # type: ignore[attr-defined]
        Library.index([own.data], own, fresh=True)
        client.app.state.served.look()  # type: ignore[attr-defined]
        assert client.app.state.served.description.generation != before  # type: ignore[attr-defined]
        assert [client.get("/examples").json() for _ in range(3)] == [{"questions": ["2"]}] * 3
