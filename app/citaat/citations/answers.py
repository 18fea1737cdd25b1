"""From a ranking to an answer: what is quoted, in which order, and what is suggested beside it."""

from collections.abc import Sequence

from citaat.citations import quotes
from citaat.domain import Answer, Citation
from citaat.errors import InputError
from citaat.limits import MOST_CITATIONS
from citaat.retrieval.highlights import Highlighter
from citaat.retrieval.ranking import Ranking
from citaat.retrieval.reranking import RERANKED, Reranker
from citaat.store.protocol import Store

_SUGGESTIONS, _CLOSEST = 3, 20
"""How many headings are suggested at most, and how many passages beyond those cited they are taken from."""


class AnswerWriter:
    """Writes the answers of one library; a reranker, if there is one, orders the first passages."""

    def __init__(self, store: Store, highlighter: Highlighter, reranker: Reranker | None) -> None:
        self._store, self._highlighter, self._reranker = store, highlighter, reranker

    def answer(self, ranking: Ranking, limit: int) -> Answer:
        """The passages that answer, best first; at most `limit` of them, 1 to 50."""
        best = self._reranked(ranking, [position for position in ranking.order if ranking.reaches_threshold[position]])[:limit]
        cited = tuple(self._cite(ranking, position, number) for number, position in enumerate(best, 1))
        suggestions = self._suggestions(ranking.rows[: limit + _CLOSEST].tolist(), cited)
        return Answer(ranking.query.question, "answered" if cited else "no_answer", cited, suggestions)

    def _cite(self, ranking: Ranking, position: int, number: int) -> Citation:
        """The citation of the candidate at a position of the ranking."""
        found, row = ranking.candidates, int(ranking.candidates.rows[position])
        passage = self._store.passage(row)
        texts = [self._store.text(passage.document, one.start, one.end) for one in passage.sentences]
        vectors, cross_lingual = found.fetched.sentences_of(position), bool(found.features.cross_lingual[position])
        highlights = self._highlighter.highlights(ranking.query, passage, texts, vectors, cross_lingual=cross_lingual)
        return quotes.cite(self._store, row, number, float(ranking.confidences[position]), highlights)

    def _reranked(self, ranking: Ranking, positions: list[int]) -> list[int]:
        """The positions of candidates, the first twenty in the order of the cross-encoder, if there is one, but still the best
        of each publisher asked before all others."""
        first = positions[:RERANKED]
        if self._reranker is None or len(first) < 2:
            return positions
        texts = [self._store.quote(int(ranking.candidates.rows[position])) for position in first]
        reranked = [first[position] for position in self._reranker.order(ranking.query.question, texts)]
        return ranking.one_of_each_first(reranked + positions[RERANKED:])

    def _suggestions(self, rows: Sequence[int], cited: Sequence[Citation]) -> tuple[str, ...]:
        """The innermost headings of the passages in `rows`, in that order, but for those that were cited."""
        known = {citation.section[-1] for citation in cited if citation.section}
        sections = [quotes.section(self._store, self._store.passage(row)) for row in rows]
        labels = dict.fromkeys(section[-1] for section in sections if section)
        return tuple(label for label in labels if label not in known)[:_SUGGESTIONS]


def refuse_out_of_bounds(limit: int, min_confidence: float | None) -> None:
    """Raise InputError if one of these is."""
    if not 1 <= limit <= MOST_CITATIONS:
        raise InputError(f"limit is {limit}; it can be 1 to {MOST_CITATIONS}.", code="invalid-limit")
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise InputError("min_confidence can be 0 to 1.", code="invalid-confidence")
