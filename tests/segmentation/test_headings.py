import pytest

from citaat.segmentation.headings import section_number
from tests.segmentation.splitting import classify, headings, paths, quotes

BODY = "Hier staat een gewone regel over wat er moet gebeuren in het land."


def level(heading: str, below: str = f"\n\n{BODY}") -> int:
    return classify(heading + below)[0].level


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("# Wonen", 1), ("###### Wonen", 6), ("Deel 1", 10), ("Hoofdstuk II Wonen", 11), ("Titel 3: Straffen", 12),
        ("Afdeling A", 13), ("§ 4 Recht", 14), ("2 Wonen", 21), ("2.1 Wonen", 22),
        ("WONEN EN ZORG", 40), ("Artikel 5.26:2", 60), ("GGZ en zorg", 70),
    ],
)  # fmt: skip
def test_the_level_of_a_heading_comes_from_its_mark_keyword_number_or_spelling(heading: str, expected: int) -> None:
    assert level(heading) == expected


def test_headings_nest_and_are_never_passages() -> None:
    text = "# Wonen\n\nInleiding over wonen.\n\n## Huren\n\nDe huur daalt.\n\n# Zorg\n\nDe zorg blijft."
    assert paths(text) == [("Wonen",), ("Wonen", "Huren"), ("Zorg",)]
    assert quotes(text) == ["Inleiding over wonen.", "De huur daalt.", "De zorg blijft."]


def test_numbered_and_named_headings_are_found_in_plain_text() -> None:
    text = "Hoofdstuk 2\n\n2.1 Wonen\nDe huur daalt hier.\n\nArtikel 5.26:2\nDe minister beslist."
    assert paths(text) == [("Hoofdstuk 2", "2.1 Wonen"), ("Hoofdstuk 2", "2.1 Wonen", "Artikel 5.26:2")]


def test_a_keyword_within_a_sentence_is_no_heading() -> None:
    assert headings("Artikel 5 van de wet geldt ook\nvoor gemeenten en provincies in dit land.") == []
    assert headings("Artikel 5 geldt.\n\nDe minister beslist.") == []
    assert level("Artikel 5", f"\nvan de wet geldt. {BODY}") == 0
    assert level("Artikel 5 van de wet") == 70
    assert [level(line) for line in ("Artikel 5 Begrippen", "Artikel 5: 2 begrippen")] == [60, 60]


def test_a_keyword_in_capitals_heads_also_before_a_full_stop() -> None:
    assert level("HOOFDSTUK 2 WONEN.") == 11


def test_a_numbered_question_with_text_below_it_is_a_heading_and_one_in_a_list_is_an_item() -> None:
    text = "7. Hoe gaan we dit betalen?\nWe zijn ambitieus en realistisch over geld.\n\n1. Wat is dat?\n2. En wat is dit?"
    assert paths(text) == [("7. Hoe gaan we dit betalen?",)] * 3
    assert quotes(text)[1:] == ["Wat is dat?", "En wat is dit?"]
    below = "Een lijst:\n1. Wie mag stemmen?\n2. Wie betaalt dat?\n\nEen nieuwe alinea begint hier."
    assert quotes(below) == ["Wie mag stemmen?", "Wie betaalt dat?", "Een nieuwe alinea begint hier."]
    assert quotes("1. Wij bouwen huizen. Genoeg?\nDaarna volgt tekst.")[0].startswith("Wij bouwen huizen.")
    assert headings(f"1. Wij bouwen huizen. Genoeg?\n{BODY}\n{BODY}") == []
    assert headings(f"1. Wie mag stemmen?\n2. Wie betaalt dat?\n{BODY}\n{BODY}") == []


def test_a_bullet_after_the_number_of_a_section_is_part_of_its_heading() -> None:
    assert paths("1.3 • Goede zorg\nZorg voor zieken is een taak voor iedereen.") == [("1.3 • Goede zorg",)]
    assert quotes("1.3 • Goede zorg is een recht voor iedereen.") == ["Goede zorg is een recht voor iedereen."]


def test_a_number_with_a_full_stop_heads_text_or_its_own_sections_and_else_is_an_item() -> None:
    assert level("1. Wonen", "\nDe huur daalt.") == 21
    assert level("1. Wonen", "\n1.1 Huren\nDe huur daalt.") == 21
    assert level("1. Wonen", f"\n2. Zorg\n{BODY}") == 0
    assert level("1. Wonen", f"\n10.1 Zorg\n{BODY}") == 0
    assert level("1 Wonen", f"\n- zorg\n{BODY}") == 21
    assert level("2.1. Wonen", f"\n- zorg\n{BODY}") == 22
    assert level("1. Wonen:", "\nDe huur daalt.") == 0


def test_a_numbered_line_that_fills_the_width_begins_a_paragraph() -> None:
    rest = "\n" + f"{BODY}\n" * 5
    assert level(f"2.1 Dit {'zeer ' * 9}", rest) == 22
    assert level(f"2.1 Dit {'zeer ' * 10}", rest) == 0
    assert level(f"2.1 {'A' * 157}", f"\n{BODY * 3}") == 22


def test_a_heading_has_at_most_sixteen_words_with_a_number_and_twelve_without() -> None:
    wide = f"\n\n{BODY * 2}"
    assert level(f"2.1 Dit {'is ' * 13}dit", wide) == 22
    assert level(f"2.1 Dit {'is ' * 14}dit", wide) == 0
    assert level(f"Dit {'is ' * 10}dit", wide) == 70
    assert level(f"Dit {'is ' * 11}dit", wide) == 0


def test_a_title_without_blank_lines_around_it_is_shorter_than_the_lines_of_text() -> None:
    rest = "\n" + f"{BODY}\n" * 5
    assert level("Kop " + "a" * 35, rest) == 70
    assert level("Kop " + "a" * 36, rest) == 0
    assert level("\nKop " + "a" * 36, f"\n\n{BODY}") == 70
    assert level("\nKop " + "a" * 36, rest) == 0


def test_a_question_can_be_a_title_and_what_precedes_a_contents_page_is_none() -> None:
    assert level("Wat willen wij?") == 70
    assert level("\nWat er in staat", "\n\nWonen 3\nZorg 7\nWerk 12\nBos 13") == 0


@pytest.mark.parametrize(
    "line", ["Zo is het.", "Wij willen,", "Wij verko-", "kop in onderkast", "Een zin. Nog een", "Wij willen:"]
)
def test_a_line_that_is_a_sentence_or_breaks_off_is_no_title(line: str) -> None:
    assert level(line) == 0


def test_a_title_stands_between_finished_text_and_new_text() -> None:
    assert headings(f"{BODY[:-1]}\nKop zonder punt\n{BODY}") == []
    assert headings(f"{BODY}\nKop zonder punt\n{BODY}") == ["Kop zonder punt"]
    assert headings(f"{BODY}\nKop zonder punt\nen zo verder gaat het hier.") == []
    assert headings(f"{BODY}\nKop zonder punt\n- en een punt van de lijst") == ["Kop zonder punt"]
    assert headings(f"{BODY}\nKop zonder punt") == []
    assert headings(f"{BODY}\n---\nKop zonder punt\n{BODY}") == ["Kop zonder punt"]


def test_a_line_in_capitals_is_a_heading_from_four_letters_and_below_a_hundred_characters() -> None:
    below = f"\nen zo gaat het verder. {BODY}"
    assert level("ZORG", below) == 70
    assert level("GGZ", below) == 0
    assert level("A" * 99, f"\n\n{BODY}") == 40
    assert level("A" * 100, f"\n{BODY}") == 0


def test_a_heading_in_capitals_over_two_lines_is_one_and_a_blank_line_divides_it() -> None:
    assert headings(f"EEN EERLIJK LAND\nVOOR IEDEREEN\n{BODY}") == ["EEN EERLIJK LAND\nVOOR IEDEREEN"]
    assert headings(f"EEN EERLIJK LAND\n\nVOOR IEDEREEN\n{BODY}") == ["EEN EERLIJK LAND", "VOOR IEDEREEN"]


def test_a_numbered_chapter_after_a_page_header_is_a_heading() -> None:
    words = "Huren Scholen Treinen Dokters Boeren Bossen".split()
    pages = [
        f"Verkiezingsprogramma De Partij 2023{joined}\n" + "Een regel gewone tekst over van alles.\n" * 9
        for number, word in enumerate(words, 1)
        for joined in (f"Hoofdstuk {number} {word}", f"{word} zijn hier van belang.")
    ]
    assert paths("".join(pages))[0] == ("Hoofdstuk 1 Huren",)


def numbered_then_titles(sections: int, lines: int) -> list[tuple[str, ...]]:
    numbered = "".join(f"{number}.1 Kort {number}\n{BODY}\n{BODY}\n\n" for number in range(1, sections + 1))
    return paths(numbered + "".join(f"Grip op {word}\n" + f"{BODY}\n" * lines + "\n" for word in ("migratie", "zorg", "geld")))


def test_titles_after_numbered_sections_that_have_ended_do_not_stand_under_the_last_of_them() -> None:
    found = numbered_then_titles(4, 3)
    assert found[3] == ("4.1 Kort 4",)
    assert found[-1] == ("Grip op geld",)


def test_titles_before_the_last_numbered_section_stay_under_theirs_and_those_in_capitals_are_above_the_others() -> None:
    sections = [f"{number}.1 Kort {number}\n{BODY}\n\nVooraf {number}\n{BODY}\n\n" for number in range(1, 5)]
    found = paths("".join(sections) + f"GRIP OP ZAKEN\n{BODY}\n\nMeer geld\n" + f"{BODY}\n" * 20)
    assert found[1] == ("1.1 Kort 1", "Vooraf 1")
    assert list(dict.fromkeys(found))[-2:] == [("GRIP OP ZAKEN",), ("GRIP OP ZAKEN", "Meer geld")]


def test_titles_stand_under_the_last_numbered_section_if_it_is_not_far_longer_or_hardly_any_are_numbered() -> None:
    assert numbered_then_titles(4, 2)[-1] == ("4.1 Kort 4", "Grip op geld")
    assert numbered_then_titles(3, 8)[-1] == ("3.1 Kort 3", "Grip op geld")


def test_an_abbreviation_heads_no_more_than_another_title() -> None:
    text = "\n\n".join(f"{title}\n\n{BODY}" for title in ("Zorg thuis", "GGZ", "Wonen"))
    assert paths(text) == [("Zorg thuis",), ("GGZ",), ("Wonen",)]


def test_the_tail_of_a_sentence_before_a_list_is_no_heading() -> None:
    assert paths("uitvoeringskosten:\n• Lagere huren.\n• Meer bos.") == [(), (), ()]


def test_a_comment_in_a_code_block_is_no_heading() -> None:
    text = "# Kop\n\n```python\n# geen kop\nx = 1\n```\n\nNa het blok."
    assert paths(text) == [("Kop",), ("Kop",)]
    assert quotes(text) == ["# geen kop\nx = 1", "Na het blok."]


def test_a_numbered_paragraph_is_no_heading() -> None:
    line = "2.13. Het CDA steunt de inhoud van de agenda die beoogt"
    assert quotes(f"{line}\neen betere hulp te bereiken voor gezinnen.") == [
        f"{line[6:]}\neen betere hulp te bereiken voor gezinnen."
    ]


def test_only_a_numbered_heading_has_a_section_number() -> None:
    text = f"2.1 Wonen\n{BODY}\n\nHoofdstuk 3\n{BODY}"
    lines = classify(text)
    assert [section_number(line) for line in lines if line.kind == "heading"] == ["2.1", ""]
