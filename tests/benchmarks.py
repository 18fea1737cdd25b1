"""Speed, measured beside a baseline in the same run. Not a test: these figures depend on the machine.

python -m tests.benchmarks ask                    whole-process time and memory of `citaat ask`
python -m tests.benchmarks encode                 encoding a question beside sentence-transformers on the same folder
python -m tests.benchmarks api                    POST /ask beside a route that returns the same JSON ready-made
python -m tests.benchmarks serve [SECONDS]        answers a second at 1, 8, 64 and 256 connections, with /health/live beside;
                                                  what is refused where requests may wait less; two workers beside one
python -m tests.benchmarks page                   from the key press to the first quote on the page, in Chromium
python -m tests.benchmarks index FILE [COUNT]     indexing and asking a library of the first COUNT passages of a
                                                  .jsonl(.zst) of id, title, text, or of a .txt file
"""

import http.client
import itertools
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from citaat.chat.conversation import Message, reply
from citaat.chat.replies import answer_model
from citaat.encoders import loading
from citaat.library import Library
from citaat.server.application import build
from citaat.server.interfaces.native import AskRequest
from citaat.settings import Settings, shipped_model
from tests import load

QUESTION = "Wat vindt de partij van kernwapens?"
QUESTIONS = (
    QUESTION, "Hoe lang is een vergunning geldig?", "Wie betaalt de kosten van bezwaar?", "Mag een gemeente subsidie weigeren?",
    "Welke eisen gelden voor de opslag van vuurwerk?", "Wanneer vervalt het recht op een uitkering?",
    "Hoe wordt de huurprijs bepaald?",
    "Wat is een schip?", "Waar moet ik een ongeval melden?", "Welke stoffen zijn verboden in levensmiddelen?",
)  # fmt: skip


def ask(runs: int = 5) -> None:
    """Median wall seconds and peak memory of `citaat ask` with a built store, beside a Python with numpy and tokenizers."""
    command = [str(Path(sys.executable).parent / "citaat"), "ask", QUESTION]
    subprocess.run(command, check=True, capture_output=True)
    baseline = [sys.executable, "-c", "import numpy, tokenizers"]
    for name, arguments in (("import numpy, tokenizers", baseline), ("citaat ask", command)):
        seconds = [_seconds(arguments) for _ in range(runs)]
        print(f"{name:26} median {statistics.median(seconds):.3f} s of {runs} (min {min(seconds):.3f}, max {max(seconds):.3f})")
    print(f"peak resident memory of the largest: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def encode(rounds: int = 30) -> None:
    """Median milliseconds to encode one question, over QUESTIONS, by our reading of the model and by sentence-transformers."""
    from sentence_transformers import SentenceTransformer

    ours = loading.load(str(shipped_model()))
    theirs: Any = SentenceTransformer(str(shipped_model()), device="cpu").float()
    ways: dict[str, Callable[[str], object]] = {
        "sentence-transformers": lambda text: theirs.encode_query([text], show_progress_bar=False),
        "citaat": lambda text: ours.encode([text], "question"),
    }
    for name, way in ways.items():
        way(QUESTION)
        times = []
        for _, text in itertools.product(range(rounds), QUESTIONS):
            began = time.perf_counter()
            way(text)
            times.append(time.perf_counter() - began)
        print(f"{name:22} median {1000 * statistics.median(times):.2f} ms of {len(times)}")


def with_ready_made_route() -> FastAPI:
    """The application, and in it a route that reads the same body and returns a finished answer."""
    app = build(Settings.from_environment())
    with Library.open() as opened:
        finished = answer_model(reply(opened, [Message("user", QUESTION)]), "http://127.0.0.1").model_dump()

    @app.post("/ready-made")
    async def ready_made(body: AskRequest, request: Request) -> JSONResponse:
        return JSONResponse(finished)

    return app


def api(requests: int = 1_000) -> None:
    """Median milliseconds of POST /ask on one worker, and of the ready-made route, asked in turn on one connection."""
    port = _free_port()
    server = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.benchmarks:with_ready_made_route",
        "--factory",
        "--port",
        str(port),
        "--no-access-log",
    ]
    with subprocess.Popen([*server, "--log-level", "error"]) as process:
        try:
            times = _ask_in_turn(port, requests)
        finally:
            process.terminate()
    medians = {path: 1_000 * statistics.median(seconds[50:]) for path, seconds in times.items()}
    print(f"POST /ask {medians['/ask']:.3f} ms, ready-made {medians['/ready-made']:.3f} ms, medians of {requests - 50}")
    print(f"ratio {medians['/ask'] / medians['/ready-made']:.2f}")


def _ask_in_turn(port: int, requests: int) -> dict[str, list[float]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(200):
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().read().startswith(b'{"status":"ready"'):
                break
        except OSError:
            connection.close()
        time.sleep(0.1)
    times: dict[str, list[float]] = {"/ask": [], "/ready-made": []}
    body = json.dumps({"question": QUESTION})
    for path in itertools.islice(itertools.cycle(times), 2 * requests):
        began = time.perf_counter()
        connection.request("POST", path, body, {"content-type": "application/json"})
        connection.getresponse().read()
        times[path].append(time.perf_counter() - began)
    return times


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _serving(workers: int = 1, **settings: str) -> Iterator[int]:
    """The port of a `citaat serve` with some settings of its own, that was asked each question once."""
    port = _free_port()
    command = [
        sys.executable,
        "-c",
        "from citaat.cli import main; main()",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    with subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL) as process:
        try:
            _ask_in_turn(port, 20 * workers)
            load.measure(port, QUESTIONS, 4 * workers, 1)
            yield port
        finally:
            process.terminate()


def serve(seconds: float = 10) -> None:
    """Answers a second under load, and whether the server stays live."""
    with _serving() as port:
        for connections in (1, 8, 64, 256):
            print(f"{connections:3} connections: {load.measure(port, QUESTIONS, connections, seconds)}")
    with _serving(CITAAT_MAX_WAIT="0.1") as port:
        for connections in (64, 256):
            print(f"{connections:3} connections, waiting 0.1 s at most: {load.measure(port, QUESTIONS, connections, seconds)}")
    rates = []
    for workers in (1, 2):
        with _serving(workers, CITAAT_THREADS="1") as port:
            rates.append((found := load.measure(port, QUESTIONS, 64, seconds)).rate)
            print(f"{workers} workers of a thread, 64 connections: {found}")
    print(f"two workers answer {rates[1] / rates[0]:.2f} times as many as one")


_WATCH = """() => {
  window.times = [];
  const now = () => requestAnimationFrame(() => times.push(performance.now() - window.pressed));
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") window.pressed = event.timeStamp; }, true);
  const answers = (node) => node.localName === "figure" || node.className === "refusal";
  new MutationObserver((changes) => {
    if (changes.some((one) => [...one.addedNodes].some(answers))) now();
  }).observe(document.querySelector("citaat-chat").shadowRoot, { childList: true, subtree: true });
}"""
_ROUND_TRIP = """async () => {
  const began = performance.now();
  await (await fetch("/health/live")).text();
  return performance.now() - began;
}"""


def page(rounds: int = 5) -> None:
    """Median milliseconds from the press of Enter to the frame that shows the answer, beside an empty round trip."""
    from playwright.sync_api import sync_playwright

    from tests.conftest import Served

    settings = Settings.from_environment()
    with Served(settings) as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened = browser.new_page()
        opened.goto(address)
        opened.evaluate(_WATCH)
        for number, question in enumerate(QUESTIONS * rounds, 1):
            opened.locator("citaat-chat input").fill(question)
            opened.keyboard.press("Enter")
            while opened.evaluate("window.times.length") < number:  # its wait_for_function evaluates text, which the page forbids
                time.sleep(0.01)
        times = opened.evaluate("window.times")[len(QUESTIONS) :]
        trips = [opened.evaluate(_ROUND_TRIP) for _ in range(50)]
        browser.close()
    print(f"key press to answer: median {statistics.median(times):.0f} ms of {len(times)} (max {max(times):.0f})")
    print(f"an empty round trip: median {statistics.median(trips):.1f} ms of {len(trips)}")


def index(source: Path, count: int = 100_000) -> None:
    """Passages a second of an index run beside those that sentence-transformers encodes without their sentences, peak memory, and
    median milliseconds of a question in the library."""
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if source.suffix == ".txt":
            shutil.copy(source, folder / source.name)
        else:
            rows = itertools.islice(_rows(source), count)
            (folder / "text.md").write_text("\n\n".join(f"# {row['title']}\n\n{row['text']}" for row in rows), "utf-8")
        own = Settings(folder, settings.model, folder / "store", "")
        report = Library.index([folder], own)
        size = sum(path.stat().st_size for path in (folder / "store").rglob("*") if path.is_file())
        rate = report.passages / report.seconds
        print(f"{report.passages} passages in {report.seconds:.1f} s: {rate:.0f} a second; {size / 1e6:.0f} MB")
        with Library.open(own) as opened:
            seconds = [_asked(opened, question) for _ in range(5) for question in QUESTIONS][len(QUESTIONS) :]
            texts = [opened.text(document.id) for document in opened.documents()]
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        print(f"a question: median {1_000 * statistics.median(seconds):.2f} ms (max {1_000 * max(seconds):.2f})")
        _encode_alone([part for text in texts for part in text.split("\n\n") if len(part) > 60][:2_000])


def _encode_alone(paragraphs: list[str]) -> None:
    """Paragraphs a second by sentence-transformers, in float32 and without their sentences."""
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(str(shipped_model()), device="cpu", model_kwargs={"dtype": "float32"}).float()
    model.encode_document(paragraphs[:32])
    began = time.perf_counter()
    model.encode_document(paragraphs, show_progress_bar=False)
    print(f"sentence-transformers: {len(paragraphs) / (time.perf_counter() - began):.0f} paragraphs a second")


def _rows(source: Path) -> Iterator[dict[str, str]]:
    """The rows of a .jsonl file, which may be compressed (.zst)."""
    if source.suffix == ".zst":
        import zstandard

        with zstandard.open(source, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)
    else:
        with source.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def _asked(opened: Library, question: str) -> float:
    began = time.perf_counter()
    opened.ask(question)
    return time.perf_counter() - began


if __name__ == "__main__":
    os.environ.setdefault("CITAAT_STORE", str(Path(tempfile.gettempdir()) / "citaat-benchmark"))
    if sys.argv[1:2] in (["ask"], ["api"], ["serve"], ["page"]):
        subprocess.run([Path(sys.executable).parent / "citaat", "index", Settings.from_environment().data], check=True)
    match sys.argv[1:]:
        case ["ask"]:
            ask()
        case ["encode"]:
            encode()
        case ["api"]:
            api()
        case ["serve"]:
            serve()
        case ["serve", number]:
            serve(float(number))
        case ["page"]:
            page()
        case ["index", path]:
            index(Path(path))
        case ["index", path, number]:
            index(Path(path), int(number))
        case _:
            print(__doc__)
