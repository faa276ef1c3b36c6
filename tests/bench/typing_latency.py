"""Types into files of 500, 5,000 and 50,000 lines and prints what a keystroke costs until its hints are sent.

    python tests/bench/typing_latency.py SOURCE.rs... [--keys N] [--lines N,N] [--functions N,N] [--whole]

Files are made by repeating the sources as modules `m0`, `m1`, ... (`//!` lines are left out, as they must come first).
For each number of `--functions`, the typing is in the function whose number of lines is nearest to it, and which is
nearest to the middle of the file: 4 lines are the median of published Rust code, 56 the 95th percentile. A closure is
typed, removed, and typed again.

Costs are CPU milliseconds of this process, from the bytes of `didChange` and of the request for the hints of the 60
lines around (`--whole`: of the file) to the bytes of the answer. At each of the same keystrokes tree-sitter parses that
function alone: the ratios compare median with median and 95th percentile with 95th percentile, and in brackets the 95th
percentile with the median of the parses.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from tree_sitter import Language, Parser
from tree_sitter_rust import language

sys.path.insert(0, str(Path(__file__).parent))

from in_process import InProcess

URI = "file:///nowhere/bench.rs"
TYPED = "let q = |z: i32| { z + 1 };"


def grown(sources: list[str], lines: int) -> str:
    parts: list[str] = []
    count = number = 0
    while count < lines:
        source = sources[number % len(sources)]
        source = "\n".join(line for line in source.split("\n") if not line.startswith(("//!", "#![")))
        parts.append(f"mod m{number} {{\n{source}\n}}\n")
        count += source.count("\n") + 3
        number += 1
    return "".join(parts)


def functions_of(lines: list[str]) -> list[tuple[int, int]]:
    """First line and number of lines of each function."""
    found: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if "fn " in line and line.rstrip().endswith("{") and not line.lstrip().startswith(("//", "macro")):
            end = line[: len(line) - len(line.lstrip())] + "}"
            for last in range(number + 1, len(lines)):
                if lines[last].startswith(end):
                    found.append((number, last - number + 1))
                    break
    if not found:
        raise SystemExit("no function to type into")
    return found


def cpu() -> float:
    return time.process_time() * 1000


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def run(text: str, wanted: int, options: argparse.Namespace) -> None:
    lines = text.split("\n")
    line, length = min(functions_of(lines), key=lambda at: (abs(at[1] - wanted), abs(at[0] - len(lines) // 2)))
    server = InProcess()
    opened = {"uri": URI, "languageId": "rust", "version": 0, "text": text}
    start = cpu()
    server.notify("textDocument/didOpen", {"textDocument": opened})
    visible = {"start": {"line": max(line - 30, 0), "character": 0}, "end": {"line": line + 30, "character": 0}}
    if options.whole:
        visible = {"start": {"line": 0, "character": 0}, "end": {"line": len(lines) + 1, "character": 0}}
    hints = {"textDocument": {"uri": URI}, "range": visible}
    server.request("textDocument/inlayHint", hints)
    first = cpu() - start
    ask = json.dumps({"jsonrpc": "2.0", "id": 99, "method": "textDocument/inlayHint", "params": hints}).encode()
    at = {"line": line + 1, "character": 0}
    server.notify("textDocument/didChange", _change(0, {"range": {"start": at, "end": at}, "text": "\n"}))
    head, body = lines[line], "\n".join(lines[line + 1 : line + length])
    parser = Parser(Language(language()))
    costs: list[float] = []
    parses: list[float] = []
    version = 1
    for count in range(options.keys):
        column = count % len(TYPED)
        if column == 0 and count:
            whole = {"start": at, "end": {"line": at["line"], "character": len(TYPED)}}
            server.notify("textDocument/didChange", _change(version, {"range": whole, "text": ""}))
            server.raw(ask)
        here = {"line": at["line"], "character": column}
        version += 1
        edit = _change(version, {"range": {"start": here, "end": here}, "text": TYPED[column]})
        change = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": edit}).encode()
        chunk = f"{head}\n{TYPED[: column + 1]}\n{body}".encode()
        start = cpu()
        server.raw(change, ask)
        middle = cpu()
        parser.parse(chunk)
        end = cpu()
        costs.append(middle - start)
        parses.append(end - middle)
    base, slow = percentile(parses, 0.5), percentile(parses, 0.95)
    p50, p95 = percentile(costs, 0.5), percentile(costs, 0.95)
    print(
        f"{len(lines) - 1:>6} lines, function of {length:>3}: first hints {first:7.1f}  keystroke p50 {p50:6.2f}"
        f"  p95 {p95:6.2f}  max {max(costs):6.2f}  tree-sitter {base:5.3f}  ratio p50 {p50 / base:5.1f}"
        f"  p95 {p95 / slow:5.1f} ({p95 / base:.1f})"
    )


def _change(version: int, change: dict[str, object]) -> dict[str, object]:
    return {"textDocument": {"uri": URI, "version": version}, "contentChanges": [change]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--keys", type=int, default=10 * len(TYPED))
    parser.add_argument("--lines", default="500,5000,50000")
    parser.add_argument("--functions", default="4,56")
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    sources = [path.read_text() for path in options.sources]
    for lines in options.lines.split(","):
        text = grown(sources, int(lines))
        for wanted in options.functions.split(","):
            run(text, int(wanted), options)


if __name__ == "__main__":
    main()
