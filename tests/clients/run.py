"""Put real clients to a running server, each in an environment of its own: python tests/clients/run.py [NAME...]

Needs the package registries of Python and Node, and `npm` for the Node clients. Environments are kept in build/clients.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "clients"
ODD = (
    "De kat 🐈‍⬛ slaapt na\u0308chst de cafe\u0301. De kat 👩‍👩‍👧‍👦 krijgt elke dag vis 🐟 en melk.\n\n"
    "Honden mogen niet mee in de trein 🚆 van zeven uur.\n"
)
COUNTS = re.compile(r"^(?:# (pass|fail) (\d+)|ℹ (pass|fail) (\d+))|(\d+) (passed|failed|error)", re.MULTILINE)


@dataclass(frozen=True)
class PythonClient:
    """A package from Python's registry, and the file that checks it."""

    name: str
    package: str

    @property
    def folder(self) -> Path:
        return BUILD / self.name

    def command(self) -> list[str]:
        file = HERE / f"check_{self.name.split('-')[0]}.py"
        options = [
            "-q",
            "-c",
            os.devnull,
            "--rootdir",
            str(HERE),
            "--confcutdir",
            str(HERE),
            "-p",
            "no:cacheprovider",
            "-o",
            "python_functions=check_*",
        ]
        return [str(self._python()), "-m", "pytest", *options, str(file)]

    def install(self) -> str:
        if not self._python().exists():
            venv.create(self.folder, with_pip=True)
        run = [str(self._python()), "-m", "pip"]
        subprocess.run([*run, "install", "-qq", "pytest", "httpx", "anyio", self.package], check=True)
        name = re.split(r"[<>=]", self.package)[0]
        shown = subprocess.run([*run, "show", name], check=True, capture_output=True, encoding="utf-8").stdout
        return f"{name} {re.search(r'^Version: (.+)$', shown, re.MULTILINE)[1]}"

    def _python(self) -> Path:
        return self.folder / "bin" / "python"


@dataclass(frozen=True)
class NodeClient:
    """A package of npm, and the file that checks it; all share one folder, with a Node of its own."""

    name: str
    package: str
    folder = BUILD / "npm"

    def command(self) -> list[str]:
        return [str(self._node()), "--test", f"check_{self.name.removeprefix('npm-')}.mjs"]

    def install(self) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in [*HERE.glob("*.mjs"), HERE / "package.json"]:
            shutil.copy(file, self.folder)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=self.folder, check=True)
        script = f"console.log(require('./node_modules/{self.package}/package.json').version, 'on node', process.version)"
        shown = subprocess.run(
            [str(self._node()), "-e", script], cwd=self.folder, check=True, capture_output=True, encoding="utf-8"
        )
        return f"{self.package} {shown.stdout.strip()}"

    def _node(self) -> Path:
        return self.folder / "node_modules" / ".bin" / "node"


CLIENTS = [
    PythonClient("openai", "openai"),
    PythonClient("litellm", "litellm"),
    PythonClient("langchain", "langchain-openai"),
    PythonClient("llm", "llm"),
    PythonClient("mcp", "mcp>=2"),
    PythonClient("mcp-1", "mcp<2"),
    PythonClient("anthropic", "anthropic"),
    NodeClient("npm-openai", "openai"),
    NodeClient("npm-ai-sdk", "@ai-sdk/openai"),
    NodeClient("npm-inspector", "@modelcontextprotocol/inspector"),
]


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """A server of the shipped text and one with emoji; yields the environment that the checks read."""
    data = BUILD / "data"
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "data" / "verkiezingsprogramma-7.3.txt", data)
    (data / "dieren.txt").write_text(ODD, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = {"CITAAT_DATA": str(data), "CITAAT_STORE": str(BUILD / "store"), "CITAAT_URL": f"http://127.0.0.1:{port}"}
    here["CITAAT_RECIPES"] = str(ROOT / "docs" / "clients.md")
    environment = os.environ | here | {"CITAAT_COMMAND": str(Path(sys.executable).with_name("citaat"))}
    citaat = environment["CITAAT_COMMAND"]
    subprocess.run([citaat, "index", str(data)], env=environment, check=True)
    serve = [citaat, "serve", "--port", str(port)]
    with (BUILD / "server.log").open("wb") as log, subprocess.Popen(serve, env=environment, stdout=log, stderr=log) as server:
        try:
            _wait_for(f"{here['CITAAT_URL']}/health/ready")
            yield environment
        finally:
            server.terminate()


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    sys.exit("The server was not ready within 30 seconds.")


def main(names: list[str]) -> int:
    wanted = [client for client in CLIENTS if not names or client.name in names]
    totals = {"passed": 0, "failed": 0}
    with served() as environment:
        for client in wanted:
            print(f"== {client.install()}", flush=True)
            done = subprocess.run(client.command(), env=environment, cwd=client.folder, capture_output=True, encoding="utf-8")
            passed, failed = counted(done.stdout)
            failed += not failed and done.returncode != 0
            if failed:
                print(done.stdout, done.stderr)
            print(f"   {passed} passed, {failed} failed", flush=True)
            totals["passed"] += passed
            totals["failed"] += failed
    print(f"{totals['passed']} passed, {totals['failed']} failed")
    return min(totals["failed"], 1)


def counted(output: str) -> tuple[int, int]:
    """How many checks passed and failed, by the closing lines of pytest or of Node's test runner."""
    found = {"pass": 0, "fail": 0}
    for tap, one, spec, two, three, word in COUNTS.findall(output):
        kind = tap or spec or ("pass" if word == "passed" else "fail")
        found[kind] += int(one or two or three)
    return found["pass"], found["fail"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
