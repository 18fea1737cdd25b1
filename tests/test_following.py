"""What a turn leans on, and what it carries over from the turn before."""

import pytest
from citaat.encoders.encoder import Encoder
from citaat.encoders.loading import load
from citaat.query.following import following, leans
from citaat.settings import shipped_model


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load(str(shipped_model()))


@pytest.mark.parametrize(
    "turn",
    [
        "waarom?",
        "En in de NAVO?",
        "Hoeveel kost dat?",
        "what about the EU?",
        "why?",
        "en hoe zit het met landmijnen?",
        "Hoe lang?",
    ],
)
def test_a_turn_that_is_short_for_another_leans(turn: str) -> None:
    assert leans(turn)


@pytest.mark.parametrize(
    "turn",
    [
        "Wat vindt de partij van de energiebelasting?",
        "Hoe wil de partij het tekort aan leraren oplossen?",
        "What is the plan for affordable housing in big cities?",
        "Welke maatregelen staan er tegen stikstofuitstoot door boeren?",
        "Is er een plan dat boeren helpt om minder dieren te houden?",
    ],
)
def test_a_question_of_its_own_does_not_lean(turn: str) -> None:
    assert not leans(turn)


def test_what_is_carried_stands_in_brackets_behind_the_turn(encoder: Encoder) -> None:
    assert following(encoder, "Wat vindt de partij van kernwapens?", "waarom?") == "waarom? (kernwapens)"


def test_a_word_that_takes_anothers_place_drives_it_out(encoder: Encoder) -> None:
    asked = following(encoder, "Hoeveel geld gaat er naar basisscholen?", "en naar middelbare scholen?")
    assert "geld" in asked
    assert "basisscholen" not in asked


def test_nothing_is_carried_into_a_question_of_its_own(encoder: Encoder) -> None:
    turn = "Hoe wil de partij het lerarentekort oplossen?"
    assert following(encoder, "Wat vindt de partij van kernwapens?", turn) == turn
    assert following(encoder, "", "waarom?") == "waarom?"
