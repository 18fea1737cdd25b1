import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.domain import Span
from citaat.segmentation.sentences import split


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in split(text, Span(0, len(text)))]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dit is, d.w.z. soms, een zin.", "Nog een."],
        ["Zij zegt o.a. niets.", "Zo is het."],
        ["De heer A. de Vries sprak.", "Daarna niet."],
        ["J. P. Balkenende en mw. drs. A. van der Veen kwamen.", "Het was laat."],
        ["Zie T. Damen en H. Schutten hierover.", "Daarna niet."],
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


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: bool(text.strip())))
def test_sentences_are_ordered_disjoint_and_cover_all_but_white_space(text: str) -> None:
    at = 0
    for span in split(text, Span(0, len(text))):
        assert span.start >= at
        assert not text[at : span.start].strip()
        assert span.of(text) == span.of(text).strip()
        at = span.end
    assert not text[at:].strip()


@pytest.mark.parametrize(
    "expected",
    [
        ["dit is een zin.", "en dit ook."],
        ["Wij kiezen voor 3.", "Dat is genoeg."],
        ["1. Wonen is een recht.", "2. Zorg ook."],
        ["Het CDA e.a.", "Daarna niet."],
        ["Wij zien het op pagina\n12.", "Dat is genoeg."],
        ["Zij sprak met mevr. Jansen.", "Daarna niet."],
        ["Zo is het!", "en dat blijft zo."],
    ],
)
def test_cuts_after_numbers_abbreviations_and_in_lower_case_are_judged_by_what_surrounds_them(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_spans_count_in_the_document_and_not_in_the_passage() -> None:
    text = "Eerder. Een zin. Nog een. Later."
    assert [span.of(text) for span in split(text, Span(8, 25))] == ["Een zin.", "Nog een."]
