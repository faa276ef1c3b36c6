"""Lets cargo say how it compiles a package, and lays out a copy of the package to be marked.

cargo check runs where the package is, with its own target folder; a recorder notes each call of rustc for the package,
so that the calls can be repeated on marked sources without cargo. Calls that cargo finds fresh are known from an
earlier run.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from closurelens.exact import recorder
from closurelens.exact.model import CompileError, NotAPackage
from closurelens.exact.process import Command, Deadline, Finished, NotInstalled, run
from closurelens.exact.targets import Target, key_of
from closurelens.records import dataclass, field

_NOT_SOURCES = frozenset(("target", "node_modules"))
_TEST_FOLDERS = frozenset(("tests", "benches", "examples", "fuzz"))


@dataclass(slots=True)
class CrateOptions:
    """How a crate is asked.

    `target_dir` keeps what cargo compiles between calls. `check_args` go to cargo check: features, a target triple,
    `--offline`. `all_targets` asks about tests, benches and examples too.
    """

    target_dir: Path
    check_args: tuple[str, ...] = ()
    all_targets: bool = False
    timeout_seconds: float = 900.0


@dataclass(slots=True)
class Package:
    name: str
    id: str
    folder: Path
    workspace_root: Path
    all_targets: bool

    def source_files(self) -> list[str]:
        """All .rs files of this package, relative to its folder; those of packages nested in it left out."""
        found: list[str] = []
        for folder, folders, files in os.walk(self.folder):
            at = Path(folder)
            skipped = _NOT_SOURCES if self.all_targets or at != self.folder else _NOT_SOURCES | _TEST_FOLDERS
            folders[:] = sorted(
                f for f in folders if f not in skipped and f[0] != "." and not (at / f / "Cargo.toml").exists()
            )
            found += [(at / f).relative_to(self.folder).as_posix() for f in sorted(files) if f.endswith(".rs")]
        return [f for f in found if f != "build.rs"]


@dataclass(slots=True)
class CargoTargets:
    targets: list[Target]
    errors: list[CompileError] = field(default_factory=list)


def package_of(folder: Path, options: CrateOptions, deadline: Deadline) -> Package | NotAPackage:
    if shutil.which("cargo") is None:
        raise NotInstalled("cargo is not on the PATH")
    argv = ["cargo", "metadata", "--no-deps", "--format-version=1"]
    done = (
        run(Command(argv, folder, dict(os.environ)), deadline) if folder.is_dir() else Finished(1, "", "no such folder")
    )
    if done.status:
        return NotAPackage(done.err.strip())
    metadata = json.loads(done.out)
    for package in metadata["packages"]:
        if Path(package["manifest_path"]).parent.resolve() == folder.resolve():
            root = Path(metadata["workspace_root"])
            return Package(package["name"], package["id"], folder, root, options.all_targets)
    return NotAPackage(f"{folder} is not the folder of a package (perhaps of a workspace: ask for its members)")


def cargo_targets(package: Package, options: CrateOptions, deadline: Deadline) -> CargoTargets:
    """The calls of rustc that make up a check of this package, the library's first."""
    records = options.target_dir / "closurelens-calls"
    records.mkdir(parents=True, exist_ok=True)
    (records / recorder.CALLER_NAMES).write_text(json.dumps(sorted(os.environ)), "utf-8")
    before = {path.name: path.stat().st_mtime_ns for path in records.iterdir()}
    argv = ["cargo", "check", "--message-format=json", "--quiet", "--package", package.id, *options.check_args]
    if options.all_targets:
        argv.append("--all-targets")
    env = {
        **os.environ,
        "CARGO_TARGET_DIR": str(options.target_dir),
        "RUSTC_WORKSPACE_WRAPPER": str(_launcher(records)),
        recorder.RECORDS: str(records),
        recorder.PACKAGE: str(package.folder.resolve()),
    }
    done = run(Command(argv, package.folder, env), deadline)
    fresh, errors, own_errors = _read_messages(done.out, package)
    if done.status and not (errors or own_errors):
        errors.append(CompileError(_last_words(done.err), None, None, None))
    names = [p.name for p in records.iterdir() if p.suffix == ".json" and p.name != recorder.CALLER_NAMES]
    written = [n for n in names if before.get(n) != (records / n).stat().st_mtime_ns]
    wanted = sorted({*written, *(n for n in names if Path(n).stem in fresh)})
    targets = [t for t in (_read_call(records / name, package) for name in wanted) if t is not None]
    targets.sort(key=lambda t: ("--test" in t.args, "lib" not in t.args, t.root))
    return CargoTargets(targets, errors)


def _launcher(records: Path) -> Path:
    """An executable that starts the recorder with this Python; cargo accepts nothing but one program."""
    program = Path(recorder.__file__)
    if sys.platform == "win32":
        path = records / "recorder.cmd"
        path.write_text(f'@"{sys.executable}" -I -S "{program}" %*\r\n', "utf-8")
    else:
        path = records / "recorder.sh"
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{program}" "$@"\n', "utf-8")
        path.chmod(0o755)
    return path


def _read_messages(out: str, package: Package) -> tuple[set[str], list[CompileError], bool]:
    """The stems of the package's artifacts (`name-hash`), errors in other packages, and whether this one has any."""
    stems: set[str] = set()
    errors: list[CompileError] = []
    own_errors = False
    for line in out.split("\n"):
        if not line.startswith("{"):
            continue
        message: dict[str, Any] = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["package_id"] == package.id:
            stems |= {Path(f).stem.removeprefix("lib") for f in message["filenames"]}
        elif message["reason"] == "compiler-message" and message["message"]["level"].startswith("error"):
            inner = message["message"]
            if message["package_id"] == package.id:
                own_errors = True
            elif not inner["message"].startswith("aborting due to"):
                code = inner["code"]["code"] if inner.get("code") else None
                errors.append(CompileError(f"{message['target']['name']}: {inner['message']}", code, None, None))
    return stems, errors, own_errors


def _last_words(err: str) -> str:
    lines = [line for line in err.strip().split("\n") if line.strip()]
    firsts = [line for line in lines if line.startswith("error")]
    return (firsts or lines or ["cargo check failed without a word"])[0]


def _read_call(path: Path, package: Package) -> Target | None:
    call = json.loads(path.read_text("utf-8"))
    folder = package.folder
    root = key_of(Path(call["cwd"]), folder.resolve(), call["root"])
    if root is None:
        return None
    args, root_at = _without_outputs(call["args"], call["root"])
    return Target(call["program"], args, root_at, root, Path(call["cwd"]), {**os.environ, **call["env"]})


_OUTPUTS = ("--emit", "--out-dir", "--error-format", "--json", "-o", "--cap-lints", "--diagnostic-width")
_OUTPUTS_JOINED = (*(f"{option}=" for option in _OUTPUTS), "-Cincremental=")


def _without_outputs(args: list[str], root: str) -> tuple[list[str], int]:
    kept: list[str] = []
    at = 0
    while at < len(args):
        arg = args[at]
        if arg in _OUTPUTS:
            at += 2
        elif arg.startswith(_OUTPUTS_JOINED):
            at += 1
        elif arg == "-C" and at + 1 < len(args) and args[at + 1].startswith("incremental="):
            at += 2
        else:
            kept.append(arg)
            at += 1
    return kept, kept.index(root)


def mirror(package: Package, into: Path) -> Path:
    """A copy of the package's folder tree below `into`, made of links; returns where the package's folder is in it.

    The folders from the workspace's root down to the package are there too, so that `../../README.md` is found.
    """
    source, copy = package.workspace_root, into / "root"
    if not package.folder.is_relative_to(source):
        source = package.folder
    copy.mkdir(parents=True)
    for part in package.folder.relative_to(source).parts:
        _link_entries(source, copy, {part})
        source, copy = source / part, copy / part
        copy.mkdir()
    own_folders = {Path(key).parent for key in package.source_files()}
    own_folders |= {parent for folder in own_folders for parent in folder.parents}
    for folder in sorted(own_folders | {Path(".")}):
        (copy / folder).mkdir(exist_ok=True)
        _link_entries(package.folder / folder, copy / folder, {f.name for f in own_folders if f.parent == folder})
    return copy


def _link_entries(source: Path, copy: Path, besides: set[str]) -> None:
    for entry in source.iterdir():
        if entry.name not in besides:
            link(entry, copy / entry.name)


def link(entry: Path, to: Path) -> None:
    """A symbolic link, or a copy where the platform refuses links to its users."""
    try:
        to.symlink_to(entry)
    except OSError:
        if entry.name in _NOT_SOURCES or entry.name.startswith(".git"):
            return
        if entry.is_dir():
            shutil.copytree(entry, to, ignore=shutil.ignore_patterns(*_NOT_SOURCES, ".git"))
        else:
            shutil.copyfile(entry, to)
