"""Types into files of 500, 5,000 and 50,000 lines and prints what a keystroke costs until its hints are encoded.

    python tests/bench/typing_latency.py SOURCE.rs... [--keys N] [--lines N,N]

Files are made by repeating the sources as modules `m0`, `m1`, ... (`//!` lines are left out, as they must come first).
Costs are CPU milliseconds of this process; the last column compares with tree-sitter parsing one function of the file
anew after one more character, measured in the same run.
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


def place_to_type(text: str) -> tuple[int, int]:
    """The line after the opening of a function in the middle of the file, and its number of lines."""
    lines = text.split("\n")
    for number in range(len(lines) // 2, len(lines)):
        line = lines[number]
        if "fn " in line and line.rstrip().endswith("{") and not line.lstrip().startswith(("//", "macro")):
            end = line[: len(line) - len(line.lstrip())] + "}"
            for last in range(number + 1, len(lines)):
                if lines[last].startswith(end):
                    return number, last - number + 1
    raise SystemExit("no function to type into")


def cpu() -> float:
    return time.process_time() * 1000


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def tree_sitter_cost(function: str, keys: int) -> float:
    parser = Parser(Language(language()))
    head, _, rest = function.partition("\n")
    costs = []
    for count in range(keys):
        text = f"{head}\n{TYPED[: 1 + count % len(TYPED)]}\n{rest}".encode()
        start = cpu()
        parser.parse(text)
        costs.append(cpu() - start)
    return percentile(costs, 0.5)


def run(text: str, keys: int) -> None:
    server = InProcess()
    opened = {"uri": URI, "languageId": "rust", "version": 0, "text": text}
    start = cpu()
    server.notify("textDocument/didOpen", {"textDocument": opened})
    line, length = place_to_type(text)
    visible = {"start": {"line": max(line - 30, 0), "character": 0}, "end": {"line": line + 30, "character": 0}}
    hints = {"textDocument": {"uri": URI}, "range": visible}
    server.request("textDocument/inlayHint", hints)
    first = cpu() - start
    ask = json.dumps({"jsonrpc": "2.0", "id": 99, "method": "textDocument/inlayHint", "params": hints}).encode()
    costs: list[float] = []
    at = {"line": line + 1, "character": 0}
    insert = {"range": {"start": at, "end": at}, "text": "\n"}
    server.notify("textDocument/didChange", _change(0, insert))
    version = 1
    for count in range(keys):
        column = count % len(TYPED)
        if column == 0 and count:
            whole = {"start": at, "end": {"line": at["line"], "character": len(TYPED)}}
            server.notify("textDocument/didChange", _change(version, {"range": whole, "text": ""}))
            server.raw(ask)
        here = {"line": at["line"], "character": column}
        version += 1
        edit = _change(version, {"range": {"start": here, "end": here}, "text": TYPED[column]})
        change = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": edit}).encode()
        start = cpu()
        server.raw(change, ask)
        costs.append(cpu() - start)
    function = "\n".join(text.split("\n")[line : line + length])
    base = tree_sitter_cost(function, keys)
    p50, p95 = percentile(costs, 0.5), percentile(costs, 0.95)
    print(
        f"{text.count(chr(10)):>7} lines: first hints {first:8.1f}   keystroke p50 {p50:7.2f}  p95 {p95:7.2f}"
        f"  max {max(costs):7.2f}   tree-sitter, function of {length} lines {base:5.2f}  ratio p50 {p50 / base:6.1f}"
    )


def _change(version: int, change: dict[str, object]) -> dict[str, object]:
    return {"textDocument": {"uri": URI, "version": version}, "contentChanges": [change]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--keys", type=int, default=5 * len(TYPED))
    parser.add_argument("--lines", default="500,5000,50000")
    options = parser.parse_args()
    sources = [path.read_text() for path in options.sources]
    for lines in options.lines.split(","):
        run(grown(sources, int(lines)), options.keys)


if __name__ == "__main__":
    main()
