"""The README is executed: its question gives its answer, its Python runs, and it names every command."""

import json
import re
import shlex
import shutil
import subprocess

import pytest
from citaat.cli import main
from citaat.settings import Settings
from click.testing import CliRunner

from tests.conftest import ROOT, SEED

README = (ROOT / "README.md").read_text("utf-8")


def test_the_question_of_the_readme_gives_the_answer_of_the_readme(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_STORE", str(settings.store))
    (session,) = re.findall(r"```console\n\$ citaat (ask .+?)\n(.+?)```", README, re.DOTALL)
    result = CliRunner().invoke(main, shlex.split(session[0]))
    assert result.output.strip() == session[1].strip()


def test_the_python_of_the_readme_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITAAT_STORE", str(settings.store))
    (code,) = (code for code in re.findall(r"```python\n(.+?)```", README, re.DOTALL) if "from citaat" in code)
    exec(compile(code, "README.md", "exec"), {})
    assert "Kernwapens de wereld uit." in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_of_the_readme_answers(address: str) -> None:
    (command,) = re.findall(r"^curl .+$", README, re.MULTILINE)
    printed = subprocess.run(
        shlex.split(command.replace("http://127.0.0.1:8000", address)), capture_output=True, check=True
    ).stdout
    assert json.loads(printed)["citations"][0]["quote"] in SEED.read_bytes().decode()


def test_every_command_every_setting_and_every_module_is_in_the_readme() -> None:
    for command in main.commands:
        assert f"citaat {command}" in README, command
    for setting in ("CITAAT_DATA", "CITAAT_MODEL", "CITAAT_STORE", "CITAAT_URL", "CITAAT_RERANK", "CITAAT_ORIGINS"):
        assert setting in README
    for path in (ROOT / "app" / "citaat").glob("*.py"):
        assert path.stem == "__init__" or f"`{path.name}`" in README, path.name
    for path in (ROOT / "app" / "citaat").glob("*/"):
        assert path.stem.startswith(("_", ".")) or f"`{path.name}/`" in README, path.name
