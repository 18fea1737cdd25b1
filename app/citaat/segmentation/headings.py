"""Headings: which lines are one, and at which level."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from citaat.segmentation.layout import BULLET
from citaat.segmentation.lines import Line, text_width
from citaat.segmentation.profile import PROFILE

_MARKDOWN = re.compile(r"(#{1,6})\s+(?=\S)")
_KEYWORD_LEVELS = {
    "deel": 10, "part": 10, "boek": 10, "book": 10, "titel": 12, "title": 12, "hoofdstuk": 11, "chapter": 11, "bijlage": 11,
    "annex": 11, "appendix": 11, "afdeling": 13, "section": 14, "paragraaf": 14, "§": 14,
    "artikel": 60, "article": 60, "art.": 60,
}  # fmt: skip
_KEYWORD = re.compile(
    rf"({'|'.join(re.escape(word) for word in _KEYWORD_LEVELS)})\s+"
    r"((?:\d+[a-z]?|[IVXLC]+|[A-Z])(?:[.:]\d+[a-z]*)*)\b\.?\s*[:–-]?\s*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(rf"(\d{{1,3}}(?:\.\d{{1,3}})*)(\.?)\s+(?:[{BULLET}]\s*)?(?=[A-ZÀ-Þ‘'\"“(])")
_NUMBERED_LEVEL = 20
"""The level of a heading "2.1" is this and the depth of its number, 2."""
CAPITALS_LEVEL = 40
_TITLE_LEVEL = 70
_IN_CAPITALS = re.compile(r"(?=.*[A-ZÀ-Þ]{5})[^a-zß-ÿ\d]*$")
"""Words in capitals; "GGZ" and "COVID-19" are spelled so anywhere."""
_SENTENCE_WITHIN = re.compile(r"[a-zà-ÿ][.!?][\"”’')]*\s+[^\sa-z]")
_OPENING_QUOTES = "‘'\"“"


def mark_headings(lines: Sequence[Line]) -> list[Line]:
    """The lines, headings marked as such with their level."""
    width = text_width(lines)
    edge = Line("", 0, 0, "contents", 0)  # where a text begins and ends it stands as beside a contents page
    marked = [
        _marked(line, above, below, width) if line.kind in ("text", "item") and not line.fenced else line
        for above, line, below in zip([edge, *lines], lines, [*lines[1:], edge], strict=False)
    ]
    return _after_numbering(marked)


def section_number(heading: Line) -> str:
    """The section number that a heading begins with, as "2.1"; empty for none."""
    found = _NUMBERED.match(heading.content)
    return found[1] if found and _is_numbered(heading) else ""


def _marked(line: Line, above: Line, below: Line, width: int) -> Line:
    """The line as a heading if it is one, else as it was."""
    if marks := _MARKDOWN.match(line.content):
        return replace(line, kind="heading", level=len(marks[1]), body=line.start + marks.end())
    level = _label_level(line, above, below, width)
    if not level and line.kind == "text" and _is_title(line, above, below, width):
        level = CAPITALS_LEVEL if _IN_CAPITALS.match(line.content) else _TITLE_LEVEL
    return replace(line, kind="heading", level=level, body=line.start) if level else line


def _label_level(line: Line, above: Line, below: Line, width: int) -> int:
    """The level that a keyword ("Hoofdstuk 2") or a section number gives; 0 for none."""
    content, has_text_right_below = line.content, below.kind == "text" and not below.gap
    if len(content.split()) > PROFILE.heading_words or (has_text_right_below and below.content[0].islower()):
        return 0
    if not line.ends_sentence or content.isupper():
        return _keyword_level(content) or _number_level(line, below, width)
    is_question = content.endswith("?") and not _SENTENCE_WITHIN.search(content)
    # The last of a list of questions has text below it too.
    is_answered = is_question and above.kind != "item" and has_text_right_below
    return _number_level(line, below, width) if is_answered else 0


def _keyword_level(content: str) -> int:
    found = _KEYWORD.match(content)
    if not found:
        return 0
    rest = content[found.end() :]
    return _KEYWORD_LEVELS[found[1].lower()] if not rest or rest[0].isupper() or rest[0].isdigit() else 0


def _number_level(line: Line, below: Line, width: int) -> int:
    content = line.content
    found = _NUMBERED.match(content)
    fills_the_line = width <= PROFILE.unwrapped_width and len(content) > PROFILE.full_line * width
    if not found or content.endswith((":", ",")) or fills_the_line:
        return 0
    depth = found[1].count(".") + 1
    is_list_number = depth == 1 and bool(found[2])
    has_text_below = below.kind == "text" or below.content.startswith(f"{found[1]}.")
    return _NUMBERED_LEVEL + depth if not is_list_number or has_text_below else 0


def _is_title(line: Line, above: Line, below: Line, width: int) -> bool:
    """A short line that starts with a capital, ends no sentence, and stands between finished text and new text."""
    content = line.content
    starts_as_title = content[0].isupper() or content[0] in f"{_OPENING_QUOTES}…"
    if below.kind == "contents" or len(content.split()) > PROFILE.title_words or not starts_as_title:
        return False
    letters = sum(map(str.isalpha, content))
    if content.isupper() and letters >= PROFILE.capitals_letters and len(content) < PROFILE.capitals_length:
        return True
    is_sentence = (line.ends_sentence and not content.endswith("?")) or bool(_SENTENCE_WITHIN.search(content))
    if is_sentence or content.endswith((",", "-", "\u00ad", ":")):
        return False
    fits = (line.gap and below.gap) or len(content) < PROFILE.title_width * width
    first = below.text[below.body]
    is_new_below = below.kind == "item" or first.isupper() or first in _OPENING_QUOTES
    is_finished_above = line.gap or above.kind in ("contents", "boilerplate") or above.ends_sentence
    return fits and is_new_below and is_finished_above


def _is_numbered(line: Line) -> bool:
    return _NUMBERED_LEVEL < line.level < CAPITALS_LEVEL


def _after_numbering(lines: list[Line]) -> list[Line]:
    """The lines, with titles after the last numbered section beside the numbered ones if the numbering has ended there.

    It has if that section would otherwise be far longer than any other.
    """
    numbered = [line for line in lines if _is_numbered(line)]
    if len(numbered) < PROFILE.numbering_headings:
        return lines
    last = numbered[-1]
    longest = max(after.start - before.start for before, after in pairwise(numbered))
    if lines[-1].end - last.start <= PROFILE.numbering_ended * longest:
        return lines
    beside = {CAPITALS_LEVEL: _NUMBERED_LEVEL - 1, _TITLE_LEVEL: _NUMBERED_LEVEL}
    return [replace(line, level=beside.get(line.level, line.level)) if line.start > last.start else line for line in lines]
