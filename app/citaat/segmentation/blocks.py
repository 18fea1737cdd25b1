"""Blocks: the paragraphs and list items of a text, each with the headings that it stands under."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from citaat.domain import Span
from citaat.segmentation.headings import section_number
from citaat.segmentation.line import Line, text_width
from citaat.segmentation.profile import PROFILE

_LEAD_LEVEL = 90
"""The level of a paragraph such as "We want:" that is the heading of the list below it; below all other headings."""


@dataclass(slots=True)
class Block:
    """A paragraph or list item, `[start, end)` without its marker; it grows while its lines are read."""

    start: int
    end: int
    headings: tuple[Span, ...]
    is_item: bool


@dataclass(slots=True)
class Blocks:
    """What the lines of a text make together.

    Attributes:
        blocks: paragraphs and list items, in document order.
        headings: every heading, in document order.
        uncovered: characters that no block covers, by kind; white space is not counted.
    """

    blocks: list[Block] = field(default_factory=list)
    headings: list[Span] = field(default_factory=list)
    uncovered: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Outline:
    """The headings that are open, outermost first, each with its level and section number."""

    open: list[tuple[int, Span, str]] = field(default_factory=list)

    def add(self, level: int, span: Span, number: str = "") -> None:
        """Open a heading; section 2.1 stands under section 2 and under no other number."""
        self.close(level)
        if number:
            self.open = [one for one in self.open if number.startswith(f"{one[2]}.") or not one[2]]
        self.open.append((level, span, number))

    def close(self, level: int) -> None:
        """Close the headings at `level` and below it."""
        while self.open and self.open[-1][0] >= level:
            self.open.pop()

    @property
    def path(self) -> tuple[Span, ...]:
        return tuple(span for _, span, _ in self.open)


def group_lines(text: str, lines: Sequence[Line]) -> Blocks:
    """The paragraphs and list items that classified lines make."""
    grouping = _Grouping(text)
    width, has_gaps = text_width(lines), _has_gaps(lines)
    previous: Line | None = None
    for line in lines:
        if previous and grouping.is_open and line.kind == "text" and not _breaks(text, width, has_gaps, previous, line):
            grouping.extend(line)
        else:
            grouping.begin(line)
        previous = line
    return grouping.result


class _Grouping:
    """Blocks while they are made, line by line.

    Attributes:
        is_open: whether the last line was part of a block, which the next may extend.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._outline = _Outline()
        self.result = Blocks()
        self.is_open = False

    def extend(self, line: Line) -> None:
        """Add a line to the last block."""
        self.result.blocks[-1].end = line.end

    def begin(self, line: Line) -> None:
        """Begin a block or add a heading; what is neither is counted."""
        if line.kind == "item" and self.is_open and _is_lead(self._text, self.result.blocks[-1]):
            self._turn_into_heading(self.result.blocks.pop())
        self.is_open = line.kind in ("text", "item")
        if self.is_open:
            self._add_block(line)
        else:
            self._count(line.kind, line.start, line.end)
        if line.kind == "heading":
            self._add_heading(line.level, Span(line.body, line.end), section_number(self._text, line))

    def _add_block(self, line: Line) -> None:
        is_item = line.kind == "item"
        if not is_item:
            self._outline.close(_LEAD_LEVEL)
        self._count("marker", line.start, line.body)
        self.result.blocks.append(Block(line.body, line.end, self._outline.path, is_item))

    def _turn_into_heading(self, block: Block) -> None:
        self._count("heading", block.start, block.end)
        self._add_heading(_LEAD_LEVEL, Span(block.start, block.end))

    def _add_heading(self, level: int, span: Span, number: str = "") -> None:
        self._outline.add(level, span, number)
        self.result.headings.append(span)

    def _count(self, kind: str, start: int, end: int) -> None:
        self.result.uncovered[kind] += len("".join(self._text[start:end].split()))


def _is_lead(text: str, block: Block) -> bool:
    """Whether a paragraph is the heading of the list below it, as "De partij wil:"."""
    body = text[block.start : block.end]
    return not block.is_item and body.endswith(":") and len(body.split()) <= PROFILE.lead_words and not body[0].islower()


def _has_gaps(lines: Sequence[Line]) -> bool:
    """Whether blank lines separate the paragraphs of a text."""
    running = [line for line in lines if line.kind == "text"]
    return PROFILE.paragraph_gap_lines * sum(line.gap for line in running) >= len(running)


def _breaks(text: str, width: int, has_gaps: bool, previous: Line, line: Line) -> bool:
    """Whether a line of running text begins a new paragraph, by the ways in which texts show it.

    Args:
        text: the document's text.
        width: as `text_width` gives it.
        has_gaps: whether blank lines separate the paragraphs of this text.
        previous: the line above, of running text or a list item.
        line: the line in question.
    """
    is_lower_case, is_finished = text[line.start].islower(), previous.ends_sentence(text)
    if line.gap or width > PROFILE.unwrapped_width:
        return is_finished or not is_lower_case
    if is_lower_case or not is_finished:
        return False
    is_indented = line.indent >= previous.indent + PROFILE.paragraph_indent and previous.kind == "text"
    return is_indented or (not has_gaps and len(previous) < PROFILE.short_line * width)
