import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citaat.citations import quotes, verification
from citaat.citations.verification import Verification, check, read_citations, verify
from citaat.citations.wire import CitationModel
from citaat.domain import Span
from citaat.errors import InputError, NotFoundError
from citaat.store.embedded.store import EmbeddedStore
from tests.citations.conftest import PAGES, PLAIN
from tests.fakes import loose_dataclasses, stored


@pytest.fixture
def citation(store: EmbeddedStore) -> dict[str, Any]:
    """As it is sent."""
    return CitationModel.of(quotes.cite(store, 2, 1, 0.5, ()), "").model_dump(mode="json")


def test_a_quote_is_verbatim_at_its_own_place_alone(store: EmbeddedStore) -> None:
    at = PLAIN.index("Zorg is er.")
    assert verify(store, "zorg", at, at + 11, "Zorg is er.") == Verification(True, (Span(at, at + 11),))
    assert verify(store, "zorg", at + 1, at + 12, "Zorg is er.") == Verification(False, (Span(at, at + 11),))
    assert verify(store, "zorg", at, at + 11, "zorg is er.") == Verification(False, ())


def test_every_place_where_a_quote_stands_is_found(store: EmbeddedStore) -> None:
    at = PLAIN.rindex("Zorg is")
    assert verify(store, "zorg", 0, 7, "Zorg is") == Verification(True, (Span(0, 7), Span(at, at + 7)))


def test_places_that_overlap_are_all_found_and_no_more_than_a_hundred(tmp_path: Path) -> None:
    with stored(tmp_path, {"a.txt": f"Ha, ha: {'ha' * 200}."}) as store:
        found = verify(store, "a", 0, 4, "haha")
    assert not found.verbatim
    assert found.found == tuple(Span(8 + 2 * number, 12 + 2 * number) for number in range(100))


def test_a_place_beyond_the_text_is_not_where_a_quote_stands(store: EmbeddedStore) -> None:
    start, end = len(PLAIN) - 5, len(PLAIN)
    for said, verbatim in ((end, True), (end + 1, False), (10**12, False)):
        assert verify(store, "zorg", start, said, PLAIN[-5:]).verbatim is verbatim
    assert not verify(store, "zorg", -5, end, PLAIN[-5:]).verbatim
    assert not verify(store, "zorg", -5, 0, PLAIN[-5:]).verbatim


def test_an_empty_quote_is_verbatim_nowhere(store: EmbeddedStore) -> None:
    assert verify(store, "zorg", 3, 3, "") == Verification(False, ())


def test_a_quote_of_a_document_that_is_not_there_is_refused(store: EmbeddedStore) -> None:
    with pytest.raises(NotFoundError):
        verify(store, "elders", 0, 1, "x")


def test_a_citation_that_comes_back_is_checked(store: EmbeddedStore, citation: dict[str, Any]) -> None:
    start, end = citation["start"], citation["end"]
    found = check(store, citation)
    assert (found.verbatim, found.message) == (True, f"a-b, characters {start}–{end}")
    found = check(store, citation | {"quote": "De huur daalt."})
    assert (found.verbatim, found.message) == (False, f"a-b, characters {start}–{end}; the quote stands at: 19–33.")
    found = check(store, citation | {"quote": "De huur stijgt."})
    assert (found.verbatim, found.message) == (False, f"a-b, characters {start}–{end}; the quote stands at: nowhere.")


def test_a_citation_of_a_document_that_is_not_there_is_none(store: EmbeddedStore, citation: dict[str, Any]) -> None:
    found = check(store, citation | {"document": {"id": "elders"}})
    assert (found.verbatim, found.message) == (False, "its document is not in this library")


def test_of_the_places_where_a_quote_stands_three_are_named(store: EmbeddedStore, citation: dict[str, Any]) -> None:
    places = [span.start for span in verify(store, "a-b", 0, 2, "er").found]
    assert len(places) > 3
    expected = ", ".join(f"{at}–{at + 2}" for at in places[:3])
    assert check(store, citation | {"quote": "er"}).message.endswith(f"; the quote stands at: {expected}.")


@pytest.mark.parametrize(("sha256", "told"), [("0" * 64, True), (None, False)])
def test_a_document_that_changed_since_is_told(
    store: EmbeddedStore, citation: dict[str, Any], sha256: str | None, told: bool
) -> None:
    wrong = citation | {"quote": "Iets anders.", "document": {"id": "a-b", "sha256": sha256}}
    changed = " The document has changed since." if told else ""
    assert check(store, wrong).message.endswith(f"; the quote stands at: nowhere.{changed}")
    assert "changed" not in check(store, wrong | {"document": {"id": "a-b", "sha256": store.document("a-b").sha256}}).message
    assert "changed" not in check(store, wrong | {"document": {"id": "a-b"}}).message


def test_what_is_verified_cannot_be_changed() -> None:
    assert loose_dataclasses(verification) == []


def test_citations_are_read_from_an_answer_a_list_or_one_by_itself(citation: dict[str, Any]) -> None:
    for sent in (citation, [citation], {"status": "answered", "citations": [citation]}):
        assert read_citations(json.dumps(sent).encode()) == [citation]
    assert read_citations(json.dumps([citation, citation]).encode()) == [citation] * 2


def test_an_answer_that_cites_nothing_has_no_citations() -> None:
    assert read_citations(b'{"status": "no_answer", "citations": []}') == []
    whole = {"quote": "x", "start": 0, "end": 1, "document": {"id": "a-b"}}
    assert read_citations(json.dumps({"status": "no_answer", "citations": [whole]}).encode()) == [whole]
    with pytest.raises(InputError, match="There is no citation"):
        read_citations(b'{"status": "answered", "citations": []}')


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[" * 100_000, b"{"])
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError, match=r"^This is not JSON\. Give what `citaat ask --json` prints\.$") as error:
        read_citations(raw)
    assert error.value.code == "invalid-json"


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{}",
        b"3",
        b'"x"',
        b"null",
        b'{"citations": [1]}',
        b'{"citations": {}}',
        b'{"status": "no_answer", "citations": {}}',
        b"[[]]",
    ],
)
def test_what_is_no_citation_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError, match="no citation") as error:
        read_citations(raw)
    assert error.value.code == "no-citation"


@pytest.mark.parametrize(
    ("key", "value"),
    [("quote", 1), ("start", "1"), ("end", 1.0), ("start", True), ("document", "a-b"), ("document", {}), ("document", {"id": 1})],
)
def test_a_citation_without_a_part_or_with_another_is_refused(key: str, value: object) -> None:
    whole = {"quote": "x", "start": 0, "end": 1, "document": {"id": "a-b"}}
    assert read_citations(json.dumps(whole).encode()) == [whole]
    for wrong in (whole | {key: value}, {name: one for name, one in whole.items() if name != key}):
        with pytest.raises(InputError):
            read_citations(json.dumps([whole, wrong]).encode())


@settings(max_examples=40)
@given(data=st.data())
def test_every_slice_of_a_text_is_verbatim(store: EmbeddedStore, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PAGES) - 1))
    end = data.draw(st.integers(start + 1, len(PAGES)))
    found = verify(store, "a-b", start, end, PAGES[start:end])
    assert found.verbatim
    assert Span(start, end) in found.found or len(found.found) == 100
