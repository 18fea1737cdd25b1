"""The order of the packages, and what importing them may not do."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

ORDER = [
    "errors", "settings", "domain", "text", "parsers", "segmentation", "encoders", "store", "query", "retrieval", "citations",
    "indexing", "library", "chat", "evaluation", "training", "reports", "console", "server", "cli",
]  # fmt: skip
"""Packages and modules, from the top."""
PACKAGE = ROOT / "app" / "citaat"
"""The source of the package."""


def imported(path: Path) -> set[str]:
    """The packages that a module imports from, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "citaat":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("citaat."):
            names.add(node.module.split(".")[1])
    return names


def test_a_package_imports_only_from_packages_above_it() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        own = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if own != "__init__":
            below = {name for name in imported(path) if name in ORDER and ORDER.index(name) > ORDER.index(own)}
            assert not below, f"{path.relative_to(PACKAGE)} imports {below}"


def test_importing_does_nothing_heavy() -> None:
    files = sorted(path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py"))
    modules = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files if "server" not in path.parts]
    code = (
        f"import importlib, sys, threading\nfor name in {modules!r}: importlib.import_module(name)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'scipy', 'bm25s', 'fastapi', 'uvicorn'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\nassert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_only_the_server_knows_fastapi() -> None:
    for path in PACKAGE.rglob("*.py"):
        if "server" not in path.parts:
            assert "fastapi" not in path.read_text("utf-8").replace("`fastapi`", ""), path.name
