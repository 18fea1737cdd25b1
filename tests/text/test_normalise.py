import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.domain import Span
from citaat.segmentation import passages
from citaat.text.normalise import content_hash, label, passage_hash, plain
from tests.segmentation.splitting import document

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


def test_the_copy_for_the_encoder_joins_lines_and_closes_hyphens() -> None:
    text = "Verko-\nzen bur -\ngemeesters en klimaat-\nen natuurbeleid, ge\u00admeente."
    (passage,) = passages.split(document(text)).passages
    assert plain(text, passage.span) == "Verkozen burgemeesters en klimaat- en natuurbeleid, gemeente."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Noord-\nHolland", "Noord- Holland"),
        ("lang- of\nkort", "lang- of kort"),
        ("a  b\tc", "a b c"),
        ("ge\u00ad meente", "gemeente"),
    ],
)
def test_a_hyphen_is_closed_only_where_a_word_was_broken(text: str, expected: str) -> None:
    assert plain(text, Span(0, len(text))) == expected


@given(TEXTS.filter(bool))
def test_a_plain_copy_is_one_line_and_stays_as_it_is(text: str) -> None:
    copy = plain(text, Span(0, len(text)))
    assert copy == " ".join(copy.split())
    assert not copy or plain(copy, Span(0, len(copy))) == copy


def test_only_the_span_is_copied() -> None:
    assert plain("een twee drie", Span(4, 8)) == "twee"


@pytest.mark.parametrize("heading", ["## Wonen ##", "Wonen:", "Wonen.", "Wonen", "# Wo-\nnen."])
def test_a_label_is_a_heading_without_marks_and_closing_punctuation(heading: str) -> None:
    assert label(heading) == "Wonen"


@given(TEXTS, st.integers(0, 5))
def test_a_passage_hash_tells_texts_and_occurrences_apart(text: str, occurrence: int) -> None:
    same = passage_hash(text, occurrence)
    assert len(same) == 12
    assert same != passage_hash(text, occurrence + 1)
    assert same != passage_hash(text + "x", occurrence)


def test_hashes_are_those_that_stores_and_links_hold() -> None:
    assert content_hash("Een zin.").hex() == "cc8db3764876450d2961b2cec132644c"
    assert passage_hash("Een zin.", 0) == "a63a1e6c656c"
