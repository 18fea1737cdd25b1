"""The collection that the contract of stores is tested on: some four hundred passages, the same at every run."""

import numpy as np

from citaat.domain import Document, Source

SUBJECTS = (
    "huur woning zorg arts school leraar trein spoor leger vrede boer akker water dijk bos natuur geld bank straat wijk "
    "fiets haven schip vlucht grens wet rechter politie brand museum muziek krant radio winkel markt brood melk kaas"
).split()
UNKNOWN = "appeltaart"
"""A word that no passage holds."""
COPIED = "De huur van een woning daalt."
"""A passage that stands in several documents, and in one of them often."""
EMPTY = "leeg"
"""The id of a document without passages."""


def documents() -> list[Document]:
    """Chance texts, one of them twice; copies; passages of two kinds only; pages; headings; signs; English; nothing."""
    random = np.random.default_rng(7)
    chance = "\n\n".join(_paragraph(random) for _ in range(110))
    return [
        _document("toeval", chance),
        _document("kopieen", "\n\n".join([COPIED] * 40 + [_paragraph(random) for _ in range(20)] + [COPIED] * 40)),
        _document(EMPTY, "# Alleen een kop\n"),
        _document("toeval-weer", chance),
        _document("twee", "\n\n".join(["Vrede en water.", "Water en vrede voor de boer."] * 30)),
        _document("paginas", "\n\n\f".join(f"{_paragraph(random)}\n\n{COPIED}" for _ in range(5))),
        _document("koppen", f"# Wonen 😀\r\n\n## Huur\n\n{COPIED} Dat is goed.\r\n\n- Meer woningen.\n- Minder\nleegstand.\n"),
        _document("english", "\n\n".join(f"The {word} of the house is {number}." for number, word in enumerate(SUBJECTS)), "en"),
    ]


def _document(name: str, text: str, language: str = "nl") -> Document:
    return Document(name, text, Source(f"Over {name}", "Uitgever", "2023", f"https://example.org/{name}", language))


def _paragraph(random: np.random.Generator) -> str:
    return " ".join(_sentence(random) for _ in range(random.integers(1, 4)))


def _sentence(random: np.random.Generator) -> str:
    return " ".join(random.choice(SUBJECTS, random.integers(4, 9))).capitalize() + "."
