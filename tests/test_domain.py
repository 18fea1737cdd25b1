import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.domain import Answer, Citation, Document, DocumentInfo, Passage, Source, Span

CITATION = Citation(
    1, "d/1", "huur", Span(3, 7), "De ", ".", (Span(3, 7),), (), DocumentInfo("d", Source("D"), "", 8, 1), (), 0, 0.5
)


@given(st.text(min_size=1), st.data())
def test_a_span_marks_the_slice_of_its_offsets(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert Span(start, end).of(text) == text[start:end]
    assert len(Span(start, end)) == end - start


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 3), (0, 0)])
def test_a_span_that_marks_nothing_cannot_be_made(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"{start} and {end}"):
        Span(start, end)


@given(st.lists(st.integers(0, 6), min_size=4, max_size=4))
def test_a_span_covers_what_lies_within_it(offsets: list[int]) -> None:
    outer, inner = Span(offsets[0], offsets[0] + offsets[1] + 1), Span(offsets[2], offsets[2] + offsets[3] + 1)
    places = set(range(outer.start, outer.end))
    assert outer.covers(inner) == places.issuperset(range(inner.start, inner.end))
    assert outer.covers(outer)


def test_spans_are_in_the_order_of_a_text() -> None:
    assert sorted([Span(3, 4), Span(0, 9), Span(0, 2)]) == [Span(0, 2), Span(0, 9), Span(3, 4)]


def test_the_hash_of_a_document_is_that_of_its_text_in_utf_8() -> None:
    document = Document("d", "één\r\n", Source("D"))
    assert document.sha256 == hashlib.sha256("één\r\n".encode()).hexdigest()


@pytest.mark.parametrize("sentences", [(), (Span(3, 9),), (Span(0, 2), Span(4, 6)), (Span(0, 9), Span(1, 2))])
def test_a_passage_holds_its_sentences(sentences: tuple[Span, ...]) -> None:
    with pytest.raises(ValueError, match="at least one sentence, and each lies within"):
        Passage("d/1", "d", Span(1, 5), sentences=sentences)
    assert Passage("d/1", "d", Span(1, 5), sentences=(Span(1, 2), Span(3, 5))).page == 0


def test_an_answer_is_answered_exactly_if_it_has_citations() -> None:
    with pytest.raises(ValueError, match="exactly if"):
        Answer("q", "answered", ())
    with pytest.raises(ValueError, match="exactly if"):
        Answer("q", "no_answer", (CITATION,))
    assert Answer("q", "answered", (CITATION,)).suggestions == ()
    assert Answer("q", "no_answer", ()).citations == ()


@pytest.mark.parametrize("made", [Span(0, 1), Source("D"), CITATION, CITATION.document, Answer("q", "no_answer", ())])
def test_nothing_changes_once_it_is_made(made: Span | Source | Citation | DocumentInfo | Answer) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, "x")
