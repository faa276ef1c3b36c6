"""VS Code (code-server, in a browser without a window) with our own extension, packaged and installed."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import expected
import install
import pytest
from run import ROOT, Run, tool, until

SCRIPT = Path(__file__).with_name("vscode.mjs")
EXTENSION = ROOT / "editors/vscode"


def packaged(run: Run) -> Path:
    """The extension as `npm run package` makes it, of a copy beside which the licence lies."""
    at = run.home / "build/editors/vscode"
    shutil.copytree(EXTENSION, at, ignore=shutil.ignore_patterns("node_modules", "dist"))
    shutil.copy(ROOT / "LICENSE-MIT", run.home / "build")
    (at / "node_modules").symlink_to(install.folder() / "extension/node_modules")
    path = f"{install.folder() / 'node/bin'}:{run.environment['PATH']}"
    done = subprocess.run(
        ["npm", "run", "package"], cwd=at, env={**run.environment, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return at / "dist/closurelens.vsix"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.needs("code-server", "node", "chromium")
def test_vscode(run: Run, tmp_path: Path) -> None:
    code, node, chromium = tool("code-server"), tool("node"), tool("chromium")
    assert code is not None and node is not None and chromium is not None
    # VS Code asks the user's login shell for the environment.
    for name in (".profile", ".bash_profile", ".zprofile"):
        (run.home / name).write_text(f"export PATH='{run.environment['PATH']}'\n")
    port = free_port()
    folders = ("--user-data-dir", run.home / "data", "--extensions-dir", run.home / "extensions")
    config = ("--config", run.home / "config.yaml")
    installed = subprocess.run(
        [code, *config, *folders, "--install-extension", packaged(run)],
        env=run.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert "successfully installed" in installed.stdout, installed.stdout + installed.stderr
    quiet = ("--disable-telemetry", "--disable-update-check", "--disable-workspace-trust")
    log = run.home / "log"
    server = run.start(
        code, *config, *folders, *quiet, "--disable-getting-started-override",
        "--auth", "none", "--bind-addr", f"127.0.0.1:{port}",
        stdin=subprocess.DEVNULL, stdout=log.open("w"), stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        assert until(lambda: answers(port), 60), log.read_text()
        file = run.file("environment.rs")
        playwright = install.folder() / "playwright"
        url = f"http://127.0.0.1:{port}"
        found = run.events(node, SCRIPT, playwright, chromium, url, run.package, file, tmp_path, seconds=500)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
    check(run, found)
    run.assert_nothing_is_left(30)


def check(run: Run, found: dict[str, Any]) -> None:
    # What stands between a hint and the text behind it is no character here.
    assert "    let f = move(&a)|x|: Fn x + a;" in found["hints"]
    assert "    let x = move(&a, &mut b, c)||: FnOnce {" in found["hints"]
    assert "    let x = move(a, b, c) ||: FnOnce {" in found["hints"]
    long = "        let mut add = move(&mut self.entries, &mut self.total, &amount)||: FnMut {"
    assert long in found["hints"]
    for drawn in (found["typed"], found["saved"]):
        assert "    let f = move(&a, &c)|x|: Fn x + a + /* 🦀é */ c;" in drawn
        assert "    let x = move(&a, &mut b, c)||: FnOnce {" in drawn
    for part in expected.HOVER:
        assert part in found["hover"]
    assert found["tooltip"].startswith("b: mutable borrow by the closure of line 14")
    assert found["tooltip"].count("b is borrowed mutably (indexed) (line 16)") == 1
    assert "shared" not in found["tooltip"]
    assert "Add `move`" in found["offered"]
    assert "    let f = move(a, c) |x|: Fn x + a + /* 🦀é */ c;" in found["after"]
    assert expected.ACTION_LINE in run.file("environment.rs").read_text()
    assert (found["off"], found["on"], found["restarted"]) == (True, True, True)
    assert found["log"] is True
