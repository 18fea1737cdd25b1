import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from citaat.domain import DocumentInfo, Source
from citaat.encoders.static import StaticEncoder
from citaat.retrieval import model
from citaat.server.interfaces.openai.vector_stores import facts
from citaat.settings import Settings
from tests.conftest import serving
from tests.server.libraries import TEXTS

PATH = "/v1/vector_stores/citaat/search"
ALL = {"score_threshold": 0}


def found(client: TestClient, query: object, **fields: object) -> list[dict[str, Any]]:
    response = client.post(PATH, json={"query": query, **fields})
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["data"]
    return rows


def test_a_search_returns_passages_and_their_place(small: TestClient) -> None:
    body = {"query": ["Gaat de huur omlaag?", "Krijgt de kat vis?"], "max_num_results": 2}
    page = small.post(PATH, json=body).json()
    assert (page["object"], page["search_query"], len(page["data"])) == ("vector_store.search_results.page", body["query"], 2)
    assert (page["has_more"], page["next_page"]) == (False, None)
    for row in page["data"]:
        place, name = row["attributes"], row["file_id"]
        text = next(text for file, text in TEXTS.items() if file.startswith(f"{name}."))
        assert row["content"] == [{"type": "text", "text": text[place["start"] : place["end"]]}]
        assert row["filename"] == name


def test_a_passage_has_the_confidence_of_a_citation(small: TestClient) -> None:
    cited = small.post("/ask", json={"question": "Gaat de huur omlaag?", "min_confidence": 0}).json()["citations"]
    rows = found(small, "Gaat de huur omlaag?", ranking_options=ALL)
    assert [row["score"] for row in rows[:3]] == [citation["confidence"] for citation in cited]


def test_attributes_are_few_and_short(small: TestClient) -> None:
    for row in found(small, "huur", ranking_options=ALL):
        assert len(row["attributes"]) <= 16
        assert all(len(value) <= 512 for value in row["attributes"].values() if isinstance(value, str))


def test_without_a_threshold_only_what_answers_is_found_and_with_one_what_reaches_it(small: TestClient) -> None:
    assert found(small, "Hoe bak ik een appeltaart?") == []
    every = found(small, "Gaat de huur omlaag?", ranking_options=ALL)
    assert len(every) == 6
    scores = [row["score"] for row in every]
    assert scores == sorted(scores, reverse=True)
    least = scores[1] - 1e-4
    assert found(small, "Gaat de huur omlaag?", ranking_options={"score_threshold": least}) == every[:2]


def test_ten_passages_are_found_unless_another_number_is_asked_for(own: Settings) -> None:
    own.data.write_text("\n\n".join(f"In stad {number} gaat de huur omlaag." for number in range(60)))
    with serving(own) as client:
        assert [len(found(client, "huur", **fields)) for fields in ({}, {"max_num_results": 50})] == [10, 50]
    for wrong in (0, 51):
        assert client.post(PATH, json={"query": "huur", "max_num_results": wrong}).status_code == 400


def test_the_passages_of_several_queries_come_once_each_by_the_query_that_they_are_best_for(small: TestClient) -> None:
    queries = ["Gaat de huur omlaag?", "huur stad", "Krijgt de kat vis?"]
    alone = [{row["attributes"]["passage"]: row["score"] for row in found(small, one, ranking_options=ALL)} for one in queries]
    together = {row["attributes"]["passage"]: row["score"] for row in found(small, queries, ranking_options=ALL)}
    assert together == {name: max(scores[name] for scores in alone) for name in alone[0]}
    assert list(together.values()) == sorted(together.values(), reverse=True)


class Backwards:
    """A cross-encoder that puts the passages of a query in the order of their text, backwards."""

    def __init__(self, name: str) -> None:
        self.name = name

    def order(self, question: str, texts: Sequence[str]) -> NDArray[np.int64]:
        return np.array(sorted(range(len(texts)), key=lambda place: texts[place], reverse=True))


def test_with_a_cross_encoder_the_place_for_the_best_query_decides(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "Reranker", Backwards)
    own.data.write_text("Zo gaat de huur omlaag.\n\nDe huur gaat omlaag.\n\nDe hond krijgt vis.\n\nDe wereld draait.\n")
    settings = Settings(own.data, own.model, own.store, "", rerank="x")
    with serving(settings) as client:
        asked = [found(client, query, ranking_options=ALL) for query in ("huur omlaag", "De hond krijgt vis")]
        both = found(client, ["huur omlaag", "De hond krijgt vis"], ranking_options=ALL)
    assert asked[0][0]["content"][0]["text"] == asked[1][0]["content"][0]["text"] == "Zo gaat de huur omlaag."
    assert [row["content"] for row in both] == [row["content"] for row in asked[0]]
    assert both[0]["score"] == max(rows[0]["score"] for rows in asked)


@pytest.mark.parametrize("query", ["", [], " ", ["huur", " "]])
def test_a_query_without_words_is_refused(small: TestClient, query: object) -> None:
    response = small.post(PATH, json={"query": query})
    assert response.status_code == 400
    assert response.json()["error"]["code"] in ("invalid-input", "question-empty")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (["huur"] * 17, "invalid-input"),
        (["huur", "a" * 2_001], "question-too-long"),
        ("a" * 2_001, "question-too-long"),
        (["huur"] * 15 + [" "], "question-empty"),
    ],
)
def test_more_or_longer_queries_than_are_taken_are_refused_before_any_is_encoded(
    small: TestClient, monkeypatch: pytest.MonkeyPatch, query: object, code: str
) -> None:
    monkeypatch.setattr(StaticEncoder, "encode", None)
    response = small.post(PATH, json={"query": query})
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


def test_sixteen_queries_are_searched(small: TestClient) -> None:
    assert found(small, ["huur"] * 16) == found(small, "huur")


def test_publishers_are_read_in_a_query_as_in_a_question(small: TestClient) -> None:
    rows = found(small, "Wat vinden de Huurders van de stad?", ranking_options=ALL)
    assert {row["file_id"] for row in rows} == {"huur"}


def test_the_library_is_the_one_vector_store(small: TestClient) -> None:
    listed = small.get("/v1/vector_stores").json()
    (store,) = listed["data"]
    assert (listed["object"], listed["first_id"], listed["last_id"], listed["has_more"]) == ("list", "citaat", "citaat", False)
    assert store == small.get("/v1/vector_stores/citaat").json()
    assert store == {
        "id": "citaat", "object": "vector_store", "name": "Citaat", "status": "completed", "last_active_at": None, "metadata": {},
        "file_counts": {"in_progress": 0, "completed": 3, "failed": 0, "cancelled": 0, "total": 3},
        "usage_bytes": sum(len(text.encode()) for name, text in TEXTS.items() if name != "sources.toml"),
        "created_at": pytest.approx(time.time(), abs=600),
    }  # fmt: skip


def test_no_other_vector_store_is_found(small: TestClient) -> None:
    for response in (small.get("/v1/vector_stores/other"), small.post("/v1/vector_stores/other/search", json={"query": "a"})):
        assert (response.status_code, response.json()["error"]["code"]) == (404, "vector_store_not_found")


OLD, DUTCH = {"type": "eq", "key": "year", "value": 1}, {"type": "eq", "key": "language", "value": "nl"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"type": "eq", "key": "year", "value": 2023}, True),
        ({"type": "eq", "key": "year", "value": 2023.0}, True),
        ({"type": "eq", "key": "year", "value": 2023.5}, False),
        ({"type": "eq", "key": "year", "value": "2023"}, True),
        ({"type": "eq", "key": "year", "value": True}, False),
        ({"type": "ne", "key": "year", "value": "2023"}, False),
        ({"type": "in", "key": "year", "value": [2022, "2023"]}, True),
        ({"type": "in", "key": "year", "value": [2022]}, False),
        ({"type": "nin", "key": "year", "value": [2023]}, False),
        ({"type": "nin", "key": "year", "value": [2022]}, True),
        ({"type": "gte", "key": "year", "value": "2023"}, True),
        ({"type": "gte", "key": "year", "value": 2024}, False),
        ({"type": "gt", "key": "year", "value": 2022}, True),
        ({"type": "gt", "key": "year", "value": 2023}, False),
        ({"type": "lte", "key": "year", "value": 2023}, True),
        ({"type": "lte", "key": "year", "value": 2022}, False),
        ({"type": "lt", "key": "year", "value": 2024}, True),
        ({"type": "lt", "key": "year", "value": 2023}, False),
        ({"type": "ne", "key": "publisher", "value": "Huurders"}, False),
        ({"type": "in", "key": "language", "value": ["nl", "en"]}, True),
        ({"type": "nin", "key": "language", "value": ["nl"]}, False),
        ({"type": "eq", "key": "id", "value": "huur"}, True),
        ({"type": "eq", "key": "title", "value": "Huur & <woning>"}, True),
        ({"type": "or", "filters": [OLD, DUTCH]}, True),
        ({"type": "and", "filters": [OLD, DUTCH]}, False),
        ({"type": "and", "filters": [DUTCH, {"type": "or", "filters": [OLD, DUTCH]}]}, True),
        ({"type": "and", "filters": []}, True),
        ({"type": "or", "filters": []}, False),
    ],
)
def test_filters_choose_documents(small: TestClient, condition: dict[str, Any], holds: bool) -> None:
    rows = found(small, "Gaat de huur omlaag?", filters=condition, ranking_options=ALL)
    assert ("huur" in {row["file_id"] for row in rows}) == holds


def test_a_document_is_found_by_the_hash_of_its_text(small: TestClient) -> None:
    known = small.get("/documents/huur").json()["sha256"]
    rows = found(small, "stad", filters={"type": "eq", "key": "sha256", "value": known}, ranking_options=ALL)
    assert {row["file_id"] for row in rows} == {"huur"}
    assert {row["attributes"]["sha256"] for row in rows} == {known}


ODD_YEARS = [("eq", "²⁰²³", True), ("gte", 2000, False), ("lt", 2000, False), ("ne", 2023, True)]


@pytest.mark.parametrize(("kind", "value", "holds"), ODD_YEARS)
def test_a_year_that_is_no_number_is_neither_earlier_nor_later(own: Settings, kind: str, value: object, holds: bool) -> None:
    (own.data.parent / "sources.toml").write_text('["a.txt"]\ntitle = "A"\nyear = "²⁰²³"\n', "utf-8")
    with serving(own) as client:
        condition = {"type": kind, "key": "year", "value": value}
        assert bool(found(client, "huur", filters=condition, ranking_options=ALL)) == holds


@pytest.mark.parametrize(("key", "value"), [("year", "secret"), ("title", 1), ("year", [1]), ("year", "nan")])
def test_only_years_are_compared_by_size(small: TestClient, key: str, value: object) -> None:
    response = small.post(PATH, json={"query": "a", "filters": {"type": "gt", "key": key, "value": value}})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unknown-filter")
    assert "Only 'year' can be compared by size, with a number" in response.json()["error"]["message"]
    assert "secret" not in response.text


def test_a_filter_on_what_documents_have_not_says_what_they_have(small: TestClient) -> None:
    condition = {"type": "eq", "key": "colour", "value": "secret"}
    response = small.post(PATH, json={"query": "a", "filters": condition})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unknown-filter")
    assert "id, title, publisher, year, language, sha256" in response.json()["error"]["message"]


def test_the_facts_of_a_document_are_what_filters_read() -> None:
    source = Source("Plan", "Partij", "2023", "https://a.example", "nl", "CC0")
    assert facts(DocumentInfo("plan", source, "ab" * 32, 99, 3, "Plan_A")) == {
        "id": "plan", "title": "Plan", "publisher": "Partij", "year": "2023", "language": "nl", "sha256": "ab" * 32
    }  # fmt: skip
