"""What recurs in the layout of one text: its running headers, and the marks that begin its list items."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from citaat.segmentation.profile import PROFILE

BULLET = "•●▪◦‣∙○■□›➢▶►▸✓\uf0b7\uf0a7\uf076"
LIST_MARKER = re.compile(
    rf"(?:[{BULLET}]\s*|[-*+–—·_»]\s+|\d{{1,3}}(?:\.\d{{1,3}})*[.)]\s+|\d{{1,3}}(?:\.\d{{1,3}})+\s+(?:[{BULLET}]\s*)?|\d{{1,3}}°\s*|[a-z][.)]\s+|\([a-z0-9]{{1,3}}\)\s+|[ivx]{{1,5}}[.)]\s+)(?=\S)"
)
SENTENCE_END = re.compile(r"[.!?;…][\"”’')\]]*(?:(?<=[a-z)][.!?])\[?\d{1,3}\]?)?$")
"""Closing punctuation at the end of a line, with its quotes and the number of a footnote."""
_CAPITAL = "(?=[A-ZÀ-Þ])"
_JOINED_NUMBER = r"^[ \t]*(\d{1,3})(?=[A-ZÀ-Þ][a-zà-ÿ]|[A-ZÀ-Þ]{4})"
_JOINED_DASH = re.compile(rf"\s*-{_CAPITAL}")
_FINISHED = re.compile(r"(?:.*[.,;:!?])?\s*$")
_JOINED_WORD = re.compile(r"[a-zà-ÿ][A-ZÀ-Þ]")
_CONTENTS_ENTRY = re.compile(r"^[ \t]*(\S[^\n]{3,80}?)[ \t.]+(\d{1,3})[ \t]*$", re.MULTILINE)
_SECTION = re.compile(r"([^0]{3,60}[^\s0])0")
"""A section's title between a running header and the page number that follows it, digits replaced by 0."""


def running_headers(text: str) -> re.Pattern[str]:
    """Matches the page headers, page footers and page numbers within the lines of a text; nothing where there are none."""
    numbers = re.findall(_JOINED_NUMBER, text, re.MULTILINE)
    ascents = sum(int(after) > int(before) for before, after in pairwise(numbers))
    are_pages = len(numbers) >= PROFILE.joined_numbers and ascents >= PROFILE.ascending_share * (len(numbers) - 1)
    patterns = [*_header_patterns(text), *_joined_page_numbers(text), *([_JOINED_NUMBER] if are_pages else [])]
    return re.compile("|".join(patterns) or "(?!)")


def list_markers(text: str) -> re.Pattern[str]:
    """Matches the mark that begins a list item.

    Where many lines begin so, a dash joined to a word is one too ("-De huur"). So is a digit joined to a word ("1De huur"):
    what became of the bullet of a symbol font.
    """
    numbers = Counter(re.findall(_JOINED_NUMBER, text, re.MULTILINE))
    least = PROFILE.digit_bullet_share * numbers.total()
    joined = [number for number, count in numbers.items() if count >= PROFILE.digit_bullets and count > least]
    if _joined_dashes(text) >= PROFILE.joined_dashes:
        joined.append("-")
    return re.compile("|".join([LIST_MARKER.pattern, *(mark + _CAPITAL for mark in joined)]))


def _joined_dashes(text: str) -> int:
    """How many lines begin with a dash joined to a word, those left out where a compound was broken over two lines."""
    count, in_list = 0, False
    for above, line in pairwise(["", *text.split("\n")]):
        in_list = bool(_JOINED_DASH.match(line)) and (in_list or bool(_FINISHED.match(above)))
        count += in_list
    return count


def _joined_page_numbers(text: str) -> list[str]:
    """Patterns of page numbers between the end of one chapter and the title of the next.

    An example is "vliegtuigen.184 EEN ZORGZAAM LAND" where the contents page has "4 EEN ZORGZAAM LAND 18".
    """
    return [
        rf"(?<=\S){page}(?={re.escape(title)}\s*$)"
        for title, page in sorted(set(_CONTENTS_ENTRY.findall(text)))
        if f"{page}{title}" in text and re.search(rf"\S{page}{re.escape(title)}[ \t]*$", text, re.MULTILINE)
    ]


def _header_patterns(text: str) -> list[str]:
    """A pattern of the strings that recur at the edges of lines, with the page number after them; none without any.

    A running header differs between pages in its digits only. So lines are compared with digits replaced by 0,
    and what recurs at the start or end of lines is a header if it holds a digit, or if the next word is mostly
    joined to it, as text extraction does between a page's header and its text.
    """
    lines = [line.strip() for line in text.split("\n") if not line.startswith("#")]
    if len(lines) < PROFILE.header_lines:
        return []
    masked = [re.sub(r"\d+", "0", line) for line in lines]
    found = _recurring(masked) | _page_links(masked)
    found |= {header[::-1] for header in _recurring([line[::-1] for line in masked])}
    # A list item, the end of a sentence and a mere number recur in text too.
    found = {one for one in found if not (LIST_MARKER.match(one) or SENTENCE_END.search(one)) and one.strip("0. ")}
    headers = sorted(filter(lambda one: len(one) >= PROFILE.header_length, found), key=lambda one: (-len(one), one))
    patterns = "|".join(_header_pattern(header, lines) for header in headers)
    return [rf"(?:{patterns})(?:\s+\d{{1,3}}\b(?!\S))?"] if headers else []


def _header_pattern(header: str, lines: Sequence[str]) -> str:
    """A header's pattern, in which numbers may be any.

    A number at its end that is mostly the same, such as a year, is matched literally, so that the number of a section
    joined to it is not taken along.
    """
    any_number = r"\d+"
    pattern = re.escape(header).replace("0", any_number)
    if not header.endswith("0"):
        return pattern
    before = pattern.removesuffix(any_number)
    numbers = Counter(match[1] for line in lines if (match := re.search(rf"{before}({any_number})", line)))
    number, count = numbers.most_common(1)[0]
    return before + number if 2 * count > numbers.total() > 1 else pattern


def _recurring(lines: Sequence[str]) -> set[str]:
    """The strings that lines often begin with, and those with a section's title after them, with and without a page number."""
    groups: dict[str, list[str]] = {}
    for line in lines:
        if len(line) >= PROFILE.header_length:
            groups.setdefault(line[: PROFILE.header_key], []).append(line)
    fewest = max(PROFILE.header_repeats, len(lines) // PROFILE.lines_a_header)
    found = set()
    for group in (group for group in groups.values() if len(group) >= fewest):
        start = _common_start(group, PROFILE.header_key)
        joined = sum(bool(_JOINED_WORD.match(line, len(start) - 1)) for line in group)
        if "0" in start or (len(group) >= PROFILE.joined_header_repeats and 2 * joined > len(group)):
            titles = Counter(match[1] for line in group if (match := _SECTION.match(line, len(start))))
            sections = [start.lstrip() + title for title, count in titles.items() if count >= PROFILE.section_repeats]
            found |= {start.strip(), *sections, *(f"{section}0" for section in sections)}
    return found


def _page_links(lines: Sequence[str]) -> set[str]:
    """Page numbers with one word joined to them and to the text, as a link back to the contents page is extracted."""
    length = PROFILE.header_key // 2
    keys = {line[:length] for line in lines if re.match(r"0[A-Z][a-z]{5}", line)}
    groups = {key: [line for line in lines if line.startswith(key)] for key in keys}
    return {_common_start(group, length) for group in groups.values() if len(group) >= PROFILE.page_link_repeats}


def _common_start(group: Sequence[str], least: int) -> str:
    """The longest start that most of the lines share, of at least `least` characters."""
    best = group[0][:least]
    for length in range(least + 1, PROFILE.longest_header + 1):
        start, count = Counter(line[:length] for line in group).most_common(1)[0]
        if count < PROFILE.header_agreement * len(group) or len(start) < length:
            break
        best = start
    return best
