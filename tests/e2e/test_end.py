"""A server ends when nobody listens any more, whatever it is doing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from closurelens.lsp.transport import framed

BUSY = """
import sys
from closurelens.lsp import transport
from closurelens.lsp.protocol import Connection

def for_ever(params):
    print("busy", file=sys.stderr, flush=True)
    while True:
        pass

def connect(send):
    connection = Connection(send)
    connection.register("initialized", for_ever)
    return connection

transport._TO_END = 0.2
sys.exit(transport.serve_stdio(connect))
"""


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """A server whose answer never ends."""
    command = [sys.executable, "-c", BUSY]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write(framed(b'{"jsonrpc": "2.0", "method": "initialized", "params": {}}'))
        process.stdin.flush()
        assert process.stderr.readline() == b"busy\n"
        yield process
        process.kill()


def test_it_ends_when_its_input_does(busy: subprocess.Popen[bytes]) -> None:
    assert busy.stdin is not None
    busy.stdin.close()
    assert busy.wait(60) == 1


def test_it_ends_when_it_is_told_to(busy: subprocess.Popen[bytes]) -> None:
    busy.send_signal(signal.SIGTERM)
    assert busy.wait(60) == 1
