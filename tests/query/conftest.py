"""The documents of some parties, as a library tells of them and as a store."""

from collections.abc import Iterator

import pytest

from citaat.domain import DocumentInfo, Source
from citaat.query.publishers import Publishers
from citaat.store.embedded.store import EmbeddedStore
from tests.fakes import stored

PARTIES = {
    "GL_PvdA": "GroenLinks-PvdA", "pvdd": "Partij voor de Dieren (PvdD)", "programma_VVD-2023": "", "denk": "DENK",
    "cda": "CDA", "nsc": "Nieuw Sociaal Contract (NSC)", "bos": "Het Bos", "AOW": "", "wonen": "",
}  # fmt: skip
"""The publisher of each document, by its file name."""


def document(file_name: str, publisher: str = "", language: str = "") -> DocumentInfo:
    return DocumentInfo(file_name.lower().replace("_", "-"), Source("Plan", publisher, language=language), "", 0, 1, file_name)


@pytest.fixture(scope="session")
def publishers() -> Publishers:
    """The names of the parties; "denk", "het" and "bos" are ordinary words."""
    return Publishers([document(*party) for party in PARTIES.items()], {"denk", "het", "bos"}.__contains__)


@pytest.fixture(scope="session")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A store of a passage by each of the parties."""
    texts = {f"{name}.txt": "De wolf blijft en de huur gaat omlaag." for name in PARTIES}
    sources = [f'["{name}.txt"]\npublisher = "{publisher}"\n' for name, publisher in PARTIES.items() if publisher]
    with stored(tmp_path_factory.mktemp("parties"), texts | {"sources.toml": "".join(sources)}) as store:
        yield store
