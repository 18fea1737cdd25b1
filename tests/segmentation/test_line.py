import pytest

from citaat.segmentation.line import Line, text_width


def line(content: str) -> Line:
    return Line(0, len(content), "text", 0)


@pytest.mark.parametrize(
    "content", ["Zo is het.", "Echt?", "“Ja!”", "(zie boven).", "enzovoort…", "zo is het.12", "en klaar.[3]"]
)
def test_closing_punctuation_with_quotes_or_a_footnote_ends_a_sentence(content: str) -> None:
    assert line(content).ends_sentence(content)


@pytest.mark.parametrize("content", ["Wij willen", "zoals:", "huizen,", "artikel 5.12", "Een zin. En nog", "v3.1234"])
def test_other_ends_do_not_end_a_sentence(content: str) -> None:
    assert not line(content).ends_sentence(content)


def test_the_width_is_what_four_lines_of_five_stay_within() -> None:
    lines = [Line(0, length, "text", 0) for length in (10, 20, 30, 40, 50)]
    assert text_width(lines) == 50
    assert text_width([*lines, Line(0, 45, "item", 2)]) == 45
    assert text_width([*lines, Line(0, 900, "heading", 0)]) == 50
    assert text_width([]) == 0
