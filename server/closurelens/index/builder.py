"""Gives the stored crates, and makes those that are missing in this process.

Invariant: a crate is made from its own source and from what is stored of its dependencies, so that none is read twice.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from closurelens.index.keys import Keys
from closurelens.index.store import CrateStore
from closurelens.project.model import Crate, CrateGraph
from closurelens.resolve.dependencies import Route
from closurelens.resolve.packing import pack_crate
from closurelens.resolve.program import Program
from closurelens.resolve.sources import ReadFile
from closurelens.resolve.stored import is_current
from closurelens.stdsig.database import StdDb

Guard = Callable[[str, Callable[[], bytes]], bytes | None]
"""Runs the making of one crate; None when that fails, which is then reported."""

_DEEPEST = 16
"""Crates that are being made for one another; below that their sources are read instead."""
_GRAPHS = 8
_GROWTH = 800_000
"""Blocks of Python's allocator, some 50 MB: so much more in use and garbage is collected, as nothing else frees a crate
that is done."""


class KeyRing:
    """The keys of the graphs that have been asked about last."""

    def __init__(self) -> None:
        self._of: list[tuple[CrateGraph, Keys, int]] = []
        self._count = 0

    def key(self, graph: CrateGraph, crate: Crate) -> str:
        return self._keys(graph)[0].key(crate)

    def provisional(self, graph: CrateGraph, crate: Crate) -> str:
        """What stands for the key as long as the graph is the same; for this nothing is read."""
        return f"{self._keys(graph)[1]}#{crate.id}"

    def walked(self, graph: CrateGraph) -> dict[str, str]:
        """See `Keys.walked`."""
        return self._keys(graph)[0].walked

    def _keys(self, graph: CrateGraph) -> tuple[Keys, int]:
        for known, keys, number in self._of:
            if known is graph:
                return keys, number
        self._count += 1
        keys = Keys(graph)
        self._of = [*self._of[1 - _GRAPHS :], (graph, keys, self._count)]
        return keys, self._count


class Builder:
    """`load` is a `resolve.program.LoadStored`."""

    def __init__(self, store: CrateStore, std: StdDb, read: ReadFile, guard: Guard) -> None:
        self._store = store
        self._std = std
        self._read = read
        self._guard = guard
        self._keys = KeyRing()
        self._open: list[str] = []
        self._failed: set[str] = set()
        self._blocks = sys.getallocatedblocks()

    def key(self, graph: CrateGraph, crate: Crate) -> str:
        return self._keys.key(graph, crate)

    def load(self, graph: CrateGraph, crate: Crate, route: Route | None = None) -> bytes | None:
        """None where the crate cannot be made: its source is then to be read."""
        key = self._keys.key(graph, crate)
        if key in self._failed:
            return None
        found = self._store.get(key)
        if found is not None and is_current(found):
            return found
        if key in self._open or len(self._open) >= _DEEPEST:
            return None
        self._open.append(key)
        made = self._guard(f"indexing {crate.package} {crate.version}", lambda: self._made(graph, crate))
        self._open.pop()
        if made is None:
            self._failed.add(key)
        else:
            self._store.put(key, crate.package, crate.version, made)
        return made

    def _made(self, graph: CrateGraph, crate: Crate) -> bytes:
        data = pack_crate(Program(graph, self._std, self._read, stored=self.load).crate(crate))
        if sys.getallocatedblocks() > self._blocks + _GROWTH:
            gc.collect()
            self._blocks = sys.getallocatedblocks()
        return data
