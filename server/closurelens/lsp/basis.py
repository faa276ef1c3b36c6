"""What answers about documents were made from, so that they can be given again while all of it is as it was.

Invariant: where two states of the disk may have been seen, or a document is not what the disk has, there is no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum

from closurelens.index.background import Background
from closurelens.index.stamps import State, state_of
from closurelens.index.store import CrateStore
from closurelens.index.trace import (
    Looks,
    Trace,
    digest_of,
    is_of_another_clock,
    is_young,
    names_in,
    names_of,
)
from closurelens.lsp.disk import Record, RememberingDisk
from closurelens.lsp.kept import text_on_disk
from closurelens.project import paths
from closurelens.project.model import Crate, CrateGraph
from closurelens.records import dataclass, field
from closurelens.world import Basis

__all__ = ["NoTrace", "Readings"]

_GRAPHS = 8


class NoTrace(Enum):
    """`SOON`: files have changed so lately that another change might not show; there will be a trace later."""

    SOON = "soon"
    NEVER = "never"


@dataclass(slots=True)
class _Reading:
    """What was looked at for the crates of one graph, and the keys of the dependencies it was given."""

    graph: CrateGraph
    record: Record
    crates: dict[str, None] = field(default_factory=dict)


class Readings:
    """Of the graphs that were loaded last."""

    def __init__(self, disk: RememberingDisk, background: Background) -> None:
        self._disk = disk
        self._background = background
        self._known: list[_Reading] = []
        self._unpacked: dict[str, State] = {}

    def loaded(self, load: Callable[[Record], CrateGraph]) -> CrateGraph:
        record = Record(self._disk)
        graph = load(record)
        self._known.append(_Reading(graph, record))
        for forgotten in self._known[:-_GRAPHS]:
            self._unpacked.update(self._manifests(forgotten))
        del self._known[:-_GRAPHS]
        return graph

    def _manifests(self, reading: _Reading) -> dict[str, State]:
        """Those of unpacked packages, which other graphs take from memory."""
        unchanging = self._disk.unchanging
        return {path: state for path, state in reading.record.looks.files.items() if path.startswith(unchanging)}

    def gave(self, graph: CrateGraph, crate: Crate) -> None:
        """What is stored of a dependency of this graph was given."""
        reading = self._of(graph)
        if reading is not None:
            reading.crates[self._background.key(graph, crate)] = None

    def _of(self, graph: CrateGraph) -> _Reading | None:
        return next((reading for reading in self._known if reading.graph is graph), None)

    def trace(
        self, basis: Basis, asked: Iterable[str], opened: Mapping[str, bytes], crates: CrateStore
    ) -> Trace | NoTrace:
        """Of the answers about the files `asked`, which have this basis. `opened` are texts that clients have open."""
        reading = self._of(basis.graph)
        if reading is None or basis.is_waiting:
            return NoTrace.NEVER
        looks = reading.record.looks
        keys = crates.digests(reading.crates)
        if len(keys) != len(reading.crates):
            return NoTrace.NEVER
        files = dict(self._unpacked)
        for other in self._known:
            files.update(self._manifests(other))
        files.update(looks.files)
        trace = Trace(
            files=files,
            is_file=dict(looks.is_file),
            is_dir=dict(looks.is_dir),
            crates=keys,
            walked=self._background.walked(basis.graph),
        )
        for folder, (before, entries) in looks.folders.items():
            names = names_of(entries)
            state = state_of(folder)
            if state != before and names_in(folder) != names:
                return NoTrace.NEVER
            trace.folders[folder] = state, names
        is_soon = False
        for path in basis.files.union(*[_manifests_above(path) for path in asked]):
            found = self._state(path, opened.get(path))
            if isinstance(found, NoTrace) or trace.files.setdefault(path, found) != found:
                return NoTrace.NEVER
            if path in opened and is_young(found):
                is_soon = True
                if is_of_another_clock(found):
                    return NoTrace.NEVER
        for known in (looks, self._disk.seen):
            young = _looked_at_again(known, trace)
            if young is NoTrace.NEVER:
                return young
            is_soon |= young is NoTrace.SOON
        if not trace.holds(crates):
            return NoTrace.NEVER
        return NoTrace.SOON if is_soon else trace

    def _state(self, path: str, opened: bytes | None) -> State | NoTrace:
        if opened is None:
            return self._disk.seen.files.get(path, NoTrace.NEVER)
        state = state_of(path)
        return state if text_on_disk(path) == opened else NoTrace.NEVER


def _looked_at_again(looks: Looks, trace: Trace) -> NoTrace | None:
    """Whether what was read soon after a change is still what the file has."""
    for path, digest in list(looks.young.items()):
        state = trace.files.get(path)
        if state is None or looks.files.get(path) != state:
            continue
        if is_young(state):
            return NoTrace.NEVER if is_of_another_clock(state) else NoTrace.SOON
        try:
            with open(path, "rb") as file:
                if digest_of(file.read()) != digest:
                    return NoTrace.NEVER
        except (OSError, ValueError):
            return NoTrace.NEVER
        del looks.young[path]
    return None


def _manifests_above(path: str) -> list[str]:
    """Those that decide which package a file is in, as far as they may have been looked for."""
    out: list[str] = []
    for folder in paths.ancestors(paths.parent(path)):
        out.append(paths.join(folder, "Cargo.toml"))
        if state_of(out[-1]) is not None:
            break
    return out
