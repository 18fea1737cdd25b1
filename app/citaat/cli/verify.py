"""citaat verify"""

import sys
from typing import BinaryIO

import click

from citaat.citations.verification import read_citations
from citaat.library import Library


@click.command()
@click.argument("file", type=click.File("rb"))
def verify(file: BinaryIO) -> None:
    """Check the citations in FILE (JSON, as `ask --json` prints it; - for standard input) against the index.

    Exit status 1 if one of them does not stand in the source word for word.
    """
    with Library.open() as library:
        checks = [library.check(citation) for citation in read_citations(file.read())]
    if not checks:
        click.echo("There is nothing to check: the answer cites nothing.")
    for one in checks:
        mark = click.style("verbatim", fg="green") if one.verbatim else click.style("NOT in the source", fg="red")
        click.echo(f"{mark}: {one.message}")
    sys.exit(0 if all(one.verbatim for one in checks) else 1)
