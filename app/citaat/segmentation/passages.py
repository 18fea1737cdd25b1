"""From a document to passages: what can be quoted, the headings it stands under, and its sentences."""

import hashlib
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from citaat.domain import Document, Passage, Span
from citaat.segmentation import lines, sentences
from citaat.segmentation.lines import Piece

VERSION = 4
"""Changes whenever the same text would be split differently, so that older stores are known as stale."""

LONGEST_PASSAGE = 1_200
LONGEST_SENTENCE = 4_000
RUN_IN_WORDS = 8
LEAD_WORDS = 8
_LEAD_LEVEL = 90

_LINE_END_HYPHEN = re.compile(r"(?<=\w)\s?[-\u00ad]\s*\n\s*(?=[a-zà-ÿ])(?!(?:en|of|als|and|or|tot)\b)|\u00ad\s*")


@dataclass(frozen=True, slots=True)
class Split:
    """What became of a text.

    Attributes:
        passages: in document order; their spans are disjoint.
        headings: every heading, in document order.
        uncovered: per kind (heading, marker, contents, furniture) how many characters no passage covers;
            white space is not counted.
    """

    passages: tuple[Passage, ...]
    headings: tuple[Span, ...]
    uncovered: dict[str, int]


@dataclass(slots=True)
class _Block:
    """A paragraph or list item while it grows."""

    start: int
    end: int
    headings: tuple[Span, ...]
    is_item: bool


@dataclass(slots=True)
class _Outline:
    """The headings that are open, outermost first."""

    open: list[tuple[int, Span, str]] = field(default_factory=list)

    def add(self, level: int, span: Span, number: str = "") -> None:
        """Open a heading; section 2.1 stands under section 2 and under no other number."""
        self.close(level)
        if number:
            self.open = [one for one in self.open if number.startswith(f"{one[2]}.") or not one[2]]
        self.open.append((level, span, number))

    def close(self, level: int) -> None:
        while self.open and self.open[-1][0] >= level:
            self.open.pop()

    @property
    def path(self) -> tuple[Span, ...]:
        return tuple(span for _, span, _ in self.open)


def split(document: Document) -> Split:
    """Split a document into passages.

    A passage is a paragraph or a list item without its marker. One longer than 1,200 characters is cut between
    sentences; a sentence beyond that stays whole up to 4,000 characters and is then cut at white space.
    """
    text = document.text
    pieces = lines.classify(text)
    uncovered: Counter[str] = Counter()
    headings: list[Span] = []
    blocks = list(_blocks(text, pieces, headings, uncovered))
    occurrences: Counter[str] = Counter()
    taken: set[str] = set()
    language = document.source.language or "nl"
    page_ends = [found.start() for found in re.finditer("\f", text)]
    made = []
    for block in blocks:
        found = sentences.split(text, Span(block.start, block.end), language)
        for group in _groups(text, found):
            span = Span(group[0].start, group[-1].end)
            made.append(
                Passage(
                    id=f"{document.id}/{_fresh_hash(span.of(text), occurrences, taken)}",
                    document=document.id,
                    span=span,
                    headings=block.headings,
                    run_in=_run_in(text, group),
                    sentences=group,
                    page=bisect_right(page_ends, span.start) + 1 if page_ends else 0,
                )
            )
    return Split(tuple(made), tuple(headings), dict(uncovered))


def fingerprint(text: str, occurrence: int) -> str:
    """The second half of a passage id: 12 hex digits of the SHA-256 of its text and occurrence number."""
    return hashlib.sha256(f"{text}\0{occurrence}".encode()).hexdigest()[:12]


def plain(text: str, span: Span) -> str:
    """A normalised copy for the encoder and the lexicon: lines joined, line-end hyphens closed. Never quoted."""
    body = span.of(text)
    if "\n" in body or "\u00ad" in body:
        body = _LINE_END_HYPHEN.sub("", body)
    return " ".join(body.split())


def label(heading: str) -> str:
    """A heading as a reader names it: on one line, without marks before it or a full stop after it."""
    return plain(heading, Span(0, len(heading))).strip("# ").rstrip(".:")


def _blocks(text: str, pieces: list[Piece], headings: list[Span], uncovered: Counter[str]) -> Iterator[_Block]:
    outline, block = _Outline(), None
    breaks = _ParagraphBreaks(text, pieces)
    for at, piece in enumerate(pieces):
        if piece.kind == "text" and block and not breaks.before(at):
            block.end = piece.end
            continue
        if block and not (piece.kind == "item" and _is_lead(text, block)):
            yield block
        elif block:
            outline.add(_LEAD_LEVEL, Span(block.start, block.end))
            headings.append(Span(block.start, block.end))
            uncovered["heading"] += _visible(text, block.start, block.end)
        block = None
        if piece.kind in ("text", "item"):
            if piece.kind == "text":
                outline.close(_LEAD_LEVEL)
            uncovered["marker"] += _visible(text, piece.start, piece.body)
            block = _Block(piece.body, piece.end, outline.path, piece.kind == "item")
            continue
        uncovered[piece.kind] += _visible(text, piece.start, piece.end)
        if piece.kind == "heading":
            outline.add(piece.level, Span(piece.body, piece.end), lines.number(text, piece))
            headings.append(Span(piece.body, piece.end))
    if block:
        yield block


class _ParagraphBreaks:
    """Whether a line of running text begins a new paragraph, by the ways in which texts show it."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self.text, self.pieces = text, pieces
        self.width = lines.width(pieces)
        running = [piece for piece in pieces if piece.kind == "text"]
        self.by_blank_lines = 6 * sum(piece.gap for piece in running) >= len(running)

    def before(self, at: int) -> bool:
        piece, previous = self.pieces[at], self.pieces[at - 1]
        begins_low = self.text[piece.start].islower()
        if previous.kind not in ("text", "item"):
            return True
        finished = lines.ends_sentence(self.text, previous)
        if piece.gap:
            return not begins_low or finished
        if self.width > lines.UNWRAPPED:
            return finished or not begins_low
        if begins_low or not finished:
            return False
        indented = piece.indent >= previous.indent + 2 and previous.kind == "text"
        return indented or (not self.by_blank_lines and previous.end - previous.start < 0.7 * self.width)


def _is_lead(text: str, block: _Block) -> bool:
    body = text[block.start : block.end]
    return not block.is_item and body.endswith(":") and len(body.split()) <= LEAD_WORDS and not body[0].islower()


def _visible(text: str, start: int, end: int) -> int:
    return len("".join(text[start:end].split()))


def _groups(text: str, found: tuple[Span, ...]) -> Iterator[tuple[Span, ...]]:
    """Sentences in runs of at most LONGEST_PASSAGE characters and of about equal length."""
    whole = [piece for sentence in found for piece in _cut_at_white_space(text, sentence)]
    total = whole[-1].end - whole[0].start
    target = total / math.ceil(total / LONGEST_PASSAGE)
    group: list[Span] = []
    for sentence in whole:
        if group and (sentence.end - group[0].start > LONGEST_PASSAGE or group[-1].end - group[0].start >= target):
            yield tuple(group)
            group = []
        group.append(sentence)
    yield tuple(group)


def _cut_at_white_space(text: str, sentence: Span) -> Iterator[Span]:
    start = sentence.start
    while sentence.end - start > LONGEST_SENTENCE:
        window = text[start : start + LONGEST_SENTENCE + 1]
        cut = max((found.start() for found in re.finditer(r"\s", window)), default=0) or LONGEST_SENTENCE
        yield Span(start, start + len(window[:cut].rstrip()))
        start += cut
        start += len(text[start : sentence.end]) - len(text[start : sentence.end].lstrip())
    yield Span(start, sentence.end)


def _run_in(text: str, group: tuple[Span, ...]) -> Span | None:
    return group[0] if len(group) > 1 and len(group[0].of(text).split()) <= RUN_IN_WORDS else None


def _fresh_hash(body: str, occurrences: Counter[str], taken: set[str]) -> str:
    while True:
        found = fingerprint(body, occurrences[body])
        occurrences[body] += 1
        if found not in taken:
            taken.add(found)
            return found


def content_hash(body: str) -> bytes:
    """16 bytes of the SHA-256 of a passage's text: equal texts are encoded once, and no other text is ever quoted."""
    return hashlib.sha256(body.encode()).digest()[:16]
