"""Kill `citaat index` at random moments, go on, and hold the store against that of an undisturbed run.

python -m tests.kills TEXT [--times 10] [--seed 0]: TEXT is a file or folder of some thousand passages.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-c", "from citaat.cli import main; main()", "index", "--json"]


def start(text: Path, store: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"CITAAT_STORE": str(store)}
    return subprocess.Popen([*COMMAND, str(text)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def report(process: subprocess.Popen[str]) -> dict[str, float]:
    found: dict[str, float] = json.loads(process.communicate()[0])
    return found


def files(store: Path) -> dict[str, bytes]:
    """What the current generation holds, by the name of the file."""
    name = (store / "CURRENT").read_text().split()[0]
    return {file.name: file.read_bytes() for file in (store / "generations" / name).iterdir()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        whole = report(start(asked.text, Path(name) / "whole"))
        seconds = time.monotonic() - began
        print(f"undisturbed: {whole['passages']} passages, {whole['encoded']} encoded in {seconds:.1f} s")
        store = Path(name) / "killed"
        for _ in range(asked.times):
            process = start(asked.text, store)
            time.sleep(chance.uniform(0, seconds / 3))
            process.kill()
            process.wait()
            kept = len(list((store / "encoding").glob("*.npz"))) if store.is_dir() else 0
            print(f"killed; {kept} batches are kept, {'an' if (store / 'CURRENT').exists() else 'no'} index is served")
        last = report(start(asked.text, store))
        print(f"gone on: {last['encoded']} encoded, {last['reused']} known already")
        print("byte for byte the same" if files(store) == files(Path(name) / "whole") else "NOT the same")


if __name__ == "__main__":
    main()
