import pytest
from citaat.domain import Answer, Passage, Span
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(min_size=1), st.data())
def test_a_span_marks_the_slice_of_its_offsets(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert Span(start, end).of(text) == text[start:end]
    assert len(Span(start, end)) == end - start


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 3)])
def test_a_span_that_marks_nothing_cannot_be_made(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"{start} and {end}"):
        Span(start, end)


def test_a_passage_holds_its_sentences() -> None:
    with pytest.raises(ValueError, match="lies within"):
        Passage("d/1", "d", Span(0, 5), sentences=(Span(3, 9),))


def test_an_answer_without_citations_is_no_answer() -> None:
    with pytest.raises(ValueError, match="exactly if"):
        Answer("q", "answered", ())
