"""citaat index"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citaat.cli.console import progress
from citaat.cli.options import PATH
from citaat.library import Library
from citaat.parsers.discovery import left_out
from citaat.parsers.registry import PARSERS
from citaat.settings import Settings

if TYPE_CHECKING:
    from citaat.indexing import Report


@click.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option("--add", is_flag=True, help="Keep what the library holds; without it PATHS become the whole library.")
@click.option("--fresh", is_flag=True, help="Encode everything again: mends a damaged index.")
@click.option("--device", help="What torch encodes on, such as cuda; by default the processor, without torch.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def index(paths: tuple[Path, ...], add: bool, fresh: bool, device: str | None, as_json: bool) -> None:
    """Make the texts under PATHS the library; without PATHS, read those of the last time again."""
    settings = Settings.from_environment()
    settings = replace(settings, device=device or settings.device)
    with progress() as show:
        report = Library.index(paths, settings, add=add, fresh=fresh, progress=show)
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        _print(report, paths)


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _print(report: "Report", paths: tuple[Path, ...]) -> None:
    left = ", ".join(f"{count} characters of {kind}" for kind, count in sorted(report.uncovered.items()) if count)
    known = f", {report.reused} known already" if report.reused else ""
    click.echo(
        f"{counted(report.documents, 'document')}, {counted(report.passages, 'passage')} in {report.seconds:.1f} s: "
        f"{report.encoded} encoded{known}. In no passage: {left or 'white space only'}."
    )
    if report.shift:
        click.echo(f"Confidence is fitted to this library (log-odds {report.shift:+.2f}).")
    if others := [path.name for path in left_out(paths)]:
        named = ", ".join(others[:3]) + (" and others" if len(others) > 3 else "")
        known = " and ".join(PARSERS)
        click.echo(f"citaat: left out {counted(len(others), 'file')} of a kind other than {known}: {named}", err=True)
    if report.overlong:
        click.echo(
            f"citaat: {report.overlong} passages are longer than the model reads; the rest of them is found by its words alone.",
            err=True,
        )
