"""Blocks: lines joined to paragraphs and list items, each with the headings that it stands under."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from citaat.domain import Span
from citaat.segmentation.headings import CAPITALS_LEVEL, section_number
from citaat.segmentation.lines import Line, text_width
from citaat.segmentation.profile import PROFILE

_LEAD_LEVEL = 90
"""The level of a paragraph such as "We want:" that is the heading of the list below it; below all other headings."""


def join_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines, those of one paragraph, list item or heading joined; what leads into a list becomes its heading."""
    width = text_width(lines)
    running = [line for line in lines if line.kind == "text"]
    has_gaps = PROFILE.paragraph_gap_lines * sum(line.gap for line in running) >= len(running)
    joined: list[Line] = []
    for above, line in zip([None, *lines], lines, strict=False):
        if above and _goes_on(line, above, width, has_gaps):
            joined[-1] = replace(joined[-1], end=line.end)
        else:
            if line.kind == "item" and joined and _is_lead(joined[-1]):
                joined[-1] = replace(joined[-1], kind="heading", level=_LEAD_LEVEL)
            joined.append(line)
    return joined


def with_headings(blocks: Iterable[Line]) -> Iterator[tuple[Line, tuple[Span, ...]]]:
    """Each paragraph and list item with the headings that it stands under, outermost first.

    Section 2.1 stands under section 2 and under no other number.
    """
    outline: list[Line] = []
    for block in blocks:
        if block.kind in ("heading", "text"):
            while outline and outline[-1].level >= (block.level or _LEAD_LEVEL):
                outline.pop()
        if block.kind == "heading":
            if number := section_number(block):
                outline = [one for one in outline if number.startswith(f"{section_number(one)}.") or not section_number(one)]
            outline.append(block)
        elif block.kind in ("text", "item"):
            yield block, tuple(Span(one.body, one.end) for one in outline)


def _is_lead(block: Line) -> bool:
    """Whether a paragraph is the heading of the list below it, as "De partij wil:"."""
    body = block.content
    return block.kind == "text" and body.endswith(":") and len(body.split()) <= PROFILE.lead_words and not body[0].islower()


def _goes_on(line: Line, above: Line, width: int, has_gaps: bool) -> bool:
    """Whether a line belongs to the one above it: to a heading in capitals, or to a paragraph or list item.

    Args:
        width: as `text_width` gives it.
        has_gaps: whether blank lines separate the paragraphs of this text.
    """
    if line.kind == "heading":
        return above.level == line.level == CAPITALS_LEVEL and not line.gap
    if line.kind != "text" or above.kind not in ("text", "item"):
        return False
    is_lower_case, is_finished = line.content[0].islower(), above.ends_sentence
    if line.gap or width > PROFILE.unwrapped_width:
        return is_lower_case and not is_finished
    is_indented = line.indent >= above.indent + PROFILE.paragraph_indent and above.kind == "text"
    is_below_short_line = not has_gaps and len(above) < PROFILE.short_line * width
    return is_lower_case or not is_finished or not (is_indented or is_below_short_line)
