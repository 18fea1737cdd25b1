"""From messages to the question that is asked, its language, and the reply."""

import unicodedata
from dataclasses import replace

import pytest

from citaat.chat import conversation
from citaat.chat.conversation import Message, reply, understood
from citaat.chat.phrases import PHRASES
from citaat.errors import InputError
from citaat.library import Library
from citaat.limits import TURNS_READ
from citaat.query.query import Query
from citaat.retrieval.candidates import Candidates, CandidateSearch
from citaat.text.words import Token, tokenise
from tests.chat.conftest import MakeLibrary

QUESTION = "Groeit het leger?"


def question(library: Library, turns: list[str]) -> str:
    """What the last turn puts to the library."""
    query = understood(library, turns).query
    return query.question if query else ""


def user(text: str) -> Message:
    return Message("user", text)


def test_a_question_is_put_to_the_library(library: Library) -> None:
    asked = understood(library, [QUESTION])
    assert (asked.intent, asked.text, asked.language) == ("question", QUESTION, "nl")
    assert asked.query == replace(library.query(QUESTION), vector=asked.query.vector) if asked.query else False


def test_a_courtesy_is_not_put_to_the_library(library: Library) -> None:
    for text, intent in (("Hoi", "greeting"), ("bedankt", "thanks"), ("Wat kun je?", "capabilities")):
        asked = understood(library, [QUESTION, f" {text} "])
        assert (asked.intent, asked.text, asked.query) == (intent, text, None)


def test_a_language_once_spoken_goes_on(library: Library) -> None:
    assert understood(library, ["What is the plan for peace?", "NATO?"]).language == "en"
    assert understood(library, ["Wat is het plan?", "What is the plan?", "NATO?"]).language == "en"
    assert understood(library, ["What is the plan?", "Wat is het plan?"]).language == "nl"


def test_without_a_word_that_tells_the_language_is_that_of_the_library(library: Library, make_library: MakeLibrary) -> None:
    assert understood(library, ["NAVO?"]).language == "nl"
    english = make_library({"a.txt": "The army is not growing and the rent goes down."})
    assert understood(english, ["NAVO?"]).language == "en"
    assert understood(english, ["Wat is NAVO?"]).language == "nl"
    both = make_library({"a.txt": "The army is not growing and the rent goes down.", "b.txt": "Het leger is niet groot."})
    assert understood(both, ["NAVO?"]).language == "en"


def test_a_subject_is_carried_past_thanks_and_dropped_at_a_new_one(library: Library) -> None:
    assert question(library, [QUESTION, "dank je", "waarom?"]) == "waarom? (Groeit, leger)"
    assert question(library, [QUESTION, "Gaat de huur ook omlaag?", "waarom?"]) == "waarom? (huur, omlaag)"


def test_letters_with_loose_accents_are_read_as_whole_ones(library: Library) -> None:
    turns = ["Wat vindt de partij van financiële coördinatie?", "één?"]
    loose = [unicodedata.normalize("NFD", turn) for turn in turns]
    assert loose != turns
    assert understood(library, loose).text == "één?"
    assert question(library, loose) == question(library, turns) == "één? (financiële, coördinatie)"


@pytest.mark.parametrize("earlier", ["en de huur\0?", "", "  ", "En de huur " + "x " * 1_200])
def test_an_earlier_turn_that_cannot_be_asked_is_passed_over(library: Library, earlier: str) -> None:
    assert question(library, [QUESTION, earlier, "waarom?"]) == "waarom? (Groeit, leger)"


@pytest.mark.parametrize("turn", ["", "  \n", "a" * 2_001, "\0"])
def test_a_last_turn_that_asks_nothing_is_refused(library: Library, turn: str) -> None:
    with pytest.raises(InputError):
        reply(library, [user(QUESTION), user(turn)])


def test_the_last_six_turns_are_read() -> None:
    assert TURNS_READ == 6


def test_a_subject_is_carried_over_as_many_turns_as_are_read(library: Library) -> None:
    follow_ups = ["en waarom?", "dank je", "hoezo?", "en waarom?"]
    assert question(library, [QUESTION, *follow_ups, "waarom?"]) == "waarom? (Groeit, leger)"
    assert question(library, [QUESTION, *follow_ups, "en?", "waarom?"]) == "waarom?"
    assert understood(library, ["What is the plan?", *["NATO?"] * 5]).language == "en"
    assert understood(library, ["What is the plan?", *["NATO?"] * 6]).language == "nl"


def test_each_distinct_turn_is_read_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def counted(text: str) -> tuple[Token, ...]:
        given.append(text)
        return tokenise(text)

    monkeypatch.setattr("citaat.query.turns.tokenise", counted)
    assert question(library, [QUESTION, "waarom?", " waarom? ", "waarom?"]) == "waarom? (Groeit, leger)"
    assert given == [QUESTION, "waarom?"]


def test_what_was_found_to_decide_on_a_subject_is_not_sought_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[str] = []
    candidates = CandidateSearch.candidates

    def counted(search: CandidateSearch, query: Query, without: bytes = b"") -> Candidates:
        sought.append(query.text)
        return candidates(search, query, without)

    turns = [user(QUESTION), user("en de huur?")]
    expected = library.ask("en de huur?").citations
    monkeypatch.setattr(CandidateSearch, "candidates", counted)
    assert reply(library, turns).answer.citations == expected
    assert sought == ["en de huur?", "en de huur? (Groeit, leger)"]
    assert reply(library, turns, min_confidence=0).answer.citations[0] == expected[0]
    assert sought[2:] == [*sought[:2], "en de huur?"], "at another threshold it is ranked again"


def test_a_question_is_put_to_the_documents_that_are_named_with_it(library: Library) -> None:
    asked = understood(library, [QUESTION], ["bos"])
    assert asked.query
    assert asked.query.documents == frozenset(["bos"])
    assert reply(library, [user("de wolf?")], documents=["bos"]).answer.citations[0].document.id == "bos"
    assert reply(library, [user("de wolf?")], documents=["heide"]).answer.citations[0].document.id == "heide"


def test_a_reply_quotes_what_answers(library: Library) -> None:
    replied = reply(library, [user("Gaat de huur omlaag?")])
    assert {one.quote for one in replied.answer.citations} == {"De huur gaat omlaag."}
    assert replied.answer == library.ask("Gaat de huur omlaag?")
    assert (replied.language, replied.courtesy) == ("nl", "")


def test_a_reply_is_as_long_and_as_sure_as_is_asked_for(library: Library) -> None:
    assert len(reply(library, [user("Gaat de huur omlaag?")]).answer.citations) == 2
    assert len(reply(library, [user("Gaat de huur omlaag?")], limit=1).answer.citations) == 1
    assert len(reply(library, [user("Gaat de huur omlaag?")], limit=5, min_confidence=0).answer.citations) == 5
    assert reply(library, [user("Gaat de huur omlaag?")], min_confidence=1).answer.status == "no_answer"
    with pytest.raises(InputError):
        reply(library, [user(QUESTION)], limit=0)


def test_a_reply_depends_on_nothing_but_what_the_person_said(library: Library) -> None:
    first, second = (
        reply(library, [user(QUESTION), Message("assistant", said), user("en waarom?")]) for said in ("Ja.", "Gaat de huur?")
    )
    assert first == second
    assert first.answer.question == "en waarom? (Groeit, leger)"


def test_a_courtesy_is_answered_in_the_language_of_the_person(library: Library) -> None:
    assert reply(library, [user("hoi")]).text() == PHRASES["nl"].greeting
    assert reply(library, [user("What is the plan?"), user("hi")]).text() == PHRASES["en"].greeting
    assert reply(library, [user("dank je wel")]).text() == PHRASES["nl"].thanks
    assert reply(library, [user("thanks a lot")]).text() == PHRASES["en"].thanks
    replied = reply(library, [user(" Hoi! ")])
    assert (replied.answer.question, replied.answer.status, replied.answer.citations) == ("Hoi!", "no_answer", ())


@pytest.mark.parametrize(
    ("files", "titles"),
    [
        (["a"], "“a”"),
        (["a", "b", "c"], "“a”, “b”, “c”"),
        (["a", "b", "c", "d"], "“a”, “b”, 2 andere"),
        (["a", "b", "c", "d", "e"], "“a”, “b”, 3 andere"),
    ],
)
def test_what_the_program_can_do_names_the_first_titles(make_library: MakeLibrary, files: list[str], titles: str) -> None:
    sources = "".join(f'["{name}.txt"]\ntitle = "{name}"\n' for name in files)
    texts = {f"{name}.txt": "De huur gaat omlaag." for name in files} | {"sources.toml": sources}
    told = reply(make_library(texts), [user("Wat kun je?")])
    assert told.text() == PHRASES["nl"].capabilities.format(titles)
    assert told.answer.citations == ()


def headings(count: int, text: str = "Het gaat over onderwerp{0}.") -> str:
    return "\n\n".join(f"# Onderwerp{number}\n\n{text.format(number)}" for number in range(count))


def test_examples_are_answered_by_the_passages_that_they_name(make_library: MakeLibrary) -> None:
    library = make_library({"a.md": headings(3)})
    assert conversation.examples(library) == [f"Wat staat er over “Onderwerp{number}”?" for number in range(3)]


def test_there_are_four_examples_at_most_spread_over_the_library(make_library: MakeLibrary) -> None:
    assert conversation.examples(make_library({"a.md": headings(12)})) == [
        f"Wat staat er over “Onderwerp{number}”?" for number in range(4)
    ]
    assert conversation.examples(make_library({"a.md": headings(13)})) == [
        f"Wat staat er over “Onderwerp{number}”?" for number in (0, 2, 4, 6)
    ]


def test_headings_that_their_own_passages_do_not_answer_are_no_examples(make_library: MakeLibrary) -> None:
    text = "# Huren\n\nHet gaat over de stad.\n\n# Stad\n\nDe huren dalen.\n\n# Zeeschepen\n\nDe zeeschepen vergaan."
    assert conversation.examples(make_library({"a.md": text})) == ["Wat staat er over “Zeeschepen”?"]


def test_a_part_of_a_sentence_that_was_taken_for_a_heading_is_no_example(make_library: MakeLibrary) -> None:
    text = "# Huren omlaag\n\nDe huren gaan omlaag.\n\n# zeer veel scholen\n\nEr zijn zeer veel scholen."
    assert conversation.examples(make_library({"a.md": text})) == ["Wat staat er over “Huren omlaag”?"]


def test_examples_are_in_the_language_of_the_library(make_library: MakeLibrary) -> None:
    english = make_library({"a.md": "# Rents\n\nThis is what they say about the rents.\n\n# Army\n\nThat is what it is."})
    assert conversation.examples(english) == ["What does it say about “Rents”?"]


def test_a_library_without_headings_has_no_examples(library: Library) -> None:
    assert conversation.examples(library) == []
