"""The shape of the package: who may import whom, what importing may not do, and how large anything may grow."""

import ast
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ORDER = [
    "errors", "limits", "settings", "domain", "text", "parsers", "segmentation", "encoders", "store", "query", "retrieval",
    "citations", "indexing", "library", "chat", "evaluation", "training", "server", "cli",
]  # fmt: skip
"""Packages and modules, from the top: each imports from those before it."""
PACKAGE = ROOT / "app" / "citaat"
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in MODULES}
COLUMNS = {"texts", "passages", "sentences", "path_starts", "path_spans", "vectors", "sentence_vectors", "term_starts"}
FUNCTIONS = [
    (node, path) for path, tree in TREES.items() for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]  # fmt: skip


def imported(path: Path) -> set[str]:
    """What a module imports of the package, as dotted names below it, wherever in the module."""
    names: set[str] = set()
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.ImportFrom) and node.module == "citaat":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("citaat."):
            names |= {f"{node.module.removeprefix('citaat.')}.{alias.name}" for alias in node.names}
    return names


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_package_imports_only_from_packages_above_it(path: Path) -> None:
    if room(path) != "__init__":
        own = ORDER.index(room(path))
        assert not {name for name in imported(path) if ORDER.index(name.split(".")[0]) > own}


def test_importing_does_nothing_heavy() -> None:
    paths = [path.relative_to(PACKAGE.parent).with_suffix("") for path in MODULES if room(path) != "server"]
    modules = [".".join(path.parts).removesuffix(".__init__") for path in paths if path.stem != "wire"]
    code = (
        f"import importlib, sys, threading\nfor name in {modules!r}: importlib.import_module(name)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'scipy', 'bm25s', 'fastapi', 'pydantic', 'uvicorn',\n"
        "    'ir_measures', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\nassert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def names_of_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_only_the_server_knows_fastapi_and_nobody_the_recipe() -> None:
    for path, tree in TREES.items():
        found = set(names_of_modules(tree))
        assert "recipe" not in found, path
        assert room(path) == "server" or not found & {"fastapi", "starlette"}, path


def test_server_chat_and_command_line_reach_the_machinery_through_the_facade_alone() -> None:
    for path in MODULES:
        if room(path) in ("server", "chat"):
            reached = {name for name in imported(path) if name.split(".")[0] in ("store", "retrieval", "encoders", "indexing")}
            assert not reached, f"{path.name} reaches {reached}"


def test_nothing_outside_the_store_names_its_columns_or_what_holds_them() -> None:
    for path, tree in TREES.items():
        if room(path) != "store":
            strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
            assert not strings & {f"{name}.npy" for name in COLUMNS}, path
            private = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert not private & {f"_{name}" for name in ("vectors", "sentence_vectors", "term_starts", "postings")}, path


def test_retrieval_knows_the_protocol_of_a_store_and_no_engine() -> None:
    for path in MODULES:
        if room(path) in ("query", "retrieval", "citations"):
            assert not {name for name in imported(path) if name.startswith("store.embedded")}, path


def test_no_class_or_type_is_defined_twice() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.name)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name.lstrip("_")[:1].isupper() and not name.isupper():
                    found[name].append(path.name)
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_no_function_and_no_module_grows_too_long() -> None:
    lengths = {(path.name, node.name): node.end_lineno - node.lineno + 1 for node, path in FUNCTIONS if node.end_lineno}
    assert {name: length for name, length in lengths.items() if length > 45} == {}
    assert statistics.median(lengths.values()) <= 6
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count > 280} == {}
