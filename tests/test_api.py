import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from citaat import indexing, library
from citaat.library import Library
from citaat.server.application import build
from citaat.settings import Settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.conftest import SEED, serving
from tests.fakes import HashEncoder

TEXT = SEED.read_bytes().decode()
QUESTION = "Wat vindt de partij van kernwapens?"
GOLDEN = Path(__file__).parent / "golden" / "openapi.json"


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "instance", "code"} == set(body)
    assert (body["status"], body["code"]) == (status, code)
    return body


def test_a_question_gets_slices_of_the_source(client: TestClient) -> None:
    body = client.post("/ask", json={"question": QUESTION}).json()
    assert (body["question"], body["status"]) == (QUESTION, "answered")
    for citation in body["citations"]:
        assert TEXT[citation["start"] : citation["end"]] == citation["quote"]
        assert all(citation["start"] <= span["start"] < span["end"] <= citation["end"] for span in citation["highlights"])
    assert body["citations"][0]["url"].startswith("http://testserver/read/verkiezingsprogramma-7-3/")


def test_no_answer_has_no_citations_and_the_closest_headings(client: TestClient) -> None:
    body = client.post("/ask", json={"question": "Hoe bak ik een appeltaart?"}).json()
    assert (body["status"], body["citations"]) == ("no_answer", [])
    assert 1 <= len(body["suggestions"]) <= 3
    closest = "; ".join(body["suggestions"])
    assert body["answer"] == f"Ik vond geen passage die hier duidelijk antwoord op geeft. Het dichtst in de buurt: {closest}."


def test_an_event_stream_brings_each_citation_then_the_answer(client: TestClient) -> None:
    body = {"question": "Wat staat er over kernwapens en vredesmissies?", "min_confidence": 0}
    whole = client.post("/ask", json=body).json()
    stream = client.post("/ask", json=body, headers={"accept": "text/event-stream"})
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [event.split("\n") for event in stream.text.strip().split("\n\n")]
    assert [name for name, _ in events] == ["event: citation"] * len(whole["citations"]) + ["event: answer", "event: done"]
    data = [json.loads(data.removeprefix("data: ")) for _, data in events]
    assert data[:-2] == whole["citations"]
    assert data[-2]["answer"] == whole["answer"]


def test_another_site_is_served_only_if_it_is_named(settings: Settings) -> None:
    with TestClient(build(replace(settings, origins=("https://krant.example",)))) as client:
        for origin, allowed in (("https://krant.example", "https://krant.example"), ("https://elders.example", None)):
            headers = {"origin": origin, "access-control-request-method": "POST"}
            assert client.options("/ask", headers=headers).headers.get("access-control-allow-origin") == allowed


def test_the_link_of_a_citation_shows_the_passage_marked(client: TestClient) -> None:
    citation = client.post("/ask", json={"question": QUESTION}).json()["citations"][0]
    page = client.get(citation["url"])
    assert page.status_code == 200
    assert f'<mark id="passage">{citation["quote"]}</mark>' in page.text
    assert "unsafe" not in page.headers["content-security-policy"]
    assert client.get(f"/passages/{citation['id']}").json()["quote"] == citation["quote"]


def test_documents_come_with_text_and_sections(client: TestClient) -> None:
    (listed,) = client.get("/documents").json()
    whole = client.get(f"/documents/{listed['id']}").json()
    assert whole["text"] == TEXT
    assert [section["section"][-1] for section in whole["sections"]][2] == "Kernwapens de wereld uit"


def test_a_quote_is_verified(client: TestClient) -> None:
    body = {"document": "verkiezingsprogramma-7-3", "start": 1207, "end": 1217, "quote": "Kernwapens"}
    assert client.post("/verify", json=body).json()["verbatim"] is True
    elsewhere = client.post("/verify", json=body | {"start": 0, "end": 10}).json()
    assert (elsewhere["verbatim"], {"start": 1207, "end": 1217} in elsewhere["found"]) == (False, True)


def test_info_and_health_tell_what_serves(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    info = client.get("/info").json()
    assert (info["documents"], info["passages"]) == (1, 5)


@pytest.mark.parametrize(("passages", "calibrated"), [(1, False), (60, True)])
def test_info_tells_whether_confidence_is_fitted_to_this_library(
    settings: Settings, tmp_path: Path, passages: int, calibrated: bool
) -> None:
    text = "\n\n".join(f"In stad {number} gaat de huur van alle woningen omlaag." for number in range(passages))
    (tmp_path / "a.txt").write_text(text)
    with serving(Settings(tmp_path, settings.model, tmp_path / "store", "")) as client:
        info = client.get("/info").json()
    assert (info["passages"], info["calibrated"]) == (passages, calibrated)


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b'{"question": ""}', "invalid-input", "Field 'question': "),
        (b'{"question": " "}', "question-empty", "The question is empty. "),
        (json.dumps({"question": "a" * 2_001}).encode(), "invalid-input", "Field 'question': "),
        (b'{"question": "\\ud800"}', "invalid-input", "Field 'question': "),
        (b'{"question": "a\\u0000b"}', "question-unreadable", "The question holds a NUL "),
        (b'{"question": "a", "min_confidence": NaN}', "invalid-input", "Field 'min_confidence': "),
        (b'{"question": "a", "min_confidence": 1e400}', "invalid-input", "Field 'min_confidence': "),
        (b'{"question": "a", "limit": 21}', "invalid-input", "Field 'limit': "),
        (b'{"question": "a", "limit": "3"}', "invalid-input", "Field 'limit': "),
        (b'{"question": 1}', "invalid-input", "Field 'question': "),
        (b'{"question": "a", "colour": "secret-value"}', "invalid-input", "A field is not known here. "),
        (
            b'{"question": "a", "messages": [{"role": "system", "content": "secret"}]}', "invalid-input",
            "Field 'messages[0].role': ",
        ),
        (b"[]", "invalid-input", "The body: "),
        (b"{", "invalid-json", "The body is not valid JSON."),
        (b"\xff\xfe", "invalid-json", "The body is not valid JSON."),
    ],
)  # fmt: skip
def test_a_bad_body_is_a_problem_that_does_not_echo_it(client: TestClient, body: bytes, code: str, says: str) -> None:
    response = client.post("/ask", content=body, headers={"content-type": "application/json"})
    assert problem(response, 422, code)["detail"].startswith(says)
    assert "secret" not in response.text
    assert "colour" not in response.text


def test_deep_json_and_a_huge_body_are_problems(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    problem(client.post("/ask", content=b"[" * 100_000, headers=headers), 400, "invalid-json")
    for path in ("/ask", "/verify"):
        found = problem(client.post(path, content=b'{"question": "' + b"a" * 2_000_000, headers=headers), 413, "body-too-large")
        assert "at most 1048576 bytes" in found["detail"]


def test_unknown_things_are_problems(client: TestClient) -> None:
    problem(client.post("/ask", json={"question": "a", "documents": ["elders"]}), 404, "unknown-document")
    problem(client.get("/documents/elders"), 404, "unknown-document")
    problem(client.get("/passages/verkiezingsprogramma-7-3/000000000000"), 410, "passage-gone")
    problem(client.get("/read/verkiezingsprogramma-7-3/zzz"), 410, "passage-gone")
    for path in ("/nergens", "/nergens.js", "/nergens.css", "/reader.js", "/index.html"):
        problem(client.get(path), 404, "not-found")
    problem(client.get("/ask"), 405, "method-not-allowed")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("question", "messages", "limit", "documents", "min_confidence", "document", "start", "end", "quote")
FIELDS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON))


@hypothesis_settings(max_examples=200)
@given(st.sampled_from(["/ask", "/verify"]), st.one_of(st.binary(), FIELDS.map(lambda body: json.dumps(body).encode())))
def test_no_body_makes_the_server_fail(client: TestClient, path: str, body: bytes) -> None:
    assert client.post(path, content=body, headers={"content-type": "application/json"}).status_code < 500


def test_the_contract_is_the_one_that_was_agreed(client: TestClient) -> None:
    """Set UPDATE_GOLDEN=1 to write the contract anew, and read the difference before you commit it."""
    found = client.get("/openapi.json").json()
    found["info"]["version"] = "0"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(GOLDEN.read_text("utf-8"))


def test_a_new_generation_is_served_without_a_restart(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citaat.server.shelf._LOOK_EVERY", 0.0)
    own = Settings(tmp_path / "a.txt", settings.model, tmp_path / "store", "https://citaat.example")
    own.data.write_text("De huur gaat omlaag in alle steden.")
    with TestClient(build(own)) as client:
        while client.get("/health/ready").status_code == 503:
            pass
        first = client.post("/ask", json={"question": "huur steden", "min_confidence": 0}).json()["citations"][0]
        assert first["url"].startswith("https://citaat.example/read/a/")
        own.data.write_text("De huur gaat omhoog in alle steden.")
        library.index([own.data], own)
        second = client.post("/ask", json={"question": "huur steden", "min_confidence": 0}).json()["citations"][0]
        assert "omhoog" in second["quote"]
        problem(client.get(f"/passages/{first['id']}"), 410, "passage-gone")


def test_a_generation_that_is_refused_is_tried_once_and_the_old_one_serves_on(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citaat.server.shelf._LOOK_EVERY", 0.0)
    own = Settings(tmp_path / "a.txt", settings.model, tmp_path / "store", "")
    own.data.write_text("De huur gaat omlaag in alle steden.")
    with TestClient(build(own)) as client:
        while client.get("/health/ready").status_code == 503:
            pass
        own.data.write_text("De huur gaat omhoog in alle steden.")
        indexing.index([own.data], own.store, HashEncoder())
        tried: list[Settings] = []
        opens = Library.open
        monkeypatch.setattr(Library, "open", lambda *given: tried.append(given[0]) or opens(*given))
        for _ in range(3):
            answer = client.post("/ask", json={"question": "huur steden", "min_confidence": 0}).json()
            assert "omlaag" in answer["citations"][0]["quote"]
        assert len(tried) == 2, "with the model that serves, and once with the one that the settings name now"


def test_a_model_that_is_broken_in_a_way_nobody_foresaw_is_reported_at_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(given: Settings) -> Library:
        raise ZeroDivisionError

    monkeypatch.setattr(Library, "open_or_build", broken)
    with TestClient(build(Settings(settings.data, settings.model, tmp_path / "store", ""))) as client:
        while (response := client.get("/health/ready")).json()["code"] == "loading":
            pass
        assert "ZeroDivisionError" in problem(response, 503, "store-unusable")["detail"]


def test_a_server_without_a_usable_index_says_so(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "CURRENT").write_text("?")
    with TestClient(build(Settings(settings.data, settings.model, tmp_path / "store", ""))) as client:
        assert client.get("/health/live").status_code == 200
        while (response := client.get("/health/ready")).json()["code"] == "loading":
            pass
        assert "citaat index --fresh" in problem(response, 503, "store-corrupt")["detail"]
        problem(client.post("/ask", json={"question": "a"}), 503, "store-corrupt")


def test_another_method_is_told_which_one_there_is(client: TestClient) -> None:
    response = client.get("/ask")
    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"
