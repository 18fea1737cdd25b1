"""A text as classified lines: headings, list items, running text, contents pages, boilerplate.

A line is cut in two where text extraction has joined a page header or the next list item to it. Nothing is changed:
a line is a pair of offsets in the text, and together they cover it but for white space.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from citaat.segmentation.contents import mark_contents
from citaat.segmentation.headings import mark_headings
from citaat.segmentation.layout import BULLET, Layout, detect_layout
from citaat.segmentation.line import Line, LineKind

_BULLETS = re.compile(f"[{BULLET}]")
_INLINE_BULLET = re.compile(rf"(?<=[.;:!?,)\d])\s*(?=[{BULLET}]\s*\S)|(?<=\s)(?=[•●▪]\s*\S)")
_SECTION_NUMBER = re.compile(r"\s*\d{1,3}(?:\.\d{1,3})+\s*$")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_NUMBER_BEFORE = re.compile(r"\b\d{1,3}\s*\|?\s*$")
_PAGE_NUMBER = re.compile(
    r"(?:(?:pagina|page|blz\.?)\s*)?[-–|]?\s*\d{1,4}\s*[-–|]?(?:\s*(?:/|van|of)\s*\d{1,4})?$", re.IGNORECASE
)
_FACING_PAGES = re.compile(r"\.{0,3}(\d{1,3})[ \t](\d{1,3})$")


def classify(text: str) -> list[Line]:
    """The lines of a text, in order and disjoint; they cover all of it but white space."""
    lines = list(_cut(text, detect_layout(text)))
    return mark_headings(text, mark_contents(text, lines))


@dataclass(frozen=True, slots=True)
class _Part:
    """`[start, end)` of a physical line, without white space around it."""

    start: int
    end: int
    is_running_header: bool


def _cut(text: str, layout: Layout) -> Iterator[Line]:
    """The lines of a text, cut at running headers and inline bullets, without headings and contents pages."""
    offset, gap, fenced = 0, False, False
    for row in text.split("\n"):
        is_fence = bool(_FENCE.match(row))
        fenced ^= is_fence
        parts = list(_parts(row, layout.running_headers))
        for part in parts:
            is_boilerplate = is_fence or part.is_running_header or _is_boilerplate(row[part.start : part.end])
            marker = None if is_boilerplate or fenced else layout.list_marker.match(row, part.start, part.end)
            kind: LineKind = "boilerplate" if is_boilerplate else "item" if marker else "text"
            body = marker.end() if marker else part.start
            start, end, indent = offset + part.start, offset + part.end, _indent(row, part.start)
            yield Line(start, end, kind, offset + body, indent=indent, gap=gap, fenced=fenced)
            gap = False
        gap = not parts
        offset += len(row) + 1


def _indent(row: str, at: int) -> int:
    """Columns of white space before `at`; 0 where something else precedes it."""
    before = row[:at]
    return 0 if before.strip() else len(before.expandtabs())


def _is_boilerplate(content: str) -> bool:
    """Whether a line is a rule, or the number of a page or of two that face each other."""
    facing = _FACING_PAGES.match(content)
    return (
        not any(character.isalnum() for character in content)
        or bool(_PAGE_NUMBER.match(content))
        or (facing is not None and int(facing[2]) == int(facing[1]) + 1)
    )


def _parts(row: str, running_headers: re.Pattern[str] | None) -> Iterator[_Part]:
    """The parts of a physical line that are not blank."""
    for start, end, is_running_header in _cut_headers(row, running_headers):
        content = row[start:end]
        if content.strip():
            start += len(content) - len(content.lstrip())
            yield _Part(start, start + len(content.strip()), is_running_header)


def _cut_headers(row: str, running_headers: re.Pattern[str] | None) -> Iterator[tuple[int, int, bool]]:
    """The parts of a physical line as (start, end, whether it is a running header)."""
    at = 0
    for header in running_headers.finditer(row) if running_headers else ():
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
