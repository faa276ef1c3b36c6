"""Stands between cargo and rustc: notes how cargo calls rustc for one package, then lets rustc run unchanged.

This file runs as a program of its own (cargo's RUSTC_WORKSPACE_WRAPPER) and imports nothing of closurelens.
Invariant: no value of the caller's own environment is written to disk, only what cargo or a build script added.
"""

import json
import os
import subprocess
import sys

RECORDS = "CLOSURELENS_RECORDS"
PACKAGE = "CLOSURELENS_PACKAGE"
CALLER_NAMES = "caller-names.json"
_CARGO_SETS = ("CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_BIN_", "CARGO_PRIMARY_PACKAGE", "OUT_DIR")


def record_name(crate_name: str, extra_filename: str) -> str:
    """The file of one rustc call; cargo gives every target, profile and set of features its own extra filename."""
    return f"{crate_name}{extra_filename}.json"


def extra_filename(args: list[str]) -> str:
    for arg in args:
        if arg.startswith("extra-filename="):
            return arg.partition("=")[2]
    return ""


def _record(program: str, args: list[str]) -> None:
    folder, package = os.environ.get(RECORDS), os.environ.get(PACKAGE)
    if not folder or os.environ.get("CARGO_MANIFEST_DIR") != package or "--crate-name" not in args:
        return
    name = args[args.index("--crate-name") + 1]
    roots = [arg for arg in args if arg.endswith(".rs") and not arg.startswith("-")]
    if name.startswith("build_script_") or not roots:
        return
    with open(os.path.join(folder, CALLER_NAMES), encoding="utf-8") as file:
        caller = set(json.load(file))
    env = {k: v for k, v in os.environ.items() if k not in caller or k.startswith(_CARGO_SETS)}
    call = {"program": program, "args": args, "root": roots[0], "cwd": os.getcwd(), "env": env}
    with open(os.path.join(folder, record_name(name, extra_filename(args))), "w", encoding="utf-8") as file:
        json.dump(call, file)


def main() -> int:
    program, args = sys.argv[1], sys.argv[2:]
    _record(program, args)
    if os.name != "nt":
        os.execvp(program, [program, *args])
    return subprocess.call([program, *args])


if __name__ == "__main__":
    sys.exit(main())
