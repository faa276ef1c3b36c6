"""What is known of one client: its capabilities, settings and documents, and the world they are in.

Invariant: views of files are of the newest state; a document the client never opened has none.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from closurelens.ide.view import FileView, file_view
from closurelens.lsp import from_lsp
from closurelens.lsp.bug import Bugs
from closurelens.lsp.client import Client
from closurelens.lsp.configuration import Settings, read_settings
from closurelens.lsp.disk import RememberingDisk
from closurelens.lsp.hint_pieces import HintPieces
from closurelens.lsp.protocol import Connection, Json
from closurelens.syntax.chunks import SourceFile
from closurelens.world import Change, FileOnDisk, SetConfig, World
from closurelens.world.analysis import load_inference

__all__ = ["OpenDocument", "Session"]

R = TypeVar("R")

_ERROR, _WARNING, _INFO = 1, 2, 3
_SETTLED_AT_ONCE = 40_000
"""Bytes of a file whose items are found again before it is asked about, and not when there is time."""


class OpenDocument:
    """`uri` is the client's spelling."""

    __slots__ = ("path", "pieces", "uri", "version")

    def __init__(self, uri: str, path: str, version: int | None) -> None:
        self.uri = uri
        self.path = path
        self.version = version
        self.pieces: HintPieces | None = None


class Session:
    def __init__(
        self, connection: Connection, make_world: Callable[[RememberingDisk], World], disk: RememberingDisk
    ) -> None:
        self.connection = connection
        self.disk = disk
        self.on_disk_change: Callable[[], None] = lambda: None
        self.client = Client()
        self.settings = Settings()
        self.folders: list[str] = []
        self.documents: dict[str, OpenDocument] = {}
        self.bugs = Bugs(self.log_error)
        self._make_world = make_world
        self._world: World | None = None
        self._views: dict[str, tuple[int, FileView | None]] = {}

    @property
    def world(self) -> World:
        if self._world is None:
            self._world = self._make_world(self.disk)
            self._world.apply(SetConfig(self.settings.world))
            load_inference()
            gc.freeze()
        return self._world

    @property
    def has_world(self) -> bool:
        return self._world is not None

    def apply(self, change: Change) -> None:
        self.world.apply(change)

    def document(self, params: Any) -> OpenDocument | None:
        """The document a request is about; None if it is not open."""
        return self.documents.get(from_lsp.uri_of(params))

    def settled(self, document: OpenDocument) -> SourceFile | None:
        """The document's file; a long one may be settled later."""
        world = self.world
        changed = self.disk.changed()
        if changed:
            self.changed_on_disk(changed)
        file = world.file(document.path)
        if file is not None and not file.is_settled and file.document.size <= _SETTLED_AT_ONCE:
            world.settle(document.path)
            file = world.file(document.path)
        return file

    def pieces(self, document: OpenDocument) -> HintPieces:
        config, client = self.settings.inlay_hints, self.client
        if document.pieces is None or not document.pieces.fits(config, client):
            document.pieces = HintPieces(document.uri, config, client)
        return document.pieces

    def view(self, document: OpenDocument) -> FileView | None:
        world = self.world
        self.settled(document)
        known = self._views.get(document.path)
        if known is None or known[0] != world.number:
            known = (world.number, file_view(world.snapshot(), document.path, self.bugs.guard_body))
            self._views[document.path] = known
        return known[1]

    def changed_on_disk(self, changed: Iterable[str]) -> None:
        for path in changed:
            self.apply(FileOnDisk(path))
        self.on_disk_change()

    def has_view(self, document: OpenDocument) -> bool:
        return document.pieces is not None or document.path in self._views

    def forget_view(self, path: str) -> None:
        self._views.pop(path, None)

    def configure(self, given: Any) -> None:
        settings, wrong = read_settings(given)
        for problem in wrong:
            self.log(_WARNING, problem)
        is_other_world = settings.world != self.settings.world
        self.settings = settings
        if is_other_world and self._world is not None:
            self._world.apply(SetConfig(settings.world))

    # Telling the user

    def log(self, level: int, message: str) -> None:
        self.connection.notify("window/logMessage", {"type": level, "message": f"closurelens: {message}"})

    def log_error(self, message: str) -> None:
        self.log(_ERROR, message)

    def log_info(self, message: str) -> None:
        self.log(_INFO, message)

    def guarded(self, what: str, feature: Callable[[Session, Json], R], otherwise: R) -> Callable[[Any], R]:
        """A handler of a message whose failure is reported and answered with `otherwise`."""

        def handler(params: Any) -> R:
            given: Json = params if isinstance(params, dict) else {}
            return self.bugs.guarded(what, lambda: feature(self, given), otherwise)

        return handler

    def guarded_resolve(self, what: str, feature: Callable[[Session, Json], Json]) -> Callable[[Any], Any]:
        """The same for a request to complete what it brings: it is answered as it came."""

        def handler(params: Any) -> Any:
            if not isinstance(params, dict):
                return params
            return self.bugs.guarded(what, lambda: feature(self, params), params)

        return handler
