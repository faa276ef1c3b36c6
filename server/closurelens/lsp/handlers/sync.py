"""textDocument/didOpen, didChange, didSave, didClose."""

from __future__ import annotations

from typing import Any

from closurelens.lsp import from_lsp
from closurelens.lsp.protocol import Json
from closurelens.lsp.scheduling import Scheduler
from closurelens.lsp.session import OpenDocument, Session
from closurelens.text import encode


class Sync:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def on_open(self, session: Session, params: Json) -> None:
        given = params.get("textDocument")
        if not isinstance(given, dict) or not isinstance(given.get("text"), str):
            return
        uri = from_lsp.uri_of(params)
        text = encode(given["text"].removeprefix("\ufeff"))
        opened = OpenDocument(uri, from_lsp.path_of(uri), given.get("version"), text)
        session.open(opened)
        self._scheduler.opened(opened)

    def on_change(self, session: Session, params: Json) -> None:
        opened = session.document(params)
        given, changes = params.get("textDocument"), params.get("contentChanges")
        if opened is None or not isinstance(given, dict) or not isinstance(changes, list):
            return
        version: Any = given.get("version")
        opened.version = version if isinstance(version, int) else None
        session.edited()
        for change in changes:
            if isinstance(change, dict) and isinstance(change.get("text"), str):
                _apply(session, opened, change)
        self._scheduler.changed(opened)

    def on_close(self, session: Session, params: Json) -> None:
        session.close(from_lsp.uri_of(params))
        self._scheduler.closed()


def _apply(session: Session, opened: OpenDocument, change: Json) -> None:
    from closurelens.world import EditFile

    file = session.analysis.world.file(opened.path)
    text = encode(change["text"])
    given = change.get("range")
    if file is None or given is None:
        session.apply(EditFile(opened.path, None, text))
        return
    at = from_lsp.text_range(file.document, given, session.client.encoding)
    session.apply(EditFile(opened.path, at, text))
