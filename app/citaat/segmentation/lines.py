"""A text as classified pieces: headings, list items, running text, contents pages, page furniture.

A piece is a line, or a part of one where an extractor has glued a page header or the next list item to it.
Nothing is changed here: every piece is a pair of offsets in the text, and together they cover it but for white space.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from citaat.segmentation import habits
from citaat.segmentation.habits import BULLET, SENTENCE_END, Habits

Kind = Literal["heading", "item", "text", "contents", "furniture"]


@dataclass(frozen=True, slots=True)
class Piece:
    """`[start, end)` without white space around it.

    Attributes:
        body: where the words begin, past a list marker or heading marks; `start` where there is no marker.
        level: of a heading, smaller is higher; 0 of anything else.
        indent: columns of white space before a line.
        gap: a blank line stands before it.
        fenced: it stands in a Markdown code block, where no mark means anything.
    """

    start: int
    end: int
    kind: Kind
    body: int
    level: int = 0
    indent: int = 0
    gap: bool = False
    fenced: bool = False


_INLINE_BULLET = re.compile(rf"(?<=[.;:!?,)\d])\s*(?=[{BULLET}]\s*\S)|(?<=\s)(?=[•●▪]\s*\S)")
_BULLETS = re.compile(f"[{BULLET}]")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_MARKDOWN = re.compile(r"(#{1,6})\s+(?=\S)")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,})$")
_NUMBERED = re.compile(rf"(\d{{1,3}}(?:\.\d{{1,3}})*)(\.?)\s+(?:[{BULLET}]\s*)?(?=[A-ZÀ-Þ‘'\"“(])")
_SECTION_NUMBER = re.compile(r"\s*\d{1,3}(?:\.\d{1,3})+\s*$")
_KEYWORDS = {
    "deel": 10, "part": 10, "boek": 10, "book": 10, "titel": 12, "title": 12, "hoofdstuk": 11, "chapter": 11, "bijlage": 11,
    "annex": 11, "appendix": 11, "afdeling": 13, "section": 14, "paragraaf": 14, "§": 14,
    "artikel": 60, "article": 60, "art.": 60,
}  # fmt: skip
_KEYWORD = re.compile(
    rf"({'|'.join(re.escape(word) for word in _KEYWORDS)})\s+((?:\d+[a-z]?|[IVXLC]+|[A-Z])(?:[.:]\d+[a-z]*)*)\b\.?\s*[:–-]?\s*",
    re.IGNORECASE,
)
_NUMBER_LEVEL, _CAPITALS_LEVEL, _TITLE_LEVEL = 20, 40, 70
_IN_CAPITALS = re.compile(r"(?=.*[A-ZÀ-Þ]{5})[^a-zß-ÿ\d]*$")
"""A heading of words in capitals; "GGZ" and "COVID-19" are spelled so anywhere."""
_FEWEST_NUMBERED, _FAR_LONGER = 4, 5
"""Numbered headings in a text, and how many times the longest of the others the last one is, from which it has ended."""
_CONTENTS_LINE = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}$|.*\S\s+\d{1,3}$")
_DOT_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}\s*$")
_CONTENTS_TITLE = re.compile(r"\d{0,3}\s*(?:inhoud(?:sopgave)?|contents|table of contents)\W*$", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"(?:(?:pagina|page|blz\.?)\s*)?[-–|]?\s*\d{1,4}\s*[-–|]?(?:\s*(?:/|van|of)\s*\d{1,4})?$", re.IGNORECASE
)
_TWO_PAGES = re.compile(r"\.{0,3}(\d{1,3})[ \t](\d{1,3})$")
_SENTENCE_WITHIN = re.compile(r"[a-zà-ÿ][.!?][\"”’')]*\s+[^\sa-z]")
UNWRAPPED = 160
"""Characters: in a text with most lines beyond this, lines are not wrapped and each is a paragraph."""
_NUMBER_BEFORE = re.compile(r"\b\d{1,3}\s*\|?\s*$")
_TAIL = 60
"""Characters at the end of a line that show how it ends."""


def classify(text: str) -> list[Piece]:
    """The pieces of a text, in order, disjoint, covering all but white space."""
    pieces = list(_pieces(text, habits.of(text)))
    pieces = _mark_contents(text, pieces)
    return _merge_headings(text, _end_numbers(_mark_headings(text, pieces)))


def width(pieces: list[Piece]) -> int:
    """The length that most lines of running text keep within, in characters."""
    lengths = sorted(piece.end - piece.start for piece in pieces if piece.kind in ("text", "item"))
    return lengths[int(0.8 * len(lengths))] if lengths else 0


def ends_sentence(text: str, piece: Piece) -> bool:
    return bool(SENTENCE_END.search(text, max(piece.start, piece.end - _TAIL), piece.end))


def _pieces(text: str, found: Habits) -> Iterator[Piece]:
    """Lines cut at page furniture and inline bullets; markers found, headings not yet."""
    gap, fenced, start = False, False, 0
    for line in text.split("\n"):
        gap = gap or not line.strip()
        fence = bool(_FENCE.match(line))
        fenced ^= fence
        for begin, end, is_furniture in _cut(line, found.furniture):
            piece = line[begin:end]
            left = begin + len(piece) - len(piece.lstrip())
            right = begin + len(piece.rstrip())
            if left >= right:
                continue
            rubble = not any(character.isalnum() for character in piece)
            aside = is_furniture or fence or rubble or _is_page_number(line[left:right])
            kind: Kind = "furniture" if aside else "text"
            marker = found.marker.match(line, left, right) if kind == "text" and not fenced else None
            indent = len(line[:left].expandtabs()) if not line[:left].strip() else 0
            body = start + (marker.end() if marker else left)
            yield Piece(start + left, start + right, "item" if marker else kind, body, indent=indent, gap=gap, fenced=fenced)
            gap = False
        start += len(line) + 1


def number(text: str, heading: Piece) -> str:
    """The section number that a heading begins with, as "2.1"; empty for none."""
    found = _NUMBERED.match(text, heading.start, heading.end)
    return found[1] if found and _NUMBER_LEVEL < heading.level < _CAPITALS_LEVEL else ""


def _is_page_number(line: str) -> bool:
    """The number of a page, or those of two that face each other."""
    two = _TWO_PAGES.match(line)
    return bool(_PAGE_NUMBER.match(line)) or (two is not None and int(two[2]) == int(two[1]) + 1)


def _cut(line: str, furniture: re.Pattern[str] | None) -> Iterator[tuple[int, int, bool]]:
    """Parts of a line as (start, end, whether it is page furniture)."""
    at = 0
    for found in furniture.finditer(line) if furniture else ():
        number = _NUMBER_BEFORE.search(line, at, found.start())
        start = number.start() if number else found.start()
        yield from _cut_bullets(line, at, start)
        yield start, found.end(), True
        at = found.end()
    yield from _cut_bullets(line, at, len(line))


def _cut_bullets(line: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    at = start
    if not _BULLETS.search(line, start + 1, end):
        yield start, end, False
        return
    for found in _INLINE_BULLET.finditer(line, start, end):
        if line[at : found.start()].strip() and not _SECTION_NUMBER.match(line, at, found.start()):
            yield at, found.end(), False
            at = found.end()
    if at < end:
        yield at, end, False


def _mark_contents(text: str, pieces: list[Piece]) -> list[Piece]:
    """A contents page: a run of lines that mostly end in a page number, or all that follows its title up to prose."""
    ends_in_number = [
        piece.kind != "furniture" and bool(_CONTENTS_LINE.match(text, piece.start, piece.end)) and piece.end - piece.start < 120
        for piece in pieces
    ]
    marked = [bool(_DOT_LEADER.search(text, max(piece.start, piece.end - _TAIL), piece.end)) for piece in pieces]
    at = 0
    while at < len(pieces):
        titled = bool(_CONTENTS_TITLE.match(text, pieces[at].start, pieces[at].end))
        end = _contents_end(text, pieces, ends_in_number, at + titled) if titled or ends_in_number[at] else at
        if sum(ends_in_number[at:end]) >= (3 if titled else 4):
            marked[at:end] = [True] * (end - at)
            at = end
        else:
            at += 1
    return [
        replace(piece, kind="contents") if mark and piece.kind != "furniture" else piece
        for piece, mark in zip(pieces, marked, strict=True)
    ]


def _contents_end(text: str, pieces: list[Piece], ends_in_number: list[bool], start: int) -> int:
    """The end of a run in which no more than five lines in a row lack a page number and none is prose."""
    end, misses = start, 0
    for at in range(start, len(pieces)):
        body = text[pieces[at].start : pieces[at].end]
        if ends_in_number[at]:
            end, misses = at + 1, 0
        elif len(body) > 90 or SENTENCE_END.search(body) or misses >= 12:
            break
        else:
            misses += pieces[at].kind != "furniture"
    return end


def _mark_headings(text: str, pieces: list[Piece]) -> list[Piece]:
    wrap = width(pieces)
    marked = list(pieces)
    for at, piece in enumerate(pieces):
        if piece.kind not in ("text", "item") or piece.fenced:
            continue
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        previous = pieces[at - 1] if at else None
        level, body = _explicit_level(text, previous, piece, following, wrap)
        if not level and piece.kind == "text" and _is_title(text, pieces, at, wrap):
            in_capitals = _IN_CAPITALS.match(text, piece.start, piece.end)
            level, body = (_CAPITALS_LEVEL if in_capitals else _TITLE_LEVEL), piece.start
        if level:
            marked[at] = replace(piece, kind="heading", level=level, body=body)
        elif (
            following
            and following.kind == "text"
            and _UNDERLINE.match(text, following.start, following.end)
            and not following.gap
        ):
            marked[at] = replace(piece, kind="heading", level=1 if text[following.start] == "=" else 2)
            marked[at + 1] = replace(following, kind="furniture")
        elif _UNDERLINE.match(text, piece.start, piece.end) and marked[at].kind == "text":
            marked[at] = replace(piece, kind="furniture")
    return marked


def _end_numbers(pieces: list[Piece]) -> list[Piece]:
    """Titles after the last numbered heading stand beside the numbered ones, not under the last of them, if that would be
    far longer than any other: the numbers have ended."""
    numbered = [piece for piece in pieces if piece.kind == "heading" and _NUMBER_LEVEL < piece.level < _CAPITALS_LEVEL]
    if len(numbered) < _FEWEST_NUMBERED:
        return pieces
    last = numbered[-1]
    longest = max(after.start - before.start for before, after in pairwise(numbered))
    if pieces[-1].end - last.start <= _FAR_LONGER * longest:
        return pieces
    beside = {_CAPITALS_LEVEL: _NUMBER_LEVEL - 1, _TITLE_LEVEL: _NUMBER_LEVEL}
    return [
        replace(piece, level=beside.get(piece.level, piece.level)) if piece.start > last.start and piece.level else piece
        for piece in pieces
    ]


def _explicit_level(text: str, previous: Piece | None, piece: Piece, following: Piece | None, wrap: int) -> tuple[int, int]:
    """The level that a mark, a number or a keyword gives, and where the heading's words begin; 0 for none."""
    if marks := _MARKDOWN.match(text, piece.start, piece.end):
        return len(marks[1]), marks.end()
    line = text[piece.start : piece.end]
    words = len(line.split())
    runs_on = following and following.kind == "text" and not following.gap and text[following.start].islower()
    ends = bool(SENTENCE_END.search(line)) and not line.isupper()
    if words > 16 or runs_on or (ends and not _asks(text, previous, piece, following)):
        return 0, 0
    keyword = None if ends else _KEYWORD.match(line)
    if keyword and (keyword.end() == len(line) or line[keyword.end()].isupper() or line[keyword.end()].isdigit()):
        return _KEYWORDS[keyword[1].lower()], piece.start
    numbered = _NUMBERED.match(line)
    runs_to_the_margin = wrap <= UNWRAPPED and len(line) > 0.8 * wrap
    if numbered and not line.endswith((":", ",")) and not runs_to_the_margin:
        depth = numbered[1].count(".") + 1
        below = following is not None and text.startswith(f"{numbered[1]}.", following.start)
        if depth > 1 or not numbered[2] or below or (following and following.kind == "text"):
            return _NUMBER_LEVEL + depth, piece.start
    return 0, 0


def _asks(text: str, previous: Piece | None, piece: Piece, following: Piece | None) -> bool:
    """One question with its answer right below it, which is not the last of a list of them."""
    line = text[piece.start : piece.end]
    return (
        line.endswith("?")
        and not _SENTENCE_WITHIN.search(line)
        and (previous is None or previous.kind != "item")
        and following is not None
        and following.kind == "text"
        and not following.gap
    )


def _is_title(text: str, pieces: list[Piece], at: int, wrap: int) -> bool:
    """A short line that starts with a capital, ends no sentence, and stands between finished text and new text."""
    piece = pieces[at]
    line = text[piece.start : piece.end]
    following = pieces[at + 1] if at + 1 < len(pieces) else None
    if (
        following is None
        or following.kind == "contents"
        or len(line.split()) > 12
        or (not line[0].isupper() and line[0] not in "‘'\"“…")
    ):
        return False
    if line.isupper() and sum(character.isalpha() for character in line) >= 4 and len(line) < 100:
        return True
    if (SENTENCE_END.search(line) and not line.endswith("?")) or line.endswith((",", "-", "\u00ad", ":")):
        return False
    if _SENTENCE_WITHIN.search(line):
        return False
    starts_new = following.kind == "item" or text[following.body].isupper() or text[following.body] in "‘'\"“"
    previous = pieces[at - 1] if at else None
    apart = piece.gap and following.gap
    finished = (
        previous is None or piece.gap or previous.kind in ("heading", "contents", "furniture") or ends_sentence(text, previous)
    )
    return starts_new and finished and (apart or len(line) < 0.6 * wrap)


def _merge_headings(text: str, pieces: list[Piece]) -> list[Piece]:
    """A heading that runs over two lines in capitals is one heading."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if last and last.kind == piece.kind == "heading" and last.level == piece.level == _CAPITALS_LEVEL and not piece.gap:
            merged[-1] = replace(last, end=piece.end)
        else:
            merged.append(piece)
    return merged
