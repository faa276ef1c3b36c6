"""Starts the server on one file and prints what it costs until the first hints are there.

    python tests/bench/startup.py FILE.rs [--runs N] [--no-dependencies]

CPU seconds of the server's process, wall seconds, and its peak memory: first without anything in the database of
dependencies, then, when all that was asked for has been indexed, N times with it. Real paths: the crates around the
file are read. For a large crate take a file in its middle.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER = "import sys; from closurelens.lsp.server import main; sys.exit(main())"


def framed(**message: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def run(path: Path, cache: str, *, dependencies: bool) -> tuple[float, float, float, int]:
    """CPU seconds, wall seconds, peak memory in MB, hints."""
    uri = path.resolve().as_uri()
    text = path.read_text()
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": text.count("\n") + 1, "character": 0}}
    settings = {"capabilities": {}, "initializationOptions": {"index.dependencies": dependencies}}
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
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
    while True:
        length = 0
        while line := process.stdout.readline().strip():
            length = int(line.split(b":")[1])
        message = json.loads(process.stdout.read(length))
        if message.get("id") == 2:
            break
    wall = time.monotonic() - start
    process.stdin.write(framed(id=3, method="shutdown", params=None) + framed(method="exit", params=None))
    process.stdin.close()
    _, _, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, len(message["result"])


def fill(path: Path, cache: str) -> None:
    """Index what the file leads to, as the command line does."""
    command = [sys.executable, "-m", "closurelens.cli.main", "captures", "--format", "json", str(path)]
    env = {**os.environ, "CLOSURELENS_CACHE_DIR": cache}
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-dependencies", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        for number in range(options.runs + 1):
            if number == 1:
                fill(options.file, cache)
            told = run(options.file, cache, dependencies=not options.no_dependencies)
            cpu, wall, memory, hints = told
            what = "warm" if number else "cold"
            print(f"{what}: {hints} hints: {cpu:.2f} s CPU, {wall:.2f} s wall, {memory:.0f} MB at most", flush=True)


if __name__ == "__main__":
    main()
