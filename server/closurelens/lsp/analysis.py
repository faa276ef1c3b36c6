"""What answers about documents come from: the world, the disk as it reads it, and dependencies.

Importing this loads every layer of the analysis, which takes longer than to give hints that were kept: nothing that
is needed for those imports it. Invariant: views of files are of the newest state; an analysis belongs to one thread at
a time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping

from closurelens.ide.config import InlayHintsConfig
from closurelens.ide.view import FileView, file_view
from closurelens.index.background import Background
from closurelens.index.store import CrateStore, cache_folder
from closurelens.lsp.basis import Readings
from closurelens.lsp.client import Client
from closurelens.lsp.configuration import IndexSettings
from closurelens.lsp.disk import RememberingDisk
from closurelens.lsp.hint_pieces import HintPieces
from closurelens.lsp.preparation import Indexing
from closurelens.project.dependencies import ManifestCache
from closurelens.project.load import load_project
from closurelens.project.model import Crate, CrateGraph
from closurelens.resolve.dependencies import Absent, Route
from closurelens.stdsig.database import StdDb
from closurelens.syntax.chunks import SourceFile
from closurelens.text import TextRange, text_of
from closurelens.world import Config, Guard, OpenFile, SetConfig, World
from closurelens.world.analysis import load_inference

__all__ = ["Analysis"]

_SETTLED_AT_ONCE = 40_000
"""Bytes of a file whose items are found again before it is asked about, and not when there is time."""
_SLICE = 2_000
"""Bytes of a file that are looked at in one step; functions are not cut."""


class Analysis:
    """Of these documents, with these settings."""

    def __init__(self, texts: Mapping[str, bytes], index: IndexSettings, indexing: Indexing) -> None:
        self.disk = RememberingDisk()
        self.background = Background(CrateStore(cache_folder()), indexing.changed, indexing.when_idle)
        self.readings = Readings(self.disk, self.background)
        self._cache = ManifestCache()
        self._views: dict[str, tuple[int, FileView | None]] = {}
        self._pieces: dict[str, HintPieces] = {}
        self.world = World(self._read, self._load, StdDb.load(), stored=self._stored)
        self.configure(index)
        for path, text in texts.items():
            self.world.apply(OpenFile(path, text))
        load_inference()
        gc.freeze()

    def _read(self, path: str) -> bytes | None:
        data = self.disk.read(path)
        return text_of(data) if isinstance(data, bytes) else None

    def _load(self, path: str) -> CrateGraph:
        return self.readings.loaded(lambda record: load_project(path, files=record, cache=self._cache))

    def _stored(self, graph: CrateGraph, crate: Crate, route: Route) -> bytes | Absent:
        found = self.background.load(graph, crate, route)
        if isinstance(found, bytes):
            self.readings.gave(graph, crate)
        return found

    def configure(self, index: IndexSettings) -> None:
        self.world.apply(SetConfig(Config(index_dependencies=index.dependencies)))

    def read_crates(self, path: str) -> None:
        """Before it is asked about."""
        self.world.snapshot().crate_of(path)

    def steps(self, path: str, guard: Guard) -> Iterator[None]:
        """Analyse all of a file; a step takes no longer than reading its crates, or than its longest function."""
        self.read_crates(path)
        yield
        file = self.world.file(path)
        size = 0 if file is None or not file.is_settled else file.document.size
        for low in range(0, size, _SLICE):
            self.world.chunks_in(path, TextRange(low, min(low + _SLICE, size)), guard)
            yield

    def settled(self, path: str) -> SourceFile | None:
        """The file; a long one may be settled later."""
        file = self.world.file(path)
        if file is not None and not file.is_settled and file.document.size <= _SETTLED_AT_ONCE:
            self.world.settle(path)
            file = self.world.file(path)
        return file

    def pieces(self, uri: str, config: InlayHintsConfig, client: Client) -> HintPieces:
        found = self._pieces.get(uri)
        if found is None or not found.fits(config, client):
            found = self._pieces[uri] = HintPieces(uri, config, client)
        return found

    def view(self, path: str, guard: Guard) -> FileView | None:
        known = self._views.get(path)
        if known is None or known[0] != self.world.number:
            known = (self.world.number, file_view(self.world.snapshot(), path, guard))
            self._views[path] = known
        return known[1]

    def is_asked(self, uri: str, path: str) -> bool:
        """Whether something was asked about a document."""
        return uri in self._pieces or path in self._views

    def forget(self, uri: str, path: str) -> None:
        """The document is closed."""
        self._pieces.pop(uri, None)
        self._views.pop(path, None)
