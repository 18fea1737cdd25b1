"""A document of three pages, and one without pages whose source is known."""

from collections.abc import Iterator

import pytest

from citaat.store.embedded.store import EmbeddedStore
from tests.fakes import stored

PAGES = (
    "# Wonen\n\n## Huur.\n\nDe huur daalt. Dat is goed. 😀\n\n\fNiets bijzonders.\n\n\f"
    "Op bladzijde drie staat alles wat er over huren is gezegd. Meer is er niet.\n"
)
PLAIN = "Zorg is er voor iedereen,\r\nook voor wie niet betaalt.\r\n\r\nZorg is er.\r\n"
CATALOGUE = '["zorg.txt"]\ntitle = "Over zorg"\nurl = "https://example.org/zorg"\nlanguage = "nl"\n'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    texts = {"a b.md": PAGES, "zorg.txt": PLAIN, "sources.toml": CATALOGUE}
    with stored(tmp_path_factory.mktemp("citations"), texts) as opened:
        yield opened
