"""Starts the server on one file and prints what it costs until the first hints are there.

    python tests/bench/startup.py FILE.rs [--runs N] [--no-dependencies] [--key SECONDS]

CPU seconds of the server's process from its start to its end, wall seconds until the hints are there, and its peak
memory: first with an empty cache; then with all dependencies indexed, but without hints of an earlier run; then, warm,
N times after that run has ended, which leaves its hints in the cache. Real paths: the crates around the file are read.
For a large crate take a file in its middle.

With `--key`, a line is typed so many seconds after the first hints of a warm start, and the wall seconds until the
hints of the new text are there are told too; CPU and memory then are those of both.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO


def framed(**message: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@dataclass
class Told:
    cpu: float
    wall: float
    memory: float
    hints: int
    key: float | None

    def __str__(self) -> str:
        typed = "" if self.key is None else f", {self.key:.2f} s for a key"
        return f"{self.hints} hints: {self.cpu:.2f} s CPU, {self.wall:.2f} s wall, {self.memory:.0f} MB at most{typed}"


def run(path: Path, cache: str, *, dependencies: bool, key_after: float | None = None) -> Told:
    uri = path.resolve().as_uri()
    text = path.read_text()
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": text.count("\n") + 1, "character": 0}}
    settings = {"capabilities": {}, "initializationOptions": {"index.dependencies": dependencies}}
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "closurelens", "lsp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "CLOSURELENS_CACHE_DIR": cache},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(framed(id=1, method="initialize", params=settings))
    process.stdin.write(framed(method="initialized", params={}))
    document = {"uri": uri, "languageId": "rust", "version": 1, "text": text}
    process.stdin.write(framed(method="textDocument/didOpen", params={"textDocument": document}))
    hints = {"textDocument": {"uri": uri}, "range": whole}
    process.stdin.write(framed(id=2, method="textDocument/inlayHint", params=hints))
    process.stdin.flush()
    first = answer(process.stdout, 2)
    wall = time.monotonic() - start
    key: float | None = None
    if key_after is not None:
        time.sleep(key_after)
        start = time.monotonic()
        top = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
        change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"range": top, "text": "\n"}]}
        process.stdin.write(framed(method="textDocument/didChange", params=change))
        process.stdin.write(framed(id=4, method="textDocument/inlayHint", params=hints))
        process.stdin.flush()
        answer(process.stdout, 4)
        key = time.monotonic() - start
    process.stdin.write(framed(id=3, method="shutdown", params=None) + framed(method="exit", params=None))
    process.stdin.close()
    _, _, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    return Told(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, len(first), key)


def answer(stream: IO[bytes], id: int) -> list[object]:
    while True:
        length = 0
        while line := stream.readline().strip():
            length = int(line.split(b":")[1])
        message = json.loads(stream.read(length))
        if message.get("id") == id:
            return message["result"]


def fill(path: Path, cache: str) -> None:
    """Index what the file leads to, as the command line does."""
    command = [sys.executable, "-m", "closurelens", "captures", "--format", "json", str(path)]
    env = {**os.environ, "CLOSURELENS_CACHE_DIR": cache}
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-dependencies", action="store_true")
    parser.add_argument("--key", type=float, default=None, metavar="SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        for number in range(options.runs + 2):
            if number == 1:
                fill(options.file, cache)
            is_warm = number > 1
            key = options.key if is_warm else None
            told = run(options.file, cache, dependencies=not options.no_dependencies, key_after=key)
            print(f"{'warm' if is_warm else ('cold', 'indexed')[number]}: {told}", flush=True)


if __name__ == "__main__":
    main()
