import json
from typing import Any

import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from citaat.errors import CitaatError, InputError, NotFoundError, StoreError
from citaat.limits import LARGEST_BODY
from citaat.server import problems

JSON_TYPE = {"content-type": "application/json"}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "instance", "code"} == set(body)
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    return body


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
        (b'{"question": "a", "limit": 51}', "invalid-input", "Field 'limit': "),
        (b'{"question": "a", "limit": 0}', "invalid-input", "Field 'limit': "),
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
def test_a_bad_body_is_a_problem_that_does_not_echo_it(small: TestClient, body: bytes, code: str, says: str) -> None:
    response = small.post("/ask", content=body, headers=JSON_TYPE)
    found = problem(response, 422, code)
    assert found["detail"].startswith(says)
    assert (found["title"], found["instance"]) == ("The request is not valid", "/ask")
    assert "secret" not in response.text
    assert "colour" not in response.text
    assert "retry-after" not in response.headers


def test_deep_json_and_a_huge_body_are_problems(small: TestClient) -> None:
    problem(small.post("/ask", content=b"[" * 100_000, headers=JSON_TYPE), 400, "invalid-json")
    for path in ("/ask", "/verify"):
        response = small.post(path, content=b'{"question": "' + b"a" * 2_000_000, headers=JSON_TYPE)
        assert "at most 1048576 bytes" in problem(response, 413, "body-too-large")["detail"]


def test_unknown_things_are_problems(small: TestClient) -> None:
    problem(small.post("/ask", json={"question": "a", "documents": ["elders"]}), 404, "unknown-document")
    assert problem(small.get("/documents/elders"), 404, "unknown-document")["instance"] == "/documents/{document_id}"
    problem(small.get("/passages/huur/000000000000"), 410, "passage-gone")
    problem(small.get("/read/huur/zzz"), 410, "passage-gone")
    assert problem(small.get("/nergens/secret"), 404, "not-found")["instance"] == "/"


def test_another_method_is_told_which_one_there_is(small: TestClient) -> None:
    response = small.get("/ask")
    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("question", "messages", "limit", "documents", "min_confidence", "document", "start", "end", "quote")
FIELDS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON))


@hypothesis_settings(max_examples=60)
@given(st.sampled_from(["/ask", "/verify"]), st.one_of(st.binary(), FIELDS.map(lambda body: json.dumps(body).encode())))
def test_no_body_makes_the_server_fail(small: TestClient, path: str, body: bytes) -> None:
    assert small.post(path, content=body, headers=JSON_TYPE).status_code < 500


class Inner(BaseModel):
    content: int


class Body(BaseModel):
    question: str | Inner
    messages: list[Inner] = []
    secret: dict[str, int] = {}


@pytest.fixture(scope="module")
def failing() -> TestClient:
    """An application whose routes raise what their names say, under our own addresses and under OpenAI's."""
    app = FastAPI()
    problems.install(app)
    raised: dict[str, Exception] = {
        "input": InputError("Say more.", code="say-more"), "missing": NotFoundError("It is not here."),
        "store": StoreError("Wait."), "other": CitaatError("Alas."), "teapot": HTTPException(418), "bad": HTTPException(400),
    }  # fmt: skip

    async def fail(name: str) -> None:
        raise raised[name]

    async def read(body: Body, request: Request) -> int:
        return len(await request.body())

    for prefix in ("", "/v1"):
        app.get(f"{prefix}/fail/{{name}}")(fail)
        app.post(f"{prefix}/read")(read)
    return TestClient(app)


@pytest.mark.parametrize(
    ("name", "status", "code", "title", "detail"),
    [
        ("input", 422, "say-more", "The request is not valid", "Say more."),
        ("missing", 404, "not-found", "Not in this library", "It is not here."),
        ("store", 503, "store-unusable", "The index cannot be used", "Wait."),
        ("other", 500, "citaat-error", "Citaat could not do this", "Alas."),
        ("teapot", 418, "http-error", "The request cannot be served", "This is not possible here. See /openapi.json."),
        ("bad", 400, "invalid-json", "The request cannot be served", "The body is not valid JSON."),
    ],
)
def test_an_error_is_a_problem_with_its_status_its_code_and_its_route(
    failing: TestClient, name: str, status: int, code: str, title: str, detail: str
) -> None:
    response = failing.get(f"/fail/{name}")
    found = problem(response, status, code)
    assert (found["title"], found["detail"], found["instance"]) == (title, detail, "/fail/{name}")
    assert response.headers.get("retry-after") == ("1" if status == 503 else None)


@pytest.mark.parametrize(
    ("name", "status", "kind", "code"),
    [
        ("input", 400, "invalid_request_error", "say-more"),
        ("missing", 404, "invalid_request_error", "not-found"),
        ("store", 503, "server_error", "store-unusable"),
        ("other", 500, "server_error", "citaat-error"),
    ],
)
def test_under_v1_an_error_is_the_one_that_openais_clients_read(
    failing: TestClient, name: str, status: int, kind: str, code: str
) -> None:
    response = failing.get(f"/v1/fail/{name}")
    message = failing.get(f"/fail/{name}").json()["detail"]
    assert response.status_code == status
    assert response.json() == {"error": {"message": message, "type": kind, "param": None, "code": code}}
    assert response.headers.get("retry-after") == ("1" if status == 503 else None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": {"content": "a"}}, "question.content"),
        ({"question": "a", "messages": [{"content": 1}, {"content": "a"}]}, "messages[1].content"),
        ({"question": "a", "secret": {"mine": "a"}}, None),
        ([], None),
    ],
)
def test_the_deepest_field_that_is_wrong_is_named_in_names_of_ours(failing: TestClient, body: object, field: str | None) -> None:
    error = failing.post("/v1/read", json=body).json()["error"]
    assert error["param"] == field
    assert error["message"].startswith(f"Field '{field}': " if field else "The body: ")
    assert error["message"].endswith(". See /openapi.json.")
    assert "secret" not in error["message"]


def padded(size: int) -> bytes:
    """A body that is valid, of so many bytes."""
    body = json.dumps({"question": "a"}).encode()
    return body + b" " * (size - len(body))


@pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)])
def test_a_body_of_a_mebibyte_is_read_and_one_more_byte_is_not(failing: TestClient, size: int, status: int) -> None:
    response = failing.post("/read", content=padded(size), headers=JSON_TYPE)
    assert response.status_code == status
    parts = (padded(size)[start : start + 300_000] for start in range(0, size, 300_000))
    assert failing.post("/read", content=parts, headers=JSON_TYPE).status_code == status


def test_the_bodies_of_two_requests_are_counted_apart(failing: TestClient) -> None:
    for _ in range(2):
        assert failing.post("/read", content=padded(LARGEST_BODY), headers=JSON_TYPE).json() == LARGEST_BODY


def test_the_contract_describes_problems_and_their_example_is_one() -> None:
    for status, described in problems.RESPONSES.items():
        content = described["content"]["application/problem+json"]
        assert set(content["schema"]["required"]) == set(content["schema"]["properties"]) == set(content["example"])
        assert status in (422, 503)
