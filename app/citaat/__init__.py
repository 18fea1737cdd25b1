"""Citaat answers a question about a text with the text's own words.

from citaat import Library

with Library.open() as library:
    print(library.ask("Wat vindt de partij van kernwapens?").citations[0].quote)
"""

from citaat.domain import Answer, Citation
from citaat.errors import CitaatError
from citaat.library import Library

__all__ = ["Answer", "CitaatError", "Citation", "Library"]
