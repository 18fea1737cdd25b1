"""Libraries of small texts, ranked by their words alone, so that who reads a test knows what answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from citaat.encoders.protocol import Encoded, TextKind
from citaat.library import Library
from citaat.retrieval.ranker import Ranker
from tests.fakes import HashEncoder, fake_model, stored

# A passage answers if it holds .2 of what the question's words tell.
BY_WORDS = Ranker((0.0, 0.0, 10.0), 0.0, -2.0, 1.0, 0.5, 0.5, 0.5, "hash-16")

TEXTS = {
    "heide.txt": "De wolf hoort hier niet: de wolf wordt verjaagd.\n\nDe huur gaat omlaag.",
    "bos.txt": "Wij van Het Bos zijn blij dat de wolf terug is.",
    "AOW.txt": "De AOW gaat omhoog.",
    "leger.txt": "Het leger, het leger, het leger en het leger groeit.\n\nDe huur gaat omlaag.\n\nDe marine vaart uit.",
    "sources.toml": '["heide.txt"]\npublisher = "De Heide"\n["bos.txt"]\npublisher = "Het Bos"\n',
}


@dataclass
class CountingEncoder(HashEncoder):
    """Remembers the texts of each call; unrelated words hardly resemble each other."""

    dimension: int = 256
    calls: list[list[str]] = field(default_factory=list)

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        self.calls.append(list(texts))
        return super().encode(texts, kind)


MakeLibrary = Callable[..., Library]


@pytest.fixture(scope="session")
def make_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeLibrary]:
    """Makes libraries of texts by file name."""
    with ExitStack() as opened:

        def make(texts: Mapping[str, str] = TEXTS, encoder: CountingEncoder | None = None) -> Library:
            folder: Path = tmp_path_factory.mktemp("chat")
            model = replace(fake_model(encoder or CountingEncoder(), [("wood", "bos"), ("it", "het")]), ranker=BY_WORDS)
            return Library(opened.enter_context(stored(folder, texts, model)), model)

        yield make


@pytest.fixture(scope="session")
def library(make_library: MakeLibrary) -> Library:
    """A library of four documents: two publishers, a file called by an acronym, and one on several subjects."""
    return make_library()
