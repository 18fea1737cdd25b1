from dataclasses import fields

import pytest

from citaat.chat.phrases import PHRASES, Phrases
from citaat.text.language import LANGUAGES, Language, language_of
from citaat.text.words import words

ONE_PLACE = ("capabilities", "closest", "about", "others")


@pytest.mark.parametrize("language", LANGUAGES.values())
def test_every_phrase_is_in_its_language(language: Language) -> None:
    for field in fields(Phrases):
        phrase = getattr(PHRASES[language], field.name)
        assert language_of(words(phrase)) in (language, None)
        assert phrase.count("{}") == (field.name in ONE_PLACE)


def test_the_program_speaks_each_language_that_it_reads() -> None:
    assert PHRASES.keys() == LANGUAGES.keys()
    assert all(language_of(words(phrases.refusal)) == language for language, phrases in PHRASES.items())


def test_the_question_on_a_heading_names_it() -> None:
    assert PHRASES["nl"].about.format("Huren") == "Wat staat er over “Huren”?"
    assert PHRASES["en"].about.format("Rents") == "What does it say about “Rents”?"
