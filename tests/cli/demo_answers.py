"""Writes tests/demo/expected.json from rustc's answers: `python tests/cli/demo_answers.py`. Read the difference."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[1] / "demo"
EXPECTED = DEMO / "expected.json"
_SIGILS = {"ref": "&", "uniq": "&uniq ", "mut": "&mut ", "copy": "copy ", "move": ""}


def report(*options: str) -> dict[str, Any]:
    argv = [sys.executable, "-m", "closurelens.cli.main", "captures", "--format", "json", *options, str(DEMO)]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def table(told: dict[str, Any], *, kinds: bool = True) -> dict[str, list[str]]:
    """By file, a line for each closure: `12:9 FnMut as FnOnce move [x, &mut self.items]`."""
    return {
        file["path"]: [_line(closure, kinds=kinds) for closure in file["closures"]]
        for file in told["files"]
        if file["closures"]
    }


def _line(closure: dict[str, Any], *, kinds: bool) -> str:
    words = [f"{closure['line']}:{closure['column']}"]
    words += [] if closure["certain"] else ["?"]
    words.append(closure["trait"])
    if kinds and closure["kind"] not in (None, closure["trait"]):
        words += ["as", closure["kind"]]
    words += ["move"] if closure["move"] else []
    captures = ", ".join(_SIGILS[c["mode"]] + c["place"] for c in closure["captures"])
    return f"{' '.join(words)} [{captures}]"


if __name__ == "__main__":
    EXPECTED.write_text(json.dumps(table(report("--engine", "rustc")), indent=1) + "\n", "utf-8")
