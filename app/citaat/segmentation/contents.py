"""Contents pages: runs of lines that mostly end in a page number."""

import re
from collections.abc import Sequence
from dataclasses import replace

from citaat.segmentation.lines import Line
from citaat.segmentation.profile import PROFILE

_ENTRY = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}$|.*\S\s+\d{1,3}$")
_DOT_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}\s*$")
_TITLE = re.compile(r"\d{0,3}\s*(?:inhoud(?:sopgave)?|contents|table of contents)\W*$", re.IGNORECASE)


def mark_contents(lines: Sequence[Line]) -> list[Line]:
    """The lines, those of contents pages marked as such; a line with a dot leader is one wherever it is."""
    is_entry = [
        line.kind != "boilerplate" and len(line) < PROFILE.contents_entry and bool(_ENTRY.match(line.content)) for line in lines
    ]
    is_contents = [bool(_DOT_LEADER.search(line.content[-PROFILE.line_end :])) for line in lines]
    at = 0
    while at < len(lines):
        end = _page_end(lines, is_entry, at)
        is_contents[at:end] = [True] * (end - at)
        at = max(end, at + 1)
    return [
        replace(line, kind="contents") if mark and line.kind != "boilerplate" else line
        for line, mark in zip(lines, is_contents, strict=True)
    ]


def _page_end(lines: Sequence[Line], is_entry: Sequence[bool], start: int) -> int:
    """The index past the contents page whose title or first entry is at `start`; `start` if none begins there.

    Running text ends a page after its last entry, and so do too many lines without a page number.
    """
    has_title = bool(_TITLE.match(lines[start].content))
    if not has_title and not is_entry[start]:
        return start
    end, without_number = start + has_title, 0
    for at in range(end, len(lines)):
        line = lines[at]
        if is_entry[at]:
            end, without_number = at + 1, 0
        elif without_number >= PROFILE.contents_gap or len(line) > PROFILE.contents_text or line.ends_sentence:
            break
        else:
            without_number += line.kind != "boilerplate"
    fewest = PROFILE.titled_contents_entries if has_title else PROFILE.contents_entries
    return end if sum(is_entry[start:end]) >= fewest else start
