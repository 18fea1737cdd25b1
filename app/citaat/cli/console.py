"""What the command line prints: replies, and a bar for work that takes a while."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from citaat.chat.replies import Reply
from citaat.citations.links import permalink
from citaat.domain import Citation
from citaat.settings import Settings

if TYPE_CHECKING:
    from citaat.indexing import IndexingProgress


def print_reply(reply: Reply, base: str) -> None:
    if not reply.answer.citations:
        click.echo(reply.text())
    for citation in reply.answer.citations:
        _print_citation(citation, base)


def _print_citation(citation: Citation, base: str) -> None:
    click.secho(f"[{citation.number}] {' › '.join(citation.section)}", bold=True)
    click.echo(_marked(citation))
    page = f", page {citation.page}" if citation.page else ""
    place = f"characters {citation.span.start}–{citation.span.end}{page}"
    click.secho(f"    {citation.document.source.title}, {place}, confidence {citation.confidence:.2f}", dim=True)
    click.secho(f"    {permalink(citation.id, base)}\n", dim=True)


def _marked(citation: Citation) -> str:
    """The quote, its answering sentences set off: underlined on a terminal, between » and « elsewhere."""
    text = citation.quote
    for span in reversed(citation.highlights):
        start, end = span.start - citation.span.start, span.end - citation.span.start
        sentence = text[start:end]
        marked = click.style(sentence, underline=True) if sys.stdout.isatty() else f"»{sentence}«"
        text = text[:start] + marked + text[end:]
    return text


def warn_changed(names: Sequence[str]) -> None:
    """Say that source files are no longer what was indexed."""
    if names:
        click.echo(f"citaat: {', '.join(names[:3])} changed since it was indexed. Run: citaat index", err=True)


@contextmanager
def progress(unasked: Settings | None = None) -> Iterator["IndexingProgress"]:
    """A bar on standard error that appears with the first document.

    Args:
        unasked: if given, say first which texts are being indexed because there is no index yet.
    """
    bar = None

    began = time.monotonic()

    def show(name: str, done: int, total: int, passages: int) -> None:
        nonlocal bar
        if bar is None:
            if unasked:
                click.echo(f"citaat: {unasked.store} holds no index yet; making one of {unasked.data}.", err=True)
            bar = click.progressbar(length=total, label="Indexing", file=sys.stderr, item_show_func=lambda item: item or "")
        rate = passages / max(time.monotonic() - began, 1e-3)
        bar.update(done - bar.pos, f"{name}, {rate:.0f} passages/s" if passages else name)

    try:
        yield show
    finally:
        if bar is not None:
            bar.render_finish()
