"""One classified line of a text, the unit that headings and paragraphs are made of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citaat.segmentation.profile import PROFILE

LineKind = Literal["heading", "item", "text", "contents", "boilerplate"]
"""`boilerplate` is page numbers, running headers, rules and code fences; `contents` the lines of a contents page."""

SENTENCE_END = re.compile(r"[.!?;…][\"”’')\]]*(?:(?<=[a-z)][.!?])\[?\d{1,3}\]?)?$")
"""Closing punctuation at the end of a line, with its quotes and the number of a footnote."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line or a part of one, `[start, end)` in the document's text, without white space around it.

    Attributes:
        body: offset of the words, past a list marker or heading marks; `start` where there are none.
        level: of a heading, 1 is the highest; 0 of anything else.
        indent: columns of white space before it, where nothing else precedes it.
        gap: whether a blank line precedes it.
        fenced: whether it is in a Markdown code block, where no mark has a meaning.
    """

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

    def of(self, text: str) -> str:
        """The slice of `text` that this line is, its marker included."""
        return text[self.start : self.end]

    def ends_sentence(self, text: str) -> bool:
        """Whether it ends in closing punctuation."""
        return bool(SENTENCE_END.search(text, max(self.start, self.end - PROFILE.line_end), self.end))


def text_width(lines: Sequence[Line]) -> int:
    """The length in characters that 80% of the lines of running text and list items do not exceed; 0 without any."""
    lengths = sorted(len(line) for line in lines if line.kind in ("text", "item"))
    return lengths[int(PROFILE.width_share * len(lengths))] if lengths else 0
