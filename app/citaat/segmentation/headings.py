"""Headings: which lines are one, and at which level."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from citaat.segmentation.layout import BULLET
from citaat.segmentation.line import Line, text_width
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
_CAPITALS_LEVEL = 40
_TITLE_LEVEL = 70
_IN_CAPITALS = re.compile(r"(?=.*[A-ZÀ-Þ]{5})[^a-zß-ÿ\d]*$")
"""Words in capitals; "GGZ" and "COVID-19" are spelled so anywhere."""
_SENTENCE_WITHIN = re.compile(r"[a-zà-ÿ][.!?][\"”’')]*\s+[^\sa-z]")
_OPENING_QUOTES = "‘'\"“"


def mark_headings(text: str, lines: Sequence[Line]) -> list[Line]:
    """The lines, headings marked as such with their level; a heading in capitals over more lines becomes one."""
    width = text_width(lines)
    neighbours = zip([None, *lines], lines, [*lines[1:], None], strict=False)
    marked = [
        _marked(_Candidate(text, line.of(text), width, above, line, below))
        if line.kind in ("text", "item") and not line.fenced
        else line
        for above, line, below in neighbours
    ]
    return _joined(_after_numbering(marked))


def section_number(text: str, heading: Line) -> str:
    """The section number that a heading begins with, as "2.1"; empty for none."""
    found = _NUMBERED.match(text, heading.start, heading.end)
    return found[1] if found and _is_numbered(heading) else ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that may be a heading, with what tells whether it is.

    Attributes:
        text: the document's text.
        content: the slice of it that the line is.
        width: as `text_width` gives it.
        above: the line before it.
        below: the line after it.
    """

    text: str
    content: str
    width: int
    above: Line | None
    line: Line
    below: Line | None

    @property
    def ends_sentence(self) -> bool:
        return self.line.ends_sentence(self.text)

    @property
    def continues_below(self) -> bool:
        """Whether the next line goes on in lower case."""
        return self.has_text_right_below and self.below is not None and self.text[self.below.start].islower()

    @property
    def has_text_right_below(self) -> bool:
        return self.below is not None and self.below.kind == "text" and not self.below.gap

    @property
    def is_question_with_answer(self) -> bool:
        """Whether it is one question with its answer right below it, and not the last of a list of questions."""
        is_question = self.content.endswith("?") and not _SENTENCE_WITHIN.search(self.content)
        is_listed = self.above is not None and self.above.kind == "item"
        return is_question and not is_listed and self.has_text_right_below


def _marked(candidate: _Candidate) -> Line:
    """The line as a heading if it is one, else as it was."""
    line = candidate.line
    if marks := _MARKDOWN.match(candidate.content):
        return replace(line, kind="heading", level=len(marks[1]), body=line.start + marks.end())
    level = _label_level(candidate) or _title_level(candidate)
    return replace(line, kind="heading", level=level, body=line.start) if level else line


def _label_level(candidate: _Candidate) -> int:
    """The level that a keyword ("Hoofdstuk 2") or a section number gives; 0 for none."""
    content = candidate.content
    if len(content.split()) > PROFILE.heading_words or candidate.continues_below:
        return 0
    if not candidate.ends_sentence or content.isupper():
        return _keyword_level(content) or _number_level(candidate)
    return _number_level(candidate) if candidate.is_question_with_answer else 0


def _keyword_level(content: str) -> int:
    found = _KEYWORD.match(content)
    if not found:
        return 0
    rest = content[found.end() :]
    return _KEYWORD_LEVELS[found[1].lower()] if not rest or rest[0].isupper() or rest[0].isdigit() else 0


def _number_level(candidate: _Candidate) -> int:
    content, below = candidate.content, candidate.below
    found = _NUMBERED.match(content)
    fills_the_line = candidate.width <= PROFILE.unwrapped_width and len(content) > PROFILE.full_line * candidate.width
    if not found or content.endswith((":", ",")) or fills_the_line:
        return 0
    depth = found[1].count(".") + 1
    is_list_number = depth == 1 and bool(found[2])
    has_text_below = below is not None and (below.kind == "text" or candidate.text.startswith(f"{found[1]}.", below.start))
    return _NUMBERED_LEVEL + depth if not is_list_number or has_text_below else 0


def _title_level(candidate: _Candidate) -> int:
    """The level of a heading without number or keyword; 0 for none."""
    if candidate.line.kind != "text" or not _is_title(candidate):
        return 0
    return _CAPITALS_LEVEL if _IN_CAPITALS.match(candidate.content) else _TITLE_LEVEL


def _is_title(candidate: _Candidate) -> bool:
    """A short line that starts with a capital, ends no sentence, and stands between finished text and new text."""
    content, below = candidate.content, candidate.below
    starts_as_title = content[0].isupper() or content[0] in f"{_OPENING_QUOTES}…"
    if below is None or below.kind == "contents" or len(content.split()) > PROFILE.title_words or not starts_as_title:
        return False
    if _is_in_capitals(content):
        return True
    if _ends_as_text(candidate) or _SENTENCE_WITHIN.search(content):
        return False
    has_gaps_around = candidate.line.gap and below.gap
    fits = has_gaps_around or len(content) < PROFILE.title_width * candidate.width
    return fits and _begins_new_text(candidate.text, below) and _follows_finished_text(candidate)


def _is_in_capitals(content: str) -> bool:
    letters = sum(character.isalpha() for character in content)
    return content.isupper() and letters >= PROFILE.capitals_letters and len(content) < PROFILE.capitals_length


def _ends_as_text(candidate: _Candidate) -> bool:
    """Whether a line ends a sentence, but for a question, or breaks off within one."""
    content = candidate.content
    return (candidate.ends_sentence and not content.endswith("?")) or content.endswith((",", "-", "\u00ad", ":"))


def _begins_new_text(text: str, line: Line) -> bool:
    first = text[line.body]
    return line.kind == "item" or first.isupper() or first in _OPENING_QUOTES


def _follows_finished_text(candidate: _Candidate) -> bool:
    above = candidate.above
    return above is None or candidate.line.gap or above.kind in ("contents", "boilerplate") or above.ends_sentence(candidate.text)


def _is_numbered(line: Line) -> bool:
    return _NUMBERED_LEVEL < line.level < _CAPITALS_LEVEL


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
    beside = {_CAPITALS_LEVEL: _NUMBERED_LEVEL - 1, _TITLE_LEVEL: _NUMBERED_LEVEL}
    return [replace(line, level=beside.get(line.level, line.level)) if line.start > last.start else line for line in lines]


def _joined(lines: Sequence[Line]) -> list[Line]:
    """The lines, with a heading in capitals that runs over more lines as one."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last and last.level == line.level == _CAPITALS_LEVEL and not line.gap:
            joined[-1] = replace(last, end=line.end)
        else:
            joined.append(line)
    return joined
