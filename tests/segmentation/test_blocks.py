from tests.segmentation.splitting import headings, paths, quotes, split

LINE = "Hier staat een gewone regel over wat er moet gebeuren in het land."


def test_a_section_stands_under_its_own_chapter_or_under_none() -> None:
    text = "1. Klimaat\n1.1 Energie\nDe zon schijnt.\n\n2.1 Werk\nHet loon stijgt.\n\n3. Zorg\n3.1 Thuis\nDe zorg blijft."
    assert paths(text) == [("1. Klimaat", "1.1 Energie"), ("2.1 Werk",), ("3. Zorg", "3.1 Thuis")]


def test_a_section_whose_number_only_begins_with_the_same_digit_stands_under_none() -> None:
    assert paths("1 Klimaat\nDe zon schijnt.\n\n10.1 Werk\nHet loon stijgt.") == [("1 Klimaat",), ("10.1 Werk",)]


def test_a_short_lead_in_heads_its_list_and_nothing_after_it() -> None:
    text = "De partij wil:\n• Lagere huren.\n• Meer bos.\n\nDaarna volgt gewone tekst."
    assert paths(text) == [("De partij wil",), ("De partij wil",), ()]
    assert headings(text) == ["De partij wil:"]
    assert split(text).uncovered == {"heading": 12, "marker": 2}


def test_a_lead_in_has_at_most_eight_words() -> None:
    assert paths("De partij wil voor alle mensen hier meer:\n• Meer bos.") == [("De partij wil voor alle mensen hier meer",)]
    assert paths("De partij wil voor alle mensen hier nog meer:\n• Meer bos.") == [(), ()]


def test_a_lead_in_among_list_items_is_an_item() -> None:
    assert quotes("- De partij wil:\n- Meer bos.") == ["De partij wil:", "Meer bos."]


def test_a_blank_line_ends_a_paragraph_unless_the_sentence_goes_on() -> None:
    assert quotes(f"{LINE}\n\n{LINE}") == [LINE, LINE]
    assert quotes(f"{LINE[:-1]}\n\n{LINE}") == [LINE[:-1], LINE]
    assert quotes(f"{LINE}\n\nen zo verder.") == [LINE, "en zo verder."]
    assert quotes(f"{LINE[:-1]}\n\nen zo verder.") == [f"{LINE[:-1]}\n\nen zo verder."]


def test_in_a_text_that_is_not_wrapped_each_line_is_a_paragraph() -> None:
    long = LINE[:-1] * 3
    assert quotes(f"{long}\n{long}\n{long}") == [long] * 3
    assert quotes(f"{long}\nen zo verder\n{long}") == [f"{long}\nen zo verder", long]


def test_an_indented_line_begins_a_paragraph() -> None:
    assert len(quotes(f"{LINE}\n  {LINE}\n{LINE}")) == 2
    assert len(quotes(f"{LINE}\n {LINE}\n{LINE}")) == 1
    assert len(quotes(f"• {LINE}\n  {LINE}")) == 1
    assert len(quotes(f"{LINE}\n  {LINE.lower()}")) == 1


def test_a_short_line_ends_a_paragraph_where_no_blank_lines_do() -> None:
    short = "Zo is het nu een keer."
    assert len(quotes("\n".join([LINE] * 6 + [short] + [LINE] * 6))) == 2
    assert len(quotes("\n".join([LINE] * 6 + ["en zo is het nu een keer"] + [LINE] * 6))) == 1
    assert len(quotes("\n".join([LINE, "", LINE, short, LINE]))) == 2


def test_a_line_of_seventy_per_cent_of_the_width_does_not_end_a_paragraph() -> None:
    assert len(quotes("\n".join([LINE] * 6 + ["A" + "a" * 44 + "."] + [LINE] * 6))) == 2
    assert len(quotes("\n".join([LINE] * 6 + ["A" + "a" * 45 + "."] + [LINE] * 6))) == 1


def test_what_no_passage_covers_is_counted_by_kind() -> None:
    text = "# Kop\n\n- Een punt.\n\n---\n\nWonen ........ 3\n"
    assert split(text).uncovered == {"heading": 4, "marker": 1, "boilerplate": 3, "contents": 14}
