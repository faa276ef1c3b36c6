"""The process that indexes crates for a server: `python -m closurelens.index.worker FOLDER`.

Jobs come as lines of JSON on standard input (`background.Job`), answers go out as lines of JSON on standard output,
each followed by as many bytes as its `size` says. It ends with its input: never after its parent.
"""

from __future__ import annotations

import gc
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from closurelens.index.builder import Builder
from closurelens.index.store import CrateStore
from closurelens.project import paths
from closurelens.project.load import DiskFileSystem, load_project
from closurelens.project.model import Crate, CrateGraph, CrateId
from closurelens.project.modules import crate_of_file
from closurelens.records import dataclass
from closurelens.stdsig.database import StdDb
from closurelens.text import text_of

_IDLE_SECONDS = 30.0
_NICE = 10
"""Below everything people wait for, but not so low that a running build leaves nothing."""


class Job(msgspec.Struct):
    """`root` is the workspace's folder; `member` and `names` are the route to the crate in its graph.

    `key` None: it has not been found out, to which the manifests of all dependencies are read.
    """

    id: int
    root: str
    member: str
    names: list[str]
    key: str | None


class Answer(msgspec.Struct):
    """`error` None: the crate is in the database under `key`, or the `size` bytes that follow."""

    id: int
    error: str | None = None
    size: int = 0
    key: str = ""


@dataclass(slots=True)
class _Trouble:
    what: str = ""


def read_file(path: str) -> bytes | None:
    data = DiskFileSystem().read(path)
    return text_of(data) if isinstance(data, bytes) else None


class Worker:
    def __init__(self, store: CrateStore) -> None:
        self._store = store
        self._trouble = _Trouble()
        self._builder = Builder(store, StdDb.load(), read_file, self._guarded)
        self._graphs: dict[str, CrateGraph] = {}

    def _guarded(self, what: str, work: Callable[[], bytes]) -> bytes | None:
        try:
            return work()
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{os.path.basename(last.filename)}:{last.lineno}"
            self._trouble.what = f"{what}: {type(error).__name__}: {error} ({at})"
            return None

    def do(self, job: Job) -> tuple[Answer, bytes]:
        crate = self._crate(job)
        if crate is None:
            return Answer(job.id, "the crate is not what it was when it was asked for"), b""
        self._trouble.what = ""
        made = self._builder.load(self._graphs[job.root], crate)
        if made is None:
            return Answer(job.id, self._trouble.what or "it failed before"), b""
        key = self._builder.key(self._graphs[job.root], crate)
        if self._store.get_from_disk(key) is not None:
            return Answer(job.id, key=key), b""
        return Answer(job.id, size=len(made), key=key), made

    def _crate(self, job: Job) -> Crate | None:
        """Found anew when the manifests are not those that were read."""
        for _ in range(2):
            graph = self._graphs.get(job.root)
            if graph is None:
                graph = self._graphs[job.root] = load_project(job.root)
            crate = _member(graph, job.member)
            for name in job.names:
                crate = None if crate is None else graph.dependency_crate(crate, name)
            if crate is not None and job.key in (None, self._builder.key(graph, crate)):
                return crate
            self._graphs.pop(job.root)
        return None


def _member(graph: CrateGraph, id: str) -> Crate | None:
    """A crate of the workspace, or what was made of one: as it is tested, or for a file that it does not lead to."""
    found = graph.crates.get(CrateId(id))
    base, _, variant = id.rpartition("#")
    if found is not None or not base:
        return found
    if variant == "loose":
        around = [crate for crate in graph.crates.values() if paths.is_within(base, crate.package_dir)]
        near = [*crate_of_file(graph, base), *around]
        return near[0].for_test() if near else None
    of = _member(graph, base)
    return None if of is None or variant != "test" else of.for_test()


def main(folder: Path | None) -> None:
    _be_modest()
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    gc.disable()
    worker = Worker(CrateStore(folder))
    out = sys.stdout.buffer
    while True:
        try:
            job = jobs.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            return
        answer, data = worker.do(job)
        try:
            out.write(msgspec.json.encode(answer) + b"\n" + data)
            out.flush()
        except OSError:
            return
        gc.collect()


def _listen(jobs: queue.SimpleQueue[Job]) -> None:
    for line in sys.stdin.buffer:
        jobs.put(msgspec.json.decode(line, type=Job))
    os._exit(0)


def _be_modest() -> None:
    """What people wait for comes first. On Windows the parent has seen to it."""
    if sys.platform != "win32":
        try:
            os.nice(_NICE)
        except OSError:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else None)
