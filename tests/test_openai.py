"""OpenAI's interfaces, without a client of theirs: those are in tests/clients."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from citaat.settings import Settings
from starlette.testclient import TestClient

from tests.conftest import ROOT, SEED, serving

TEXT = SEED.read_bytes().decode()
QUESTION = "Wat vindt de partij van kernwapens?"
ODD = (
    "De kat 🐈‍⬛ slaapt na\u0308chst de cafe\u0301. De kat krijgt elke dag vis 🐟 en melk.\n\n"
    "Honden mogen niet mee in de trein 🚆 van zeven uur.\n"
)


def asked(*turns: str, **fields: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[place % 2], "content": turn} for place, turn in enumerate(turns)]} | fields


def chunks(text: str) -> list[dict[str, Any]]:
    events = text.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]


@pytest.fixture(scope="module")
def odd(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "dieren.txt").write_text(ODD, "utf-8")
    (folder / "sport.txt").write_text("Voetbal wordt op zaterdag gespeeld door alle jeugdteams.\n", "utf-8")
    with serving(Settings(folder, settings.model, folder / "store", "")) as client:
        yield client


def test_a_completion_quotes_with_indexes_that_mark_the_quote(client: TestClient) -> None:
    body = client.post("/v1/chat/completions", json=asked(QUESTION)).json()
    message = body["choices"][0]["message"]
    assert (body["object"], body["choices"][0]["finish_reason"], message["role"]) == ("chat.completion", "stop", "assistant")
    assert message["annotations"]
    assert "Kernwapens de wereld uit" in message["annotations"][0]["url_citation"]["title"]
    for annotation in message["annotations"]:
        cited = annotation["url_citation"]
        assert message["content"][cited["start_index"] : cited["end_index"]] in TEXT
        assert client.get(cited["url"]).status_code == 200


@pytest.mark.parametrize("question", ["Wat krijgt de kat?", "Mogen honden mee in de trein?"])
def test_indexes_count_code_points_whatever_the_text_holds(odd: TestClient, question: str) -> None:
    message = odd.post("/v1/chat/completions", json=asked(question)).json()["choices"][0]["message"]
    (cited, *_) = [annotation["url_citation"] for annotation in message["annotations"]]
    quote = message["content"][cited["start_index"] : cited["end_index"]]
    assert quote in ODD
    assert quote.endswith(".")


def test_a_stream_brings_the_same_text_and_annotations(client: TestClient) -> None:
    whole = client.post("/v1/chat/completions", json=asked(QUESTION)).json()["choices"][0]["message"]
    options = {"stream": True, "stream_options": {"include_usage": True}}
    found = chunks(client.post("/v1/chat/completions", json=asked(QUESTION, **options)).text)
    deltas = [chunk["choices"][0]["delta"] for chunk in found if chunk["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == whole["content"]
    assert [one for delta in deltas for one in delta.get("annotations", [])] == whole["annotations"]
    assert len({(chunk["id"], chunk["created"], chunk["object"]) for chunk in found}) == 1
    assert (found[-1]["choices"], found[-1]["usage"]["total_tokens"]) == ([], 0)


def shape(value: Any) -> Any:
    """The keys and types of a message, whatever it says."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_open_webui_gets_what_it_showed_when_it_was_tried(client: TestClient) -> None:
    folder = ROOT / "tests" / "golden" / "open-webui"
    then = chunks((folder / "answer.sse").read_text("utf-8"))
    now = chunks(client.post("/v1/chat/completions", json=json.loads((folder / "request.json").read_bytes())).text)
    assert {json.dumps(shape(one)) for one in now} == {json.dumps(shape(one)) for one in then}


def test_a_document_is_a_model_of_its_own(odd: TestClient) -> None:
    names = [model["id"] for model in odd.get("/v1/models").json()["data"]]
    assert names == ["citaat", "citaat/dieren", "citaat/sport"]
    assert odd.get("/v1/models/citaat/sport").json()["id"] == "citaat/sport"
    message = odd.post("/v1/chat/completions", json=asked("Wat krijgt de kat?", model="citaat/sport")).json()["choices"][0][
        "message"
    ]
    assert message["annotations"] == []


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({"messages": []}, 400, "invalid-input", "messages"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, 400, "question-empty", None),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}, 400, "not-text", None),
        ({"messages": [{"role": "user", "content": "secret" * 400}]}, 400, "question-too-long", None),
        (asked("a", model="gpt-secret"), 404, "model_not_found", None),
        (asked("a", n=2), 400, "invalid-input", "n"),
        ({"messages": [{"role": "user", "content": [{"text": "secret"}]}]}, 400, "invalid-input", "messages[0].content[0].type"),
    ],
)
def test_a_bad_request_gets_the_error_that_their_clients_read(
    client: TestClient, fields: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    response = client.post("/v1/chat/completions", json=fields)
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert "secret" not in response.text


def test_a_response_holds_the_passages_and_a_message_that_cites_them(client: TestClient) -> None:
    body = client.post("/v1/responses", json={"input": QUESTION}).json()
    search, message = body["output"]
    assert (body["status"], search["type"], search["queries"]) == ("completed", "file_search_call", [QUESTION])
    assert all(result["text"] in TEXT for result in search["results"])
    (part,) = message["content"]
    files, urls = ([one for one in part["annotations"] if one["type"] == kind] for kind in ("file_citation", "url_citation"))
    assert [part["text"][one["start_index"] : one["end_index"]] for one in urls] == [one["text"] for one in search["results"]]
    assert [one["index"] for one in files] == [one["end_index"] for one in urls]


def test_the_events_of_a_response_add_up_to_it(client: TestClient) -> None:
    turns = [{"role": "user", "content": [{"type": "input_text", "text": QUESTION}]}]
    text = client.post("/v1/responses", json={"input": turns, "stream": True}).text
    events = [json.loads(event.split("\ndata: ")[1]) for event in text.strip().split("\n\n")]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert (events[0]["type"], events[-1]["type"]) == ("response.created", "response.completed")
    part = events[-1]["response"]["output"][1]["content"][0]
    assert "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta") == part["text"]
    added = [event["annotation"] for event in events if event["type"] == "response.output_text.annotation.added"]
    assert added == part["annotations"] != []


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"role": "user", "content": [{"text": "secret"}]}, "input[1].content[0].type"),
        ({"role": "user", "content": 1}, "input[1].content"),
        ({"role": "secret", "content": "a"}, "input[1].role"),
        ({"type": "message", "content": "secret"}, "input[1].role"),
        ({"content": "secret"}, "input[1].role"),
        ("secret", "input[1]"),
    ],
)
def test_a_turn_that_cannot_be_read_is_refused_with_its_place(client: TestClient, item: Any, place: str) -> None:
    response = client.post("/v1/responses", json={"input": [{"role": "user", "content": QUESTION}, item]})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid-input", place)
    assert place in error["message"]
    assert "secret" not in response.text


def test_items_that_are_no_turns_are_passed_over(client: TestClient) -> None:
    turns = [{"role": "user", "content": QUESTION}, {"type": "reasoning", "id": "rs_1", "summary": []}]
    search, _ = client.post("/v1/responses", json={"input": turns}).json()["output"]
    assert search["queries"] == [QUESTION]


def test_a_conversation_that_the_server_should_have_kept_is_refused(client: TestClient) -> None:
    response = client.post("/v1/responses", json={"input": "en dat?", "previous_response_id": "resp_1"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "previous_response_not_found")


def test_a_vector_store_search_returns_passages_and_their_place(client: TestClient) -> None:
    (store,) = client.get("/v1/vector_stores").json()["data"]
    body = {"query": [QUESTION, "vredesmissies"], "max_num_results": 2, "ranking_options": {"score_threshold": 0}}
    page = client.post(f"/v1/vector_stores/{store['id']}/search", json=body).json()
    assert (page["object"], page["search_query"], len(page["data"])) == ("vector_store.search_results.page", body["query"], 2)
    for row in page["data"]:
        place = row["attributes"]
        assert row["content"] == [{"type": "text", "text": TEXT[place["start"] : place["end"]]}]
        assert len(place) <= 16
        assert all(len(value) <= 512 for value in place.values() if isinstance(value, str))
    assert client.post("/v1/vector_stores/other/search", json=body).status_code == 404


OLD, DUTCH = {"type": "eq", "key": "year", "value": 1}, {"type": "eq", "key": "language", "value": "nl"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"type": "eq", "key": "year", "value": 2023}, True),
        ({"type": "eq", "key": "year", "value": "2023"}, True),
        ({"type": "ne", "key": "year", "value": "2023"}, False),
        ({"type": "in", "key": "year", "value": [2022, "2023"]}, True),
        ({"type": "nin", "key": "year", "value": [2023]}, False),
        ({"type": "gte", "key": "year", "value": "2023"}, True),
        ({"type": "ne", "key": "publisher", "value": "GroenLinks-PvdA"}, False),
        ({"type": "in", "key": "language", "value": ["nl", "en"]}, True),
        ({"type": "nin", "key": "language", "value": ["nl"]}, False),
        ({"type": "gte", "key": "year", "value": 2024}, False),
        ({"type": "lt", "key": "year", "value": 2024}, True),
        ({"type": "or", "filters": [OLD, DUTCH]}, True),
        ({"type": "and", "filters": [OLD, DUTCH]}, False),
    ],
)
def test_filters_choose_documents(client: TestClient, condition: dict[str, Any], holds: bool) -> None:
    found = client.post("/v1/vector_stores/citaat/search", json={"query": QUESTION, "filters": condition}).json()
    assert bool(found["data"]) == holds


def test_a_year_that_is_no_number_is_neither_earlier_nor_later(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("De huur van woningen gaat omlaag in alle steden.\n", "utf-8")
    (tmp_path / "sources.toml").write_text('["a.txt"]\ntitle = "A"\nyear = "²⁰²³"\n', "utf-8")
    with serving(Settings(tmp_path, settings.model, tmp_path / "store", "")) as client:
        for kind, value, found in (("eq", "²⁰²³", 1), ("gte", 2000, 0), ("lt", 2000, 0), ("ne", 2023, 1)):
            condition = {"type": kind, "key": "year", "value": value}
            body = {"query": "huur", "filters": condition, "ranking_options": {"score_threshold": 0}}
            response = client.post("/v1/vector_stores/citaat/search", json=body)
            assert (response.status_code, len(response.json()["data"])) == (200, found)


@pytest.mark.parametrize("condition", [{"key": "year", "value": "secret"}, {"key": "title", "value": 1}])
def test_only_years_are_compared_by_size(client: TestClient, condition: dict[str, Any]) -> None:
    body = {"query": "a", "filters": {"type": "gt"} | condition}
    response = client.post("/v1/vector_stores/citaat/search", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unknown-filter")
    assert "Only 'year' can be compared by size, with a number" in response.json()["error"]["message"]


def test_a_filter_on_what_documents_have_not_says_what_they_have(client: TestClient) -> None:
    condition = {"type": "eq", "key": "colour", "value": "secret"}
    response = client.post("/v1/vector_stores/citaat/search", json={"query": "a", "filters": condition})
    assert response.status_code == 400
    assert "id, title, publisher, year, language, sha256" in response.json()["error"]["message"]


def test_without_a_library_the_error_is_theirs_too(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("?")
    from citaat.server.application import build

    with TestClient(build(Settings(settings.data, settings.model, tmp_path, ""))) as client:
        response = client.get("/v1/models")
        assert (response.status_code, response.json()["error"]["type"]) == (503, "server_error")
