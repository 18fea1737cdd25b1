"""Highlights held against the answering spans that a question set tells."""

import re
from collections import Counter

from citaat.domain import Span
from citaat.evaluation.measures import Figures
from citaat.evaluation.question_sets import QuestionSet
from citaat.retrieval.candidates import QueryPipeline
from citaat.retrieval.highlights import Highlighter


def highlight_figures(questions: QuestionSet, pipeline: QueryPipeline, highlighter: Highlighter) -> Figures:
    """`highlight_hit` and `share` (highlighted characters over all) on the relevant passages that hold their answer.

    Three ways: the product's, the first sentence alone, and the oracle, which highlights exactly the sentences that touch
    the answer. Nothing where no passage holds its answer. `corpora.indexed` stored the set's corpus for the pipeline.
    """
    rows = {row["id"]: position for position, row in enumerate(questions.corpus)}
    hits, highlighted = Counter[str](), Counter[str]()
    asked = characters = 0
    for key, relevant in questions.relevant.items():
        row = rows[next(iter(relevant))]
        passage = pipeline.store.passage(row)
        answer = _span_of(questions.answers.get(key, ""), pipeline.store.text(passage.document), passage.span)
        if answer is None:
            continue
        asked, characters = asked + 1, characters + len(passage.span)
        wanted = [one for one in passage.sentences if one.start < answer.end and answer.start < one.end]
        (query,) = pipeline.plain_queries([questions.questions[key]])
        described = pipeline.search.with_features(query, [row])
        texts = [pipeline.store.text(passage.document, one.start, one.end) for one in passage.sentences]
        cross_lingual = bool(described.features.cross_lingual[0])
        found = highlighter.highlights(query, passage, texts, described.fetched.sentence_vectors, cross_lingual=cross_lingual)
        for name, spans in (("highlights", found), ("first sentence", passage.sentences[:1]), ("oracle", wanted)):
            hits[name] += set(wanted) <= set(spans)
            highlighted[name] += sum(map(len, spans))
    shares = {name: (round(hits[name] / asked, 4), round(highlighted[name] / characters, 4)) for name in hits}
    return {name: {"highlight_hit": hit, "share": share, "n": asked} for name, (hit, share) in shares.items()}


def _span_of(words: str, text: str, within: Span) -> Span | None:
    """Where in a span of a text some words first stand, in any case."""
    # Not lower(): of some letters it makes two, and shifts the offsets after them.
    found = re.compile(re.escape(words), re.IGNORECASE).search(text, within.start, within.end)
    return Span(*found.span()) if found and words else None
