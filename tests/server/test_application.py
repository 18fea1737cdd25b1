import json
import os
import time
from dataclasses import replace
from importlib.metadata import version

import pytest
from starlette.testclient import TestClient

import citaat.server
from citaat.library import Library
from citaat.server.application import build
from citaat.settings import Settings
from tests.conftest import ROOT, serving

GOLDEN = ROOT / "tests" / "golden" / "openapi.json"


def test_the_contract_is_the_one_that_was_agreed(small: TestClient) -> None:
    """Set UPDATE_GOLDEN=1 to write the contract anew, and read the difference before you commit it."""
    found = small.get("/openapi.json").json()
    found["info"]["version"] = "0"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(GOLDEN.read_text("utf-8"))


def test_the_contract_is_of_the_version_that_is_installed(small: TestClient) -> None:
    assert small.get("/openapi.json").json()["info"]["version"] == version("citaat")


def test_there_are_no_pages_that_load_scripts_from_elsewhere(small: TestClient) -> None:
    assert small.get("/docs").status_code == small.get("/redoc").status_code == 404


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        (("https://krant.example",), "https://krant.example", "https://krant.example"),
        (("https://krant.example",), "https://elders.example", None),
        ((), "https://krant.example", None),
        (("*",), "https://elders.example", "*"),
    ],
)
def test_another_site_is_served_only_if_it_is_named(
    own: Settings, origins: tuple[str, ...], origin: str, allowed: str | None
) -> None:
    client = TestClient(build(replace(own, origins=origins)))
    for method in ("POST", "GET"):
        headers = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": "authorization"}
        response = client.options("/ask", headers=headers)
        assert response.headers.get("access-control-allow-origin") == allowed
        assert (response.status_code == 200) == (allowed is not None)


def test_a_site_may_not_send_by_other_methods(own: Settings) -> None:
    client = TestClient(build(replace(own, origins=("https://krant.example",))))
    headers = {"origin": "https://krant.example", "access-control-request-method": "DELETE"}
    assert client.options("/ask", headers=headers).status_code == 400


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries take a while to open."""
    opens = Library.open_or_build

    def wait(settings: Settings) -> Library:
        time.sleep(0.3)
        return opens(settings)

    monkeypatch.setattr(Library, "open_or_build", wait)


@pytest.mark.usefixtures("slow")
def test_a_server_is_live_while_its_library_loads_and_says_when_to_ask_again(own: Settings) -> None:
    with TestClient(build(own)) as client:
        assert client.get("/health/live").json() == {"status": "live"}
        response = client.get("/health/ready")
        assert (response.status_code, response.json()["code"], response.headers["retry-after"]) == (503, "loading", "1")
        assert client.post("/ask", json={"question": "huur"}).status_code == 503
        while client.get("/health/ready").status_code == 503:
            time.sleep(0.01)
        assert client.get("/health/ready").json() == {"status": "ready", "model": "words"}


def test_a_server_without_a_usable_index_says_so(own: Settings) -> None:
    own.store.mkdir()
    (own.store / "CURRENT").write_text("?")
    with TestClient(build(own)) as client:
        assert client.get("/health/live").status_code == 200
        while (response := client.get("/health/ready")).json()["code"] == "loading":
            time.sleep(0.01)
        assert (response.status_code, response.json()["code"]) == (503, "store-corrupt")
        assert "citaat index --fresh" in response.json()["detail"]


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Library]:
    """The libraries that were let go of."""
    found: list[Library] = []
    close = Library.close

    def counted(library: Library) -> None:
        found.append(library)
        close(library)

    monkeypatch.setattr(Library, "close", counted)
    return found


def test_the_library_is_let_go_of_when_the_server_stops(own: Settings, closed: list[Library]) -> None:
    with serving(own) as client:
        assert client.get("/info").status_code == 200
        assert closed == []
    assert len(closed) == 1


@pytest.mark.usefixtures("slow")
def test_a_library_that_is_still_loading_when_the_server_stops_is_let_go_of_too(own: Settings, closed: list[Library]) -> None:
    with TestClient(build(own)) as client:
        assert client.get("/health/ready").status_code == 503
    assert len(closed) == 1


def test_the_environment_names_the_library_that_is_served(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DATA", own.data), ("MODEL", own.model), ("STORE", own.store), ("URL", "https://a.example/")):
        monkeypatch.setenv(f"CITAAT_{name}", str(value))
    assert citaat.server.create().state.served.settings == replace(own, url="https://a.example")
