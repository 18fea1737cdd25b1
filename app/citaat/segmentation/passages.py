"""From a document to passages: what can be quoted, the headings it stands under, and its sentences."""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from citaat.domain import Document, Passage, Span
from citaat.segmentation import lines, sentences
from citaat.segmentation.blocks import group_lines
from citaat.segmentation.profile import PROFILE
from citaat.text.normalise import passage_hash

VERSION = 4
"""Changes whenever the same text would be split differently, so that older stores are known as stale."""


@dataclass(frozen=True, slots=True)
class Split:
    """What a document was split into.

    Attributes:
        passages: in document order; their spans are disjoint.
        headings: every heading, in document order.
        uncovered: characters that no passage covers, by kind (heading, marker, contents, boilerplate); white space is
            not counted.
    """

    passages: tuple[Passage, ...]
    headings: tuple[Span, ...]
    uncovered: dict[str, int]


def split(document: Document) -> Split:
    """Split a document into passages.

    A passage is a paragraph or a list item without its marker. One longer than 1,200 characters is cut between
    sentences; a sentence beyond that stays whole up to 4,000 characters and is then cut at white space.
    """
    text = document.text
    found = group_lines(text, lines.classify(text))
    ids = _PassageIds(document.id)
    language = document.source.language or "nl"
    page_ends = [end.start() for end in re.finditer("\f", text)]
    passages = []
    for block in found.blocks:
        for group in _groups(text, sentences.split(text, Span(block.start, block.end), language)):
            span = Span(group[0].start, group[-1].end)
            page = bisect_right(page_ends, span.start) + 1 if page_ends else 0
            run_in = _run_in(text, group)
            passages.append(Passage(ids.next(span.of(text)), document.id, span, block.headings, run_in, group, page))
    return Split(tuple(passages), tuple(found.headings), dict(found.uncovered))


@dataclass(slots=True)
class _PassageIds:
    """The passage ids of one document, unique in it."""

    document: str
    occurrences: Counter[str] = field(default_factory=Counter)
    taken: set[str] = field(default_factory=set)

    def next(self, body: str) -> str:
        """The id of the next passage, whose text is `body`; it depends on no other text in the document."""
        while True:
            found = f"{self.document}/{passage_hash(body, self.occurrences[body])}"
            self.occurrences[body] += 1
            if found not in self.taken:
                self.taken.add(found)
                return found


def _groups(text: str, found: tuple[Span, ...]) -> Iterator[tuple[Span, ...]]:
    """The sentences of a block as passages of at most 1,200 characters and of about equal length."""
    parts = [part for sentence in found for part in _cut_at_white_space(text, sentence)]
    total = parts[-1].end - parts[0].start
    target = total / math.ceil(total / PROFILE.longest_passage)
    group: list[Span] = []
    for part in parts:
        if group and (part.end - group[0].start > PROFILE.longest_passage or group[-1].end - group[0].start >= target):
            yield tuple(group)
            group = []
        group.append(part)
    yield tuple(group)


def _cut_at_white_space(text: str, sentence: Span) -> Iterator[Span]:
    """The parts of a sentence, each of at most 4,000 characters."""
    start = sentence.start
    while sentence.end - start > PROFILE.longest_sentence:
        window = text[start : start + PROFILE.longest_sentence + 1]
        cut = max((space.start() for space in re.finditer(r"\s", window)), default=0) or PROFILE.longest_sentence
        yield Span(start, start + len(window[:cut].rstrip()))
        start += cut
        start += len(text[start : sentence.end]) - len(text[start : sentence.end].lstrip())
    yield Span(start, sentence.end)


def _run_in(text: str, group: tuple[Span, ...]) -> Span | None:
    """The first sentence of a passage if it is short enough to be the heading of the others."""
    return group[0] if len(group) > 1 and len(group[0].of(text).split()) <= PROFILE.run_in_words else None
