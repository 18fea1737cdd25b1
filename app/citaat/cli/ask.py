"""citaat ask"""

import json
import sys

import click

from citaat.cli.console import print_reply, progress, warn_changed
from citaat.cli.options import DEFAULT_ADDRESS
from citaat.library import Library
from citaat.limits import DEFAULT_CITATIONS, MOST_CITATIONS
from citaat.settings import Settings


@click.command()
@click.argument("question")
@click.option("--limit", default=DEFAULT_CITATIONS, show_default=True, help=f"How many passages at most, 1 to {MOST_CITATIONS}.")
@click.option("--document", "documents", multiple=True, help="Look only in this document; may be repeated.")
@click.option("--min-confidence", type=float, help="Replaces the threshold; 0 shows the closest passages whatever they are.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as the API gives it.")
def ask(question: str, limit: int, documents: tuple[str, ...], min_confidence: float | None, as_json: bool) -> None:
    """Print the passages that answer QUESTION."""
    from citaat.chat.conversation import Message, reply
    from citaat.chat.replies import answer_model

    settings = Settings.from_environment()
    base = settings.url or DEFAULT_ADDRESS
    with progress(settings) as show, Library.open_or_build(settings, show) as library:
        found = reply(
            library, [Message("user", question)], limit=limit, documents=documents or None, min_confidence=min_confidence
        )
        changed = library.changed_sources()
    if as_json:
        click.echo(json.dumps(answer_model(found, base).model_dump(), ensure_ascii=False, indent=2))
    else:
        print_reply(found, base)
        if found.answer.citations and not settings.url and sys.stderr.isatty():
            click.echo("citaat: the links open while this runs: citaat serve", err=True)
    warn_changed(changed)
