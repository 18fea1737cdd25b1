import pytest
from starlette.testclient import TestClient

from citaat.server import pages
from citaat.settings import Settings
from tests.conftest import serving
from tests.server.libraries import ODD, RENT

QUESTION = {"question": "Krijgt de kat vis?", "min_confidence": 0}


def first(client: TestClient) -> dict[str, str]:
    citation: dict[str, str] = client.post("/ask", json=QUESTION).json()["citations"][0]
    return citation


def test_the_link_of_a_citation_shows_the_passage_marked(small: TestClient) -> None:
    citation = first(small)
    page = small.get(citation["url"])
    assert page.status_code == 200
    assert f'<main><mark id="passage">{citation["quote"]}</mark>' in page.text
    assert citation["url"].endswith("#passage")


def test_a_document_is_shown_whole_with_its_facts_and_nothing_in_it_is_markup(small: TestClient) -> None:
    page = small.get("/read/huur").text
    assert "<main>De huur van een &lt;b&gt;woning&lt;/b&gt; gaat omlaag.\r\n" in page
    assert "<title>Huur &amp; &lt;woning&gt;</title>" in page
    assert "<h1>Huur &amp; &lt;woning&gt;</h1><p>Huurders, 2023</p>" in page
    assert '<html lang="nl">' in page
    assert small.get("/documents/huur").json()["sha256"][:16] in page
    assert "Characters" not in page
    assert "<mark" not in page


def test_what_is_not_known_of_a_document_is_left_out(small: TestClient) -> None:
    page = small.get("/read/dieren").text
    assert "<h1>dieren</h1><p></p>" in page


def test_a_document_in_no_language_that_is_known_is_shown_as_dutch(own: Settings) -> None:
    own.data.write_text("Xq zv 2023 kwx.")
    with serving(own) as client:
        assert client.get("/documents/a").json()["language"] is None
        assert '<html lang="nl">' in client.get("/read/a").text


def test_of_a_long_document_the_part_around_the_passage_is_shown(small: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_WINDOW", 10)
    places = small.post("/ask", json={"question": "wereld", "min_confidence": 0}).json()["citations"][0]
    start, end = places["start"] - 10, min(len(RENT), places["end"] + 10)
    page = small.get(places["url"]).text
    assert f"<p>Characters {start} to {end} of {len(RENT)}.</p>" in page
    assert f'<main>{RENT[start : start + 10]}<mark id="passage">De wereld draait.</mark>\r\n</main>' in page
    assert f"<main>{ODD[:11]}</main>" in small.get("/read/dieren").text


def test_pages_run_no_script_but_ours_and_lie_in_no_frame(small: TestClient) -> None:
    for path in ("/", "/read/huur", first(small)["url"]):
        headers = small.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
        for rule in ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_the_page_and_what_it_needs_are_served(small: TestClient) -> None:
    assert "<citaat-chat" in small.get("/").text
    kinds = {"page.js": "javascript", "widget.js": "javascript", "page.css": "css", "widget.css": "css", "reader.css": "css"}
    for name, kind in kinds.items():
        response = small.get(f"/{name}")
        assert (response.status_code, response.headers["content-type"]) == (200, f"text/{kind}; charset=utf-8")
        assert (response.headers["access-control-allow-origin"], response.headers["cache-control"]) == ("*", "max-age=600")
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.text == (pages._FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("path", ["/nergens.js", "/nergens.css", "/reader.js", "/index.html", "/page.css.js"])
def test_no_other_file_is_served(small: TestClient, path: str) -> None:
    assert small.get(path).status_code == 404


@pytest.mark.parametrize(("path", "status"), [("elders", 404), ("elders/0", 404), ("huur/000000000000", 410), ("huur/zzz", 410)])
def test_what_is_not_in_the_library_is_not_shown(small: TestClient, path: str, status: int) -> None:
    assert small.get(f"/read/{path}").status_code == status
