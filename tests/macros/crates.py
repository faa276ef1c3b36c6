"""Crates whose closures stand in and around the macros of published crates, and what rustc says of them.

`python tests/macros/crates.py [FOLDER ...]` writes the `expected.json` of each from rustc's answers. Read the diff.
Lines that are there for closures of which rustc is not asked stay: those in leptos's markup are what rustc said when
`#[rustc_capture_analysis]` was put before each closure that closurelens finds.
`#[async_trait]` renames `self`, so rustc's answers there say `__self`.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FOLDERS = sorted(path.parent.name for path in HERE.glob("*/Cargo.toml"))
_SIGILS = {"ref": "&", "uniq": "&uniq ", "mut": "&mut ", "copy": "copy ", "move": ""}

Table = dict[str, list[str]]


def table(folder: str, *options: str) -> Table:
    """By file, a line for each closure: `12:9 FnMut as FnOnce [x, &mut self.items]`; `?` where it is not certain."""
    argv = [sys.executable, "-m", "closurelens.cli.main", "captures", "--format", "json", *options, "."]
    done = subprocess.run(argv, cwd=HERE / folder, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return {file["path"]: [_line(one) for one in file["closures"]] for file in told["files"] if file["closures"]}


def _line(closure: dict[str, Any]) -> str:
    words = [f"{closure['line']}:{closure['column']}"]
    words += [] if closure["certain"] else ["?"]
    words.append(closure["trait"] or "async")
    if closure["kind"] not in (None, closure["trait"]):
        words += ["as", closure["kind"]]
    places = [_SIGILS[one["mode"]] + one["place"].replace("__self", "self") for one in closure["captures"]]
    return f"{' '.join(words)} [{', '.join(places)}]"


def expected(folder: str) -> Table:
    told: Table = json.loads((HERE / folder / "expected.json").read_text("utf-8"))
    return told


def main() -> None:
    for folder in sys.argv[1:] or FOLDERS:
        told = table(folder, "--engine", "rustc")
        for path, lines in expected(folder).items():
            places = {line.split()[0] for line in told.get(path, ())}
            kept = [line for line in lines if line.split()[0] not in places]
            told[path] = sorted(
                told.get(path, []) + kept, key=lambda line: [int(n) for n in line.split()[0].split(":")]
            )
        text = json.dumps(told, indent=1)
        (HERE / folder / "expected.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
