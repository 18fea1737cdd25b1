import pytest
from citaat.domain import Span
from citaat.segmentation.sentences import split
from hypothesis import given
from hypothesis import strategies as st


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in split(text, Span(0, len(text)))]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dit is, d.w.z. soms, een zin.", "Nog een."],
        ["Zij zegt o.a. niets.", "Zo is het."],
        ["De heer A. de Vries sprak.", "Daarna niet."],
        ["J. P. Balkenende en mw. drs. A. van der Veen kwamen.", "Het was laat."],
        ["We kiezen plan A.", "Dat is beter."],
        ["Zie art. 5 van de wet.", "Of lid 2."],
        ["Bijv. in Eindhoven.", "En in Delft!", "Echt?", "Ja."],
        ["Meer dan 3.000 euro.", "Om 12.30 uur."],
        ["Brood, melk, e.d. Daarna naar huis."],
        ["“Dat is goed.”", "Zei hij (o.a. in 2023)."],
        ["Een zin\ndie doorloopt.", "Een tweede\r\nook."],
    ],
)
def test_dutch_sentences_end_where_a_reader_ends_them(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(lambda text: bool(text.strip())))
def test_sentences_are_ordered_disjoint_and_cover_all_but_white_space(text: str) -> None:
    at = 0
    for span in split(text, Span(0, len(text))):
        assert span.start >= at
        assert not text[at : span.start].strip()
        assert span.of(text) == span.of(text).strip()
        at = span.end
    assert not text[at:].strip()
