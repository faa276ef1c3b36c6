"""textDocument/inlayHint and inlayHint/resolve."""

from __future__ import annotations

from zlib import crc32

import msgspec

from closurelens.lsp import from_lsp
from closurelens.lsp.kept import response
from closurelens.lsp.protocol import Json
from closurelens.lsp.scheduling import Scheduler
from closurelens.lsp.session import OpenDocument, Session
from closurelens.text import TextRange


class InlayHints:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def on_inlay_hint(self, session: Session, params: Json) -> msgspec.Raw | list[Json]:
        opened = session.document(params)
        if opened is None:
            return []
        kept = session.kept(opened)
        if kept is None:
            return _analysed(session, opened, params)
        self._scheduler.gave_kept()
        within = from_lsp.text_range(opened.opened, params.get("range"), session.client.encoding)
        return msgspec.Raw(response(kept.hints, within))

    def on_resolve(self, session: Session, params: Json) -> Json:
        """`data` says how far from the hint its closure starts, and what the text of its item was."""
        from closurelens.ide import inlay_hints as feature
        from closurelens.lsp import to_lsp

        data = params.get("data")
        if not isinstance(data, dict):
            return params
        opened = session.documents.get(str(data.get("uri")))
        file = None if opened is None else session.settled(opened)
        if opened is None or file is None:
            return params
        back, kind = data.get("at"), data.get("kind")
        if not isinstance(back, int) or kind not in ("trait", "captures"):
            return params
        at = from_lsp.offset(file.document, params.get("position"), session.client.encoding)
        chunks = session.analysis.world.chunks_in(opened.path, TextRange(at, at), session.bugs.guard_body)
        if all(crc32(chunk.text) != data.get("of") for _, chunk in chunks):
            return params
        # What is told names lines, which an item by itself does not know.
        view = session.view(opened)
        told = None if view is None else feature.resolve(view, feature.HintKind(kind), at + back)
        return params if told is None else to_lsp.resolved_hint(file.document, opened, params, told, session.client)


def _analysed(session: Session, opened: OpenDocument, params: Json) -> msgspec.Raw | list[Json]:
    file = session.settled(opened)
    if file is None:
        return []
    analysis = session.analysis
    within = from_lsp.text_range(file.document, params.get("range"), session.client.encoding)
    found = analysis.world.chunks_in(opened.path, within, session.bugs.guard_body)
    file = analysis.world.file(opened.path) or file
    pieces = analysis.pieces(opened.uri, session.settings.inlay_hints, session.client)
    return msgspec.Raw(pieces.response(file, found, within))
