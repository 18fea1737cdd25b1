"""The sentences within a passage that answer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citaat.domain import Passage, Span
from citaat.retrieval.search import Query, Search
from citaat.store.store import StoredDocument

_NEARLY = 0.1
"""How far below the best sentence another one is highlighted too."""
_CLOSE, _LEADS, _ASKS = 0.5, 0.5, 0.6
"""What a sentence's cosine, its leading the passage and its being a question itself count for, beside the share of the
question's information that its words hold. Found on the answer spans of policyqa_passages."""

_KEPT_PASSAGES = 2_000


class Highlighter:
    """Finds the sentences of a passage that answer; keeps their terms, since what is cited once is often cited again."""

    def __init__(self, search: Search) -> None:
        self._search, self._store = search, search.store
        self._known: dict[int, list[set[str]]] = {}

    def highlights(self, row: int, found: tuple[StoredDocument, Passage], query: Query) -> tuple[Span, ...]:
        """The sentences of a passage that answer: the best by vector, words and place, and those nearly as good.

        A run-in heading names a subject and answers nothing, so what answers is sought after it; it is marked too if it
        scores as well.
        """
        document, passage = found
        first, last = self._store.sentence_range(row)
        cosines = np.vecdot(self._store.sentence_vectors[first:last].astype(np.float32), query.vector)
        (foreign,) = self._search.is_foreign(np.array([row]), query.language)
        sentences = self._sentence_terms(row, document, passage)
        shares = self._shares(query.terms, sentences)
        if foreign:
            shares = np.maximum(shares, self._shares(query.translated, sentences))
        asks = np.array([self._store.text(document, one.end - 1, one.end) == "?" for one in passage.sentences])
        heads = int(passage.run_in is not None)
        places = np.maximum(np.arange(1, len(shares) + 1) - heads, 1)
        scores = shares + _CLOSE * cosines + _LEADS / places - _ASKS * asks
        least = scores[heads:].max() - _NEARLY
        return tuple(sentence for sentence, score in zip(passage.sentences, scores, strict=True) if score >= least)

    def _shares(self, terms: Sequence[str], sentences: Sequence[set[str]]) -> NDArray[np.float64]:
        """The share of the terms' information that each sentence holds; float64 [len(sentences)]."""
        told = {term: self._search.background.idf(term, 0, 0) for term in set(terms)}
        held = [sum(told[term] for term in told.keys() & its) for its in sentences]
        return np.array(held) / max(sum(told.values()), 1e-9)

    def _sentence_terms(self, row: int, document: StoredDocument, passage: Passage) -> list[set[str]]:
        """The terms of each sentence of a passage; kept."""
        known = self._known.get(row)
        if known is None:
            if len(self._known) >= _KEPT_PASSAGES:
                self._known.clear()
            texts = [self._store.text(document, sentence.start, sentence.end) for sentence in passage.sentences]
            known = self._known[row] = [set(self._search.analyzer.terms(text)) for text in texts]
        return known
