import pytest

from citaat.chat.intents import intent_of
from citaat.text.words import words


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hallo!", "greeting"), ("hoi daar", "greeting"), ("good morning", "greeting"), ("Hallo hallo Citaat", "greeting"),
        ("daar", "question"), ("good", "greeting"), ("Hallo, wat vindt de partij van kernwapens?", "question"),
        ("Hallo bedankt", "question"),
        ("Dank je wel", "thanks"), ("thanks a lot", "thanks"), ("merci", "thanks"), ("Super, bedankt voor de hulp!", "thanks"),
        ("heel goed", "question"), ("Bedankt, en de huur?", "question"), ("veel dank", "thanks"),
        ("help", "capabilities"), ("Hulp! HELP!", "capabilities"), ("help boeren", "question"),
        ("🤷", "question"), ("", "question"), ("?", "question"),
    ],
)  # fmt: skip
def test_courtesies_are_told_from_questions(text: str, intent: str) -> None:
    assert intent_of(words(text)) == intent


@pytest.mark.parametrize(
    "text",
    [
        "Wat kun je?", "Wie ben jij?", "what can you do?", "Wat kan jij voor mij doen?", "Hoe werk je eigenlijk precies?",
        "Wat doe je hier allemaal?", "Wat kunt u voor me doen", "wat kan ik hier vragen",
        "Wat kan ik je vragen?", "wat kan ik jou vragen", "wat kan ik u vragen", "Wie bent u?", "Hoe werkt dit?",
        "Hoe werkt het precies?",
        "What can I ask you?", "Who are you?", "what do you do here", "How does this work exactly?", "How do you work?",
        "waar kan ik u voor vragen", "What are you doing?", "what can you help with",
        "Hoe heet en wie ben je?",
    ],
)  # fmt: skip
def test_a_question_about_the_program_asks_what_it_can(text: str) -> None:
    assert intent_of(words(text)) == "capabilities"


@pytest.mark.parametrize(
    "text",
    [
        "Wat kan je doen tegen stikstof?", "Hoe helpt de partij boeren?", "Kun je vliegen?", "Wat is de huur",
        "Wat kan de partij?", "En wat kun je?", "Wie ben jij dan", "wat kunnen je",
    ],
)  # fmt: skip
def test_a_question_with_a_subject_is_a_question(text: str) -> None:
    assert intent_of(words(text)) == "question"
