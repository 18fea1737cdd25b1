"""The wheel carries text and model: installed elsewhere, it answers from any directory."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.conftest import ROOT


def test_an_installed_wheel_answers_from_another_directory(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("citaat-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(packages), str(wheel)], check=True)
    here, there = (
        sorted(path.name for path in (folder / "citaat" / "server" / "web").iterdir()) for folder in (ROOT / "app", packages)
    )
    assert here == there
    # The dependencies come from this environment; the clone, which an editable install adds to it, does not.
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    code = "import sys; sys.argv = ['citaat', 'ask', 'Wat vindt de partij van kernwapens?']; from citaat.cli import main; main()"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("CITAAT_", "PYTHONPATH"))}
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", "-c", code],
        cwd=tmp_path,
        env=environment | {"XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Kernwapens de wereld uit" in done.stdout
    assert (tmp_path / "data" / "citaat" / "store" / "CURRENT").is_file()
