"""Questions to the text that ships, put to the model that ships."""

import json
import re

import pytest

from citaat.library import Library
from citaat.text.analysis import Analyzer
from citaat.text.words import content_words, words
from tests.conftest import ROOT, SEED

QUESTIONS = [json.loads(line) for line in (ROOT / "tests" / "questions" / "seed.jsonl").read_text("utf-8").splitlines()]
TEXT = SEED.read_bytes().decode()


@pytest.mark.parametrize(
    "row", [row for row in QUESTIONS if row["answer"] and row["kind"] == "plain"], ids=lambda row: row["question"]
)
def test_the_right_paragraph_comes_first_byte_for_byte(shipped: Library, row: dict[str, str]) -> None:
    answer = shipped.ask(row["question"])
    assert answer.status == "answered"
    best = answer.citations[0]
    assert row["answer"] in best.quote
    assert best.quote == best.span.of(TEXT)
    assert all(best.span.covers(span) for span in best.highlights)
    assert best.highlights


@pytest.mark.parametrize("row", [row for row in QUESTIONS if row["kind"] == "far"], ids=lambda row: row["question"])
def test_a_question_about_something_else_has_no_answer(shipped: Library, row: dict[str, str]) -> None:
    answer = shipped.ask(row["question"])
    assert (answer.status, answer.citations) == ("no_answer", ())
    assert answer.suggestions


def test_five_questions_share_no_content_word_with_the_passage_that_answers(shipped: Library) -> None:
    rows = [row for row in QUESTIONS if row["kind"] == "other words"]
    stem = Analyzer().stem
    paragraphs = [citation.quote for citation in shipped.ask("vrede", limit=50, min_confidence=0).citations]
    for row in rows:
        (passage,) = [quote for quote in paragraphs if row["answer"] in quote]
        asked, there = ({stem(word) for word in content_words(words(text))} for text in (row["question"], passage))
        assert not asked & there, row["question"]
    assert (len(rows), len(paragraphs)) == (5, 5)


def test_a_quote_is_told_with_its_place_in_the_text(shipped: Library) -> None:
    (citation,) = shipped.ask("Wat vindt de partij van kernwapens?", limit=1).citations
    assert citation.section == ("7.3 Sterkere defensie voor een vreedzaam Europa", "Kernwapens de wereld uit")
    assert citation.document.source.language == "nl"
    assert re.match(r"verkiezingsprogramma-7-3/[0-9a-f]{12}$", citation.id)
