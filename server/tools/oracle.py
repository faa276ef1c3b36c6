"""Writes down what rustc says of a published crate's closures: `python server/tools/oracle.py NAME@VERSION OUT.json`.

OUT.json, one line: {"crate", "version", "edition", "rustc", "features", "closures_in_text", "files": {path: sha256},
"closures": [{"file", "start" (byte), "line", "col" (from 1, in bytes), "move", "async", "trait" (natural), "kind" (in
its context, or null), "uses": [[variable, [field, ...], mode]], "captures": [[variable, [field, ...], mode]],
"deref"}]}. Modes: ref, uniq, mut, copy, move. A field whose name rustc did not tell is `#` and its index. Async blocks
are left out.
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from published import default_cache, published

from closurelens.exact import CrateOptions, ExactAnswers, ask_crate
from closurelens.exact.model import Capture, Closure, FileAnswers, Flavour, Use


def oracle(name: str, version: str, features: str, cache: Path) -> dict[str, Any]:
    """The content of an oracle. Exits with the reason where rustc has no answer."""
    folder = published(name, version, cache)
    check_args = ("--features", features) if features else ()
    answers = ask_crate(folder, CrateOptions(cache / "target", check_args))
    if not isinstance(answers, ExactAnswers):
        raise SystemExit(f"{name}@{version}: {answers.message}")
    for error in answers.errors:
        print(f"{name}@{version}: {error.file or ''} {error.message}", file=sys.stderr)
    manifest = tomllib.loads((folder / "Cargo.toml").read_text("utf-8"))
    closures: list[dict[str, Any]] = []
    for path, file in sorted(answers.files.items()):
        text = (folder / path).read_bytes()
        closures += [_closure(path, text, c) for c in _closures(file)]
    asked = {c["file"] for c in closures}
    return {
        "crate": name,
        "version": version,
        "edition": manifest["package"].get("edition", "2015"),
        "rustc": answers.rustc,
        "features": features,
        "closures_in_text": len(closures) + sum(len(file.unanswered) for file in answers.files.values()),
        "files": {path: file.digest for path, file in sorted(answers.files.items()) if path in asked},
        "closures": closures,
    }


def _closures(file: FileAnswers) -> list[Closure]:
    return [c for _, c in sorted(file.closures.items()) if c.flavour is not Flavour.ASYNC_BLOCK]


def _closure(path: str, text: bytes, closure: Closure) -> dict[str, Any]:
    start = closure.start
    head = text[start : text.index(b"|", start)].split()
    return {
        "file": path,
        "start": start,
        "line": text.count(b"\n", 0, start) + 1,
        "col": start - text.rfind(b"\n", 0, start),
        "move": b"move" in head,
        "async": closure.flavour is Flavour.ASYNC_CLOSURE,
        "trait": closure.natural,
        "kind": closure.kind,
        "uses": [_row(u) for u in closure.uses],
        "captures": [_row(c) for c in closure.captures],
        "deref": any(c.place.has_deref for c in closure.captures),
    }


def _row(told: Use | Capture) -> list[Any]:
    return [told.place.variable, told.place.fields, told.mode]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("crate", help="NAME@VERSION")
    parser.add_argument("out", type=Path)
    parser.add_argument("--features", default="")
    parser.add_argument("--cache", type=Path, default=default_cache())
    args = parser.parse_args()
    name, _, version = args.crate.partition("@")
    found = oracle(name, version, args.features, args.cache)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(found, separators=(",", ":")) + "\n", "utf-8")
    print(
        f"{name}@{version}: {len(found['closures'])} of {found['closures_in_text']} closures and async blocks answered"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
