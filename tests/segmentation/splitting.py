"""Short ways to split a text and to look at what came of it."""

from citaat.domain import Document, Source
from citaat.segmentation import passages
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


def headings(text: str) -> list[str]:
    return [span.of(text) for span in split(text).headings]


def uncovered(text: str, found: Split) -> str:
    """The characters that no passage covers, without white space."""
    left = list(text)
    for passage in found.passages:
        left[passage.span.start : passage.span.end] = [" "] * len(passage.span)
    return "".join("".join(left).split())
