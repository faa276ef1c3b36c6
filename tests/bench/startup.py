"""Starts the server on one file and prints what it costs until the first hints are there.

    python tests/bench/startup.py FILE.rs [--runs N]

CPU seconds of the server's process, wall seconds, and its peak memory. Real paths: the crates around the file are read.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

SERVER = "import sys; from closurelens.lsp.server import main; sys.exit(main())"


def framed(**message: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def run(path: Path) -> tuple[float, float, float, int]:
    """CPU seconds, wall seconds, peak memory in MB, hints."""
    uri = path.resolve().as_uri()
    text = path.read_text()
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": text.count("\n") + 1, "character": 0}}
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(framed(id=1, method="initialize", params={"capabilities": {}}))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for _ in range(options.runs):
        cpu, wall, memory, hints = run(options.file)
        print(f"{hints} hints: {cpu:.2f} s CPU, {wall:.2f} s wall, {memory:.0f} MB at most")


if __name__ == "__main__":
    main()
