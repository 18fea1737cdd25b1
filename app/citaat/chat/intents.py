"""Whether a message is a question, or a courtesy and nothing else."""

import re
from collections.abc import Sequence
from typing import Literal

from citaat.text.words import word_list

Intent = Literal["question", "greeting", "thanks", "capabilities"]

_CAPABILITIES = re.compile(
    r"(?:wat|hoe|wie|waar|what|how|who)\b.*?\b(?:(?:kun|kan|ben|doe|werk) (?:je|jij)|kunt u|kan ik (?:hier|je|jou|u)|bent u|"
    r"werkt dit|werkt het|can you|can i ask|are you|do you do|does this work|do you work)"
    r"(?: (?:allemaal|mij|me|voor|vragen|doen|eigenlijk|hier|precies|doing|do|here|for|ask|help|with|you|exactly))*"
)


def intent_of(words: Sequence[str]) -> Intent:
    """What a message is for, by its folded words."""
    found = set(words)
    if found and found <= word_list("greeting") | word_list("with_greeting") and found & word_list("greeting"):
        return "greeting"
    if found & word_list("thanks") and found <= word_list("thanks") | word_list("with_thanks"):
        return "thanks"
    if (found and found <= word_list("help")) or _CAPABILITIES.fullmatch(" ".join(words)):
        return "capabilities"
    return "question"
