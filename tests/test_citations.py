import json

import pytest
from citaat.chat.replies import Reply, reply_json
from citaat.citations import citation as citations
from citaat.citations.verification import check, read_citations
from citaat.domain import Span
from citaat.errors import InputError, NotFoundError
from citaat.library import Library

from tests.conftest import SEED

TEXT = SEED.read_bytes().decode()
BASE = "https://example.org"


def wire(library: Library) -> dict[str, object]:
    return reply_json(Reply(library.ask("Wat vindt de partij van kernwapens?", limit=1), "nl"), BASE)


def test_the_wire_form_points_into_the_source(shipped: Library) -> None:
    (citation,) = json.loads(json.dumps(wire(shipped)))["citations"]
    assert TEXT[citation["start"] : citation["end"]] == citation["quote"]
    quote, position = citation["target"]["selector"]
    assert quote["prefix"] + quote["exact"] + quote["suffix"] == TEXT[position["start"] - 32 : position["end"] + 32]
    assert citation["url"] == f"{BASE}/read/{citation['id']}#passage"
    assert citation["section"] == ["7.3 Sterkere defensie voor een vreedzaam Europa", "Kernwapens de wereld uit"]
    assert citation["document"]["language"] == "nl"


def test_the_answer_of_a_chat_window_is_the_quotes_with_their_numbers(shipped: Library) -> None:
    answer = shipped.ask("Wat vindt de partij van kernwapens?", min_confidence=0, limit=2)
    first, second = answer.citations
    assert Reply(answer, "nl").text() == f"{first.quote} [1]\n\n{second.quote} [2]"


def test_verifying_finds_every_place_where_a_quote_stands(shipped: Library) -> None:
    verbatim, found = citations.verify(shipped.store, "verkiezingsprogramma-7-3", 1207, 1218, "Kernwapens ")
    assert (verbatim, found) == (True, [Span(1207, 1218)])
    verbatim, found = citations.verify(shipped.store, "verkiezingsprogramma-7-3", 0, 10, "kernwapens")
    assert not verbatim
    assert [span.of(TEXT) for span in found] == ["kernwapens"] * TEXT.count("kernwapens")
    with pytest.raises(NotFoundError):
        citations.verify(shipped.store, "elders", 0, 1, "x")


def test_a_place_beyond_the_text_is_not_where_a_quote_stands(shipped: Library) -> None:
    start = len(TEXT) - 5
    for end, verbatim in ((len(TEXT), True), (len(TEXT) + 1, False), (10**12, False)):
        assert citations.verify(shipped.store, "verkiezingsprogramma-7-3", start, end, TEXT[-5:])[0] is verbatim
    assert not citations.verify(shipped.store, "verkiezingsprogramma-7-3", -5, len(TEXT), TEXT[-5:])[0]


def test_no_more_than_a_hundred_places_are_told(shipped: Library) -> None:
    verbatim, found = citations.verify(shipped.store, "verkiezingsprogramma-7-3", 0, 1, "e")
    assert (verbatim, len(found)) == (False, 100)
    assert found[99].start == [place for place, letter in enumerate(TEXT) if letter == "e"][99]


def test_a_citation_that_comes_back_is_checked(shipped: Library) -> None:
    (citation,) = read_citations(json.dumps(wire(shipped)).encode())
    assert check(shipped.store, citation).verbatim
    assert "nowhere" in check(shipped.store, citation | {"quote": "Kernwapens de wereld in."}).message
    assert "not in this library" in check(shipped.store, citation | {"document": {"id": "elders"}}).message


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"quote": 1}', b"\xff", b"[" * 100_000, b'{"citations": [1]}'])
def test_what_is_no_citation_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError):
        read_citations(raw)
