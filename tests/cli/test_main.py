import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from click.testing import CliRunner

from citaat.cli import main
from citaat.cli.ask import ask
from citaat.errors import CitaatError, InputError, ParseError, StoreError


def raising(error: BaseException) -> click.Group:
    """The command line with a command that fails."""

    @click.command()
    def fail() -> None:
        raise error

    group = type(main)("citaat")
    group.add_command(fail)
    return group


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (InputError("Say more."), 2, "citaat: Say more.\n"),
        (ParseError("a.txt cannot be read."), 2, "citaat: a.txt cannot be read.\n"),
        (StoreError("Run: citaat index"), 3, "citaat: Run: citaat index\n"),
        (CitaatError("Alas."), 1, "citaat: Alas.\n"),
        (KeyboardInterrupt(), 130, "citaat: Stopped.\n"),
        (InputError("half \ud800 a letter"), 2, "citaat: half ? a letter\n"),
    ],
)
def test_an_error_of_ours_is_one_line_on_standard_error_and_the_status_of_its_kind(
    error: BaseException, code: int, says: str
) -> None:
    result = CliRunner().invoke(raising(error), ["fail"])
    assert (result.exit_code, result.stderr, result.stdout) == (code, says, "")


def test_another_error_is_not_hidden() -> None:
    assert isinstance(CliRunner().invoke(raising(ZeroDivisionError()), ["fail"]).exception, ZeroDivisionError)


def test_every_command_is_there_and_says_what_it_does() -> None:
    assert sorted(main.commands) == ["ask", "eval", "index", "mcp", "serve", "train", "verify"]
    for flag in ("-h", "--help"):
        listed = CliRunner().invoke(main, [flag]).output
        assert all(f"  {name} " in listed for name in main.commands)
        assert "CITAAT_STORE" in listed
    for name in main.commands:
        assert len(CliRunner().invoke(main, [name, "-h"]).output.splitlines()) > 4


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.endswith(f", version {version('citaat')}\n")
    assert main.commands["ask"] is ask


@pytest.mark.parametrize(("arguments", "code", "told"), [(["--version"], 0, ", version "), (["ask"], 2, "Missing argument")])
def test_the_program_ends_with_all_its_output_written_and_its_status(arguments: list[str], code: int, told: str) -> None:
    program = f"import atexit, sys; from citaat.cli import run; atexit.register(print, 'left'); sys.argv[1:] = {arguments}; run()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == code
    assert told in done.stdout + done.stderr
    assert done.stdout.endswith("left\n")
