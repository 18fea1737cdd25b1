"""What recurs in one text: its running headers, and the marks that begin its list items."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

BULLET = "•●▪◦‣∙○■□›➢▶►▸✓\uf0b7\uf0a7\uf076"
MARKER = re.compile(
    rf"(?:[{BULLET}]\s*|[-*+–—·_»]\s+|\d{{1,3}}(?:\.\d{{1,3}})*[.)]\s+|\d{{1,3}}(?:\.\d{{1,3}})+\s+(?:[{BULLET}]\s*)?|\d{{1,3}}°\s*|[a-z][.)]\s+|\([a-z0-9]{{1,3}}\)\s+|[ivx]{{1,5}}[.)]\s+)(?=\S)"
)
SENTENCE_END = re.compile(r"[.!?;…][\"”’')\]]*(?:(?<=[a-z)][.!?])\[?\d{1,3}\]?)?$")
_GLUED_NUMBER = r"(\d{1,3})(?=[A-ZÀ-Þ][a-zà-ÿ]|[A-ZÀ-Þ]{4})"
_GLUED_DASH = re.compile(r"\s*-(?=[A-ZÀ-Þ])")
_FINISHED = re.compile(r"(?:.*[.,;:!?])?\s*$")
_GLUED_WORD = re.compile(r"[a-zà-ÿ][A-ZÀ-Þ]")
_CONTENTS_ENTRY = re.compile(r"^[ \t]*(\S[^\n]{3,80}?)[ \t.]+(\d{1,3})[ \t]*$", re.MULTILINE)
_CHAPTER = re.compile(r"([^0]{3,60}[^\s0])0")
"""What stands between a page header and the number of the page that is glued to it, such as a chapter's title."""
_LINES_A_PAGE_HEADER = 1_500
"""A running header stands at least once in so many lines."""
_EDGE = 24
"""Characters of a line's edge that must recur for it to count as a running header."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What recurs in one text: its running headers, and the marks that begin its list items."""

    furniture: re.Pattern[str] | None
    marker: re.Pattern[str]


def of(text: str) -> Habits:
    """The habits of a text."""
    headers = _running_headers(text)
    choices = [rf"(?:{headers})(?:\s+\d{{1,3}}\b(?!\S))?"] if headers else []
    choices += _glued_titles(text)
    marker = MARKER
    numbers = re.findall(rf"^[ \t]*{_GLUED_NUMBER}", text, re.MULTILINE)
    if len(numbers) >= 5:
        number, count = Counter(numbers).most_common(1)[0]
        if count >= 8 and count > 0.5 * len(numbers):
            # A symbol font's bullet, extracted as a digit.
            marker = re.compile(rf"{MARKER.pattern}|{number}(?=[A-ZÀ-Þ])")
        elif sum(int(b) > int(a) for a, b in pairwise(numbers)) >= 0.8 * (len(numbers) - 1):
            choices.append(rf"^[ \t]*{_GLUED_NUMBER}")
    if _glued_dashes(text) >= 8:
        marker = re.compile(rf"{marker.pattern}|-(?=[A-ZÀ-Þ])")
    return Habits(re.compile("|".join(choices)) if choices else None, marker)


def _glued_titles(text: str) -> list[str]:
    """Patterns of the numbers of pages that stand between the end of one chapter and the title of the next, as in
    "vliegtuigen.184 EEN ZORGZAAM LAND" where the contents have "4 EEN ZORGZAAM LAND 18"."""
    listed = {(found[1], found[2]) for found in _CONTENTS_ENTRY.finditer(text)}
    glued = [
        (title, page)
        for title, page in sorted(listed)
        if f"{page}{title}" in text and re.search(rf"\S{page}{re.escape(title)}[ \t]*$", text, re.MULTILINE)
    ]
    return [rf"(?<=\S){page}(?={re.escape(title)}\s*$)" for title, page in glued]


def _glued_dashes(text: str) -> int:
    """How many lines begin with a dash glued to a word, and not because a compound was broken there."""
    count, in_list, above = 0, False, ""
    for line in text.split("\n"):
        in_list = bool(_GLUED_DASH.match(line)) and (in_list or bool(_FINISHED.match(above)))
        count += in_list
        above = line
    return count


def _running_headers(text: str) -> str:
    """A pattern of the strings that recur at the edges of lines, whatever is glued to them; empty for none.

    A page header or footer differs from one page to the next in its digits only. So lines are compared with
    their digits levelled, and an edge that recurs is widened to what most of its lines share. It counts if it
    holds a digit, or if the next word is mostly glued to it, as extractors do between a page's header and its text.
    """
    lines = [line.strip() for line in text.split("\n") if not line.startswith("#")]
    if len(lines) < 60:
        return ""
    levelled = [re.sub(r"\d+", "0", line) for line in lines]
    headers = _recurring(levelled) | {header[::-1] for header in _recurring([line[::-1] for line in levelled])}
    headers |= _numbered(levelled)
    kept = [
        header
        for header in headers
        if len(header) >= 12 and not MARKER.match(header) and not SENTENCE_END.search(header) and header.strip("0. ")
    ]
    return "|".join(_pattern(header, lines) for header in sorted(kept, key=lambda kept: (-len(kept), kept)))


def _pattern(header: str, lines: list[str]) -> str:
    """A header's pattern, in which numbers may be any. But one at its end that is mostly the same, such as a year, is taken
    as it is, so that the number of a section glued to it is left alone."""
    any_number = r"\d+"
    pattern = re.escape(header).replace("0", any_number)
    if not header.endswith("0"):
        return pattern
    before = pattern.removesuffix(any_number)
    numbers = Counter(match[1] for line in lines if (match := re.search(rf"{before}({any_number})", line)))
    number, count = numbers.most_common(1)[0]
    return before + number if 2 * count > numbers.total() > 1 else pattern


def _recurring(lines: list[str]) -> set[str]:
    groups: dict[str, list[str]] = {}
    often = max(4, len(lines) // _LINES_A_PAGE_HEADER)
    for line in lines:
        if len(line) >= 12:
            groups.setdefault(line[:_EDGE], []).append(line)
    found = set()
    for group in groups.values():
        if len(group) < often:
            continue
        common = _common_start(group)
        glued = sum(bool(_GLUED_WORD.match(line, len(common) - 1)) for line in group)
        if "0" in common or (len(group) >= 8 and 2 * glued > len(group)):
            found.add(common.strip())
            tails = Counter(match[1] for line in group if (match := _CHAPTER.match(line, len(common))))
            titles = {common.lstrip() + tail for tail, count in tails.items() if count >= 4}
            found |= titles | {f"{title}0" for title in titles}
    return found


def _numbered(lines: list[str]) -> set[str]:
    """Page numbers with one word glued to them, and the text to that, as a link back to the contents is extracted."""
    edges = {line[: _EDGE // 2] for line in lines if re.match(r"0[A-Z][a-z]{5}", line)}
    groups = {edge: [line for line in lines if line.startswith(edge)] for edge in edges}
    return {_common_start(group, _EDGE // 2) for group in groups.values() if len(group) >= 20}


def _common_start(group: list[str], least: int = _EDGE) -> str:
    """The longest start that at least 80% of the lines share; at most 200 characters, and at least `least`."""
    best = group[0][:least]
    for length in range(least + 1, 201):
        start, count = Counter(line[:length] for line in group).most_common(1)[0]
        if count < 0.8 * len(group) or len(start) < length:
            break
        best = start
    return best
