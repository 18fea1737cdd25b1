from citaat.segmentation.layout import running_headers
from tests.segmentation.splitting import headings, quotes, split

WORDS = "Bos Huur Trein School Dokter Boer Rivier Baan".split()


def pages(*headers: str, rows: int = 9) -> str:
    """A text in which each header is followed by lines of running text."""
    return "".join(f"{header}\n" + "En dit is een regel tekst van gewone lengte.\n" * rows for header in headers)


def running_header(text: str) -> str:
    """What is taken from the first line of a text."""
    found = running_headers(text).search(text.split("\n")[0])
    return found[0] if found else ""


def test_a_dash_joined_to_its_words_marks_an_item_where_many_lines_begin_with_one() -> None:
    items = [f"Meer {word} in de wijk" for word in "groen licht zorg politie water rust sport spel".split()]
    assert quotes("\n".join(f"-{item}" for item in items)) == items
    assert quotes("\n".join(f"-{item}" for item in items[1:]))[0].startswith("-Meer licht")
    assert quotes("-Meer groen in de wijk") == ["-Meer groen in de wijk"]
    broken = "Dat geldt in de provincie Noord\n-Holland en dat blijft zo. " * 10
    assert quotes(broken) == [broken.strip()]


def test_a_section_number_joined_to_the_year_of_a_page_header_belongs_to_the_heading() -> None:
    header = "Verkiezingsprogramma De Partij 2023-2028"
    words = "Bossen Huren Treinen Scholen Dokters Boeren Rivieren Banen".split()
    parts = [pages(f"{header}{word} staan hier centraal.") for word in words]
    text = "".join(parts[:4]) + f"{header}6.3 Sterkere defensie\nWe investeren in veiligheid.\n" + "".join(parts[4:])
    assert "6.3 Sterkere defensie" in headings(text)
    assert split(text).uncovered["boilerplate"] == 9 * len(header.replace(" ", ""))


def test_a_page_number_with_a_link_joined_to_it_and_to_the_text_is_boilerplate() -> None:
    words = "zijn komen blijven lopen lezen bouwen wonen sparen delen meten".split() * 3
    line = "dat mensen samen zullen\n{1}Inhoudsopgave{0} en dat dit zo is.\n" + "En dit is een regel.\n" * 5
    text = "".join(line.format(word, page) for page, word in enumerate(words, 3))
    assert not [quote for quote in quotes(text) if "Inhoud" in quote]
    assert not [heading for heading in headings(text) if "Inhoud" in heading]
    fewer = "".join(line.format(word, page) for page, word in enumerate(words[:19], 3))
    assert [quote for quote in quotes(fewer) if "Inhoud" in quote]


def test_the_title_of_a_chapter_that_is_joined_to_the_page_before_it_is_a_heading() -> None:
    chapters = [("1 EEN EERLIJK LAND", 13), ("2 EEN SCHOON LAND", 14), ("3 EEN ZORGZAAM LAND", 18), ("4 EEN WERKEND LAND", 20)]
    contents = "INHOUD\n" + "".join(f" {title} {page} \n" for title, page in chapters)
    body = "Wij willen dat dit land zo wordt.\nDaarom gaan wij aan het werk."
    ends = [str(page) for _, page in chapters[1:]] + [""]
    text = f"{contents}\n" + "".join(f"{title}\n{body}{end}" for (title, _), end in zip(chapters, ends, strict=True))
    assert headings(text) == [title for title, _ in chapters]
    assert quotes(text)[0] == body


def test_the_title_of_a_section_between_a_page_header_and_the_page_number_is_boilerplate() -> None:
    titles = ["Grip op de wereld"] * 5 + ["Fijn wonen"] * 5
    lines = [f"{title}{page}dat gaat over veiligheid en het leger." for page, title in enumerate(titles, 11)]
    text = pages(*(f"Verkiezingsprogramma 2023 - {line}" for line in lines))
    assert not [quote for quote in quotes(text) if "wereld" in quote or "wonen" in quote]
    assert quotes(text)[3].startswith("dat gaat over veiligheid")


def test_the_title_of_a_section_that_follows_a_page_header_three_times_is_text() -> None:
    titles = ["Grip op de wereld"] * 3 + ["Fijn wonen"] * 7
    text = pages(*(f"Verkiezingsprogramma 2023 - {title}{page}dat is het." for page, title in enumerate(titles, 11)))
    assert running_header(text) == "Verkiezingsprogramma 2023 -"


def test_a_number_within_a_page_header_may_differ() -> None:
    parts = enumerate([1, 1, 2, 2, 2, 2, 2, 2, 3, 3], 11)
    text = pages(*(f"Verkiezingsprogramma deel {part} De Partij pagina {page}" for page, part in parts))
    assert not [quote for quote in quotes(text) if "deel" in quote]


def test_a_header_counts_from_four_repeats_in_sixty_lines() -> None:
    header = "De Partij - programma pagina 12"
    sixty = pages(*[header] * 4, rows=14).removesuffix("\n")
    assert running_header(sixty) == header
    assert running_header(sixty[: sixty.rindex("\n")]) == ""
    assert running_header(pages(*[header] * 3, rows=19)) == ""


def test_in_a_long_text_a_header_recurs_at_least_once_in_1500_lines() -> None:
    header, body = "De Partij - programma pagina 12", "".join(f"Een regel{'a' * (n % 90)} zonder getal.\n" for n in range(7_499))
    assert running_header(f"{header}\n" * 5 + body) == header
    assert running_header(f"{header}\n" * 4 + body) == ""


def test_a_header_reaches_as_far_as_four_lines_of_five_agree() -> None:
    start = "De Partij - programma 2023 voor"
    lines = [[f"{start} {whom} {word}" for word in (*WORDS, "Zee", "Lucht")] for whom in ("iedereen", "allen")]
    assert running_header(pages(*lines[0][:8], *lines[1][8:])) == f"{start} iedereen"
    assert running_header(pages(*lines[0][:7], *lines[1][7:])) == start


def test_a_header_without_digits_counts_if_most_words_are_joined_to_it() -> None:
    header = "Verkiezingsprogramma van de partij"
    joined = [f"{header}{word} groen" for word in WORDS]
    assert running_header(pages(*joined)) == header
    assert running_header(pages(*joined[:4], *(f"{header} {word}" for word in WORDS[4:]))) == ""
    assert running_header(pages(*joined[:7])) == ""


def test_a_short_string_a_number_and_a_list_marker_are_no_header() -> None:
    for line in ("Pagina 12 a", "1 2 3 4 5 6 7 8", "1. Wij bouwen 12 huizen", "Dat was in 2023 zo.", "# Deel 12 van de partij"):
        assert running_header(pages(*[line] * 9)) == ""


def test_a_footer_is_found_at_the_end_of_lines_and_takes_its_page_number_along() -> None:
    text = pages(*(f"{word} {word} staan hier centraal Programma 2023 De Partij 7" for word in WORDS))
    assert running_header(text) == "staan hier centraal Programma 2023 De Partij 7"


def test_numbers_joined_to_lines_are_page_numbers_where_they_mostly_ascend() -> None:
    ascending = [f"{page}Wonen is een recht." for page in (3, 4, 5, 4, 7, 8)]
    assert quotes("\n\n".join(ascending))[0] == "Wonen is een recht."
    assert quotes("\n\n".join(ascending[:4]))[0] == "3Wonen is een recht."
    assert quotes("\n\n".join(f"{page}Wonen is een recht." for page in (3, 2, 5, 4, 7, 8)))[0] == "3Wonen is een recht."


def test_one_number_that_begins_most_such_lines_is_a_bullet() -> None:
    item = "7Wonen is een recht."
    assert split("\n".join([item] * 8)).uncovered["marker"] == 8
    assert "boilerplate" not in split("\n".join([item] * 8)).uncovered
    assert split("\n".join([item] * 7)).uncovered["marker"] == 0
    assert split("\n".join([item] * 8 + [f"{n}Wonen is een recht." for n in range(10, 18)])).uncovered["marker"] == 0
