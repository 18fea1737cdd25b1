from pathlib import Path

import pytest
from citaat.domain import Document, Source
from citaat.segmentation import passages
from citaat.segmentation.passages import LONGEST_PASSAGE, Split, label, plain, split
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SEED, shared


def document(text: str) -> Document:
    return Document("d", text, Source("D", language="nl"))


def quotes(text: str) -> list[str]:
    return [passage.span.of(text) for passage in split(document(text)).passages]


def paths(text: str) -> list[tuple[str, ...]]:
    return [tuple(label(span.of(text)) for span in passage.headings) for passage in split(document(text)).passages]


def uncovered(text: str, found: Split) -> str:
    left = list(text)
    for passage in found.passages:
        left[passage.span.start : passage.span.end] = [" "] * len(passage.span)
    return "".join("".join(left).split())


LINES = st.sampled_from(
    """# Kop|7.3\u2003Sterkere defensie|Hoofdstuk 2|Artikel 5.26:2|• Een punt. Met meer.|  - genest|1. eerste|a. letter|INHOUD|```
|12|\f|Een gewone zin die doorloopt
|en hier verder gaat. Nog een zin.|Iets ........ 12||   |“Zo” zei d.w.z. hij 😀.|We willen:|verko-
|zen worden\r|Kop zonder punt|Zie o.a. A. de Vries.""".split("|")
)


@given(st.one_of(st.lists(LINES, max_size=40).map("\n".join), st.text(st.characters(exclude_categories=("Cs",)))))
def test_passages_are_disjoint_slices_and_all_that_they_leave_is_counted(text: str) -> None:
    found = split(document(text))
    at = 0
    for passage in found.passages:
        assert passage.span.start >= at
        assert passage.span.of(text) == passage.span.of(text).strip()
        at = passage.span.end
    assert len(uncovered(text, found)) == sum(found.uncovered.values())
    assert len({passage.id for passage in found.passages}) == len(found.passages)


def test_the_seed_splits_into_its_five_items() -> None:
    text = SEED.read_bytes().decode()
    found = split(document(text))
    run_ins = [passage.run_in.of(text) for passage in found.passages if passage.run_in]
    assert run_ins == [
        "Militaire samenwerking.", "Streng wapenbeleid.", "Kernwapens de wereld uit.", "Samen voor bescherming.",
        "Vredesmissies.",
    ]  # fmt: skip
    assert set(paths(text)) == {("7.3 Sterkere defensie voor een vreedzaam Europa",)}
    assert [len(passage.sentences) for passage in found.passages] == [5, 7, 5, 2, 6]
    assert found.uncovered == {"heading": 41, "marker": 5}


def test_a_list_item_begins_after_its_marker_and_keeps_its_hanging_lines() -> None:
    assert quotes("- Een punt dat\n  verder loopt.\n  * Genest punt.\n1. Eerste.\na. Letter.") == [
        "Een punt dat\n  verder loopt.", "Genest punt.", "Eerste.", "Letter.",
    ]  # fmt: skip


def test_headings_nest_and_are_never_passages() -> None:
    text = "# Wonen\n\nInleiding over wonen.\n\n## Huren\n\nDe huur daalt.\n\n# Zorg\n\nDe zorg blijft."
    assert paths(text) == [("Wonen",), ("Wonen", "Huren"), ("Zorg",)]
    assert quotes(text) == ["Inleiding over wonen.", "De huur daalt.", "De zorg blijft."]


def test_numbered_and_named_headings_are_found_in_plain_text() -> None:
    text = "Hoofdstuk 2\n\n2.1 Wonen\nDe huur daalt hier.\n\nArtikel 5.26:2\nDe minister beslist."
    assert paths(text) == [("Hoofdstuk 2", "2.1 Wonen"), ("Hoofdstuk 2", "2.1 Wonen", "Artikel 5.26:2")]


def test_a_numbered_question_with_text_below_it_is_a_heading_and_one_in_a_list_is_an_item() -> None:
    text = "7. Hoe gaan we dit betalen?\nWe zijn ambitieus en realistisch over geld.\n\n1. Wat is dat?\n2. En wat is dit?"
    assert paths(text) == [("7. Hoe gaan we dit betalen?",)] * 3
    assert quotes(text)[1:] == ["Wat is dat?", "En wat is dit?"]
    below = "Een lijst:\n1. Wie mag stemmen?\n2. Wie betaalt dat?\n\nEen nieuwe alinea begint hier."
    assert quotes(below) == ["Wie mag stemmen?", "Wie betaalt dat?", "Een nieuwe alinea begint hier."]
    assert quotes("1. Wij bouwen huizen. Genoeg?\nDaarna volgt tekst.")[0].startswith("Wij bouwen huizen.")


def test_a_bullet_after_the_number_of_a_section_is_part_of_its_heading() -> None:
    assert paths("1.3 • Goede zorg\nZorg voor zieken is een taak voor iedereen.") == [("1.3 • Goede zorg",)]
    assert quotes("1.3 • Goede zorg is een recht voor iedereen.") == ["Goede zorg is een recht voor iedereen."]


def test_a_dash_glued_to_its_words_marks_an_item_where_many_lines_begin_with_one() -> None:
    items = [f"Meer {word} in de wijk" for word in "groen licht zorg politie water rust sport spel".split()]
    assert quotes("\n".join(f"-{item}" for item in items)) == items
    assert quotes("-Meer groen in de wijk") == ["-Meer groen in de wijk"]
    broken = "Dat geldt in de provincie Noord\n-Holland en dat blijft zo. " * 10
    assert quotes(broken) == [broken.strip()]


def test_a_section_number_glued_to_the_year_of_a_page_header_belongs_to_the_heading() -> None:
    header = "Verkiezingsprogramma De Partij 2023-2028"
    words = "Bossen Huren Treinen Scholen Dokters Boeren Rivieren Banen".split()
    pages = [f"{header}{word} staan hier centraal.\n" + "En dit is een regel tekst van gewone lengte.\n" * 9 for word in words]
    text = "".join(pages[:4]) + f"{header}6.3 Sterkere defensie\nWe investeren in veiligheid.\n" + "".join(pages[4:])
    found = split(document(text))
    assert "6.3 Sterkere defensie" in [span.of(text) for span in found.headings]
    assert found.uncovered["furniture"] == 9 * len(header.replace(" ", ""))


def test_the_number_of_a_page_with_a_link_glued_to_it_and_to_the_text_is_furniture() -> None:
    words = "zijn komen blijven lopen lezen bouwen wonen sparen delen meten".split() * 3
    line = "dat mensen samen zullen\n{1}Inhoudsopgave{0} en dat dit zo is.\n" + "En dit is een regel.\n" * 5
    text = "".join(line.format(word, page) for page, word in enumerate(words, 3))
    assert not [quote for quote in quotes(text) if "Inhoud" in quote]
    assert not [span for span in split(document(text)).headings if "Inhoud" in span.of(text)]


def test_the_title_of_a_chapter_that_is_glued_to_the_page_before_it_is_a_heading() -> None:
    chapters = [("1 EEN EERLIJK LAND", 13), ("2 EEN SCHOON LAND", 14), ("3 EEN ZORGZAAM LAND", 18), ("4 EEN WERKEND LAND", 20)]
    contents = "INHOUD\n" + "".join(f" {title} {page} \n" for title, page in chapters)
    pages = [f"{title}\nWij willen dat dit land zo wordt.\nDaarom gaan wij aan het werk.{page}" for title, page in chapters]
    text = f"{contents}\n" + "".join(
        page.rsplit(".", 1)[0] + f".{following[1]}" for page, following in zip(pages, [*chapters[1:], ("", "")], strict=True)
    )
    found = split(document(text))
    assert [span.of(text) for span in found.headings] == [title for title, _ in chapters]
    assert quotes(text)[0] == "Wij willen dat dit land zo wordt.\nDaarom gaan wij aan het werk."


def test_the_title_of_a_chapter_between_a_page_header_and_the_number_of_the_page_is_furniture() -> None:
    lines = ["dat gaat over veiligheid en het leger.\n" + "En dit is een regel tekst van gewone lengte.\n" * 9] * 10
    titles = ["Grip op de wereld"] * 5 + ["Fijn wonen"] * 5
    text = "".join(
        f"Verkiezingsprogramma 2023 - {title}{page}{line}"
        for page, (title, line) in enumerate(zip(titles, lines, strict=True), 11)
    )
    assert not [quote for quote in quotes(text) if "wereld" in quote or "wonen" in quote]
    assert quotes(text)[3].startswith("dat gaat over veiligheid")


def test_numbers_of_two_pages_side_by_side_are_no_passage() -> None:
    assert quotes("Een zin.\n\n..128 129\n\nNog een zin.") == ["Een zin.", "Nog een zin."]
    assert quotes("Een zin.\n\n0800 8051\n\n2023 – 2027\n\n12 500") == ["Een zin.", "0800 8051", "2023 – 2027", "12 500"]


def test_a_numbered_chapter_after_a_page_header_is_a_heading() -> None:
    words = "Huren Scholen Treinen Dokters Boeren Bossen".split()
    pages = [
        f"Verkiezingsprogramma De Partij 2023{glued}\n" + "Een regel gewone tekst over van alles.\n" * 9
        for number, word in enumerate(words, 1)
        for glued in (f"Hoofdstuk {number} {word}", f"{word} zijn hier van belang.")
    ]
    assert paths("".join(pages))[0] == ("Hoofdstuk 1 Huren",)


def test_a_number_within_a_page_header_may_differ() -> None:
    pages = [
        f"Verkiezingsprogramma deel {part} De Partij pagina {page}\n" + "Een regel gewone tekst over van alles.\n" * 9
        for page, part in enumerate([1, 1, 2, 2, 2, 2, 2, 2, 3, 3], 11)
    ]
    assert not [quote for quote in quotes("".join(pages)) if "deel" in quote]


def test_titles_after_numbered_sections_that_have_ended_do_not_stand_under_the_last_of_them() -> None:
    numbered = "".join(f"{number}.1 Kort {number}\nHier staat een korte inleiding van het deel.\n\n" for number in range(1, 5))
    titles = "".join(
        f"Grip op {word}\n" + "Hier staat een gewone regel over wat er moet gebeuren in het land.\n" * 6 + "\n"
        for word in ("migratie", "wonen", "zorg", "geld")
    )
    found = paths(numbered + titles)
    assert found[3] == ("4.1 Kort 4",)
    assert found[-1] == ("Grip op geld",)


def test_a_section_stands_under_its_own_chapter_or_under_none() -> None:
    text = "1. Klimaat\n1.1 Energie\nDe zon schijnt.\n\n2.1 Werk\nHet loon stijgt.\n\n3. Zorg\n3.1 Thuis\nDe zorg blijft."
    assert paths(text) == [("1. Klimaat", "1.1 Energie"), ("2.1 Werk",), ("3. Zorg", "3.1 Thuis")]


def test_an_abbreviation_heads_no_more_than_another_title() -> None:
    body = "Hier staat een gewone regel over wat er moet gebeuren in het land."
    text = "\n\n".join(f"{title}\n\n{body}" for title in ("Zorg thuis", "GGZ", "Wonen"))
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


def test_a_short_lead_in_heads_its_list_and_nothing_after_it() -> None:
    text = "De partij wil:\n• Lagere huren.\n• Meer bos.\n\nDaarna volgt gewone tekst."
    assert paths(text) == [("De partij wil",), ("De partij wil",), ()]


def test_a_long_paragraph_is_cut_between_sentences_into_even_parts() -> None:
    text = " ".join(f"Dit is zin nummer {number} van een lange alinea." for number in range(60))
    parts = quotes(text)
    assert len(parts) == 3
    assert all(len(part) <= LONGEST_PASSAGE and part.endswith(".") for part in parts)


def test_a_sentence_without_end_is_cut_at_white_space_beyond_four_thousand() -> None:
    parts = quotes("woord " * 1_000)
    assert [len(part) for part in parts] == [3_995, 2_003]


def test_an_id_survives_edits_elsewhere_and_repeats_are_told_apart() -> None:
    before = split(document("Alpha hier.\n\nBeta daar.\n\nBeta daar.")).passages
    after = split(document("Nieuw begin.\n\nBeta daar.\n\nBeta daar.")).passages
    assert [passage.id for passage in before[1:]] == [passage.id for passage in after[1:]]
    assert before[1].id != before[2].id


def test_pages_are_counted_by_form_feeds() -> None:
    assert [passage.page for passage in split(document("Een zin.\f\n\nTwee zinnen.")).passages] == [1, 2]


def test_the_copy_for_the_encoder_joins_lines_and_closes_hyphens() -> None:
    text = "Verko-\nzen bur -\ngemeesters en klimaat-\nen natuurbeleid, ge\u00admeente."
    (passage,) = split(document(text)).passages
    assert plain(text, passage.span) == "Verkozen burgemeesters en klimaat- en natuurbeleid, gemeente."


@pytest.mark.parametrize("party", ["CDA", "CU", "D66", "GL_PvdA", "NSC", "PvdD", "SP", "VVD"])
def test_hardly_a_passage_of_a_programme_holds_a_header_and_none_a_contents_line(party: str) -> None:
    text = (shared("documents/programmes-2023-txt") / f"{party}.txt").read_bytes().decode()
    found = split(document(text)).passages
    assert len(found) > 100
    bodies = [plain(text, passage.span) for passage in found]
    assert sum("verkiezingsprogramma 2023" in body.lower() for body in bodies) <= 0.02 * len(bodies)
    assert not [body for body in bodies if "....." in body]


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30), st.integers(0, 5))
def test_a_fingerprint_tells_texts_and_occurrences_apart(text: str, occurrence: int) -> None:
    same = passages.fingerprint(text, occurrence)
    assert len(same) == 12
    assert same != passages.fingerprint(text, occurrence + 1)
    assert same != passages.fingerprint(text + "x", occurrence)


def test_every_shared_programme_splits_without_loss() -> None:
    programmes = sorted(shared("documents/programmes-2023-txt").glob("*.txt"))
    assert programmes
    for path in programmes:
        text = Path(path).read_bytes().decode()
        found = split(document(text))
        assert len(uncovered(text, found)) == sum(found.uncovered.values()), path.name
