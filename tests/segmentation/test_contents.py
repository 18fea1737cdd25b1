from tests.segmentation.splitting import classify, quotes, split


def kinds(text: str) -> list[str]:
    return [line.kind for line in classify(text)]


def test_four_lines_that_end_in_a_page_number_are_a_contents_page_and_three_are_not() -> None:
    entries = ["Wonen 3", "Zorg 7", "Werk 12", "Klimaat 20"]
    assert kinds("\n".join(entries)) == ["contents"] * 4
    assert "contents" not in kinds("\n".join(entries[:3]))


def test_three_entries_are_enough_below_a_title() -> None:
    assert kinds("Inhoudsopgave\nWonen 3\nZorg 7\nWerk 12") == ["contents"] * 4
    assert kinds("Inhoud.\nWonen 3\nZorg 7\nWerk 12") == ["contents"] * 4
    assert "contents" not in kinds("Inhoudsopgave\nWonen 3\nZorg 7")


def test_a_line_with_a_dot_leader_is_of_a_contents_page_wherever_it_is() -> None:
    text = "Een gewone zin.\n\nWonen ........ 3\n\nNog een zin."
    assert quotes(text) == ["Een gewone zin.", "Nog een zin."]
    assert split(text).uncovered["contents"] == len("Wonen........3")


def test_a_contents_page_goes_on_over_twelve_lines_without_a_number_and_no_more() -> None:
    start, end = "Inhoud\nWonen 3\nZorg 7\nWerk 12\n", "Klimaat 20\nBos 21\nZee 22\n"
    assert set(kinds(start + "Een deel\n" * 12 + end)) == {"contents"}
    assert kinds(start + "Een deel\n" * 13 + end).count("contents") == 4


def test_boilerplate_within_a_contents_page_is_not_counted_and_stays_boilerplate() -> None:
    text = "Inhoud\nWonen 3\nZorg 7\n" + "---\n" * 13 + "Werk 12\n"
    assert kinds(text) == ["contents"] * 3 + ["boilerplate"] * 13 + ["contents"]


def test_running_text_ends_a_contents_page() -> None:
    start, end = "Wonen 3\nZorg 7\nWerk 12\nBos 13\n", "\nKlimaat 20"
    assert kinds(start + "a" * 90 + end)[-1] == "contents"
    assert kinds(start + "a" * 91 + end)[-1] != "contents"
    assert kinds(start + "Dit is een zin." + end)[-1] != "contents"


def test_a_long_line_that_ends_in_a_number_is_no_entry() -> None:
    assert kinds("\n".join([f"{'a' * 116} 12"] * 4)) == ["contents"] * 4
    assert "contents" not in kinds("\n".join([f"{'a' * 117} 12"] * 4))
