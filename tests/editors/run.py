"""What the tests of all editors share: a package to edit, a home of its own, and the processes that were started.

Invariant: every process that a test starts carries a mark in its environment, and inherits it to what it starts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import install
import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "tests/demo"
_MARK = "CLOSURELENS_TEST_RUN"


def tool(name: str) -> Path | None:
    """An installed editor. The machine's own are not taken: they may be of any age."""
    at = install.folder() / "bin" / name
    return at if install.is_complete(install.folder()) and at.exists() else None


@dataclass(slots=True)
class Run:
    """`package` is a copy of the demo crate; `home` is all an editor sees of a user."""

    package: Path
    home: Path
    mark: str
    environment: dict[str, str]

    def file(self, name: str) -> Path:
        return self.package / "src" / name

    def start(self, *command: str | Path, **options: Any) -> subprocess.Popen[str]:
        options = {"env": self.environment, "cwd": self.package, "text": True, **options}
        return subprocess.Popen([str(part) for part in command], **options)

    def events(self, *command: str | Path, seconds: float = 120, **options: Any) -> dict[str, Any]:
        """Run an editor with a script that prints lines `@name JSON`; the last of each name."""
        process = self.start(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
        )
        try:
            out, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            raise AssertionError(f"the editor did not end in {seconds} s:\n{out}") from None
        assert process.returncode == 0, f"exit {process.returncode}:\n{out}"
        found: dict[str, Any] = {}
        for line in out.splitlines():
            if line.startswith("@"):
                name, _, value = line[1:].partition(" ")
                found[name] = json.loads(value)
        found["output"] = out
        print(out)
        return found

    def processes(self) -> list[str]:
        """Command lines of what was started and has not ended."""
        wanted = f"{_MARK}={self.mark}".encode()
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has just ended
                continue
        return [command for command in found if command]

    def assert_nothing_is_left(self, seconds: float = 15) -> None:
        assert until(lambda: not self.processes(), seconds), self.processes()

    def kill_all(self) -> None:
        wanted = f"{_MARK}={self.mark}".encode()
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and wanted in (process / "environ").read_bytes().split(b"\0"):
                    os.kill(int(process.name), 9)
            except OSError:
                continue


def new_run(folder: Path) -> Run:
    package, home, bin = folder / "demo", folder / "home", folder / "bin"
    shutil.copytree(DEMO, package, ignore=shutil.ignore_patterns("target"))
    for path in (home, bin):
        path.mkdir()
    program = bin / "closurelens"
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom closurelens.cli.main import main\nsys.exit(main())\n")
    program.chmod(0o755)
    analyzer = tool("rust-analyzer")
    if analyzer is not None:
        (bin / "rust-analyzer").symlink_to(analyzer)
    real_home = os.path.expanduser("~")
    mark = uuid.uuid4().hex
    environment = {
        "PATH": f"{bin}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", f"{real_home}/.rustup"),
        "CARGO_HOME": os.environ.get("CARGO_HOME", f"{real_home}/.cargo"),
        "PYTHONPATH": str(ROOT / "server"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTEST_CURRENT_TEST": os.environ.get("PYTEST_CURRENT_TEST", ""),
        _MARK: mark,
    }
    return Run(package, home, mark, environment)


def saved(file: Path) -> str:
    """What stands in the file; nothing for the moment in which an editor moves the old one away to write it anew."""
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def until(is_so: Callable[[], object], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def unpacked_crate(name: str) -> Path:
    """A crate of others that was installed with the editors."""
    found = sorted((install.folder() / "root/usr/share/cargo/registry").glob(f"{name}-*"))
    if not found:
        pytest.skip(f"the crate {name} is not there: `python tests/editors/install.py` installs it")
    return found[0]
