from pathlib import Path

import pytest

from citaat.citations import quotes
from citaat.errors import StoreError
from citaat.store.embedded.store import EmbeddedStore
from tests.citations.conftest import PAGES, PLAIN
from tests.fakes import stored


def test_a_quote_is_a_slice_of_the_source(store: EmbeddedStore) -> None:
    for row in range(len(store)):
        citation = quotes.cite(store, row, 1, 0.5, ())
        text = {"a-b": PAGES, "zorg": PLAIN}[citation.document.id]
        assert citation.quote == citation.span.of(text) == text[citation.span.start : citation.span.end]
        assert all(citation.span.covers(sentence) for sentence in citation.sentences)
    assert [quotes.cite(store, row, 1, 0.5, ()).document.id for row in range(5)] == ["a-b"] * 3 + ["zorg"] * 2


def test_what_is_known_of_a_passage_is_in_its_citation(store: EmbeddedStore) -> None:
    passage = store.passage(2)
    highlights = (passage.sentences[1],)
    citation = quotes.cite(store, 2, 7, 0.25, highlights)
    assert (citation.number, citation.id, citation.confidence) == (7, passage.id, 0.25)
    assert (citation.sentences, citation.highlights) == (passage.sentences, highlights)
    assert citation.document == store.document("a-b")


def test_the_page_is_that_of_the_passage_and_none_where_there_are_no_pages(store: EmbeddedStore) -> None:
    assert [quotes.cite(store, row, 1, 0.5, ()).page for row in range(5)] == [1, 2, 3, 0, 0]


def test_thirty_two_characters_stand_around_a_quote_where_there_are_as_many(store: EmbeddedStore) -> None:
    first, last = quotes.cite(store, 0, 1, 0.5, ()), quotes.cite(store, 2, 1, 0.5, ())
    assert (first.prefix, first.suffix) == ("# Wonen\n\n## Huur.\n\n", PAGES[first.span.end :][:32])
    assert (last.prefix, last.suffix) == (PAGES[: last.span.start][-32:], "\n")
    assert len(first.suffix) == len(last.prefix) == 32


def test_a_section_is_the_headings_as_labels_and_the_run_in_heading_last(store: EmbeddedStore) -> None:
    assert quotes.cite(store, 0, 1, 0.5, ()).section == ("Wonen", "Huur", "De huur daalt")
    assert quotes.section(store, store.passage(1)) == ("Wonen", "Huur")
    assert quotes.section(store, store.passage(3)) == ()


def test_a_heading_over_two_lines_is_a_label_on_one(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "De huur\nvan een huis. Die gaat volgend jaar overal in het land omlaag.\n"}) as store:
        citation = quotes.cite(store, 0, 1, 0.5, ())
    assert citation.section == ("De huur van een huis",)
    assert citation.quote.startswith("De huur\nvan een huis. Die")


def test_a_text_that_changed_on_disk_is_not_cited(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": "De huur daalt. Dat is goed."}) as store:
        path = store.folder / "texts.npy"
    path.write_bytes(path.read_bytes().replace("goed".encode("utf-32-le"), "fout".encode("utf-32-le")))
    with EmbeddedStore.open(tmp_path / "store") as changed, pytest.raises(StoreError, match="is not quoted"):
        quotes.cite(changed, 0, 1, 0.5, ())
