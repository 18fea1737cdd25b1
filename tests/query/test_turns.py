import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citaat.errors import InputError
from citaat.query.publishers import Publishers
from citaat.query.turns import Turn, checked, distinct, is_askable, is_contentless
from citaat.text.words import tokenise, words


def compounds(text: str, publishers: Publishers | None = None) -> list[str]:
    return list(Turn.read(text, publishers).compounds)


def content(text: str, publishers: Publishers | None = None) -> list[str]:
    return list(Turn.read(text, publishers).content)


def test_a_turn_is_read_without_white_space_around_it_and_in_whole_letters() -> None:
    turn = Turn.read(unicodedata.normalize("NFD", " \n De Coöperatie? "))
    assert turn.text == "De Coöperatie?"
    assert turn.words == ("de", "cooperatie")
    assert turn.tokens == tokenise("De Coöperatie?")


@given(st.text(max_size=40))
def test_a_turn_is_read_whatever_it_holds(text: str) -> None:
    turn = Turn.read(text.replace("Σ", "σ"))  # at the end of a word Σ becomes ς, which a character by itself cannot tell
    assert [token for word in turn.compounds for token in words(word)] == list(turn.words)
    assert set(turn.content) <= set(turn.compounds)


def test_without_publishers_no_names_are_sought(publishers: Publishers) -> None:
    assert Turn.read("Wat wil de VVD?").mentions == ()
    assert [one.name for one in Turn.read("Wat wil de VVD?", publishers).mentions] == ["VVD"]


def test_words_joined_by_a_hyphen_or_an_apostrophe_are_one(publishers: Publishers) -> None:
    assert compounds("De zee-egel en auto's’s o-zo--ver") == ["De", "zee-egel", "en", "auto's’s", "o-zo", "ver"]
    assert compounds("ja/nee a_b c - d") == ["ja", "nee", "a", "b", "c", "d"]
    assert compounds("Zee-Één ½ a½b", publishers) == ["Zee-Één", "½", "a½b"]


def test_who_is_asked_reads_as_the_party(publishers: Publishers) -> None:
    assert compounds("Wat wil de VVD met de huur?", publishers) == ["Wat", "wil", "de", "partij", "met", "de", "huur"]
    assert compounds("En VVD?", publishers) == ["En", "de", "partij"]
    assert compounds("VVD wil huren", publishers) == ["de", "partij", "wil", "huren"]
    asked = compounds("Wat vindt de Partij voor de Dieren ervan?", publishers)
    assert asked == ["Wat", "vindt", "de", "partij", "ervan"]


def test_names_side_by_side_each_read_as_the_party(publishers: Publishers) -> None:
    assert compounds("Wat vinden VVD en CDA?", publishers) == ["Wat", "vinden", "de", "partij", "en", "de", "partij"]
    assert compounds("Volgens GL_PvdA?", publishers) == ["Volgens", "de", "partij", "de", "partij"]


def test_a_noun_on_a_name_stands_by_itself(publishers: Publishers) -> None:
    assert compounds("Wat is het VVD-plan?", publishers) == ["Wat", "is", "de", "partij", "plan"]


@pytest.mark.parametrize(
    "text", ["Wat is VVD's plan voor huren?", "Wat willen VVD’ers met huren?", "Wat wil de VVD'er met huren?"]
)
def test_the_ending_of_a_name_is_no_word(publishers: Publishers, text: str) -> None:
    assert content(text, publishers) == ["huren"]


def test_a_name_that_is_a_subject_stays_a_word(publishers: Publishers) -> None:
    assert compounds("Wie wil de VVD uitsluiten?", publishers) == ["Wie", "wil", "de", "VVD", "uitsluiten"]


def test_where_nobody_is_asked_the_publishers_that_are_named_are(publishers: Publishers) -> None:
    def asked(text: str) -> list[str]:
        return [one.name for one in Turn.read(text, publishers).addressees]

    assert asked("Wat zegt GroenLinks over samenwerking met het CDA?") == ["GroenLinks"]
    assert asked("Wie krijgt hulp van de PvdA?") == ["PvdA"]
    assert asked("Gaat de AOW omhoog?") == []


def test_content_is_what_a_turn_is_about_once_each_as_last_written() -> None:
    assert content("Wat vindt de partij van Huren, de wolf en huren?") == ["huren", "wolf"]
    assert content("waarom dan?") == []
    assert distinct(["A", "b", "a"]) == ("a", "b")


def test_stop_words_and_words_of_asking_are_contentless() -> None:
    assert is_contentless("waarom")
    assert is_contentless("daarover")
    assert not is_contentless("huur")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("", "question-empty"), (" \n\t", "question-empty"), ("a" * 2_001, "question-too-long"), ("a\0b", "question-unreadable"),
        ("a\ud800", "question-unreadable"), ("\udfff a", "question-unreadable"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(question: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        checked(question)
    assert refused.value.code == code
    assert not is_askable(question)


def test_a_refused_question_tells_how_long_it_is() -> None:
    with pytest.raises(InputError, match="2345 characters; at most 2000"):
        checked("a" * 2_345)


@pytest.mark.parametrize("question", ["a" * 2_000, "\ud7ff\ue000", "?", "🤷"])
def test_a_question_within_the_limits_is_asked_as_it_is(question: str) -> None:
    assert checked(question) == question
    assert is_askable(question)


def test_a_question_is_asked_without_white_space_and_in_whole_letters() -> None:
    assert checked(unicodedata.normalize("NFD", "  Eén?\n")) == "Eén?"
