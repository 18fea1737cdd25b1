"""citaat serve"""

import os

import click

from citaat.cli.console import progress, warn_changed
from citaat.library import Library
from citaat.settings import Settings, thread_count


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes; they share the cores and the mapped vectors.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API and the reader page."""
    import uvicorn

    settings = Settings.from_environment()
    with progress(settings) as show, Library.open_or_build(settings, show) as library:
        changed = library.changed_sources()
    warn_changed(changed)
    _divide_cores(workers)
    connections = "citaat.server.connections"
    uvicorn.run(
        "citaat.server:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        http=f"{connections}:ImmediateProtocol",
        loop=f"{connections}:TurnTakingEventLoop" if workers > 1 else "auto",
    )


def _divide_cores(workers: int) -> None:
    """Give each worker its share of the cores, in its encoder and in numpy and torch, where the user does not say otherwise."""
    share = str(max(1, thread_count() // workers))
    for name in ("CITAAT_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = os.environ.get(name) or share
