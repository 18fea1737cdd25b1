"""The shipped library, built once, and a folder of texts."""

# ruff: noqa: E402
import os

# Before numpy and torch are loaded: two threads that wait for one another cost five times what one costs, where two processes
# share two cores.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "CITAAT_THREADS"):
    os.environ.setdefault(_name, "1")

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest

from citaat.library import Library
from citaat.retrieval.model import Model
from citaat.settings import Settings, shipped_model

if TYPE_CHECKING:
    from starlette.testclient import TestClient

# No deadlines: a shared machine may pause for longer than any example takes.
hypothesis.settings.register_profile("citaat", deadline=None)
hypothesis.settings.load_profile("citaat")

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "data" / "verkiezingsprogramma-7.3.txt"
SHARED = ROOT.parent / "shared"


TOGETHER = {
    "tests/integration/test_reranking.py": "torch",
    "tests/encoders/": "torch",
    "tests/recipe/": "torch",
    "tests/training/": "torch",
    "tests/integration/": "the laws",
}
"""Tests that share what takes seconds: a package that is imported, a library that is built."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Workers that run side by side take a file at a time, or all the files that share something."""
    from xdist.scheduler import LoadFileScheduling

    # Not marks of groups: pytest-xdist 3.8 does not see them with pytest 9.2.
    scheduling = LoadFileScheduling(config, log)
    scheduling._split_scope = work_of
    return scheduling


def work_of(node_id: str) -> str:
    """What a test is given to a worker with."""
    file = node_id.split("::")[0]
    return next((name for start, name in TOGETHER.items() if file.startswith(start)), file)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of this test run's own, and float32: with that, answers are the same on every processor."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITAAT_CACHE", str(folder))
        patch.setenv("CITAAT_PRECISION", "float32")
        yield folder


@pytest.fixture(scope="session")
def shipped_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped data and model, with a store of this test run's own, which is empty."""
    return Settings(ROOT / "data", str(shipped_model()), tmp_path_factory.mktemp("store"), "")


@pytest.fixture(scope="session")
def loaded(shipped_settings: Settings) -> Model:
    """The model that ships."""
    return Model.load(shipped_settings)


@pytest.fixture(scope="session")
def settings(shipped_settings: Settings, loaded: Model) -> Settings:
    """The shipped data and model, indexed."""
    Library.index([shipped_settings.data], shipped_settings, model=loaded)
    return shipped_settings


@pytest.fixture(scope="session")
def shipped(settings: Settings, loaded: Model) -> Iterator[Library]:
    with Library.open(settings, loaded) as opened:
        yield opened


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator["TestClient"]:
    """A client of a server of the shipped library."""
    with serving(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def address(settings: Settings) -> Iterator[str]:
    with Served(settings) as served:
        yield served


class Served:
    """A server of a library on a free port of the loopback, in a thread."""

    def __init__(self, settings: Settings) -> None:
        import uvicorn

        from citaat.server.application import build

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._server = uvicorn.Server(uvicorn.Config(build(settings), port=port, log_level="error"))
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._is_ready():
            time.sleep(0.02)
        return self.address

    def _is_ready(self) -> bool:
        """Whether the library is open, which comes after the first connection is accepted."""
        import httpx2

        return self._server.started and httpx2.get(f"{self.address}/health/ready").status_code != 503

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


@contextmanager
def serving(settings: Settings) -> Iterator["TestClient"]:
    """A client of a server that is ready."""
    from starlette.testclient import TestClient

    from citaat.server.application import build

    with TestClient(build(settings), base_url="http://testserver") as opened:
        while opened.get("/health/ready").status_code == 503:
            pass
        yield opened


def shared(name: str) -> Path:
    """A file beside the project; the test is skipped where it is not there."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs {name}, which lies beside the project and not in it")
    return path


TOPICS = ("kernwapens vrede leger", "huur woning bouwen", "zorg arts ziekenhuis", "school leraar onderwijs", "trein spoor reizen")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = []
    for number in range(600):
        words = TOPICS[number % 5].split()
        picked = random.choice(words, size=(3, 2))
        body = " ".join(f"Het gaat hier in zin {number} over {one} en ook over {other}." for one, other in picked)
        rows.append({"id": f"d{number // 5}-{number}", "title": f"Wet > Over {words[0]} en {words[1]}", "text": body})
    (folder / "texts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "lexicon.tsv").write_text("kernwapens\tnuclear weapons\nwoning\thouse\narts\tdoctor\n")
    return folder
