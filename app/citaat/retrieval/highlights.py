"""The sentences within a passage that answer."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from citaat.domain import FloatMatrix, Passage, Span
from citaat.query.query import Query
from citaat.text.analysis import Analyzer
from citaat.text.background import Background
from citaat.text.words import content_words, words

_NEARLY = 0.0125
"""How far below the best sentence another one is highlighted too."""
_WORDS, _LEADS, _ASKS = 0.04, 0.01, 0.3
"""What the share of the question's information that a sentence's words hold, its leading the passage and its being a question
itself count for, beside its cosine. Found on the answers of burgervragen and policyqa_passages."""

_KEPT_SENTENCES = 10_000


class Highlighter:
    """Finds the sentences of a passage that answer a query."""

    def __init__(self, background: Background) -> None:
        self._background, self._analyzer = background, Analyzer()
        # What is cited once is often cited again.
        self._terms = lru_cache(_KEPT_SENTENCES)(self._terms_of)

    def highlights(
        self, query: Query, passage: Passage, texts: Sequence[str], vectors: FloatMatrix, *, cross_lingual: bool
    ) -> tuple[Span, ...]:
        """The sentences that answer: the best by vector, words and position in the passage, and those nearly as good.

        A run-in heading names a subject and answers nothing, so what answers is sought after it; it is marked too if it
        scores as well.

        Args:
            texts: the passage's sentences; `vectors` are theirs, float32 [n, d].
            cross_lingual: whether they are in another language than the question.
        """
        sentences = [self._terms(text) for text in texts]
        shares = self._shares(query.terms, sentences)
        if cross_lingual:
            shares = np.maximum(shares, self._shares(query.translated, sentences))
        asks = np.array([text.endswith("?") for text in texts])
        headings = int(passage.run_in is not None)
        ranks = np.maximum(np.arange(1, len(shares) + 1) - headings, 1)
        scores = np.vecdot(vectors, query.vector) + _WORDS * shares + _LEADS / ranks - _ASKS * asks
        least = scores[headings:].max() - _NEARLY
        return tuple(span for span, score in zip(passage.sentences, scores, strict=True) if score >= least)

    def _terms_of(self, text: str) -> frozenset[str]:
        return frozenset(self._analyzer.terms(content_words(words(text))))

    def _shares(self, terms: Sequence[str], sentences: Sequence[frozenset[str]]) -> NDArray[np.float64]:
        """The share of the terms' information (idf at large) that each sentence holds; float64 [len(sentences)]."""
        idf = {term: self._background.idf(term, 0, 0) for term in dict.fromkeys(terms)}
        held = [sum(idf[term] for term in idf.keys() & its) for its in sentences]
        return np.array(held) / max(sum(idf.values()), 1e-9)
