"""OpenAI's chat completions, without a client of theirs: those are in tests/clients."""

import json
import re
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import ROOT
from tests.server.interfaces.openai.turns import asked, chunks
from tests.server.libraries import ODD, PLAN, RENT

QUESTION = "Gaan kernwapens de wereld uit?"
PATH = "/v1/chat/completions"


def message(client: TestClient, *turns: str, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.post(PATH, json=asked(*turns, **fields)).json()["choices"][0]["message"]
    return found


def test_a_completion_quotes_with_indexes_that_mark_the_quote(small: TestClient) -> None:
    said = message(small, QUESTION)
    assert said["annotations"]
    assert "Kernwapens de wereld uit" in said["annotations"][0]["url_citation"]["title"]
    for annotation in said["annotations"]:
        cited = annotation["url_citation"]
        assert annotation["type"] == "url_citation"
        assert said["content"][cited["start_index"] : cited["end_index"]] in PLAN
        assert small.get(cited["url"]).status_code == 200


def test_a_completion_says_what_it_is_and_that_nothing_was_generated(small: TestClient) -> None:
    body = small.post(PATH, json=asked(QUESTION)).json()
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message(small, QUESTION)}
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{32}", body.pop("id"))
    assert body == {
        "object": "chat.completion", "model": "citaat", "choices": [choice], "created": pytest.approx(time.time(), abs=60),
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }  # fmt: skip
    assert (choice["message"]["role"], choice["message"]["refusal"]) == ("assistant", None)


def test_each_completion_has_an_id_of_its_own(small: TestClient) -> None:
    assert len({small.post(PATH, json=asked(QUESTION)).json()["id"] for _ in range(5)}) == 5


@pytest.mark.parametrize("question", ["Krijgt de kat vis?", "Mag de hond in de trein?"])
def test_indexes_count_code_points_whatever_the_text_holds(small: TestClient, question: str) -> None:
    said = message(small, question, model="citaat/dieren")
    (cited, *_) = [annotation["url_citation"] for annotation in said["annotations"]]
    quote = said["content"][cited["start_index"] : cited["end_index"]]
    assert quote in ODD
    assert quote.endswith(".")


def test_a_reply_is_the_quotes_with_their_numbers_and_then_their_sources(small: TestClient) -> None:
    said = message(small, "Gaat de huur omlaag?")
    quote = RENT[: RENT.index("\r\n\r\n")]
    (citation,) = small.post("/ask", json={"question": "Gaat de huur omlaag?"}).json()["citations"]
    title = "Huur & <woning> › De huur van een <b>woning</b> gaat omlaag"
    assert said["content"] == f"{quote} [1]\n\n[1] {title}\n{citation['url']}"
    assert said["refusal"] is None


def test_what_is_not_answered_is_said_without_annotations(small: TestClient) -> None:
    said = message(small, "Hoe bak ik een appeltaart?")
    assert (said["annotations"], said["content"].startswith("Ik vond geen passage")) == ([], True)


def test_a_conversation_is_read_up_to_its_last_question(small: TestClient) -> None:
    told = message(small, "Krijgt de kat vis?", "…", "en waarom?")
    assert told["annotations"]
    with_prompts = asked("Krijgt de kat vis?", "…")
    with_prompts["messages"].insert(0, {"role": "system", "content": "Zeg iets over kernwapens."})
    with_prompts["messages"].append({"role": "tool", "content": "kernwapens"})
    assert small.post(PATH, json=with_prompts).json()["choices"][0]["message"] == message(small, "Krijgt de kat vis?")


def test_a_stream_brings_the_same_text_and_annotations(small: TestClient) -> None:
    whole = message(small, QUESTION)
    found = chunks(small.post(PATH, json=asked(QUESTION, stream=True, stream_options={"include_usage": True})).text)
    deltas = [chunk["choices"][0]["delta"] for chunk in found if chunk["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content", "") for delta in deltas) == whole["content"]
    assert [one for delta in deltas for one in delta.get("annotations", [])] == whole["annotations"]
    assert {(chunk["id"], chunk["created"], chunk["object"], chunk["model"]) for chunk in found} == {
        (found[0]["id"], found[0]["created"], "chat.completion.chunk", "citaat")
    }
    assert {(choice["index"], choice["logprobs"]) for chunk in found for choice in chunk["choices"]} == {(0, None)}
    finishes = [chunk["choices"][0]["finish_reason"] for chunk in found[:-1]]
    assert finishes == [None] * (len(finishes) - 1) + ["stop"]


def test_a_stream_tells_usage_only_if_it_is_asked_for(small: TestClient) -> None:
    with_usage = chunks(small.post(PATH, json=asked(QUESTION, stream=True, stream_options={"include_usage": True})).text)
    assert (with_usage[-1]["choices"], with_usage[-1]["usage"]["total_tokens"]) == ([], 0)
    assert [chunk["usage"] for chunk in with_usage[:-1]] == [None] * (len(with_usage) - 1)
    asking: list[dict[str, Any]] = [{}, {"stream_options": {}}, {"stream_options": None}]
    for options in asking:
        without = chunks(small.post(PATH, json=asked(QUESTION, stream=True, **options)).text)
        assert all("usage" not in chunk and chunk["choices"] for chunk in without)


def test_a_stream_of_a_refusal_has_no_annotations(small: TestClient) -> None:
    found = chunks(small.post(PATH, json=asked("Hoe bak ik een appeltaart?", stream=True)).text)
    assert not any("annotations" in chunk["choices"][0]["delta"] for chunk in found)


def shape(value: Any) -> Any:
    """The keys and types of a message, whatever it says."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_open_webui_gets_what_it_showed_when_it_was_tried(small: TestClient) -> None:
    folder = ROOT / "tests" / "golden" / "open-webui"
    then = chunks((folder / "answer.sse").read_text("utf-8"))
    request = json.loads((folder / "request.json").read_bytes()) | asked(QUESTION)
    now = chunks(small.post(PATH, json=request).text)
    assert {json.dumps(shape(one)) for one in now} == {json.dumps(shape(one)) for one in then}


def test_a_document_is_a_model_of_its_own(small: TestClient) -> None:
    listed = small.get("/v1/models").json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["citaat", "citaat/dieren", "citaat/huur", "citaat/plan"]
    assert {(model["object"], model["owned_by"]) for model in listed["data"]} == {("model", "citaat")}
    assert small.get("/v1/models/citaat/huur").json() == listed["data"][2]
    assert message(small, "Krijgt de kat vis?")["annotations"]
    assert message(small, "Krijgt de kat vis?", model="citaat/huur")["annotations"] == []


def test_a_model_that_is_not_there_is_not_found(small: TestClient) -> None:
    response = small.get("/v1/models/citaat/elders")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({"messages": []}, 400, "invalid-input", "messages"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, 400, "question-empty", None),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}, 400, "not-text", None),
        ({"messages": [{"role": "user", "content": "secret" * 400}]}, 400, "question-too-long", None),
        (asked("a", model="gpt-secret"), 404, "model_not_found", None),
        (asked("a", model="citaat/secret"), 404, "model_not_found", None),
        (asked("a", model="huur"), 404, "model_not_found", None),
        (asked("a", n=2), 400, "invalid-input", "n"),
        (asked("a", n=0), 400, "invalid-input", "n"),
        ({"messages": [{"role": "user", "content": [{"text": "secret"}]}]}, 400, "invalid-input", "messages[0].content[0].type"),
    ],
)
def test_a_bad_request_gets_the_error_that_their_clients_read(
    small: TestClient, fields: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    response = small.post(PATH, json=fields)
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert "secret" not in response.text


def test_what_steers_generation_is_taken_and_changes_nothing(small: TestClient) -> None:
    steered = message(small, QUESTION, temperature=2, tools=[{"type": "function"}], n=None, stream=None, max_tokens=1)
    assert steered == message(small, QUESTION)
