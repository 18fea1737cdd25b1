from dataclasses import replace

from starlette.testclient import TestClient

from citaat.server.application import build
from citaat.settings import Settings
from tests.conftest import serving


def test_links_start_with_the_address_that_a_request_came_to(own: Settings) -> None:
    with serving(own) as client:
        for base in ("https://citaat.example", "http://127.0.0.1:8000"):
            (citation,) = client.post(f"{base}/ask", json={"question": "huur stad"}).json()["citations"]
            assert citation["url"].startswith(f"{base}/read/a/")


def test_links_start_with_the_address_of_the_settings_if_there_is_one(own: Settings) -> None:
    with serving(replace(own, url="https://citaat.example/sub")) as client:
        (citation,) = client.post("/ask", json={"question": "huur stad"}).json()["citations"]
        assert citation["url"].startswith("https://citaat.example/sub/read/a/")


def test_without_its_lifespan_a_server_has_no_library(own: Settings) -> None:
    assert TestClient(build(own)).get("/info").json()["code"] == "loading"
