"""Writes what the tests of the demo crate expect: `python tests/cli/demo_answers.py`. Read the difference.

tests/demo/expected.json gets traits, captures and types from rustc, and the struct that each closure stands for from us
(rustc compiles it in test_demo.py); the last column of tests/demo/LESSONS.md gets the closures of each function.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from closurelens.cli.session import Reports, make_world
from closurelens.hir import body as h
from closurelens.ide.desugar import desugar
from closurelens.ide.view import FileView, file_view
from closurelens.project.load import LoadSettings

DEMO = Path(__file__).resolve().parents[1] / "demo"
EXPECTED = DEMO / "expected.json"
LESSONS = DEMO / "LESSONS.md"
_SIGILS = {"ref": "&", "uniq": "&uniq ", "mut": "&mut ", "copy": "copy ", "move": ""}

Answers = dict[str, dict[str, dict[str, Any]]]
"""By file and `line:column`: `closure`, and `types` of the captured places where they are known."""


def report(*options: str) -> dict[str, Any]:
    argv = [sys.executable, "-m", "closurelens.cli.main", "captures", "--format", "json", *options, str(DEMO)]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def answers(told: dict[str, Any]) -> Answers:
    return {
        file["path"]: {f"{c['line']}:{c['column']}": _answer(c) for c in file["closures"]}
        for file in told["files"]
        if file["closures"]
    }


def _answer(closure: dict[str, Any]) -> dict[str, Any]:
    """`closure`: `FnMut as FnOnce move [x, &mut self.items]`; rustc's types lose their paths."""
    words = [] if closure["certain"] else ["?"]
    words.append(closure["trait"])
    if closure["kind"] not in (None, closure["trait"]):
        words += ["as", closure["kind"]]
    words += ["move"] if closure["move"] else []
    captures = ", ".join(_SIGILS[c["mode"]] + c["place"] for c in closure["captures"])
    types = [c["type"] and re.sub(r"\w+::", "", c["type"]) for c in closure["captures"]]
    return {"closure": f"{' '.join(words)} [{captures}]", "types": types}


def views() -> Iterator[tuple[str, FileView]]:
    snapshot = make_world(LoadSettings(), Reports()).snapshot()
    for path in sorted(DEMO.glob("*/*.rs")):
        view = file_view(snapshot, str(path))
        assert view is not None
        yield path.relative_to(DEMO).as_posix(), view


def desugared() -> dict[str, dict[str, list[str]]]:
    """By file and `line:column`: the lines of the struct that the closure there stands for."""
    out: dict[str, dict[str, list[str]]] = {}
    for path, view in views():
        for closure in view.closures():
            if isinstance(closure.expr, h.Closure):
                start = closure.range.start
                column = start - view.document.text.rfind(b"\n", 0, start)
                made = desugar(view, closure)
                lines = [*made.text.split("\n"), *[f"problem: {problem}" for problem in made.problems]]
                out.setdefault(path, {})[f"{view.line(start)}:{column}"] = lines
    return out


# The lessons


@dataclass(slots=True)
class Row:
    says: str
    path: str
    function: str
    closures: str


def rows() -> list[Row]:
    out = []
    for line in LESSONS.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and " " in cells[2] and cells[2].endswith(tuple("abcdefghijklmnopqrstuvwxyz")):
            path, function = cells[2].split(" ")
            out.append(Row(cells[1], path, function, cells[3]))
    return out


def closures_of(found: Answers, path: str, function: str) -> dict[str, str]:
    """By place, the closures of a function of the demo."""
    lines = (DEMO / path).read_text("utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if re.search(rf"\bfn {function}\b", line))
    indent = re.match(r" *", lines[start])
    assert indent is not None
    end = start if "{}" in lines[start] else lines.index(f"{indent[0]}}}", start)
    here = found.get(path, {})
    return {at: answer["closure"] for at, answer in here.items() if start < int(at.split(":")[0]) <= end + 1}


def cell(closures: dict[str, str]) -> str:
    return ", ".join(f"`{closure}`" for closure in closures.values()) or "none"


def main() -> None:
    found = answers(report("--engine", "rustc"))
    lines = LESSONS.read_text("utf-8").splitlines()
    for row in rows():
        at = next(n for n, line in enumerate(lines) if f"| {row.says} | {row.path} {row.function} |" in line)
        head = lines[at].rsplit("|", 2)[0].rstrip()
        lines[at] = f"{head} | {cell(closures_of(found, row.path, row.function))} |"
    LESSONS.write_text("\n".join(lines) + "\n", "utf-8")
    for path, made in desugared().items():
        for at, text in made.items():
            found[path][at]["desugared"] = text
    EXPECTED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
