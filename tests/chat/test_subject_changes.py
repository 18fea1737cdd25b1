"""Whether a turn has gone on to another subject, as searches decide."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citaat.chat.intents import intent_of
from citaat.chat.subject_changes import contextualised
from citaat.errors import NotFoundError
from citaat.library import Library
from citaat.query.follow_ups import UNRELATED, Question, contextualise, is_context_dependent, may_change_subject
from citaat.query.query import Query
from citaat.query.turns import Turn
from tests.chat.conftest import TEXTS, CountingEncoder, MakeLibrary

SAID = [
    "Groeit het leger?", "en de huur?", "en de marine?", "en de xylofoon?", "en waarom?", "waarom niet?", "dank je wel",
    "Wat wil De Heide met de wolf?", "en Het Bos?", "en de wolf?", "en de anderen?", "Gaat de AOW omhoog?", "kost dat geld?",
    "en?", "huur", "Vaart de marine uit?", "en het leger dan?",
]  # fmt: skip


def asked(library: Library, turns: Sequence[str], documents: Sequence[str] | None = None) -> Query:
    return contextualised(library, [Turn.read(turn, library.understanding.publishers) for turn in turns], documents).query


def one_by_one(library: Library, turns: Sequence[str], documents: Sequence[str] | None = None) -> str:
    """The question that the last turn asks, found by asking what each turn asks after the one before."""
    read = [Turn.read(turn, library.understanding.publishers) for turn in turns]
    first, *rest = [turn for turn in read[:-1] if intent_of(turn.words) == "question"] + read[-1:]
    question = Question(first)
    for turn in rest:
        if not (is_context_dependent(turn) or may_change_subject(turn)):
            question = Question(turn)
            continue
        encoded = library.understanding.encode([*question.content, *turn.content, *UNRELATED])
        vectors = {word: one.vector for word, one in encoded.items()}
        carried = contextualise(turn, question, vectors)
        question, alone = carried, replace(carried, carried=())
        if carried.carried and may_change_subject(turn):
            with_words, without = (library.rank(one) for one in library.understanding.queries([carried, alone], documents))
            answering = without.answering_rows.tolist()
            question = alone if answering and int(with_words.rows[0]) not in answering else carried
    return question.text


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=6), st.sampled_from([None, ["leger"], ["heide", "bos"]]))
@settings(max_examples=60)
def test_deciding_all_turns_at_once_is_deciding_them_one_by_one(
    library: Library, turns: list[str], documents: list[str] | None
) -> None:
    assert asked(library, turns, documents).question == one_by_one(library, turns, documents)


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        (["Wat wil De Heide met de wolf?", "En Het Bos?"], "En Het Bos? (wolf)"),
        (["Wat wil De Heide met de wolf?", "en volgens het bos dan?"], "en volgens het bos dan? (wolf)"),
        (["Wat wil De Heide met de wolf?", "En waarom?"], "En waarom? (wolf, volgens De Heide)"),
        (["Wat wil De Heide met de wolf?", "En de anderen?"], "En de anderen? (wolf)"),
        (["Wat wil De Heide?", "En de wolf?"], "En de wolf? (volgens De Heide)"),
        (["Gaat de AOW omhoog?", "En waarom?"], "En waarom? (AOW, omhoog)"),
        (["Wat wil De Heide met de wolf?", "Wat vindt Het Bos van huren?"], "Wat vindt Het Bos van huren?"),
        (["Wat wil De Heide met de wolf?", "En de huur?"], "En de huur? (volgens De Heide)"),
    ],
)
def test_who_is_asked_is_no_subject_that_takes_the_place_of_another(library: Library, turns: list[str], question: str) -> None:
    assert asked(library, turns).question == question


def test_a_continuation_that_is_answered_by_another_passage_goes_on_to_another_subject(library: Library) -> None:
    assert asked(library, ["Groeit het leger?", "en de huur?"]).question == "en de huur?"


def test_a_continuation_that_is_not_answered_by_itself_keeps_the_subject(library: Library) -> None:
    assert asked(library, ["Groeit het leger?", "en de xylofoon?"]).question == "en de xylofoon? (Groeit, leger)"


def test_a_continuation_that_is_answered_by_the_same_passage_keeps_the_subject(library: Library) -> None:
    assert asked(library, ["Wordt de wolf hier verjaagd?", "en hoort die wolf?"]).question.startswith("en hoort die wolf? (")
    assert asked(library, ["Gaat de AOW weg?", "en omhoog?"]).question == "en omhoog? (AOW, weg)"


def test_a_turn_that_points_back_keeps_the_subject_whatever_answers(library: Library) -> None:
    assert asked(library, ["Groeit het leger?", "en dat van huur?"]).question == "en dat van huur? (Groeit, leger)"


def test_what_the_documents_do_not_answer_is_no_other_subject(library: Library) -> None:
    turns = ["Groeit het leger?", "en de huur?"]
    assert asked(library, turns, ["leger"]).question == "en de huur?"
    assert asked(library, turns, ["bos", "aow"]).question == "en de huur? (Groeit, leger)"
    assert asked(library, turns, ["bos", "aow"]).documents == frozenset(["bos", "aow"])


def test_what_other_documents_answer_is_no_other_subject(library: Library) -> None:
    turns = ["Groeit het leger?", "en de huur?"]
    assert asked(library, turns).question == "en de huur?"
    assert asked(library, turns, ["heide"]).question == "en de huur? (Groeit, leger)"


def test_a_subject_is_carried_through_follow_ups(library: Library) -> None:
    assert asked(library, ["Groeit het leger?", "en waarom?", "hoezo?"]).question == "hoezo? (Groeit, leger)"
    turns = ["Groeit het leger?", "en waarom?", "en de huur?", "en waarom?"]
    assert asked(library, turns).question == "en waarom? (huur)"


def test_courtesies_are_passed_over_but_for_the_last(library: Library) -> None:
    assert asked(library, ["Groeit het leger?", "dank je", "waarom?"]).question == "waarom? (Groeit, leger)"
    assert asked(library, ["Groeit het leger?", "dank je"]).question == "dank je (Groeit, leger)"


def test_what_comes_before_a_question_of_its_own_has_no_say(make_library: MakeLibrary) -> None:
    encoder = CountingEncoder()
    library = make_library(TEXTS, encoder)
    encoder.calls.clear()
    found = asked(library, ["Hoort de wolf hier?", "en de marine?", "Gaat de huur ook omlaag?", "waarom?"])
    assert found.question == "waarom? (huur, omlaag)"
    assert encoder.calls == [["huur", "omlaag", *UNRELATED], ["waarom? (huur, omlaag)", "waarom?"]]


def test_a_question_by_itself_is_encoded_by_one_call(make_library: MakeLibrary) -> None:
    encoder = CountingEncoder()
    library = make_library(TEXTS, encoder)
    encoder.calls.clear()
    assert asked(library, ["Groeit het leger?", "Gaat de huur ook omlaag?"]).question == "Gaat de huur ook omlaag?"
    assert asked(library, ["waarom?", "hoezo?"]).question == "hoezo?"
    assert encoder.calls == [["Gaat de huur ook omlaag?"], ["hoezo?"]]


def test_all_ways_to_read_the_turns_are_encoded_by_one_call(make_library: MakeLibrary) -> None:
    encoder = CountingEncoder()
    library = make_library(TEXTS, encoder)
    encoder.calls.clear()
    asked(library, ["Groeit het leger?", "en de huur?", "waarom?"])
    assert len(encoder.calls) == 2
    assert encoder.calls[1] == [
        "waarom? (huur, Groeit, leger)", "waarom? (huur)", "waarom?", "en de huur? (Groeit, leger)", "en de huur?",
    ]  # fmt: skip
    asked(library, ["Groeit het leger?", "waarom niet?", "hoezo?"])
    assert encoder.calls[3] == ["hoezo? (Groeit, leger)", "hoezo?"]


def test_a_turn_that_is_too_long_with_the_words_before_it_is_read_by_itself(make_library: MakeLibrary) -> None:
    library = make_library(TEXTS, CountingEncoder(max_words=4))
    assert asked(library, ["Hoort wolf, huur, marine?", "en waarom?"]).question == "en waarom?"
    assert asked(library, ["Groeit het leger?", "en waarom?"]).question == "en waarom? (Groeit, leger)"
    assert asked(library, ["Hoort wolf, huur, marine?", "en het leger?"]).question == "en het leger?"
    assert asked(library, ["Hoort wolf, huur, marine?", "en de xylofoon?"]).question == "en de xylofoon?"


def test_a_turn_of_one_word_that_is_too_long_says_so_though_the_word_was_encoded_before(make_library: MakeLibrary) -> None:
    found = asked(make_library(TEXTS, CountingEncoder(max_words=0)), ["Groeit het leger?", "huur"])
    assert (found.question, found.is_truncated) == ("huur", True)


def test_a_question_that_is_too_long_by_itself_is_not_shortened(make_library: MakeLibrary) -> None:
    library = make_library(TEXTS, CountingEncoder(max_words=4))
    found = asked(library, ["Hoort de wolf hier of niet?"])
    assert (found.question, found.is_truncated) == ("Hoort de wolf hier of niet?", True)


@pytest.mark.parametrize(("letters", "is_carried"), [(1_983, True), (1_984, False)])
def test_a_turn_takes_nothing_along_that_makes_it_longer_than_a_question(
    library: Library, letters: int, is_carried: bool
) -> None:
    long = "x" * letters
    found = asked(library, [long, "en waarom dan?"])
    assert found.question == (f"en waarom dan? ({long})" if is_carried else "en waarom dan?")


def test_a_document_that_is_not_there_is_refused(library: Library) -> None:
    with pytest.raises(NotFoundError):
        asked(library, ["Groeit het leger?", "en de huur?"], ["none"])
