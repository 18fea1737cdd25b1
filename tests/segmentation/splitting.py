"""Short ways to split a text and to look at what came of it."""

from citaat.domain import Document, Source
from citaat.segmentation import passages
from citaat.segmentation.blocks import join_lines
from citaat.segmentation.contents import mark_contents
from citaat.segmentation.headings import mark_headings
from citaat.segmentation.lines import Line, cut_lines
from citaat.segmentation.passages import Split
from citaat.text.normalise import label


def document(text: str) -> Document:
    return Document("d", text, Source("D", language="nl"))


def split(text: str) -> Split:
    return passages.split(document(text))


def quotes(text: str) -> list[str]:
    return [passage.span.of(text) for passage in split(text).passages]


def paths(text: str) -> list[tuple[str, ...]]:
    """The heading path of each passage."""
    return [tuple(label(span.of(text)) for span in passage.headings) for passage in split(text).passages]


def classify(text: str) -> list[Line]:
    """The lines of a text, headings and contents pages marked."""
    return mark_headings(mark_contents(list(cut_lines(text))))


def headings(text: str) -> list[str]:
    return [line.content for line in join_lines(classify(text)) if line.kind == "heading"]


def uncovered(text: str, found: Split) -> str:
    """The characters that no passage covers, without white space."""
    left = list(text)
    for passage in found.passages:
        left[passage.span.start : passage.span.end] = [" "] * len(passage.span)
    return "".join("".join(left).split())
