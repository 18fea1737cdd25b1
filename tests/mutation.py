"""How many small faults the tests notice: mutants drawn at random from all that cosmic-ray can make.

pip install cosmic-ray
python -m tests.mutation [--mutants 500] [--seed N] [--workers 2] [--packages retrieval query store citations] [--json FILE]

A mutant is one change to one module of app/citaat/PACKAGE, in a copy of the working tree. It is killed when tests/PACKAGE
fails on it, or takes ten seconds more than five times what it takes without. The same seed and code draw the same mutants.

Not drawn, because no test could miss it or see it: what does not compile, and what Python reads and does not act on, such as
another operator for the `|` of an annotation `X | None`, the defaults in the body of a protocol, and `if TYPE_CHECKING`. No
operator touches a docstring. VariableReplacer and VariableInserter must be told names of variables, and are left out.
"""

import argparse
import ast
import compileall
import contextlib
import difflib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Literal

from cosmic_ray import ast as trees
from cosmic_ray import mutating, plugins

ROOT = Path(__file__).resolve().parent.parent
_PLUGIN = """\
import resource
from hypothesis import Phase, settings
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))  # a mutant may ask for all the memory there is
phases = (Phase.explicit, Phase.generate, Phase.target)  # not Phase.shrink: that a test fails is all we ask
settings.register_profile("mutants", deadline=None, database=None, phases=phases)
"""
_PYTEST = "-m pytest -x -q -p no:cacheprovider --disable-plugin-autoload -p _hypothesis_pytestplugin -p mutants".split()


@dataclass(frozen=True, slots=True)
class Mutant:
    """What an operator of cosmic-ray does at the n-th place of a module where it applies, counted from 0."""

    package: str
    module: str
    line: int
    operator: str
    occurrence: int

    def change(self, source: str) -> str:
        return str(mutating.mutate_code(source, plugins.get_operator(self.operator)(), self.occurrence))


@dataclass(frozen=True, slots=True)
class Outcome:
    mutant: Mutant
    diff: str
    verdict: Literal["killed", "timed out", "survived"]
    seconds: float


def enumerate_mutants(root: Path, package: str) -> Iterator[Mutant]:
    """Every mutant of a package's modules, in the same order each time."""
    operators = {name: plugins.get_operator(name) for name in plugins.operator_names()}
    operators = {name: operator() for name, operator in operators.items() if not operator.arguments()}
    for path in sorted((root / "app" / "citaat" / package).rglob("*.py")):
        nodes = list(trees.ast_nodes(trees.get_ast(path.read_text("utf-8"))))
        module = path.relative_to(root).as_posix()
        for name, operator in operators.items():
            lines = (line for node in nodes for (line, _), _ in operator.mutation_positions(node))
            yield from (Mutant(package, module, line, name, occurrence) for occurrence, line in enumerate(lines))


def draw(root: Path, mutants: Sequence[Mutant], seed: int) -> Iterator[Mutant]:
    """Those mutants that change what is executed, in random order."""
    for mutant in random.Random(seed).sample(mutants, len(mutants)):
        source = (root / mutant.module).read_text("utf-8")
        with contextlib.suppress(SyntaxError):
            if _executed(mutant.change(source)) != _executed(source):
                yield mutant


def _executed(source: str) -> str:
    """The syntax tree without what Python does not act on."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name in {"annotation", "returns"}.intersection(node._fields):
            setattr(node, name, None)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).startswith("Protocol") for base in node.bases):
            node.body = []
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.test, node.body = ast.Constant(True), []
    return ast.dump(tree)


def copy_tree(root: Path, target: Path) -> Path:
    """A copy of what the tests need."""
    for name in ("app", "tests", "data", "embeddings/model"):
        shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", target)
    (target / "mutants.py").write_text(_PLUGIN, "utf-8")
    # Not by time and size, which a mutant can share with the code before it.
    compileall.compile_dir(target / "app", quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return target


def run_tests(copy: Path, package: str, limit: float) -> Literal["killed", "timed out", "survived"]:
    """Run a package's tests in a copy; what they print is in output.txt there."""
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONPATH": str(copy / "app"), "TMPDIR": str(copy)}
    command = [sys.executable, *_PYTEST, "--hypothesis-profile=mutants", "--hypothesis-seed=0", f"tests/{package}"]
    with (copy / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=copy, env=env, stdout=output, stderr=output, start_new_session=True)
        try:
            return "killed" if process.wait(limit) else "survived"
        except subprocess.TimeoutExpired:
            return "timed out"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and with it what the tests started
            process.wait()


def time_limit(copy: Path, package: str) -> float:
    """Seconds that a mutant may take, from a run of the tests without a change."""
    began = time.perf_counter()
    if run_tests(copy, package, limit=600) != "survived":
        sys.exit(f"{(copy / 'output.txt').read_text('utf-8', 'replace')[-3_000:]}\ntests/{package} fails without a change")
    return 10 + 5 * (time.perf_counter() - began)


def judge(mutants: Sequence[Mutant], copies: Sequence[Path], limits: Mapping[str, float]) -> list[Outcome]:
    """What the tests say of each mutant, in order, with as many at a time as there are copies."""
    free = list(copies)

    def judge_one(mutant: Mutant) -> Outcome:
        copy = free.pop()
        source = (copy / mutant.module).read_text("utf-8")
        changed = mutant.change(source)
        (copy / mutant.module).write_text(changed, "utf-8")
        began = time.perf_counter()
        verdict = run_tests(copy, mutant.package, limits[mutant.package])
        seconds = time.perf_counter() - began
        (copy / mutant.module).write_text(source, "utf-8")
        free.append(copy)
        print(verdict[0], end="", file=sys.stderr, flush=True)
        lines = difflib.ndiff(source.splitlines(), changed.splitlines())
        diff = "  ".join(" ".join(line.split()) for line in lines if line[0] in "+-")
        return Outcome(mutant, diff, verdict, seconds)

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(judge_one, mutants))


def report(outcomes: Sequence[Outcome], packages: Sequence[str]) -> None:
    print(f"\n{'package':12}{'killed':>8}{'timed out':>11}{'survived':>10}{'percent':>9}{'seconds':>9}")
    for name in (*packages, "total"):
        if rows := [one for one in outcomes if name in (one.mutant.package, "total")]:
            survived, late = (sum(one.verdict == verdict for one in rows) for verdict in ("survived", "timed out"))
            percent, seconds = 100 - 100 * survived / len(rows), sum(one.seconds for one in rows)
            print(f"{name:12}{len(rows) - survived:8}{late:11}{survived:10}{percent:9.1f}{seconds:9.0f}")
    for one in outcomes:
        if one.verdict == "survived":
            print(f"{one.mutant.module}:{one.mutant.line}  {one.mutant.operator.removeprefix('core/')}  {one.diff}")


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.mutation")
    parser.add_argument("--mutants", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--packages", nargs="+", default=["retrieval", "query", "store", "citations"])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="citaat-mutants-") as folder:
        copies = [copy_tree(ROOT, Path(folder, "0"))]
        copies += [copy_tree(copies[0], Path(folder, str(number))) for number in range(1, asked.workers)]
        limits = {package: time_limit(copies[0], package) for package in asked.packages}
        every = [mutant for package in asked.packages for mutant in enumerate_mutants(copies[0], package)]
        drawn = list(itertools.islice(draw(copies[0], every, asked.seed), asked.mutants))
        print(f"{len(drawn)} mutants drawn from {len(every)}, seed {asked.seed}", flush=True)
        report(outcomes := judge(drawn, copies, limits), asked.packages)
        if asked.json:
            asked.json.write_text(json.dumps({"seed": asked.seed, "outcomes": [*map(asdict, outcomes)]}, indent=1), "utf-8")
        for copy, package in itertools.product(copies, asked.packages):
            time_limit(copy, package)  # a mutant that spoilt its copy would have killed all that came after it


if __name__ == "__main__":
    main()
