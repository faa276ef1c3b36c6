"""textDocument/didOpen, didChange, didSave, didClose."""

from __future__ import annotations

from typing import Any

from closurelens.lsp import from_lsp
from closurelens.lsp.protocol import Json
from closurelens.lsp.scheduling import Scheduler
from closurelens.lsp.session import OpenDocument, Session
from closurelens.text import encode
from closurelens.world import CloseFile, EditFile, OpenFile


class Sync:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def on_open(self, session: Session, params: Json) -> None:
        given = params.get("textDocument")
        if not isinstance(given, dict) or not isinstance(given.get("text"), str):
            return
        uri = from_lsp.uri_of(params)
        opened = OpenDocument(uri, from_lsp.path_of(uri), given.get("version"))
        session.documents[uri] = opened
        session.apply(OpenFile(opened.path, encode(given["text"].removeprefix("\ufeff"))))
        self._scheduler.opened(opened)

    def on_change(self, session: Session, params: Json) -> None:
        opened = session.document(params)
        changes = params.get("contentChanges")
        if opened is None or not isinstance(changes, list):
            return
        version: Any = params["textDocument"].get("version")
        opened.version = version if isinstance(version, int) else None
        for change in changes:
            if isinstance(change, dict) and isinstance(change.get("text"), str):
                _apply(session, opened, change)
        self._scheduler.changed(opened)

    def on_close(self, session: Session, params: Json) -> None:
        opened = session.documents.pop(from_lsp.uri_of(params), None)
        if opened is not None and all(other.path != opened.path for other in session.documents.values()):
            session.apply(CloseFile(opened.path))
            session.forget_view(opened.path)


def _apply(session: Session, opened: OpenDocument, change: Json) -> None:
    file = session.world.file(opened.path)
    text = encode(change["text"])
    given = change.get("range")
    if file is None or given is None:
        session.apply(EditFile(opened.path, None, text))
        return
    at = from_lsp.text_range(file.document, given, session.client.encoding)
    session.apply(EditFile(opened.path, at, text))
