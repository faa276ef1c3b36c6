"""Bytes in and out: standard input and output, or TCP.

A thread reads ahead, so that all that has arrived is known before the next message is worked on. Invariant: what is
handed to the loop are whole messages, in order.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import threading
from collections.abc import Callable
from typing import Protocol

from closurelens.lsp.protocol import Connection

__all__ = ["Frames", "framed", "serve_stdio", "serve_tcp"]

_CHUNK = 1 << 16
_PYGLS_AFTER = 1.0
"""Seconds after the first hints, when all that is visible has been asked for."""
_TO_END = 10.0
"""Seconds that what is being worked on may still take when nobody listens any more."""
Connect = Callable[[Callable[[bytes], None]], Connection]


class Frames:
    """Cuts a stream of bytes into message bodies."""

    __slots__ = ("_buffer", "_length")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete with `data`. A header block without a length is skipped."""
        buffer = self._buffer
        buffer += data
        out: list[bytes] = []
        while True:
            if self._length is None:
                end = buffer.find(b"\r\n\r\n")
                if end < 0:
                    return out
                self._length = _length_of(bytes(buffer[:end]))
                del buffer[: end + 4]
                if self._length is None:
                    continue
            if len(buffer) < self._length:
                return out
            out.append(bytes(buffer[: self._length]))
            del buffer[: self._length]
            self._length = None


def _length_of(headers: bytes) -> int | None:
    for line in headers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return None


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class _Readable(Protocol):
    def __call__(self) -> bytes: ...


async def _serve(read: _Readable, connection: Connection) -> int:
    """Until the client says `exit`, its end of the line is closed, or the process is told to end.

    In the last two cases the process ends even if an answer never does.
    """
    loop = asyncio.get_running_loop()
    pending: list[bytes] = []
    arrived = asyncio.Event()
    ended = False
    served = threading.Event()

    def deliver(bodies: list[bytes] | None) -> None:
        nonlocal ended
        if bodies is None:
            ended = True
        else:
            pending.extend(bodies)
        arrived.set()

    def reader() -> None:
        frames = Frames()
        while True:
            try:
                data = read()
            except OSError:
                data = b""
            bodies = frames.feed(data) if data else None
            if bodies == []:
                continue
            try:
                loop.call_soon_threadsafe(deliver, bodies)
            except RuntimeError:  # the loop is closed: nobody listens any more
                return
            if bodies is None:
                end_soon()
                return

    def end_soon() -> None:
        if not served.wait(_TO_END):
            os._exit(1)

    def terminated(*_: object) -> None:
        loop.call_soon_threadsafe(deliver, None)
        threading.Thread(target=end_soon, daemon=True).start()

    def load_pygls_soon() -> None:
        importing = threading.Thread(target=importlib.import_module, args=["closurelens.lsp.rpc"], daemon=True)
        loop.call_later(_PYGLS_AFTER, importing.start)

    connection.wake = arrived.set
    connection.first_hints = load_pygls_soon
    is_main = threading.current_thread() is threading.main_thread()
    # A handler of the loop's own would wait until the loop is free.
    before = signal.signal(signal.SIGTERM, terminated) if is_main else None
    threading.Thread(target=reader, name="reader", daemon=True).start()
    try:
        while connection.exit_code is None:
            await arrived.wait()
            arrived.clear()
            batch = pending[:]
            pending.clear()
            connection.receive(batch)
            if ended and not pending:
                break
        connection.close()
    finally:
        served.set()
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    return 1 if connection.exit_code is None else connection.exit_code


def serve_stdio(connect: Connect) -> int:
    """Speak LSP on file descriptors 0 and 1; the exit code the LSP asks for.

    What else writes to standard output then goes to standard error, so that it cannot break the protocol.
    """
    out = os.dup(1)
    os.dup2(2, 1)

    def send(body: bytes) -> None:
        data = memoryview(framed(body))
        while data:
            data = data[os.write(out, data) :]

    async def run() -> int:
        return await _serve(lambda: os.read(0, _CHUNK), connect(send))

    try:
        return asyncio.run(run())
    except (BrokenPipeError, KeyboardInterrupt):
        return 1


def serve_tcp(connect: Connect, host: str, port: int) -> int:
    """Speak LSP with the first client that connects."""
    import socket
    import sys

    with socket.create_server((host, port)) as server:
        print(f"listening on {server.getsockname()[0]}:{server.getsockname()[1]}", file=sys.stderr, flush=True)
        client, _ = server.accept()

    async def run() -> int:
        return await _serve(lambda: client.recv(_CHUNK), connect(lambda body: client.sendall(framed(body))))

    with client:
        try:
            return asyncio.run(run())
        except (BrokenPipeError, ConnectionError, KeyboardInterrupt):
            return 1
