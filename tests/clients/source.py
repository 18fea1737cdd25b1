"""What every client is held against: the texts that the server reads, and the questions put to them."""

import os
import re
from pathlib import Path

URL = os.environ["CITAAT_URL"]
TEXTS = [path.read_bytes().decode() for path in sorted(Path(os.environ["CITAAT_DATA"]).glob("*.txt"))]

WEAPONS = "Wat vindt de partij van kernwapens?"
ODD = "Wat krijgt de kat elke dag?"
"""Answered by a passage with emoji of several code points and combining characters."""
ANSWERED = [WEAPONS, ODD]
REFUSED = "Hoe bak ik een appeltaart?"
FOLLOW_UP = [
    {"role": "user", "content": WEAPONS},
    {"role": "assistant", "content": "…"},
    {"role": "user", "content": "En in de NAVO?"},
]

README = (Path(__file__).resolve().parent.parent.parent / "docs" / "clients.md").read_text("utf-8")
"""The page of recipes, which began in the README."""
ANSWERING = "Dat betekent dan ook dat Nederland kernwapenvrij wordt."
"""A sentence of the source that every recipe prints."""


def recipe(language: str, word: str) -> str:
    """The only block of docs/clients.md in a language that holds a word, for the server that is tested."""
    blocks = re.findall(rf"```{language}\n(.+?)```", README, re.DOTALL)
    (found,) = (block for block in blocks if word in block)
    return found.replace("http://127.0.0.1:8000", URL)


def in_the_source(quote: str) -> bool:
    """Whether a quote of more than a word stands in one of the texts, character for character."""
    return len(quote) > 20 and any(quote in text for text in TEXTS)
