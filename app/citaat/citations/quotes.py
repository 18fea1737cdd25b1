"""From a row of a store to a citation: the quote, and where it stands."""

from citaat.domain import Citation, Passage, Span
from citaat.store.protocol import Store
from citaat.text.normalise import label

_CONTEXT = 32
"""Characters of prefix and suffix."""


def cite(store: Store, row: int, number: int, confidence: float, highlights: tuple[Span, ...]) -> Citation:
    """The citation of a passage, if its text is still the text that was indexed (see `Store.quote`)."""
    passage = store.passage(row)
    span = passage.span
    return Citation(
        number=number,
        id=passage.id,
        quote=store.quote(row),
        span=span,
        prefix=store.text(passage.document, span.start - _CONTEXT, span.start),
        suffix=store.text(passage.document, span.end, span.end + _CONTEXT),
        sentences=passage.sentences,
        highlights=highlights,
        document=store.document(passage.document),
        section=section(store, passage),
        page=passage.page,
        confidence=confidence,
    )


def section(store: Store, passage: Passage) -> tuple[str, ...]:
    """The headings above a passage, outermost first, its run-in heading last."""
    spans = passage.headings + ((passage.run_in,) if passage.run_in else ())
    return tuple(label(store.text(passage.document, span.start, span.end)) for span in spans)
