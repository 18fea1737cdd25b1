"""`llm`, the command line tool: a model of its `extra-openai-models.yaml`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from source import ANSWERED, README, REFUSED, WEAPONS, in_the_source, recipe


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "extra-openai-models.yaml").write_text(recipe("yaml", "model_id"))
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def prompted(question: str, *options: str) -> str:
    command = [str(Path(sys.executable).with_name("llm")), "-m", "citaat", *options, question]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", check=True, env=dict(os.environ), stdin=subprocess.DEVNULL
    ).stdout


@pytest.mark.parametrize("options", [[], ["--no-stream"]])
@pytest.mark.parametrize("question", ANSWERED)
def check_prompt(question: str, options: list[str]) -> None:
    assert in_the_source(prompted(question, *options).split(" [1]")[0])


def check_refusal() -> None:
    assert not in_the_source(prompted(REFUSED).strip())


def check_the_command_of_the_readme() -> None:
    assert f'llm -m citaat "{WEAPONS}"' in README
