"""citaat serve"""

import click

from citaat.cli.console import progress, warn_changed
from citaat.library import Library
from citaat.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes; they share the mapped vectors.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API and the reader page."""
    import uvicorn

    settings = Settings.from_environment()
    with progress(settings) as show, Library.open_or_build(settings, show) as library:
        changed = library.changed_sources()
    warn_changed(changed)
    uvicorn.run("citaat.server:create", factory=True, host=host, port=port, workers=workers, access_log=False)
