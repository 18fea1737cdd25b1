"""What a turn depends on, and what it takes along from the question before it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from citaat.domain import FloatVector
from citaat.query.follow_ups import UNRELATED, Question, contextualise, is_context_dependent, may_change_subject
from citaat.query.publishers import Publishers
from citaat.query.turns import Turn


def vectors_of(*alike: Sequence[str], cosine: float = 1.0, unrelated: float = 0.0) -> Mapping[str, FloatVector]:
    """Unit vectors of groups of words: within a group of a cosine, all others of the cosine of unrelated words."""
    groups = [*alike, *([word] for word in UNRELATED)]
    words = [word for group in groups for word in group]
    cosines = np.full((len(words), len(words)), unrelated)
    at = 0
    for group in groups:
        cosines[at : at + len(group), at : at + len(group)] = cosine
        at += len(group)
    np.fill_diagonal(cosines, 1)
    lower = np.linalg.cholesky(cosines + 1e-9 * np.eye(len(words)))
    return dict(zip(words, lower.astype(np.float32), strict=True))


def carried(before: str, turn: str, vectors: Mapping[str, FloatVector]) -> list[str]:
    asked = contextualise(Turn.read(turn), Question(Turn.read(before)), vectors)
    return list(asked.carried)


@pytest.mark.parametrize(
    "turn",
    [
        "waarom?", "En in de NAVO?", "Hoeveel kost dat?", "what about the EU?", "why?", "en hoe zit het met landmijnen?",
        "Hoe lang?", "Huren?", "en de huur verlagen?", "Wat is dat?", "What is the programme?", "wat is het?", "?", "",
        "Wat vindt de partij?",
    ],
)  # fmt: skip
def test_a_turn_that_is_short_for_another_depends_on_the_one_before(turn: str) -> None:
    assert is_context_dependent(Turn.read(turn))


@pytest.mark.parametrize(
    "turn",
    [
        "Wat vindt de partij van de energiebelasting?", "Hoe wil de partij het tekort aan leraren oplossen?",
        "What is the plan for affordable housing in big cities?",
        "Welke maatregelen staan er tegen stikstofuitstoot door boeren?",
        "Is er een plan dat boeren helpt om minder dieren te houden?", "Huren verlagen?", "en huren in steden verlagen?",
        "Wat is huur?", "Wat zijn huren?", "Wat betekent huur?", "Wat houdt huur in?", "Wat zegt het programma over huur?",
        "What is rent?", "What are rents?", "Who is Rutte?", "Who are tenants?", "Does the party rent?",
        "Is rent in the programme?", "en wat is huur?",
    ],
)  # fmt: skip
def test_a_question_of_its_own_depends_on_none(turn: str) -> None:
    assert not is_context_dependent(Turn.read(turn))


@pytest.mark.parametrize(
    "turn",
    [
        "Wie betaalt dat leger aan boeren en vissers?", "Waarom steunt die boeren en tuinders?", "Geldt dit voor arme huurders?",
        "is it expensive for poor tenants?", "Dat boeren tuinders uitkopen?", "Stijgt ook dat voor boeren en tuinders?",
        "Helpt het programma dat?", "Wordt daarover gestemd door boeren?", "Is dat duur voor het plan van huurders?",
    ],
)  # fmt: skip
def test_a_turn_that_points_back_depends_on_the_one_before_whatever_it_says(turn: str) -> None:
    assert is_context_dependent(Turn.read(turn))


@pytest.mark.parametrize(
    "turn",
    [
        "Is er een plan dat boeren helpt?", "Komt de partij die boeren steunt?", "Krijgen boeren tuinders dat?",
        "Is er een wet die boeren helpt met uitkopen?", "Steunt boeren die uitkopen geld?", "the party that helps poor farmers",
        "Stijgt ook dat leger voor boeren?", "Stijgt leger ook dat voor boeren?", "Kost dat dan huurders veel geld?",
        "Boeren wie steunt dat leger van tuinders?", "Programma dat voor boeren en tuinders?",
        "Waar is een wet die boeren helpt?",
    ],
)  # fmt: skip
def test_a_pronoun_of_a_clause_does_not_point_back(turn: str) -> None:
    assert not is_context_dependent(Turn.read(turn))


def test_a_turn_that_names_a_party_alone_depends_on_the_one_before(publishers: Publishers) -> None:
    assert is_context_dependent(Turn.read("En volgens Het Bos?", publishers))
    assert not is_context_dependent(Turn.read("Volgens Het Bos huur?", publishers))


@pytest.mark.parametrize("opener", "ja nee ok oke okay dus en maar of and but so or EN “En".split())
def test_an_opener_goes_on_with_a_subject(opener: str) -> None:
    assert may_change_subject(Turn.read(f"{opener} de huur?"))


@pytest.mark.parametrize("turn", ["De huur?", "en waarom?", "en dat huur?", "en kost dat?", "De huur en", "", "en-passant huur"])
def test_other_turns_name_no_subject_of_their_own(turn: str) -> None:
    assert not may_change_subject(Turn.read(turn))


def test_a_follow_up_takes_along_the_words_of_the_question_before() -> None:
    assert carried("Wat vindt de partij van kernwapens in Europa?", "waarom?", {}) == ["kernwapens", "Europa"]


def test_a_question_of_its_own_takes_nothing_along() -> None:
    assert carried("Wat vindt de partij van kernwapens?", "Hoe wil de partij het lerarentekort oplossen?", {}) == []


def test_a_word_that_the_turn_has_itself_is_not_taken_along() -> None:
    vectors = vectors_of(["geld"], ["kernwapens"], ["Kernwapens"])
    assert carried("Hoeveel geld gaat er naar Kernwapens?", "en kernwapens?", vectors) == ["geld"]
    assert carried("Kernwapens?", "en kernwapens?", {}) == []


def test_a_word_that_a_word_of_the_turn_replaces_is_left_out() -> None:
    vectors = vectors_of(["basisscholen", "middelbare"], ["geld"], ["scholen"])
    assert carried("Hoeveel geld gaat er naar basisscholen?", "en naar middelbare scholen?", vectors) == ["geld"]
    assert carried("Hoeveel geld gaat er naar basisscholen?", "en naar scholen?", vectors) == ["geld", "basisscholen"]


@pytest.mark.parametrize("unrelated", [0.0, 0.4, 0.7])
@pytest.mark.parametrize(("nearness", "is_replaced"), [(0.28, False), (0.3, True)])
def test_a_word_replaces_another_that_is_nearer_than_unrelated_words_are(
    unrelated: float, nearness: float, is_replaced: bool
) -> None:
    vectors = vectors_of(["leger", "marine"], cosine=unrelated + nearness * (1 - unrelated), unrelated=unrelated)
    assert carried("leger?", "en marine?", vectors) == ([] if is_replaced else ["leger"])


def test_what_is_taken_along_is_taken_along_again() -> None:
    asked = contextualise(Turn.read("waarom?"), Question(Turn.read("Kernwapens?")), {})
    again = contextualise(Turn.read("en hoe dan?"), asked, {})
    assert list(again.carried) == ["Kernwapens"]


def test_a_follow_up_that_may_change_the_subject_is_also_read_without_what_it_takes_along(publishers: Publishers) -> None:
    before = Question(Turn.read("Wat wil het CDA met de wolf?", publishers))
    asked = contextualise(Turn.read("en de huur?"), before, vectors_of(["wolf"], ["huur"]))
    assert asked.readings == (asked, Question(asked.turn, (), before.turn.mentions))
    assert list(asked.carried) == ["wolf"]


def test_other_questions_are_read_one_way() -> None:
    for turn, before in (
        ("waarom?", "Kernwapens?"),
        ("en de huur?", "en?"),
        ("Hoe wil de partij het lerarentekort oplossen?", "Kernwapens?"),
    ):
        asked = contextualise(Turn.read(turn), Question(Turn.read(before)), vectors_of(["huur"], ["Kernwapens"]))
        assert asked.readings == (asked,)


def test_who_was_asked_is_asked_again(publishers: Publishers) -> None:
    before = Question(Turn.read("Wat wil het CDA met de wolf?", publishers))
    asked = contextualise(Turn.read("en waarom?", publishers), before, {})
    again = contextualise(Turn.read("hoezo?", publishers), asked, {})
    assert [[one.name for one in question.addressees] for question in (asked, again)] == [["CDA"]] * 2
    assert asked.asked_before == again.asked_before == before.turn.mentions


@pytest.mark.parametrize("turn", ["En Het Bos?", "en de anderen?", "en de andere partijen?", "iedereen?", "and all the others?"])
def test_who_was_asked_is_not_asked_where_others_are(publishers: Publishers, turn: str) -> None:
    before = Question(Turn.read("Wat wil het CDA met de wolf?", publishers))
    vectors = vectors_of(*([word] for word in ("wolf", "anderen", "andere", "iedereen", "others", "all")))
    question = contextualise(Turn.read(turn, publishers), before, vectors)
    assert question.asked_before == ()
    assert question.addressees == question.turn.addressees


def test_a_question_reads_with_what_it_takes_along(publishers: Publishers) -> None:
    before = Question(Turn.read("Wat wil het CDA met de wolf?", publishers))
    asked = contextualise(Turn.read("en waarom?"), before, {})
    assert asked.text == "en waarom? (wolf, volgens CDA)"
    assert contextualise(Turn.read("and why is that?"), before, {}).text == "and why is that? (wolf, according to CDA)"
    assert replace(asked, carried=()).text == "en waarom? (volgens CDA)"
    assert before.text == "Wat wil het CDA met de wolf?"


def test_the_content_of_a_question_is_that_of_the_turn_and_then_what_it_takes_along() -> None:
    before = Question(Turn.read("Kernwapens, geld en huur?"))
    asked = replace(Question(Turn.read("en de Huur?")), carried=before.content)
    assert list(asked.content) == ["huur", "Kernwapens", "geld"]


def test_how_near_unrelated_words_are_is_the_mean_of_all_pairs() -> None:
    vectors = dict(vectors_of(["leger", "marine"], cosine=0.31))
    assert carried("leger?", "en marine?", vectors) == []
    vectors[UNRELATED[1]] = vectors[UNRELATED[0]]
    assert carried("leger?", "en marine?", vectors) == ["leger"]
