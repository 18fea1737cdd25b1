import json

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from citaat.chat import conversation
from citaat.chat.conversation import Message
from citaat.citations.wire import AnswerModel, CitationModel, VerificationModel
from citaat.library import Library
from citaat.limits import LONGEST_QUESTION, MOST_CITATIONS, MOST_TURNS
from citaat.server.interfaces.native import AskRequest, VerifyRequest
from citaat.settings import Settings
from tests.conftest import serving
from tests.server.libraries import ODD, PLAN, RENT

QUESTION = "Gaan kernwapens de wereld uit?"


def test_a_question_gets_slices_of_the_source(small: TestClient) -> None:
    body = small.post("/ask", json={"question": QUESTION}).json()
    assert (body["question"], body["status"], body["language"]) == (QUESTION, "answered", "nl")
    for citation in body["citations"]:
        assert PLAN[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["highlights"]
        assert all(citation["start"] <= span["start"] < span["end"] <= citation["end"] for span in citation["highlights"])
    assert body["citations"][0]["url"].startswith("http://testserver/read/plan/")


def test_no_answer_has_no_citations_and_the_closest_headings(small: TestClient) -> None:
    body = small.post("/ask", json={"question": "Hoe bak ik een appeltaart?"}).json()
    assert (body["status"], body["citations"]) == ("no_answer", [])
    assert 1 <= len(body["suggestions"]) <= 3
    closest = "; ".join(body["suggestions"])
    assert body["answer"] == f"Ik vond geen passage die hier duidelijk antwoord op geeft. Het dichtst in de buurt: {closest}."


@pytest.mark.parametrize(("limit", "cited"), [(1, 1), (2, 2), (21, 6), (50, 6)])
def test_as_many_citations_come_as_were_asked_for(small: TestClient, limit: int, cited: int) -> None:
    body = small.post("/ask", json={"question": "huur", "limit": limit, "min_confidence": 0}).json()
    assert [citation["number"] for citation in body["citations"]] == list(range(1, cited + 1))


def test_fifty_passages_are_cited_if_there_are_as_many(own: Settings) -> None:
    own.data.write_text("\n\n".join(f"In stad {number} gaat de huur omlaag." for number in range(60)))
    with serving(own) as client:
        body = client.post("/ask", json={"question": "huur", "limit": 50, "min_confidence": 0}).json()
    assert len({citation["id"] for citation in body["citations"]}) == 50


def test_earlier_turns_documents_and_confidence_are_read(small: TestClient) -> None:
    earlier = [{"role": "user", "content": "Krijgt de kat vis?"}, {"role": "assistant", "content": "…"}]
    said = small.post("/ask", json={"question": "en waarom?", "messages": earlier}).json()
    assert "vis" in said["question"]
    assert said["citations"][0]["document"]["id"] == "dieren"
    everywhere = small.post("/ask", json={"question": "stad", "min_confidence": 0}).json()["citations"]
    assert {citation["document"]["id"] for citation in everywhere} == {"huur", "plan"}
    within = small.post("/ask", json={"question": "stad", "min_confidence": 0, "documents": ["dieren"]}).json()["citations"]
    assert {citation["document"]["id"] for citation in within} == {"dieren"}
    assert small.post("/ask", json={"question": "stad", "min_confidence": 1}).json()["status"] == "no_answer"


def test_an_event_stream_brings_each_citation_then_the_answer(small: TestClient) -> None:
    body = {"question": "Gaat de huur omlaag?", "min_confidence": 0}
    whole = small.post("/ask", json=body).json()
    stream = small.post("/ask", json=body, headers={"accept": "text/event-stream"})
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [event.split("\n") for event in stream.text.strip().split("\n\n")]
    assert [name for name, _ in events] == ["event: citation"] * len(whole["citations"]) + ["event: answer", "event: done"]
    data = [json.loads(data.removeprefix("data: ")) for _, data in events]
    assert data[:-2] == whole["citations"]
    assert data[-2] == {key: value for key, value in whole.items() if key != "citations"}
    assert data[-1] == {}


def test_documents_come_with_their_facts_text_and_sections(small: TestClient) -> None:
    listed = small.get("/documents").json()
    assert [document["id"] for document in listed] == ["dieren", "huur", "plan"]
    whole = small.get("/documents/huur").json()
    assert {key: whole[key] for key in listed[1]} == listed[1]
    assert whole["text"] == RENT
    assert (whole["title"], whole["publisher"], whole["year"], whole["language"]) == ("Huur & <woning>", "Huurders", "2023", "nl")
    assert (whole["url"], whole["licence"], whole["length"]) == ("https://huur.example/plan?a=1&b=2", "CC0", len(RENT))
    assert whole["passages"] == 2
    assert [listed[0][name] for name in ("publisher", "year", "url", "licence")] == [None] * 4


def test_sections_are_heading_paths_with_the_start_of_their_first_passage(small: TestClient) -> None:
    whole = small.get("/documents/plan").json()
    assert whole["text"] == PLAN
    assert [one["section"] for one in whole["sections"]] == [
        ["Plan van de stad", "Kernwapens de wereld uit"], ["Plan van de stad", "Trein naar de zee"]
    ]  # fmt: skip
    assert PLAN[whole["sections"][1]["start"] :].startswith("De trein rijdt")


def test_a_passage_is_a_citation_without_a_question(small: TestClient) -> None:
    cited = small.post("/ask", json={"question": "Krijgt de kat vis?"}).json()["citations"][0]
    passage = small.get(f"/passages/{cited['id']}").json()
    assert (passage["confidence"], passage["highlights"], passage["number"]) == (1.0, [], 1)
    assert (passage["quote"], passage["url"], passage["target"]) == (cited["quote"], cited["url"], cited["target"])


def test_a_quote_is_verified(small: TestClient) -> None:
    at = ODD.index("🐟")
    body = {"document": "dieren", "start": at, "end": at + 1, "quote": "🐟"}
    assert small.post("/verify", json=body).json() == {"verbatim": True, "found": [{"start": at, "end": at + 1}]}
    elsewhere = small.post("/verify", json=body | {"start": 0, "end": 1}).json()
    assert elsewhere == {"verbatim": False, "found": [{"start": at, "end": at + 1}]}


def test_examples_are_questions_that_are_answered(small: TestClient) -> None:
    questions = small.get("/examples").json()["questions"]
    assert questions
    assert {small.post("/ask", json={"question": one}).json()["status"] for one in questions} == {"answered"}


def test_info_and_health_tell_what_serves(small: TestClient) -> None:
    assert small.get("/health/live").json() == {"status": "live"}
    assert small.get("/health/ready").json() == {"status": "ready", "model": "words"}
    info = small.get("/info").json()
    assert (info["documents"], info["passages"]) == (3, 6)
    assert (info["model"]["id"], info["model"]["dimension"], len(info["model"]["fingerprint"]) > 8) == ("words", 64, True)
    assert (info["threshold"], info["foreign_threshold"]) == (0.5, 0.5)
    assert info["limits"] == {"question": 2_000, "citations": 50, "body_bytes": 1_048_576}


@pytest.mark.parametrize(("passages", "calibrated"), [(1, False), (60, True)])
def test_info_tells_whether_confidence_is_fitted_to_this_library(own: Settings, passages: int, calibrated: bool) -> None:
    own.data.write_text("\n\n".join(f"In stad {number} gaat de huur van alle woningen omlaag." for number in range(passages)))
    with serving(own) as client, Library.open(own) as library:
        info = client.get("/info").json()
        known = library.describe()
    assert (info["passages"], info["calibrated"]) == (passages, calibrated)
    assert info["foreign_threshold"] == round(known.cross_lingual_threshold, 4)


def test_what_our_routes_send_is_what_the_models_of_the_contract_hold(small: TestClient) -> None:
    answer = small.post("/ask", json={"question": "Krijgt de kat vis?"}).json()
    passage = small.get(f"/passages/{answer['citations'][0]['id']}").json()
    verified = small.post("/verify", json={"document": "huur", "start": 0, "end": 2, "quote": "De"}).json()
    assert AnswerModel.model_validate(answer, strict=True).model_dump() == answer
    assert CitationModel.model_validate(passage, strict=True).model_dump() == passage
    assert VerificationModel.model_validate(verified, strict=True).model_dump() == verified


def test_a_question_is_the_last_turn_of_its_conversation(own: Settings) -> None:
    turns = [{"role": "user", "content": "Gaat de huur omlaag?"}, {"role": "assistant", "content": "Ja."}]
    body = AskRequest.model_validate({"question": "en waarom?", "messages": turns, "limit": 1, "min_confidence": 0})
    said = [Message("user", "Gaat de huur omlaag?"), Message("assistant", "Ja."), Message("user", "en waarom?")]
    with Library.open_or_build(own) as library:
        assert body.reply(library) == conversation.reply(library, said, limit=1, min_confidence=0)
        assert "huur" in body.reply(library).answer.question


def test_what_is_not_said_is_what_a_library_takes_of_itself() -> None:
    body = AskRequest.model_validate({"question": "a"})
    assert (body.limit, body.documents, body.min_confidence, body.messages) == (3, None, None, [])


@pytest.mark.parametrize(
    ("fields", "is_valid"),
    [
        ({"limit": 1}, True),
        ({"limit": MOST_CITATIONS}, True),
        ({"limit": MOST_CITATIONS + 1}, False),
        ({"limit": 0}, False),
        ({"question": "a" * LONGEST_QUESTION}, True),
        ({"question": "a" * (LONGEST_QUESTION + 1)}, False),
        ({"messages": [{"role": "user", "content": ""}] * MOST_TURNS}, True),
        ({"messages": [{"role": "user", "content": ""}] * (MOST_TURNS + 1)}, False),
        ({"messages": [{"role": "user", "content": "", "name": "a"}]}, False),
        ({"min_confidence": 0}, True),
        ({"min_confidence": 1.0}, True),
        ({"min_confidence": 1.01}, False),
        ({"min_confidence": -0.01}, False),
    ],
)
def test_each_field_has_its_limits(fields: dict[str, object], is_valid: bool) -> None:
    body = {"question": "a", **fields}
    if is_valid:
        AskRequest.model_validate(body)
    else:
        with pytest.raises(ValidationError):
            AskRequest.model_validate(body)


@pytest.mark.parametrize("fields", [{"start": -1}, {"end": -1}, {"quote": ""}, {"start": "0"}, {"colour": "a"}, {"end": 1.0}])
def test_a_quote_to_verify_has_a_place_and_words(fields: dict[str, object]) -> None:
    body = {"document": "a", "start": 0, "end": 0, "quote": "a"}
    assert VerifyRequest.model_validate(body).end == 0
    with pytest.raises(ValidationError):
        VerifyRequest.model_validate(body | fields)
