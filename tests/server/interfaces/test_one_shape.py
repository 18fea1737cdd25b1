"""One question, asked by every interface: the same answer, and each says on which page it stands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from citaat.cli import main
from citaat.settings import Settings
from tests.conftest import serving
from tests.server.libraries import PAGE, PAGED
from tests.server.tools import called

QUESTION = "Gaat de huur omlaag?"


@pytest.fixture(scope="module")
def client(paged: Settings) -> Iterator[TestClient]:
    with serving(paged) as opened:
        yield opened


@pytest.fixture
def printed(paged: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `citaat ask --json` prints."""
    for name, value in (("STORE", paged.store), ("MODEL", paged.model), ("URL", paged.url)):
        monkeypatch.setenv(f"CITAAT_{name}", str(value))
    answer: dict[str, Any] = json.loads(CliRunner().invoke(main, ["ask", QUESTION, "--json"]).stdout)
    return answer


def test_the_command_line_the_api_and_mcp_give_the_same_answer(client: TestClient, printed: dict[str, Any]) -> None:
    asked = client.post("/ask", json={"question": QUESTION}).json()
    assert printed == asked == called(client, "ask", question=QUESTION)["structuredContent"]
    assert [citation["quote"] for citation in asked["citations"]] == [PAGED]


def test_each_citation_of_ours_has_its_page(client: TestClient, printed: dict[str, Any]) -> None:
    stream = client.post("/ask", json={"question": QUESTION}, headers={"accept": "text/event-stream"}).text
    streamed = json.loads(stream.split("\n")[1].removeprefix("data: "))
    (cited,) = printed["citations"]
    passage = client.get(f"/passages/{cited['id']}").json()
    assert [one["page"] for one in (cited, streamed, passage)] == [PAGE] * 3


def test_where_there_are_no_pages_the_field_is_null(small: TestClient) -> None:
    cited = small.post("/ask", json={"question": QUESTION}).json()["citations"]
    assert cited
    assert [citation["page"] for citation in cited] == [None] * len(cited)


def test_the_attributes_of_openais_interfaces_hold_the_page(client: TestClient, small: TestClient) -> None:
    for of, page in ((client, PAGE), (small, None)):
        found = of.post("/v1/vector_stores/citaat/search", json={"query": QUESTION}).json()["data"][0]
        search, _ = of.post("/v1/responses", json={"input": QUESTION}).json()["output"]
        assert found["attributes"].get("page") == search["results"][0]["attributes"].get("page") == page


def test_where_others_only_have_a_title_the_page_is_in_it(client: TestClient) -> None:
    messages = [{"role": "user", "content": QUESTION}]
    said = client.post("/v1/chat/completions", json={"messages": messages}).json()["choices"][0]["message"]
    (block,) = client.post("/anthropic/search-results", json={"question": QUESTION}).json()["content"]
    (row,) = called(client, "search", query=QUESTION)["structuredContent"]["results"]
    titles = [said["annotations"][0]["url_citation"]["title"], block["title"], row["title"]]
    assert titles == [f"Plan › p. {PAGE}"] * 3
