import contextlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from citaat.chat.replies import Reply
from citaat.cli import console
from citaat.domain import Answer, Citation, DocumentInfo, Source, Span
from citaat.settings import Settings
from tests.cli.terminal import Terminal

QUOTE = "Eerst dit. Dan dat. Tot slot zo."
SPANS = (Span(100, 110), Span(111, 119), Span(120, 132))
DOCUMENT = DocumentInfo("plan", Source("Het plan"), "ab" * 32, 500, 9)
CITATION = Citation(1, "plan/0", QUOTE, Span(100, 132), "", "", SPANS, (), DOCUMENT, ("Wonen", "Huur"), 0, 0.876)
SETTINGS = Settings(Path("teksten"), "model", Path("opslag"), "")


def printed(*citations: Citation, capsys: pytest.CaptureFixture[str]) -> list[str]:
    answer = Answer("Wat?", "answered" if citations else "no_answer", citations, ("Wonen", "Zorg"))
    console.print_reply(Reply(answer, "en"), "https://a.example")
    return capsys.readouterr().out.splitlines()


def test_a_citation_is_four_lines_and_an_empty_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(CITATION, capsys=capsys) == [
        "[1] Wonen › Huur", QUOTE, "    Het plan, characters 100–132, confidence 0.88",
        "    https://a.example/read/plan/0#passage", "",
    ]  # fmt: skip


def test_a_page_is_told_where_there_are_pages_and_all_citations_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(replace(CITATION, page=7), replace(CITATION, number=2), capsys=capsys)
    assert lines[2] == "    Het plan, characters 100–132, page 7, confidence 0.88"
    assert (lines[5], len(lines)) == ("[2] Wonen › Huur", 10)


def test_a_refusal_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys=capsys) == ["I found no passage that clearly answers this. Closest in the text: Wonen; Zorg."]


@pytest.mark.parametrize(
    ("highlights", "marked"),
    [
        ((), QUOTE),
        (SPANS[:1], "»Eerst dit.« Dan dat. Tot slot zo."),
        (SPANS[1:2], "Eerst dit. »Dan dat.« Tot slot zo."),
        ((SPANS[0], SPANS[2]), "»Eerst dit.« Dan dat. »Tot slot zo.«"),
    ],
)
def test_the_sentences_that_answer_are_set_off(
    highlights: tuple[Span, ...], marked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(replace(CITATION, highlights=highlights), capsys=capsys)[1] == marked


def test_on_a_terminal_they_are_underlined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    console.print_reply(Reply(Answer("Wat?", "answered", (replace(CITATION, highlights=SPANS[:1]),)), "en"), "")
    assert "\x1b[4mEerst dit.\x1b[0m Dan dat." in terminal.getvalue()
    assert "»" not in terminal.getvalue()


def test_three_sources_that_changed_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    console.warn_changed([])
    assert capsys.readouterr().err == ""
    console.warn_changed(["a.txt", "b.txt", "c.txt", "d.txt"])
    found = capsys.readouterr()
    assert (found.out, found.err) == ("", "citaat: a.txt, b.txt, c.txt changed since it was indexed. Run: citaat index\n")


def test_a_bar_appears_with_the_first_document_and_shows_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with console.progress() as show:
        assert terminal.getvalue() == ""
        show("plan", 0, 200, 0)
        show("plan", 100, 200, 50)
        show("einde", 200, 200, 99)
    assert "Indexing" in terminal.getvalue()
    assert " 50%" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert re.search(r"plan, \d+ passages/s", terminal.getvalue())
    assert terminal.getvalue().endswith("\n")
    assert "holds no index" not in terminal.getvalue()


def test_a_library_that_nobody_asked_for_is_named_once_and_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with console.progress(SETTINGS) as show:
        show("plan", 0, 200, 0)
        show("plan", 200, 200, 9)
    assert terminal.getvalue().startswith("citaat: opslag holds no index yet; making one of teksten.\n")
    assert terminal.getvalue().count("holds no index") == 1


def test_nothing_is_shown_where_nothing_is_done_and_a_failure_leaves_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with console.progress(SETTINGS):
        pass
    assert terminal.getvalue() == ""
    with contextlib.suppress(ZeroDivisionError), console.progress() as show:
        show("plan", 0, 200, 0)
        raise ZeroDivisionError
    assert terminal.getvalue().endswith("\n")
