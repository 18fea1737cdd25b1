"""Highlights held against the answering spans that a question set tells."""

import re
from dataclasses import dataclass

from citaat.domain import Span
from citaat.evaluation.measures import Figures
from citaat.evaluation.question_sets import QuestionSet
from citaat.retrieval.candidates import QueryPipeline
from citaat.retrieval.highlights import Highlighter


@dataclass(frozen=True, slots=True)
class _Tally:
    """How often every sentence that touches the answer is highlighted, and the share of the characters that are."""

    hits: int = 0
    highlighted: int = 0
    characters: int = 0

    def plus(self, hit: bool, highlighted: int, characters: int) -> "_Tally":
        return _Tally(self.hits + hit, self.highlighted + highlighted, self.characters + characters)


def highlight_figures(questions: QuestionSet, pipeline: QueryPipeline, highlighter: Highlighter) -> Figures:
    """`highlight_hit` and `share` (highlighted characters over all) on the relevant passages that hold their answer.

    Three ways: the product's, the first sentence alone, and the oracle, which highlights exactly the sentences that touch
    the answer. Nothing where no passage holds its answer.

    Args:
        pipeline: over the set's corpus as `corpora.indexed` stores it.
    """
    rows = {row["id"]: position for position, row in enumerate(questions.corpus)}
    tallies = dict.fromkeys(("highlights", "first sentence", "oracle"), _Tally())
    asked = 0
    for key, relevant in questions.relevant.items():
        row = rows[next(iter(relevant))]
        passage = pipeline.store.passage(row)
        answer = _span_of(questions.answers.get(key, ""), pipeline.store.text(passage.document), passage.span)
        if answer is None:
            continue
        asked += 1
        wanted = [one for one in passage.sentences if one.start < answer.end and answer.start < one.end]
        (query,) = pipeline.plain_queries([questions.questions[key]])
        described = pipeline.search.with_features(query, [row])
        texts = [pipeline.store.text(passage.document, one.start, one.end) for one in passage.sentences]
        cross_lingual = bool(described.features.cross_lingual[0])
        found = highlighter.highlights(query, passage, texts, described.fetched.sentence_vectors, cross_lingual=cross_lingual)
        for name, spans in (("highlights", found), ("first sentence", passage.sentences[:1]), ("oracle", wanted)):
            tallies[name] = tallies[name].plus(set(wanted) <= set(spans), sum(map(len, spans)), len(passage.span))
    return {name: _figures(tally, asked) for name, tally in tallies.items() if asked}


def _figures(tally: _Tally, asked: int) -> Figures:
    hit, share = tally.hits / asked, tally.highlighted / tally.characters
    return {"highlight_hit": round(hit, 4), "share": round(share, 4), "n": asked}


def _span_of(words: str, text: str, within: Span) -> Span | None:
    """Where in a span of a text some words first stand, in any case."""
    # Not lower(): of some letters it makes two, and shifts the offsets after them.
    found = re.compile(re.escape(words), re.IGNORECASE).search(text, within.start, within.end)
    return Span(*found.span()) if found and words else None
