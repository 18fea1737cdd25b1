import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from citaat.errors import StoreError
from citaat.library import Library
from citaat.retrieval.model import Model
from citaat.server import lifecycle
from citaat.server.application import build
from citaat.server.lifecycle import ServedLibrary
from citaat.settings import Settings
from tests.conftest import serving
from tests.fakes import fake_model, word_model


@contextmanager
def loaded(settings: Settings) -> Iterator[ServedLibrary]:
    served = ServedLibrary(settings)
    served.load()
    yield served
    served.close()


def quote(served: ServedLibrary) -> str:
    with served.library() as library:
        (citation,) = library.ask("huur in de stad", limit=1, min_confidence=0).citations
    return citation.quote


def serves(served: ServedLibrary) -> Library:
    """The library that is served now."""
    with served.library() as library:
        return library


def test_a_library_that_is_loading_says_so(own: Settings) -> None:
    for asked in (lambda served: served.description, serves):
        with pytest.raises(StoreError, match="still loading") as raised:
            asked(ServedLibrary(own))
        assert (raised.value.code, raised.value.status) == ("loading", 503)


def test_a_library_is_indexed_first_where_there_is_none(own: Settings) -> None:
    with loaded(own) as served:
        assert quote(served) == "De huur gaat omlaag in de stad."
        assert serves(served) is serves(served)


def test_a_newer_generation_is_served_without_a_restart_and_by_the_same_model(own: Settings) -> None:
    with loaded(own) as served:
        first = serves(served)
        own.data.write_text("De huur gaat omhoog in de stad.")
        Library.index([own.data], own)
        assert quote(served) == "De huur gaat omlaag in de stad."
        served.look()
        assert quote(served) == "De huur gaat omhoog in de stad."
        assert serves(served)._model is first._model


def test_the_library_before_is_let_go_of_when_the_last_request_that_uses_it_is_done(own: Settings) -> None:
    with loaded(own) as served:
        (before,) = (own.store / "generations").iterdir()
        with served.library() as first, served.library():
            for _ in range(2):
                Library.index([own.data], own, fresh=True)
                served.look()
            assert before.exists(), "a generation that is in use is not removed"
            assert first.ask("huur in de stad", min_confidence=0).citations
        Library.index([own.data], own, fresh=True)
        assert not before.exists()


def test_libraries_are_used_and_exchanged_by_many_threads_and_each_is_let_go_of(own: Settings) -> None:
    texts = {"De huur gaat omlaag in de stad.", "De huur gaat omhoog in de stad."}
    found: list[str] = []
    with loaded(own) as served, ThreadPoolExecutor(4) as pool:
        done = threading.Event()

        def asks() -> None:
            while not done.is_set():
                found.append(quote(served))

        asking = [pool.submit(asks) for _ in range(4)]
        try:
            for text in sorted(texts) * 10:
                own.data.write_text(text)
                Library.index([own.data], own)
                served.look()
        finally:
            done.set()
        assert [one.result() for one in asking] == [None] * 4
    assert set(found) == texts
    Library.index([own.data], own, fresh=True)
    assert len(list((own.store / "generations").iterdir())) == 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of each library that was opened."""
    found: list[Settings] = []
    opens = Library.open

    def counted(settings: Settings, model: Model | None = None) -> Library:
        found.append(settings)
        return opens(settings, model)

    monkeypatch.setattr(Library, "open", staticmethod(counted))
    return found


def test_a_generation_that_is_refused_is_tried_once_and_the_old_one_serves_on(own: Settings, opened: list[Settings]) -> None:
    with loaded(own) as served:
        opened.clear()
        own.data.write_text("De huur gaat omhoog in de stad.")
        Library.index([own.data], own, model=fake_model())
        for _ in range(3):
            served.look()
        assert [quote(served) for _ in range(3)] == ["De huur gaat omlaag in de stad."] * 3
        assert len(opened) == 2, "with the model that serves, and once with the one that the settings name now"


def test_no_generation_is_opened_twice(own: Settings, opened: list[Settings]) -> None:
    with loaded(own) as served:
        opened.clear()
        assert quote(served) == "De huur gaat omlaag in de stad."
        served.look()
        assert opened == []
        Library.index([own.data], own, fresh=True)
        served.look()
        served.look()
        assert len(opened) == 1


def test_a_generation_of_another_model_is_served_once_the_settings_name_that_model(own: Settings, tmp_path: Path) -> None:
    other = replace(own, model=str(word_model(tmp_path / "other")))
    with (tmp_path / "other" / "tokenizer.json").open("a") as file:
        file.write("\n")
    with loaded(own) as served:
        first = served.description.fingerprint
        own.data.write_text("De huur gaat omhoog in de stad.")
        Library.index([own.data], other)
        served.settings = other
        served.look()
        assert quote(served) == "De huur gaat omhoog in de stad."
        assert served.description.fingerprint != first


def test_a_generation_that_follows_a_refused_one_is_served(own: Settings) -> None:
    with loaded(own) as served:
        Library.index([own.data], own, model=fake_model())
        served.look()
        assert quote(served) == "De huur gaat omlaag in de stad."
        own.data.write_text("De huur gaat omhoog in de stad.")
        Library.index([own.data], own)
        served.look()
        assert quote(served) == "De huur gaat omhoog in de stad."


def test_what_was_damaged_serves_once_it_is_mended(own: Settings) -> None:
    own.store.mkdir()
    (own.store / "CURRENT").write_text("?")
    with loaded(own) as served:
        for _ in range(2):
            with pytest.raises(StoreError, match="citaat index --fresh"):
                quote(served)
            served.look()
        Library.index([own.data], own, fresh=True)
        served.look()
        assert quote(served) == "De huur gaat omlaag in de stad."


def test_a_store_that_is_damaged_later_still_serves(own: Settings) -> None:
    with loaded(own) as served:
        (own.store / "CURRENT").write_text("?")
        served.look()
        assert quote(served) == "De huur gaat omlaag in de stad."
        (own.store / "CURRENT").unlink()
        served.look()
        assert quote(served) == "De huur gaat omlaag in de stad."


def test_a_model_that_is_broken_in_a_way_nobody_foresaw_is_reported_and_logged(
    own: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(settings: Settings) -> Library:
        raise ZeroDivisionError

    monkeypatch.setattr(Library, "open_or_build", broken)
    with caplog.at_level(logging.ERROR), loaded(own) as served:
        with pytest.raises(StoreError, match=r"ZeroDivisionError.*restart") as raised:
            quote(served)
        assert raised.value.code == "store-unusable"
    assert "ZeroDivisionError" in caplog.text


def test_a_server_exchanges_its_library_between_two_requests(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_LOOK_EVERY", 0.01)
    with serving(replace(own, url="https://citaat.example")) as client:
        body = {"question": "huur in de stad", "min_confidence": 0}
        first = client.post("/ask", json=body).json()["citations"][0]
        assert first["url"].startswith("https://citaat.example/read/a/")
        own.data.write_text("De huur gaat omhoog in de stad.")
        Library.index([own.data], own)
        while client.get(f"/passages/{first['id']}").status_code == 200:
            pass
        assert "omhoog" in client.post("/ask", json=body).json()["citations"][0]["quote"]
        assert client.get(f"/passages/{first['id']}").status_code == 410


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
