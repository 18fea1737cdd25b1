"""The chat page and the element in a real browser. Needs Playwright (the extra `browser-test`) and Debian's `chromium`.

CITAAT_AXE may name axe-core's `axe.min.js`, for the test of accessibility.
"""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from citaat.settings import Settings
from tests.conftest import ROOT, SEED, Served

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -e '.[browser-test]'")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

TEXT = SEED.read_bytes().decode()
QUESTION = "Wat vindt de partij van kernwapens?"
EVIL = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test if a script on it fails or its policy is broken."""
    context = browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if "Content Security" in message.text else None)
    yield opened
    context.close()
    assert problems == []


def ask(page: Any, question: str) -> Any:
    """Type a question, press Enter, and give the answer's part of the page."""
    turns = page.locator("citaat-chat .turn").count()
    page.locator("citaat-chat input").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator("citaat-chat .turn").nth(turns)
    turn.locator("figure, .refusal").first.wait_for()
    return turn


def test_a_question_is_answered_with_a_quote_that_opens_in_its_source(page: Any, address: str) -> None:
    page.goto(address)
    turn = ask(page, QUESTION)
    quote = turn.locator("blockquote").first.inner_text()
    assert quote in TEXT
    assert turn.locator("blockquote mark").first.inner_text() in quote
    turn.locator(".chip").first.click()
    page.locator("#text mark").wait_for()
    assert page.locator("#text mark").inner_text() == quote
    page.keyboard.press("Escape")
    assert page.locator("#source").is_hidden()


def test_a_follow_up_a_refusal_and_a_reload_keep_the_conversation(page: Any, address: str) -> None:
    page.goto(address)
    ask(page, QUESTION)
    assert "kernwapens" in ask(page, "waarom?").locator(".read").inner_text()
    refused = ask(page, "Hoe bak ik een appeltaart?")
    assert refused.locator("figure").count() == 0
    assert refused.locator(".choice").count() > 0
    page.reload()
    assert page.locator("citaat-chat .turn").count() == 3


def test_loose_accents_are_not_shown_as_another_reading(page: Any, address: str) -> None:
    page.goto(address)
    assert ask(page, "Wat staat er over e\u0301e\u0301n Europa?").locator(".read").count() == 0


def test_the_page_works_by_keyboard_alone(page: Any, address: str) -> None:
    page.goto(address)
    page.locator("citaat-chat .choice").first.wait_for()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator("citaat-chat figure").first.wait_for()
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.querySelector('citaat-chat').shadowRoot.activeElement?.className") == "chip":
            break
    page.keyboard.press("Enter")
    page.locator("#text mark").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('citaat-chat').shadowRoot.activeElement.className") == "chip"


ENGLISH = "What%20does%20the%20party%20think%20about%20nuclear%20weapons%3F"


@pytest.mark.parametrize("link", [f"/#q={ENGLISH}", f"/?q={ENGLISH}"])
def test_a_link_asks_and_the_interface_follows_the_question(page: Any, address: str, link: str) -> None:
    page.goto(address + link)
    page.locator("citaat-chat .turn figure, citaat-chat .turn .refusal").first.wait_for()
    assert page.locator("citaat-chat .send").inner_text() == "Ask"
    assert page.url == f"{address}/#q={ENGLISH}"


def test_a_question_is_in_no_request_line_and_its_link_asks_it(page: Any, address: str) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address)
    ask(page, QUESTION).locator("button.quiet").last.click()
    page.get_by_text("Link gekopieerd").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.reload()
    assert page.locator("citaat-chat .turn").count() == 1
    assert page.url.startswith(f"{address}/#q=Wat%20vindt")
    assert [url for url in requested if "Wat" in url.partition("#")[0]] == []


def test_another_link_in_the_same_tab_asks_and_so_does_going_back(page: Any, address: str) -> None:
    turns = page.locator("citaat-chat .turn")
    page.goto(f"{address}/#q=kernwapens")
    turns.nth(0).locator("figure, .refusal").first.wait_for()
    page.goto(f"{address}/#q=landmijnen")
    turns.nth(1).locator("figure, .refusal").first.wait_for()
    page.go_back()
    turns.nth(2).locator("figure, .refusal").first.wait_for()
    asked = [turns.nth(place).locator(".question").inner_text() for place in range(3)]
    assert asked == ["kernwapens", "landmijnen", "kernwapens"]


def test_on_a_phone_the_source_covers_the_page(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(address)
    ask(page, QUESTION).locator(".chip").first.click()
    page.locator("#text mark").wait_for()
    assert page.locator("#source").bounding_box()["width"] == 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_what_a_document_or_a_question_holds_is_never_run(page: Any, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "kwaad.txt").write_text(f"De huur van woningen gaat omlaag. {EVIL} Dat geldt in alle steden.\n\n{EVIL}\n")
    with Served(Settings(tmp_path, settings.model, tmp_path / "store", "")) as served:
        page.goto(served)
        page.locator("#documents button").wait_for()
        turn = ask(page, f"Gaat de huur van woningen omlaag? {EVIL}")
        assert EVIL in turn.locator(".question").inner_text()
        page.locator("#documents button").click()
        page.locator("#text").get_by_text("onerror").first.wait_for()
        assert page.title() == "Citaat"
        assert page.locator("#text img, #text script").count() == 0


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the origin that serves it: another than the library's."""
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield tmp_path, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing: the test says what went wrong."""


@pytest.mark.parametrize("allowed", [True, False])
def test_the_element_works_where_it_is_allowed_and_says_so_where_it_is_not(
    page: Any, settings: Settings, elsewhere: tuple[Path, str], allowed: bool
) -> None:
    folder, origin = elsewhere
    with Served(replace(settings, origins=(origin,) if allowed else ())) as served:
        (recipe,) = re.findall(r"```html\n(.+?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
        element = recipe.replace("http://127.0.0.1:8000", served)
        (folder / "index.html").write_text(f"<!doctype html><title>Krant</title>{element}")
        page.goto(origin)
        if allowed:
            assert ask(page, QUESTION).locator("blockquote").first.inner_text() in TEXT
        else:
            assert f"CITAAT_ORIGINS={origin}" in page.locator("citaat-chat [role=alert]").first.inner_text()


@pytest.mark.skipif("CITAAT_AXE" not in os.environ, reason="needs CITAAT_AXE, the path of axe-core's axe.min.js")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Any, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    ask(page, QUESTION).locator(".chip").first.click()
    page.locator("#text mark").wait_for()
    page.add_script_tag(path=os.environ["CITAAT_AXE"])
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    context.close()


def test_starting_again_leaves_no_question_in_the_address(page: Any, address: str) -> None:
    page.goto(address)
    ask(page, QUESTION)
    assert "#q=" in page.url
    page.get_by_text("Begin opnieuw").click()
    assert page.url == f"{address}/"
