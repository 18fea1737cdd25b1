"""Take the README's pictures of the page: python -m tests.pictures. Needs what tests/server/test_web.py needs."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from citaat.library import Library
from citaat.settings import Settings, shipped_model
from tests.conftest import ROOT, Served

FOLDER = ROOT / "tests" / "pictures"


def take() -> None:
    with tempfile.TemporaryDirectory() as store, sync_playwright() as started:
        settings = Settings(ROOT / "data", str(shipped_model()), Path(store), "")
        Library.index([settings.data], settings)
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with Served(settings) as address:
            desk = browser.new_page(locale="nl-NL", viewport={"width": 1280, "height": 800})
            desk.goto(f"{address}/#q=Wat vindt de partij van kernwapens?")
            desk.locator("citaat-chat .chip").first.click()
            desk.locator("#text mark").wait_for()
            desk.screenshot(path=FOLDER / "page.png")
            phone = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 800}, color_scheme="dark").new_page()
            phone.goto(address)
            for question in ("What does the party think of nuclear weapons?", "Hoe bak ik een appeltaart?"):
                phone.locator("citaat-chat input").fill(question)
                phone.keyboard.press("Enter")
                phone.locator("citaat-chat .turn").last.locator("figure, .refusal").first.wait_for()
            phone.screenshot(path=FOLDER / "phone.png")
        browser.close()


if __name__ == "__main__":
    take()
