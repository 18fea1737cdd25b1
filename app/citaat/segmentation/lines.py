"""A text as lines: list items, running text, boilerplate; `contents` and `headings` tell which of them are something else.

A line is cut in two where text extraction has joined a page header or the next list item to it. Nothing is changed:
a line is a pair of offsets in the text, and together they cover it but for white space.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from citaat.segmentation.layout import BULLET, SENTENCE_END, list_markers, running_headers
from citaat.segmentation.profile import PROFILE

LineKind = Literal["heading", "item", "text", "contents", "boilerplate"]
"""`boilerplate` is page numbers, running headers, rules and code fences; `contents` the lines of a contents page."""

_BULLETS = re.compile(f"[{BULLET}]")
_INLINE_BULLET = re.compile(rf"(?<=[.;:!?,)\d])\s*(?=[{BULLET}]\s*\S)|(?<=\s)(?=[•●▪]\s*\S)")
_SECTION_NUMBER = re.compile(r"\s*\d{1,3}(?:\.\d{1,3})+\s*$")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_NUMBER_BEFORE = re.compile(r"\b\d{1,3}\s*\|?\s*$")
_PAGE_NUMBER = re.compile(
    r"(?:(?:pagina|page|blz\.?)\s*)?[-–|]?\s*\d{1,4}\s*[-–|]?(?:\s*(?:/|van|of)\s*\d{1,4})?$", re.IGNORECASE
)
_FACING_PAGES = re.compile(r"\.{0,3}(\d{1,3})[ \t](\d{1,3})$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line or a part of one, or several that belong together: `[start, end)` without white space around it.

    Attributes:
        text: the document's.
        body: offset of the words, past a list marker or heading marks; `start` where there are none.
        level: of a heading, 1 is the highest; 0 of anything else.
        indent: columns of white space before it, where nothing else precedes it.
        gap: whether a blank line precedes it.
        fenced: whether it is in a Markdown code block, where no mark has a meaning.
    """

    text: str = field(repr=False)
    start: int
    end: int
    kind: LineKind
    body: int
    level: int = 0
    indent: int = 0
    gap: bool = False
    fenced: bool = False

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def content(self) -> str:
        """What it says, its marker included."""
        return self.text[self.start : self.end]

    @property
    def ends_sentence(self) -> bool:
        """Whether it ends in closing punctuation."""
        return bool(SENTENCE_END.search(self.text, max(self.start, self.end - PROFILE.line_end), self.end))


def text_width(lines: Sequence[Line]) -> int:
    """The length in characters that 80% of the lines of running text and list items do not exceed; 0 without any."""
    lengths = sorted(len(line) for line in lines if line.kind in ("text", "item"))
    return lengths[int(PROFILE.width_share * len(lengths))] if lengths else 0


def cut_lines(text: str) -> Iterator[Line]:
    """The lines of a text, in order and disjoint, cut at running headers and inline bullets."""
    headers, list_marker = running_headers(text), list_markers(text)
    offset, gap, fenced = 0, False, False
    for row in text.split("\n"):
        is_fence = bool(_FENCE.match(row))
        fenced ^= is_fence
        for at, end, is_header in _parts(row, headers):
            content = row[at:end].strip()
            if content:
                start = row.index(content, at)
                is_boilerplate = is_fence or is_header or _is_boilerplate(content)
                marker = None if is_boilerplate or fenced else list_marker.match(content)
                kind: LineKind = "boilerplate" if is_boilerplate else "item" if marker else "text"
                body = start + (marker.end() if marker else 0)
                indent = 0 if row[:start].strip() else len(row[:start].expandtabs())
                start, end, body = (offset + one for one in (start, start + len(content), body))
                yield Line(text, start, end, kind, body, indent=indent, gap=gap, fenced=fenced)
                gap = False
        gap = not row.strip()
        offset += len(row) + 1


def _is_boilerplate(content: str) -> bool:
    """Whether a line is a rule, or the number of a page or of two that face each other."""
    facing = _FACING_PAGES.match(content)
    return (
        not any(map(str.isalnum, content))
        or bool(_PAGE_NUMBER.match(content))
        or (facing is not None and int(facing[2]) == int(facing[1]) + 1)
    )


def _parts(row: str, headers: re.Pattern[str]) -> Iterator[tuple[int, int, bool]]:
    """The parts of a physical line as (start, end, whether it is a running header)."""
    at = 0
    for header in headers.finditer(row):
        number = _NUMBER_BEFORE.search(row, at, header.start())
        start = number.start() if number else header.start()
        yield from ((*part, False) for part in _cut_bullets(row, at, start))
        yield start, header.end(), True
        at = header.end()
    yield from ((*part, False) for part in _cut_bullets(row, at, len(row)))


def _cut_bullets(row: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """`[start, end)` of a physical line, cut before each bullet within it that no section number precedes."""
    at = start
    if _BULLETS.search(row, start + 1, end):
        for cut in _INLINE_BULLET.finditer(row, start, end):
            if row[at : cut.start()].strip() and not _SECTION_NUMBER.match(row, at, cut.start()):
                yield at, cut.end()
                at = cut.end()
    yield at, end
