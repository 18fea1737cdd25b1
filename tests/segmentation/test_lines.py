import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.segmentation.lines import Line, text_width
from tests.segmentation.splitting import classify, quotes, split


def parts(text: str) -> list[tuple[str, str]]:
    return [(line.kind, line.content) for line in classify(text)]


@given(st.text(st.characters(codec="utf-8")))
def test_lines_are_disjoint_and_cover_all_but_white_space(text: str) -> None:
    at = 0
    for line in classify(text):
        assert at <= line.start <= line.body < line.end
        assert not text[at : line.start].strip()
        at = line.end
    assert not text[at:].strip()


def test_a_list_item_begins_after_its_marker_and_keeps_its_hanging_lines() -> None:
    assert quotes("- Een punt dat\n  verder loopt.\n  * Genest punt.\n1. Eerste.\na. Letter.") == [
        "Een punt dat\n  verder loopt.", "Genest punt.", "Eerste.", "Letter.",
    ]  # fmt: skip


def test_a_bullet_within_a_line_begins_an_item() -> None:
    assert quotes("• Lagere huren. • Meer bos.") == ["Lagere huren.", "Meer bos."]
    assert quotes("Wij willen meer bos ● Lagere huren") == ["Wij willen meer bos", "Lagere huren"]


def test_a_bullet_after_the_number_of_a_section_does_not_cut_the_line() -> None:
    assert parts("1.3 • Goede zorg is er") == [("item", "1.3 • Goede zorg is er")]
    assert parts("Zo. 1.3 • Goede zorg • Nog")[-1] == ("item", "• Nog")


@pytest.mark.parametrize(
    "line", ["12", "pagina 12", "- 12 -", "Blz. 3 van 40", "3/40", "-----", "* * *", "..128 129", "```python"]
)
def test_page_numbers_rules_and_fences_are_boilerplate(line: str) -> None:
    assert parts(line) == [("boilerplate", line)]


@pytest.mark.parametrize("line", ["0800 8051", "12 500", "2023 – 2027", "129 128", "128 130", "12a", "Blz. drie"])
def test_other_numbers_are_text(line: str) -> None:
    assert parts(line) == [("text", line)]


def test_numbers_of_two_pages_side_by_side_are_no_passage() -> None:
    assert quotes("Een zin.\n\n..128 129\n\nNog een zin.") == ["Een zin.", "Nog een zin."]
    assert quotes("Een zin.\n\n0800 8051\n\n2023 – 2027\n\n12 500") == ["Een zin.", "0800 8051", "2023 – 2027", "12 500"]


def test_the_page_number_before_a_running_header_goes_with_it() -> None:
    page = "{} | Programma 2023 De Partij\n" + "Een regel gewone tekst over van alles.\n" * 9
    text = "".join(page.format(number) for number in range(11, 21))
    assert split(text).uncovered["boilerplate"] == 10 * len("11|Programma2023DePartij")


def test_a_page_number_between_text_and_a_running_header_is_no_part_of_the_text() -> None:
    words = "Bos Huur Trein School Dokter Boer Rivier Baan".split()
    page = "{} Verkiezingsprogramma 2023 De Partij\n" + "Een regel gewone tekst over van alles.\n" * 9
    text = "".join(page.format(word if at % 2 else f"{word} {at}") for at, word in enumerate(words, 12))
    assert {content for kind, content in parts(text) if kind != "boilerplate"} == {
        *words,
        "Een regel gewone tekst over van alles.",
    }


def test_marks_within_a_code_block_mean_nothing_and_after_it_they_do() -> None:
    text = "~~~\n- geen punt\n# geen kop\n~~~\n- wel een punt"
    assert [kind for kind, _ in parts(text)] == ["boilerplate", "text", "text", "boilerplate", "item"]
    assert [line.fenced for line in classify(text)] == [True, True, True, False, False]


def test_a_line_knows_its_indent_and_whether_a_blank_line_precedes_it() -> None:
    lines = classify("Een.\n\n\t  Twee. • Drie.\nVier.")
    assert [(line.indent, line.gap) for line in lines] == [(0, False), (10, True), (0, False), (0, False)]


def line(content: str) -> Line:
    return Line(content, 0, len(content), "text", 0)


@pytest.mark.parametrize(
    "content", ["Zo is het.", "Echt?", "“Ja!”", "(zie boven).", "enzovoort…", "zo is het.12", "en klaar.[3]"]
)
def test_closing_punctuation_with_quotes_or_a_footnote_ends_a_sentence(content: str) -> None:
    assert line(content).ends_sentence


@pytest.mark.parametrize("content", ["Wij willen", "zoals:", "huizen,", "artikel 5.12", "Een zin. En nog", "v3.1234"])
def test_other_ends_do_not_end_a_sentence(content: str) -> None:
    assert not line(content).ends_sentence


def test_the_width_is_what_four_lines_of_five_stay_within() -> None:
    lines = [Line("", 0, length, "text", 0) for length in (10, 20, 30, 40, 50)]
    assert text_width(lines) == 50
    assert text_width([*lines, Line("", 0, 45, "item", 2)]) == 45
    assert text_width([*lines, Line("", 0, 900, "heading", 0)]) == 50
    assert text_width([]) == 0
