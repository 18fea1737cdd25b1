"""Contents pages: runs of lines that mostly end in a page number."""

import re
from collections.abc import Sequence
from dataclasses import replace

from citaat.segmentation.line import Line
from citaat.segmentation.profile import PROFILE

_ENTRY = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}$|.*\S\s+\d{1,3}$")
_DOT_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}\s*$")
_TITLE = re.compile(r"\d{0,3}\s*(?:inhoud(?:sopgave)?|contents|table of contents)\W*$", re.IGNORECASE)


def mark_contents(text: str, lines: Sequence[Line]) -> list[Line]:
    """The lines, those of contents pages marked as such; a line with a dot leader is one wherever it is."""
    is_entry = [_may_be_entry(text, line) for line in lines]
    is_contents = [_has_dot_leader(text, line) for line in lines]
    at = 0
    while at < len(lines):
        end = _page_end(text, lines, is_entry, at)
        is_contents[at:end] = [True] * (end - at)
        at = max(end, at + 1)
    return [
        replace(line, kind="contents") if mark and line.kind != "boilerplate" else line
        for line, mark in zip(lines, is_contents, strict=True)
    ]


def _may_be_entry(text: str, line: Line) -> bool:
    is_short = len(line) < PROFILE.contents_entry
    return line.kind != "boilerplate" and is_short and bool(_ENTRY.match(text, line.start, line.end))


def _has_dot_leader(text: str, line: Line) -> bool:
    return bool(_DOT_LEADER.search(text, max(line.start, line.end - PROFILE.line_end), line.end))


def _page_end(text: str, lines: Sequence[Line], is_entry: Sequence[bool], start: int) -> int:
    """The index past the contents page whose title or first entry is at `start`; `start` if none begins there."""
    has_title = bool(_TITLE.match(text, lines[start].start, lines[start].end))
    if not has_title and not is_entry[start]:
        return start
    end = _entries_end(text, lines, is_entry, start + has_title)
    fewest = PROFILE.titled_contents_entries if has_title else PROFILE.contents_entries
    return end if sum(is_entry[start:end]) >= fewest else start


def _entries_end(text: str, lines: Sequence[Line], is_entry: Sequence[bool], start: int) -> int:
    """The index past the last entry of a run that running text, or too many lines without a page number, interrupts."""
    end, without_number = start, 0
    for at in range(start, len(lines)):
        if is_entry[at]:
            end, without_number = at + 1, 0
        elif without_number >= PROFILE.contents_gap or _is_running_text(text, lines[at]):
            break
        else:
            without_number += lines[at].kind != "boilerplate"
    return end


def _is_running_text(text: str, line: Line) -> bool:
    return len(line) > PROFILE.contents_text or line.ends_sentence(text)
