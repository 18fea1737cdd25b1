"""The command line: citaat serve | ask | index | mcp | verify | eval | train; one file a command."""

import atexit
import contextlib
import os
import sys
from typing import Any, NoReturn

import click

from citaat.cli.ask import ask
from citaat.cli.evaluate import evaluate
from citaat.cli.index import index
from citaat.cli.mcp import mcp
from citaat.cli.serve import serve
from citaat.cli.train import train
from citaat.cli.verify import verify
from citaat.errors import CitaatError


class _Commands(click.Group):
    """Turns our errors into one line on standard error and the exit status of their kind."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CitaatError as error:
            _fail(str(error), error.exit_code)
        except KeyboardInterrupt:
            _fail("Stopped.", 130)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"citaat: {message}".encode("utf-8", "replace").decode(), err=True)
    sys.exit(code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citaat")
def main() -> None:
    """Ask a text a question; read the passages that answer it, verbatim, with their place.

    CITAAT_DATA, CITAAT_MODEL and CITAAT_STORE say where the texts, the model and the index are.
    """


def run() -> None:
    """The program: `main`, and then an end that does not take the encoder's runtime apart, which takes a tenth of a second."""
    try:
        main()
    except SystemExit as ended:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # nobody reads it any more
                stream.flush()
        os._exit(int(ended.code or 0))


for _command in (serve, ask, index, mcp, verify, evaluate, train):
    main.add_command(_command)
