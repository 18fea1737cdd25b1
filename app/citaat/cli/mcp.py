"""citaat mcp"""

import click

from citaat.cli.options import DEFAULT_ADDRESS
from citaat.library import Library
from citaat.settings import Settings


@click.command()
def mcp() -> None:
    """Serve the tools search, fetch and ask to a program that speaks MCP over standard input and output."""
    import asyncio

    from citaat.server.interfaces.mcp import serve_stdio

    settings = Settings.from_environment()
    with Library.open_or_build(settings) as library:
        asyncio.run(serve_stdio(library, settings.url or DEFAULT_ADDRESS))
