import json
import re
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.libraries import PLAN

QUESTION = "Gaan kernwapens de wereld uit?"
PATH = "/v1/responses"


def responded(client: TestClient, given: object, **fields: object) -> dict[str, Any]:
    body: dict[str, Any] = client.post(PATH, json={"input": given, **fields}).json()
    return body


def streamed(client: TestClient, given: object) -> list[dict[str, Any]]:
    text = client.post(PATH, json={"input": given, "stream": True}).text
    pairs = [event.split("\ndata: ") for event in text.strip().split("\n\n")]
    events = [json.loads(data) for _, data in pairs]
    assert [name for name, _ in pairs] == [f"event: {event['type']}" for event in events]
    return events


def test_a_response_holds_the_passages_and_a_message_that_cites_them(small: TestClient) -> None:
    body = responded(small, QUESTION)
    search, message = body["output"]
    assert (body["status"], search["type"], search["queries"]) == ("completed", "file_search_call", [QUESTION])
    assert search["results"]
    assert all(result["text"] in PLAN for result in search["results"])
    (part,) = message["content"]
    files, urls = ([one for one in part["annotations"] if one["type"] == kind] for kind in ("file_citation", "url_citation"))
    assert [part["text"][one["start_index"] : one["end_index"]] for one in urls] == [one["text"] for one in search["results"]]
    assert [one["index"] for one in files] == [one["end_index"] for one in urls]
    assert {one["file_id"] for one in files} == {"plan"}


def test_a_response_says_what_it_is_and_that_nothing_was_generated(small: TestClient) -> None:
    body = responded(small, QUESTION)
    ids = [body.pop("id"), *(item.pop("id") for item in body["output"])]
    assert all(re.fullmatch(f"{kind}_[0-9a-f]{{32}}", name) for kind, name in zip(("resp", "fs", "msg"), ids, strict=True))
    search, message = body.pop("output")
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    assert body == {
        "object": "response", "model": "citaat", "status": "completed", "created_at": pytest.approx(time.time(), abs=60),
        "parallel_tool_calls": False, "tool_choice": "auto", "tools": [], "metadata": {},
        **dict.fromkeys(("error", "incomplete_details", "instructions", "temperature", "top_p")),
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0} | details,
    }  # fmt: skip
    assert (message["type"], message["role"], message["status"], search["status"]) == ("message", "assistant", *["completed"] * 2)
    assert {key: message["content"][0][key] for key in ("type", "logprobs")} == {"type": "output_text", "logprobs": []}


def test_each_response_and_each_item_has_an_id_of_its_own(small: TestClient) -> None:
    bodies = [responded(small, QUESTION) for _ in range(5)]
    assert len({one["id"] for body in bodies for one in (body, *body["output"])}) == 15


def test_a_result_has_its_confidence_and_its_place(small: TestClient) -> None:
    (result, *_) = responded(small, QUESTION)["output"][0]["results"]
    (citation, *_) = small.post("/ask", json={"question": QUESTION}).json()["citations"]
    assert (result["file_id"], result["filename"], result["score"]) == ("plan", "plan", citation["confidence"])
    place = result["attributes"]
    assert (place["passage"], place["url"]) == (citation["id"], citation["url"])
    assert PLAN[place["start"] : place["end"]] == result["text"]


def test_the_events_of_a_response_add_up_to_it(small: TestClient) -> None:
    events = streamed(small, [{"role": "user", "content": [{"type": "input_text", "text": QUESTION}]}])
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert (events[0]["type"], events[-1]["type"]) == ("response.created", "response.completed")
    part = events[-1]["response"]["output"][1]["content"][0]
    assert "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta") == part["text"]
    added = [event["annotation"] for event in events if event["type"] == "response.output_text.annotation.added"]
    assert added == part["annotations"] != []
    numbers = [event["annotation_index"] for event in events if event["type"] == "response.output_text.annotation.added"]
    assert numbers == list(range(len(added)))


def test_a_response_grows_step_by_step(small: TestClient) -> None:
    events = streamed(small, QUESTION)
    steps = [event["type"].removeprefix("response.") for event in events]
    assert list(dict.fromkeys(steps)) == [
        "created", "in_progress", "output_item.added", "file_search_call.in_progress", "file_search_call.searching",
        "file_search_call.completed", "output_item.done", "content_part.added", "output_text.delta",
        "output_text.annotation.added", "output_text.done", "content_part.done", "completed",
    ]  # fmt: skip
    assert [steps.count(one) for one in ("output_item.added", "output_item.done")] == [2, 2]
    first, last = events[0]["response"], events[-1]["response"]
    assert (first["status"], first["output"], first["usage"]) == ("in_progress", [], None)
    assert first["id"] == last["id"]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert done == last["output"]


def test_what_is_added_is_empty_until_it_is_done(small: TestClient) -> None:
    events = streamed(small, QUESTION)
    search, message = [event["item"] for event in events if event["type"] == "response.output_item.added"]
    assert (search["status"], search["results"]) == ("in_progress", None)
    assert (message["status"], message["content"]) == ("in_progress", [])
    (part,) = [event["part"] for event in events if event["type"] == "response.content_part.added"]
    assert (part["text"], part["annotations"]) == ("", [])
    (text,) = [event["text"] for event in events if event["type"] == "response.output_text.done"]
    (whole,) = [event["part"] for event in events if event["type"] == "response.content_part.done"]
    assert text == whole["text"] == events[-1]["response"]["output"][1]["content"][0]["text"]
    assert [event["logprobs"] for event in events if event["type"].startswith("response.output_text.d")] != []
    assert all(event["logprobs"] == [] for event in events if event["type"].startswith("response.output_text.d"))


def test_each_event_says_which_item_it_is_of(small: TestClient) -> None:
    events = streamed(small, QUESTION)
    search, message = events[-1]["response"]["output"]
    places = {(event["output_index"], event.get("item_id") or event["item"]["id"]) for event in events if "output_index" in event}
    assert places == {(0, search["id"]), (1, message["id"])}
    kinds = ("content_part", "output_text")
    within = [event["content_index"] for event in events if event["type"].split(".")[1] in kinds]
    assert within == [0] * len(within) != []


def test_what_is_not_answered_is_a_message_without_results(small: TestClient) -> None:
    search, message = responded(small, "Hoe bak ik een appeltaart?")["output"]
    assert (search["results"], message["content"][0]["annotations"]) == ([], [])
    assert message["content"][0]["text"].startswith("Ik vond geen passage")


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
def test_a_turn_that_cannot_be_read_is_refused_with_its_place(small: TestClient, item: object, place: str) -> None:
    response = small.post(PATH, json={"input": [{"role": "user", "content": QUESTION}, item]})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "invalid-input", place)
    assert place in error["message"]
    assert "secret" not in response.text


@pytest.mark.parametrize("item", [{"type": "reasoning", "id": "rs_1", "summary": []}, {"type": "function_call", "name": "a"}])
def test_items_that_are_no_turns_are_passed_over(small: TestClient, item: object) -> None:
    search, _ = responded(small, [{"role": "user", "content": QUESTION}, item])["output"]
    assert search["queries"] == [QUESTION]


def test_earlier_turns_are_read_and_a_document_is_a_model(small: TestClient) -> None:
    turns = [{"role": "user", "content": "Krijgt de kat vis?"}, {"role": "assistant", "content": "…"}]
    search, _ = responded(small, [*turns, {"type": "message", "role": "user", "content": "en waarom?"}])["output"]
    assert "vis" in search["queries"][0]
    assert search["results"]
    body = responded(small, "Krijgt de kat vis?", model="citaat/huur")
    assert (body["model"], body["output"][0]["results"]) == ("citaat/huur", [])


@pytest.mark.parametrize("fields", [{"previous_response_id": "resp_1"}, {"conversation": "a"}, {"conversation": {"id": "a"}}])
def test_a_conversation_that_the_server_should_have_kept_is_refused(small: TestClient, fields: dict[str, object]) -> None:
    response = small.post(PATH, json={"input": "en dat?", **fields})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "previous_response_not_found")
    assert "Send the earlier turns in 'input'" in response.json()["error"]["message"]
