"""What is known of one client: its capabilities, settings and documents, and the analysis of what they say.

Invariant: the analysis is made when something needs it and has then all that the client has told. A document the client
never opened has no view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from closurelens.index.hints import StoredHints
from closurelens.lsp import from_lsp
from closurelens.lsp.bug import Bugs
from closurelens.lsp.client import Client
from closurelens.lsp.configuration import Settings, read_settings
from closurelens.lsp.kept import Kept
from closurelens.lsp.preparation import Indexing, Preparation
from closurelens.lsp.protocol import Connection, Json
from closurelens.text import Document

if TYPE_CHECKING:
    from closurelens.ide.view import FileView
    from closurelens.lsp.analysis import Analysis
    from closurelens.syntax.chunks import SourceFile
    from closurelens.world import Change

__all__ = ["OpenDocument", "Session"]

R = TypeVar("R")

_ERROR, _WARNING, _INFO = 1, 2, 3


class OpenDocument:
    """`uri` is the client's spelling. `opened` is the text it came with; `kept` are hints of an earlier run, as long as
    nothing was edited. `is_answered`: the first question about its hints has been answered in full, at
    once or by now."""

    __slots__ = ("is_answered", "kept", "opened", "path", "uri", "version")

    def __init__(self, uri: str, path: str, version: int | None, text: bytes) -> None:
        self.uri = uri
        self.path = path
        self.version = version
        self.opened = Document(text)
        self.kept: StoredHints | None = None
        self.is_answered = False


class Session:
    def __init__(self, connection: Connection, indexing: Indexing) -> None:
        self.connection = connection
        self.on_disk_change: Callable[[], None] = lambda: None
        self.client = Client()
        self.settings = Settings()
        self.folders: list[str] = []
        self.documents: dict[str, OpenDocument] = {}
        self.bugs = Bugs(self.log_error)
        self.earlier = Kept(self.texts)
        self._indexing = indexing
        self._is_watching = False
        self._changed: list[str] = []
        self._preparation: Preparation | None = None
        self._analysis: Analysis | None = None

    # The analysis

    @property
    def analysis(self) -> Analysis:
        if self._analysis is None:
            self._analysis = self._taken_over() or self._made()
        return self._analysis

    @property
    def has_analysis(self) -> bool:
        return self._analysis is not None

    def prepare(self, then: Callable[[], None]) -> None:
        """Make the analysis on another thread; `then` is called there when it is done."""
        if self._analysis is None and self._preparation is None:
            self._preparation = Preparation(self.texts(), self.settings.index, self._indexing, then)

    def _made(self) -> Analysis:
        from closurelens.lsp.analysis import Analysis

        analysis = Analysis(self.texts(), self.settings.index, self._indexing)
        if self._is_watching:
            analysis.disk.client_watches(self.folders)
        self._changed.clear()
        return analysis

    def _taken_over(self) -> Analysis | None:
        """The prepared one, with what the client has told meanwhile."""
        preparation, self._preparation = self._preparation, None
        analysis = None if preparation is None else preparation.result()
        if preparation is None or analysis is None:
            return None
        from closurelens.world import CloseFile, FileOnDisk, OpenFile

        if self._is_watching:
            analysis.disk.client_watches(self.folders)
        texts = self.texts()
        for path in preparation.texts.keys() - texts.keys():
            analysis.world.apply(CloseFile(path))
        for path, text in texts.items():
            if preparation.texts.get(path) is not text:
                analysis.world.apply(OpenFile(path, text))
        if preparation.index != self.settings.index:
            analysis.configure(self.settings.index)
        analysis.disk.forget(self._changed)
        for path in self._changed:
            analysis.world.apply(FileOnDisk(path))
        self._changed.clear()
        return analysis

    def end(self) -> None:
        """The client is gone."""
        if self._analysis is not None:
            self._analysis.background.close()
        self.earlier.close()

    def apply(self, change: Change) -> None:
        self.analysis.world.apply(change)

    def settled(self, document: OpenDocument) -> SourceFile | None:
        """The document's file; a long one may be settled later."""
        analysis = self.analysis
        changed = analysis.disk.changed()
        if changed:
            self.changed_on_disk(changed)
        return analysis.settled(document.path)

    def view(self, document: OpenDocument) -> FileView | None:
        self.settled(document)
        return self.analysis.view(document.path, self.bugs.guard_body)

    # Documents

    def document(self, params: Any) -> OpenDocument | None:
        """The document a request is about; None if it is not open."""
        return self.documents.get(from_lsp.uri_of(params))

    def open(self, document: OpenDocument) -> None:
        self.documents[document.uri] = document
        document.kept = self._find_kept(document)
        if self._analysis is not None:
            from closurelens.world import OpenFile

            self.apply(OpenFile(document.path, document.opened.text))
        elif document.kept is None and self._preparation is None:
            self._analysis = self._made()

    def close(self, uri: str) -> None:
        closed = self.documents.pop(uri, None)
        if closed is None or self._analysis is None:
            return
        self._analysis.forget(uri, closed.path)
        if all(other.path != closed.path for other in self.documents.values()):
            from closurelens.world import CloseFile

            self.apply(CloseFile(closed.path))

    def texts(self) -> dict[str, bytes]:
        """Of the open documents, as they are now, by path."""
        analysis = self._analysis
        out: dict[str, bytes] = {}
        for document in self.documents.values():
            file = None if analysis is None else analysis.world.file(document.path)
            out[document.path] = document.opened.text if file is None else file.document.text
        return out

    def edited(self) -> None:
        """A document is not what it was when it was opened, so that no hints of earlier runs fit."""
        for document in self.documents.values():
            document.kept = None

    def kept(self, document: OpenDocument) -> StoredHints | None:
        """Hints of an earlier run, if those of now would be the same."""
        if document.kept is not None and not self.earlier.holds(document.kept, document.path):
            document.kept = None
        return document.kept

    def _find_kept(self, document: OpenDocument) -> StoredHints | None:
        return self.earlier.find(document.uri, document.path, document.opened.text, self.settings, self.client)

    # What happens

    def watch(self) -> None:
        """The client tells of changes in its folders."""
        self._is_watching = True
        if self._analysis is not None:
            self._analysis.disk.client_watches(self.folders)

    def changed_on_disk(self, changed: Iterable[str]) -> None:
        paths = list(changed)
        for document in self.documents.values():
            if document.kept is not None:
                document.kept.look_again()
        if self._analysis is None:
            if self._preparation is not None:
                self._changed += paths
        else:
            from closurelens.world import FileOnDisk

            self._analysis.disk.forget(paths)
            for path in paths:
                self.apply(FileOnDisk(path))
        self.on_disk_change()

    def configure(self, given: Any) -> None:
        settings, wrong = read_settings(given)
        for problem in wrong:
            self.log(_WARNING, problem)
        if settings == self.settings:
            return
        before, self.settings = self.settings, settings
        if self._analysis is not None and settings.index != before.index:
            self._analysis.configure(settings.index)
        for document in self.documents.values():
            if document.kept is not None:
                document.kept = self._find_kept(document)

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
