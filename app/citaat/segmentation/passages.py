"""From a document to passages: what can be quoted, the headings it stands under, and its sentences."""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citaat.domain import Document, Passage, Span
from citaat.segmentation import sentences
from citaat.segmentation.blocks import join_lines, with_headings
from citaat.segmentation.contents import mark_contents
from citaat.segmentation.headings import mark_headings
from citaat.segmentation.lines import Line, cut_lines
from citaat.segmentation.profile import PROFILE
from citaat.text.normalise import passage_hash

_PART = re.compile(rf"\S(?:.{{0,{PROFILE.longest_sentence - 2}}}\S)?(?=\s|\Z)|\S{{{PROFILE.longest_sentence}}}", re.DOTALL)
"""As much of a sentence as is not cut, up to white space if there is any."""


@dataclass(frozen=True, slots=True)
class Split:
    """What a document was split into: its passages in order, of disjoint spans, and how many characters but white space are
    left `uncovered`, by kind (heading, marker, contents, boilerplate)."""

    passages: tuple[Passage, ...]
    uncovered: dict[str, int]


def split(document: Document) -> Split:
    """Split a document into passages.

    A passage is a paragraph or a list item without its marker. One longer than 1,200 characters is cut between
    sentences; a sentence beyond that stays whole up to 4,000 characters and is then cut at white space.
    """
    blocks = join_lines(mark_headings(mark_contents(list(cut_lines(document.text)))))
    return Split(tuple(_passages(document, blocks)), _uncovered(blocks))


def _passages(document: Document, blocks: Sequence[Line]) -> Iterator[Passage]:
    text, language = document.text, document.source.language or "nl"
    page_ends = [end.start() for end in re.finditer("\f", text)]
    occurrences, ids = Counter[str](), set[str]()
    for block, headings in with_headings(blocks):
        for group in _groups(text, sentences.split(text, Span(block.body, block.end), language)):
            span = Span(group[0].start, group[-1].end)
            body = span.of(text)
            while (unique := f"{document.id}/{passage_hash(body, occurrences[body])}") in ids:
                occurrences[body] += 1
            ids.add(unique)
            is_run_in = len(group) > 1 and len(group[0].of(text).split()) <= PROFILE.run_in_words
            page = bisect_right(page_ends, span.start) + 1 if page_ends else 0
            yield Passage(unique, document.id, span, headings, group[0] if is_run_in else None, group, page)


def _groups(text: str, found: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """The sentences of a block as passages of at most 1,200 characters and of about equal length."""
    parts = [Span(*part.span()) for sentence in found for part in _PART.finditer(text, sentence.start, sentence.end)]
    total = parts[-1].end - parts[0].start
    target = total / math.ceil(total / PROFILE.longest_passage)
    group: list[Span] = []
    for part in parts:
        if group and (part.end - group[0].start > PROFILE.longest_passage or group[-1].end - group[0].start >= target):
            yield tuple(group)
            group = []
        group.append(part)
    yield tuple(group)


def _uncovered(blocks: Sequence[Line]) -> dict[str, int]:
    counts = Counter[str]()
    for block in blocks:
        is_covered = block.kind in ("text", "item")
        left = block.text[block.start : block.body if is_covered else block.end]
        counts["marker" if is_covered else block.kind] += len("".join(left.split()))
    return dict(counts)
