"""How questions and conversations are understood over the text and with the model that ship."""

from dataclasses import replace

import pytest

from citaat.chat import conversation
from citaat.chat.conversation import Message, reply, understood
from citaat.chat.replies import whole
from citaat.library import Library
from citaat.query.follow_ups import UNRELATED, Question, contextualise
from citaat.query.translation import Translations
from citaat.query.turns import Turn
from citaat.retrieval.model import Model
from citaat.settings import Settings
from tests.conftest import SEED

QUESTION = "Wat vindt de partij van kernwapens?"


def question(library: Library, *turns: str) -> str:
    """What the last turn puts to the library."""
    query = understood(library, turns).query
    return query.question if query else ""


def follow_up(library: Library, before: str, turn: str) -> list[str]:
    """The words that a turn takes along from the question before it."""
    first, then = (Turn.read(one, library.understanding.publishers) for one in (before, turn))
    encoded = library.understanding.encode([*first.content, *then.content, *UNRELATED])
    vectors = {word: one.vector for word, one in encoded.items()}
    return list(contextualise(then, Question(first), vectors).carried)


def test_a_mistyped_question_finds_what_was_meant(shipped: Library) -> None:
    meant, typed = (
        shipped.ask(f"Wat vindt de partij van {word}?", min_confidence=0).citations[0] for word in ("kernwapens", "kernwapnes")
    )
    assert (typed.id, typed.confidence) == (meant.id, meant.confidence)


def test_an_english_question_finds_dutch_words(shipped: Library, settings: Settings, loaded: Model) -> None:
    asked = "Which weapons may be exported?"
    with_words = shipped.ask(asked, min_confidence=0).citations[0]
    with Library.open(settings, replace(loaded, translations=Translations())) as unaided:
        without = unaided.ask(asked, min_confidence=0).citations[0]
    assert "wapenexport" in with_words.quote
    assert with_words.confidence > without.confidence + 0.02


def test_a_name_does_not_drown_the_subject(shipped: Library) -> None:
    bare, named = (shipped.ask(f"Wat {subject} van kernwapens?") for subject in ("vindt men", "vinden GroenLinks en de PvdA"))
    assert [one.id for one in named.citations][:1] == [one.id for one in bare.citations][:1]
    assert named.citations[0].confidence > bare.citations[0].confidence - 0.1


def test_a_word_that_a_word_of_the_turn_replaces_is_left_out(shipped: Library) -> None:
    carried = follow_up(shipped, "Hoeveel geld gaat er naar basisscholen?", "en naar middelbare scholen?")
    assert "geld" in carried
    assert "basisscholen" not in carried
    assert follow_up(shipped, QUESTION, "waarom?") == ["kernwapens"]


def test_a_subject_is_carried_past_thanks_and_dropped_at_a_new_one(shipped: Library) -> None:
    assert question(shipped, QUESTION, "dank je", "waarom?") == "waarom? (kernwapens)"
    new = "Hoe wil de partij vredesmissies van de Verenigde Naties steunen?"
    assert question(shipped, QUESTION, new) == new
    assert "kernwapens" not in question(shipped, QUESTION, new, "waarom?")


def test_a_continuation_keeps_the_subject_unless_it_is_answered_by_another_passage(shipped: Library) -> None:
    for also in ("en in de NAVO?", "en tegen Rusland?"):
        assert "kernwapens" in question(shipped, QUESTION, also)
    assert question(shipped, QUESTION, "en over cyberaanvallen?") == "en over cyberaanvallen?"


@pytest.mark.parametrize("earlier", ["en de huur\0?", "En de huur " + "x " * 1_200])
def test_an_earlier_turn_that_cannot_be_asked_is_passed_over(shipped: Library, earlier: str) -> None:
    assert "kernwapens" in question(shipped, QUESTION, earlier, "waarom?")


def test_what_the_program_can_do_names_the_text(shipped: Library) -> None:
    told = reply(shipped, [Message("user", "What can you do?")])
    assert "Verkiezingsprogramma" in told.text()
    assert (told.language, told.answer.citations) == ("en", ())


def test_a_refusal_names_the_closest_headings(shipped: Library) -> None:
    refused = reply(shipped, [Message("user", "How do I bake an apple pie?")])
    assert refused.answer.status == "no_answer"
    assert refused.answer.suggestions
    assert all(heading in refused.text() for heading in refused.answer.suggestions)


def test_the_spans_of_a_reply_mark_its_quotes(shipped: Library) -> None:
    text, quoted = whole(list(reply(shipped, [Message("user", QUESTION)]).parts("http://example.org")))
    assert quoted
    assert [text[span.start : span.end] for _, span in quoted] == [citation.quote for citation, _ in quoted]
    assert all(citation.quote in SEED.read_bytes().decode() for citation, _ in quoted)


def test_examples_are_answered_by_the_passages_that_they_name(shipped: Library) -> None:
    questions = conversation.examples(shipped)
    assert questions
    for one in questions:
        (first, *_) = shipped.ask(one).citations
        assert any(label in one for label in first.section)
