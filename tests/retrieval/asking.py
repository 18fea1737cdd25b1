"""Queries as retrieval gets them."""

from collections.abc import Iterable, Sequence

from citaat.query.query import Query
from citaat.retrieval.candidates import QueryPipeline
from citaat.store.protocol import Store
from citaat.text.analysis import Analyzer
from citaat.text.language import Language
from tests.fakes import HashEncoder, fake_model


def pipeline(store: Store, translations: Sequence[tuple[str, str]] = ()) -> QueryPipeline:
    return fake_model(translations=translations).pipeline(store)


def query(text: str, words: Iterable[str] = (), translated: Iterable[str] = (), language: Language | None = None) -> Query:
    """A query by hand: the vector is of the text, the terms are of the words."""
    vector = HashEncoder().encode([text], "question").vectors[0]
    terms = Analyzer().terms
    return Query(text, text, language, vector, tuple(terms(words)), tuple(terms(translated)))
