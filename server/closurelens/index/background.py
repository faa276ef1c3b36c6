"""Stored crates for a server: what is there is given at once, what is missing is made by another process.

Invariant: `load` never waits. A crate that is asked for and missing is `Absent` with a reason until `changed` was
called, or for good if it could not be made.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO

import msgspec

from closurelens.index.builder import KeyRing
from closurelens.index.store import CrateStore
from closurelens.index.worker import Answer, Job
from closurelens.project.model import Crate, CrateGraph
from closurelens.records import dataclass
from closurelens.resolve.dependencies import Absent, Route
from closurelens.resolve.stored import is_current

logger = logging.getLogger(__name__)

_ATTEMPTS = 2
"""How often a crate is tried whose worker dies."""


@dataclass(slots=True)
class _Waiting:
    key: str
    name: str
    job: Job
    attempts: int = 0


@dataclass(slots=True)
class State:
    """The names of the crates that are being indexed, in the order they were asked for; how many came or failed."""

    names: list[str]
    finished: int


def _at_once(work: Callable[[], None]) -> None:
    work()


class Background:
    """`changed` is called each time the state has changed, on any thread. `when_idle` does what it is given when those
    who wait for an answer have it: the other process would take from them the processor that they wait for."""

    def __init__(
        self,
        store: CrateStore,
        changed: Callable[[], None],
        when_idle: Callable[[Callable[[], None]], None] = _at_once,
    ) -> None:
        self._store = store
        self._changed = changed
        self._when_idle = when_idle
        self._keys = KeyRing()
        self._lock = threading.Lock()
        self._waiting: dict[int, _Waiting] = {}
        self._asked: set[str] = set()
        self._failed: dict[str, str] = {}
        self._made: dict[str, bytes] = {}
        self._next = 0
        self._finished = 0
        self._worker: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def key(self, graph: CrateGraph, crate: Crate) -> str:
        return self._keys.key(graph, crate)

    def walked(self, graph: CrateGraph) -> dict[str, str]:
        """See `Keys.walked`."""
        return self._keys.walked(graph)

    def load(self, graph: CrateGraph, crate: Crate, route: Route) -> bytes | Absent:
        known: str | None = None
        if self._made or self._store.may_have(crate.package, crate.version):
            known = self._keys.key(graph, crate)
            found = self._made.get(known) or self._store.get(known)
            if found is not None and is_current(found):
                return found
        provisional = self._keys.provisional(graph, crate)
        key = provisional if known is None else known
        with self._lock:
            why = self._failed.get(key)
            is_new = not (key in self._asked or self._is_closed or self._waits(provisional))
            if is_new:
                self._asked.add(key)
                self._next += 1
                job = Job(self._next, graph.root, route.member, list(route.names), known)
                self._waiting[job.id] = _Waiting(key, crate.name, job)
        if is_new:
            self._when_idle(self._begin)
            self._changed()
        if why is not None:
            return Absent(f"crate `{crate.name}` could not be indexed: {why}")
        return Absent(f"crate `{crate.name}` is being indexed")

    def _waits(self, key: str) -> bool:
        return any(waiting.key == key for waiting in self._waiting.values())

    def state(self) -> State:
        with self._lock:
            return State([waiting.name for waiting in self._waiting.values()], self._finished)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            worker, self._worker = self._worker, None
            self._waiting.clear()
        self._store.close()
        if worker is not None:
            worker.kill()
            worker.wait()

    # The worker

    def _begin(self) -> None:
        with self._lock:
            for waiting in list(self._waiting.values()):
                if not waiting.attempts:
                    self._send(waiting)

    def _send(self, waiting: _Waiting) -> None:
        """The lock is held."""
        waiting.attempts += 1
        worker = self._running()
        if worker is None or worker.stdin is None:
            self._give_up(waiting, "its process cannot be started")
            return
        try:
            worker.stdin.write(msgspec.json.encode(waiting.job) + b"\n")
            worker.stdin.flush()
        except OSError:
            # It has ended, which the thread that listens will notice.
            return

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self._worker is not None:
            return self._worker
        folder = "" if self._store.path is None else str(self._store.path.parent)
        flags = getattr(subprocess, "IDLE_PRIORITY_CLASS", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "closurelens.index.worker", folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=flags,
            )
        except OSError as error:
            logger.warning("the process that indexes dependencies cannot be started: %s", error)
            return None
        threading.Thread(target=self._listen, args=(self._worker,), name="index", daemon=True).start()
        return self._worker

    def _give_up(self, waiting: _Waiting, why: str) -> None:
        self._failed[waiting.key] = why
        self._finished += 1
        self._waiting.pop(waiting.job.id, None)

    def _listen(self, worker: subprocess.Popen[bytes]) -> None:
        stream = worker.stdout
        assert stream is not None
        while True:
            received = _received(stream)
            if received is None:
                break
            answer, data = received
            with self._lock:
                waiting = self._waiting.pop(answer.id, None)
                if waiting is not None:
                    self._finished += 1
                    if answer.error is not None:
                        self._failed[waiting.key] = answer.error
                        logger.warning("crate %s could not be indexed: %s", waiting.name, answer.error)
                    elif data:
                        self._made[answer.key] = data
            self._changed()
        worker.kill()
        worker.wait()
        with self._lock:
            if self._worker is not worker:
                return
            self._worker = None
            for waiting in list(self._waiting.values()):
                if waiting.attempts < _ATTEMPTS:
                    self._send(waiting)
                else:
                    self._give_up(waiting, "its process has ended")
        self._changed()


def _received(stream: IO[bytes]) -> tuple[Answer, bytes] | None:
    """None when the worker has ended, or what it says makes no sense."""
    try:
        line = stream.readline()
        if not line.endswith(b"\n"):
            return None
        answer = msgspec.json.decode(line, type=Answer)
        data = stream.read(answer.size) if answer.size else b""
    except (OSError, ValueError, msgspec.DecodeError):
        return None
    return None if len(data) < answer.size else (answer, data)
