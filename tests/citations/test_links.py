from dataclasses import replace

import pytest

from citaat.citations import quotes
from citaat.citations.links import caption, permalink, target
from citaat.domain import Citation, Source
from citaat.store.embedded.store import EmbeddedStore
from tests.citations.conftest import PAGES, PLAIN

BASE = "https://citaat.example"


@pytest.fixture
def paged(store: EmbeddedStore) -> Citation:
    """On the third page."""
    return quotes.cite(store, 2, 1, 0.5, ())


@pytest.fixture
def plain(store: EmbeddedStore) -> Citation:
    """Of a document whose address is known."""
    return quotes.cite(store, 3, 1, 0.5, ())


def test_a_permalink_leads_to_the_passage_on_its_page() -> None:
    assert permalink("wonen/0123456789ab", BASE) == "https://citaat.example/read/wonen/0123456789ab#passage"
    assert permalink("à?#", BASE) == "https://citaat.example/read/%C3%A0%3F%23#passage"


def test_a_target_points_at_the_source_where_its_address_is_known(paged: Citation, plain: Citation) -> None:
    assert target(plain, BASE)["source"] == "https://example.org/zorg"
    assert target(paged, BASE)["source"] == "https://citaat.example/documents/a-b"
    odd = replace(paged, document=replace(paged.document, id="à b"))
    assert target(odd, BASE)["source"] == "https://citaat.example/documents/%C3%A0%20b"


def test_the_selectors_of_a_target_find_the_quote(paged: Citation, plain: Citation) -> None:
    for citation, text in ((paged, PAGES), (plain, PLAIN)):
        quote, position = target(citation, BASE)["selector"]
        assert (quote["type"], position["type"]) == ("TextQuoteSelector", "TextPositionSelector")
        assert text[position["start"] : position["end"]] == quote["exact"] == citation.quote
        around = text[max(0, position["start"] - 32) : position["end"] + 32]
        assert quote["prefix"] + quote["exact"] + quote["suffix"] == around
        assert around.index(quote["exact"]) == len(quote["prefix"])


def test_a_caption_names_what_is_known(paged: Citation, plain: Citation) -> None:
    assert caption(paged) == "a b › Wonen › Huur › p. 3"
    assert caption(plain) == "Over zorg"
    nameless = replace(plain, document=replace(plain.document, source=Source("")), section=("Zorg",))
    assert caption(nameless) == "Zorg"
