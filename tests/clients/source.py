"""What every client is held against: the texts that the server reads, and the questions put to them."""

import os
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


def in_the_source(quote: str) -> bool:
    """Whether a quote of more than a word stands in one of the texts, character for character."""
    return len(quote) > 20 and any(quote in text for text in TEXTS)
