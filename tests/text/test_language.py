import pytest

from citaat.text.language import LANGUAGES, language_of, language_of_document
from citaat.text.words import words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wat is het plan?", "nl"),
        ("What is the plan?", "en"),
        ("Does the party want more houses in de stad?", "en"),
        ("Wat is de prijs van the big apple?", "nl"),
        ("de the", None),
        ("NAVO", None),
        ("kernwapens", None),
        ("", None),
    ],
)
def test_the_language_is_that_of_most_function_words(text: str, language: str | None) -> None:
    assert language_of(iter(words(text))) == language


def test_a_word_of_both_languages_tells_nothing() -> None:
    assert language_of(["is"]) is None
    assert language_of(["met", "on", "is"]) is None


def test_a_repeated_word_counts_each_time() -> None:
    assert language_of(["the", "the", "de"]) == "en"


def test_a_document_tells_its_language_at_its_beginning() -> None:
    assert language_of_document("De huur gaat omlaag.") == "nl"
    assert language_of_document("The rent goes down.") == "en"
    assert language_of_document("Kernwapens!") == ""
    assert language_of_document("x" * 1_996 + " the de het een") == "en"
    assert language_of_document("x" * 1_997 + " the de het een") == ""


def test_languages_are_known_by_their_codes() -> None:
    assert LANGUAGES == {"nl": "nl", "en": "en"}
