"""The whole project is formatted, free of lint, typed, and keeps its layers."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
LINT_IMPORTS = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports"
SOURCES = ("server", "tests")

CHECKS = {
    "ruff-format": (PYTHON, "-m", "ruff", "format", "--check", *SOURCES),
    "ruff-check": (PYTHON, "-m", "ruff", "check", *SOURCES),
    "mypy": (PYTHON, "-m", "mypy"),
    "layers": (LINT_IMPORTS, "--no-cache"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_check(name: str) -> None:
    done = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_file_is_too_long_to_read() -> None:
    """Data and tables that a program writes are none of these."""
    files = [path for path in (ROOT / "server").rglob("*.py") if ".venv" not in path.parts]
    long = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {path: lines for path, lines in long.items() if lines > 620} == {}
