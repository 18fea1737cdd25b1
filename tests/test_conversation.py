"""From messages to the question that is asked, its language, and the reply."""

import unicodedata
from pathlib import Path

import pytest
from citaat.chat import conversation
from citaat.chat.conversation import Message, kind_of, reply, understood
from citaat.chat.phrases import PHRASES
from citaat.chat.replies import whole
from citaat.errors import InputError
from citaat.library import Library
from citaat.settings import Settings
from citaat.text.languages import language_of

from tests.conftest import SEED

QUESTION = "Wat vindt de partij van kernwapens?"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hallo!", "greeting"),
        ("good morning", "greeting"),
        ("Dank je wel", "thanks"),
        ("thanks a lot", "thanks"),
        ("Wat kun je?", "capabilities"),
        ("Wie ben jij?", "capabilities"),
        ("what can you do?", "capabilities"),
        ("help", "capabilities"),
        ("Hallo, wat vindt de partij van kernwapens?", "question"),
        ("Wat kan je doen tegen stikstof?", "question"),
        ("Hoe helpt de partij boeren?", "question"),
        ("🤷", "question"),
    ],
)
def test_courtesies_are_told_from_questions(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "language"),
    [("Wat is het plan?", "nl"), ("What is the plan?", "en"), ("NAVO", None), ("", None), ("kernwapens", None)],
)
def test_the_language_is_that_of_the_function_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_a_language_once_spoken_goes_on(shipped: Library) -> None:
    assert understood(shipped, ["What is the plan for peace?", "NATO?"]).language == "en"
    assert understood(shipped, ["NAVO?"]).language == "nl"


def test_a_subject_is_carried_past_thanks_and_dropped_at_a_new_one(shipped: Library) -> None:
    assert "kernwapens" in understood(shipped, [QUESTION, "dank je", "waarom?"]).question
    new = "Hoe wil de partij vredesmissies van de Verenigde Naties steunen?"
    assert understood(shipped, [QUESTION, new]).question == new
    assert "kernwapens" not in understood(shipped, [QUESTION, new, "waarom?"]).question


def test_a_continuation_keeps_the_subject_unless_it_is_answered_by_another_passage(shipped: Library) -> None:
    for also in ("en in de NAVO?", "en tegen Rusland?"):
        assert "kernwapens" in understood(shipped, [QUESTION, also]).question
    assert understood(shipped, [QUESTION, "en over landmijnen?"]).question == "en over landmijnen?"


def test_letters_with_loose_accents_are_read_as_whole_ones(shipped: Library) -> None:
    turns = ["Wat vindt de partij van financiële coördinatie?", "waarom?"]
    loose = [unicodedata.normalize("NFD", turn) for turn in turns]
    assert loose != turns
    assert understood(shipped, loose) == understood(shipped, turns)
    assert "financiële, coördinatie" in understood(shipped, loose).question


def test_an_earlier_turn_that_cannot_be_asked_is_passed_over(shipped: Library) -> None:
    for earlier in ("en de huur\0?", "En de huur " + "x " * 1_200):
        assert "kernwapens" in understood(shipped, [QUESTION, earlier, "waarom?"]).question


def test_a_courtesy_is_answered_in_the_language_of_the_person(shipped: Library) -> None:
    assert reply(shipped, [Message("user", "hoi")]).text() == PHRASES["nl"].greeting
    told = reply(shipped, [Message("user", "What can you do?")])
    assert "Verkiezingsprogramma" in told.text()
    assert (told.language, told.answer.citations) == ("en", ())


def test_a_refusal_names_the_closest_headings(shipped: Library) -> None:
    refused = reply(shipped, [Message("user", "How do I bake an apple pie?")])
    assert refused.answer.status == "no_answer"
    assert all(heading in refused.text() for heading in refused.answer.suggestions)


def test_a_reply_depends_on_nothing_but_what_the_person_said(shipped: Library) -> None:
    turns = [Message("user", QUESTION), Message("assistant", "een antwoord"), Message("user", "waarom?")]
    other = [Message("user", QUESTION), Message("assistant", "een ander antwoord"), Message("user", "waarom?")]
    assert reply(shipped, turns) == reply(shipped, other)


def test_the_spans_of_a_reply_mark_its_quotes(shipped: Library) -> None:
    text, quoted = whole(list(reply(shipped, [Message("user", QUESTION)]).pieces("http://example.org")))
    assert quoted
    assert [text[span.start : span.end] for _, span in quoted] == [citation.quote for citation, _ in quoted]
    assert all(citation.quote in SEED.read_bytes().decode() for citation, _ in quoted)


def test_examples_are_answered_by_the_passages_that_they_name(shipped: Library) -> None:
    questions = conversation.examples(shipped)
    assert questions
    for question in questions:
        (first, *_) = shipped.ask(question).citations
        assert any(label in question for label in first.section)


@pytest.mark.parametrize("turn", ["", "  \n", "a" * 2_001])
def test_a_last_turn_that_asks_nothing_is_refused(shipped: Library, turn: str) -> None:
    with pytest.raises(InputError):
        reply(shipped, [Message("user", QUESTION), Message("user", turn)])


def test_a_part_of_a_sentence_that_was_taken_for_a_heading_is_no_example(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Huren omlaag\n\nDe huren gaan omlaag.\n\n# zeer veel scholen\n\nEr zijn zeer veel scholen.")
    own = Settings(tmp_path / "a.md", settings.model, tmp_path / "store", "")
    with Library.open_or_build(own) as opened:
        assert conversation.examples(opened) == ["Wat staat er over “Huren omlaag”?"]
