"""Installs the editors that the tests in this folder run, into a folder of their own.

    python tests/editors/install.py

Neovim, Helix, Emacs, tmux and rust-analyzer are Debian's, of a suite that is new enough; Chromium is of the machine's
own suite; VS Code is code-server, from npm. Packages are unpacked and not installed, so neither root nor room in the
system is needed, but Debian's apt-get is, and npm. The programs run through the wrappers in `bin`, which start the
dynamic linker of the unpacked system themselves: what an editor starts is still the machine's own.

Invariant: the folder is complete if and only if its file `recipe` holds the hash of what would be installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SUITE = "forky"
PACKAGES = ("neovim", "hx", "emacs-nox", "elpa-lsp-mode", "elpa-rust-mode", "tmux", "rust-analyzer")
SOURCES = ("librust-textwrap-dev",)
"""Unpacked without what they depend on: a crate of others to show the editors."""
BROWSER = "chromium-headless-shell"
NODE = "24.21.0"
CODE_SERVER = "4.139.1"
PLAYWRIGHT = "1.65.1"
EXTENSION = Path(__file__).parents[2] / "editors/vscode"

_NOT_UNPACKED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/icons")
_TRIPLES = {"x86_64": ("x86_64-linux-gnu", "x64"), "aarch64": ("aarch64-linux-gnu", "arm64")}


class CannotInstall(Exception):
    """Said to the user as it is."""


def folder() -> Path:
    chosen = os.environ.get("CLOSURELENS_EDITORS")
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache) / "closurelens-editors"


def recipe() -> str:
    """Of what is installed: this module, and what our own extension is built with."""
    return hashlib.sha256(Path(__file__).read_bytes() + (EXTENSION / "package-lock.json").read_bytes()).hexdigest()


def is_complete(at: Path) -> bool:
    stamp = at / "recipe"
    return stamp.is_file() and stamp.read_text() == recipe()


def install(at: Path) -> None:
    """Raises CannotInstall where it cannot be done, and CalledProcessError where a download fails."""
    at.parent.mkdir(parents=True, exist_ok=True)
    with open(at.parent / f"{at.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_complete(at):
            return
        for tool in ("apt-get", "dpkg-deb", "npm"):
            if shutil.which(tool) is None:
                raise CannotInstall(f"the editors to test with come from Debian and npm, and there is no `{tool}` here")
        if platform.machine() not in _TRIPLES:
            raise CannotInstall(f"the editors to test with are not prepared for {platform.machine()}")
        shutil.rmtree(at, ignore_errors=True)
        (at / "bin").mkdir(parents=True)
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(work, at) for work in (_editors, _browser, _code)]:
                done.result()
        (at / "recipe").write_text(recipe())


# Debian


class _Apt:
    """apt-get with lists and state of its own. `installed`: packages there are taken as given."""

    def __init__(self, at: Path, suites: Sequence[str], installed: Path | None) -> None:
        self.at = at
        for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d", "var/lib/dpkg"):
            (at / name).mkdir(parents=True, exist_ok=True)
        for name in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
            (at / name).mkdir(parents=True, exist_ok=True)
        status = at / "var/lib/dpkg/status"
        if installed is None:
            status.write_text("")
        else:
            shutil.copy(installed, status)
        main, security = _mirrors()
        lines = [
            f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
            f"{security if suite.endswith('-security') else main} {suite} main\n"
            for suite in suites
        ]
        (at / "etc/apt/sources.list").write_text("".join(lines))
        options = {
            "Dir": at,
            "Dir::State::status": status,
            "Dir::Etc::Trusted": "/etc/apt/trusted.gpg",
            "Dir::Etc::TrustedParts": "/etc/apt/trusted.gpg.d",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
            "Acquire::Languages": "none",
            "Acquire::Retries": 3,
            "DPkg::Post-Invoke": "",
            "APT::Update::Post-Invoke": "",
        }
        self._options = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]

    def run(self, *arguments: str) -> None:
        _run("apt-get", *self._options, "-q", "-y", *arguments, cwd=self.at / "var/cache/apt/archives")

    def unpack(self, root: Path, packages: Sequence[str], alone: Sequence[str] = ()) -> None:
        self.run("update")
        self.run("--download-only", "install", *packages)
        if alone:
            self.run("download", *alone)
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
            if not (root / name).exists():
                (root / name).symlink_to(f"usr/{name}")
        left_out = " ".join(f"--exclude=./{name}" for name in _NOT_UNPACKED)
        unpack = f'set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink {left_out} -C "$2"'
        for package in sorted((self.at / "var/cache/apt/archives").glob("*.deb")):
            _run("bash", "-c", unpack, "unpack", str(package), str(root))
        shutil.rmtree(self.at)


def _mirrors() -> tuple[str, str]:
    """Where this machine gets Debian's packages, and their security updates."""
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True, check=True
    )
    found = list(dict.fromkeys(line.rstrip("/") for line in out.stdout.split()))
    main = [uri for uri in found if uri.endswith("/debian")]
    if not main:
        raise CannotInstall("the editors to test with come from Debian, and apt-get knows no mirror of it here")
    return main[0], next((uri for uri in found if uri.endswith("/debian-security")), main[0])


def _editors(at: Path) -> None:
    root = at / "root"
    _Apt(at / "apt", [SUITE], None).unpack(root, PACKAGES, SOURCES)
    emacs = next((root / "usr/share/emacs").glob("[0-9]*"))
    libexec = next((root / "usr/libexec/emacs").glob("[0-9]*/*"))
    lisp = [emacs / "lisp", *(path for path in sorted((emacs / "lisp").rglob("*")) if path.is_dir())]
    packages = [path for path in sorted((root / "usr/share/emacs/site-lisp/elpa-src").rglob("*")) if path.is_dir()]
    _wrapper(at, "nvim", root / "usr/bin/nvim", {"VIMRUNTIME": root / "usr/share/nvim/runtime"})
    _wrapper(at, "hx", root / "usr/lib/hx/hx", {"HELIX_RUNTIME": root / "usr/lib/hx/runtime"})
    _wrapper(at, "tmux", root / "usr/bin/tmux", {"TERMINFO": root / "usr/share/terminfo"})
    _wrapper(at, "rust-analyzer", root / "usr/bin/rust-analyzer", {})
    environment: dict[str, object] = {
        "EMACSLOADPATH": ":".join(map(str, [*lisp, *packages])),
        "EMACSDATA": emacs / "etc",
        "EMACSDOC": emacs / "etc",
        "EMACSPATH": libexec,
    }
    dumped = next(libexec.glob("*.pdmp"), None)
    _wrapper(at, "emacs", root / "usr/bin/emacs-nox", environment, () if dumped is None else ("--dump-file", dumped))


def _wrapper(
    at: Path, name: str, program: Path, environment: dict[str, object], arguments: Sequence[object] = ()
) -> None:
    root = at / "root"
    triple = _TRIPLES[platform.machine()][0]
    linker = next((root / "usr").glob("lib*/ld-linux-*.so.*"))
    library_path = f"{root}/usr/lib/{triple}:{root}/usr/lib"
    _script(
        at / "bin" / name,
        environment,
        [linker, "--argv0", program, "--library-path", library_path, program, *arguments],
    )


def _browser(at: Path) -> None:
    """Chromium starts itself anew, so it needs a linker where it looks for one: it is of this machine's own suite."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    suite = release.get("VERSION_CODENAME", "").strip('"')
    if not suite:
        raise CannotInstall("the editors to test with come from Debian, and this machine runs no release of it")
    root = at / "browser"
    status = Path("/var/lib/dpkg/status")
    _Apt(at / "browser-apt", [suite, f"{suite}-security"], status if status.exists() else None).unpack(root, [BROWSER])
    program = root / "usr/lib/chromium/chromium-headless-shell"
    triple = _TRIPLES[platform.machine()][0]
    libraries = f"{root}/usr/lib/{triple}:{root}/usr/lib/{triple}/pulseaudio"
    _script(at / "bin" / "chromium", {"LD_LIBRARY_PATH": libraries}, [program])


# npm


def _code(at: Path) -> None:
    """code-server runs from its package as it is: what its scripts would compile or fetch is not needed here."""
    environment = dict(os.environ, npm_config_cache=str(at / "npm-cache"))
    for name in ("audit", "fund", "update_notifier", "progress"):
        environment[f"npm_config_{name}"] = "false"
    _unpacked(at, f"node-linux-{_TRIPLES[platform.machine()][1]}", NODE, at / "node", environment)
    environment["PATH"] = f"{at / 'node/bin'}:{environment['PATH']}"
    package = at / "code-server"
    _unpacked(at, "code-server", CODE_SERVER, package, environment)
    _run("npm", "ci", "--omit=dev", "--ignore-scripts", "-s", cwd=package, env=environment)
    _run("npm", "install", "--omit=dev", "--ignore-scripts", "-s", cwd=package / "lib/vscode", env=environment)
    for link, target in (("remote-cli/code-server", "code-linux.sh"), ("helpers/browser.sh", "browser-linux.sh")):
        path = package / "lib/vscode/bin" / link
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    _unpacked(at, "playwright-core", PLAYWRIGHT, at / "playwright", environment)
    extension = at / "extension"
    extension.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(EXTENSION / name, extension)
    _run("npm", "ci", "--ignore-scripts", "-s", cwd=extension, env=environment)
    shutil.rmtree(at / "npm-cache", ignore_errors=True)
    _script(at / "bin" / "node", {}, [at / "node/bin/node"])
    _script(at / "bin" / "code-server", {}, [at / "node/bin/node", package / "out/node/entry.js"])


def _unpacked(at: Path, name: str, version: str, into: Path, environment: dict[str, str]) -> None:
    _run("npm", "pack", "-s", f"{name}@{version}", cwd=at, env=environment)
    archive = at / f"{name}-{version}.tgz"
    into.mkdir()
    _run("tar", "-xzf", str(archive), "-C", str(into), "--strip-components=1")
    archive.unlink()


# Both


def _script(path: Path, environment: dict[str, object], command: Sequence[object]) -> None:
    def quoted(value: object) -> str:
        return "'" + str(value).replace("'", "'\\''") + "'"

    exports = "".join(f"export {name}={quoted(value)}\n" for name, value in environment.items())
    path.write_text(f'#!/bin/sh\n{exports}exec {" ".join(map(quoted, command))} "$@"\n')
    path.chmod(0o755)


def _run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        shown = " ".join(command[:1] + command[-3:])
        raise CannotInstall(f"`{shown}` failed:\n{(done.stdout + done.stderr)[-2000:]}")


def main() -> int:
    began = time.monotonic()
    at = folder()
    try:
        install(at)
    except CannotInstall as error:
        print(f"editors: {error}", file=sys.stderr)
        return 1
    print(f"editors: in {at} ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
