"""textDocument/inlayHint and inlayHint/resolve.

The first answer about a document brings what is found in a moment, where the client can be told to ask again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec

from closurelens.lsp import from_lsp
from closurelens.lsp.kept import response
from closurelens.lsp.protocol import Json
from closurelens.lsp.scheduling import Scheduler
from closurelens.lsp.session import OpenDocument, Session
from closurelens.text import TextRange

if TYPE_CHECKING:
    from closurelens.world import ChunkClosures

_FIRST = 0.3
"""Seconds between the first closures that are found and an answer without the rest."""
_SLICE = 8_000
"""Bytes of a document that are looked at before the clock is."""


class InlayHints:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def on_inlay_hint(self, session: Session, params: Json) -> msgspec.Raw | list[Json]:
        opened = session.document(params)
        if opened is None:
            return []
        kept = session.kept(opened)
        if kept is None:
            return self._analysed(session, opened, params)
        self._scheduler.gave_kept()
        within = from_lsp.text_range(opened.opened, params.get("range"), session.client.encoding)
        return msgspec.Raw(response(kept.hints, within))

    def _analysed(self, session: Session, opened: OpenDocument, params: Json) -> msgspec.Raw | list[Json]:
        file = session.settled(opened)
        if file is None:
            return []
        analysis = session.analysis
        within = from_lsp.text_range(file.document, params.get("range"), session.client.encoding)
        if opened.is_answered or not self._scheduler.can_refresh:
            found = analysis.world.chunks_in(opened.path, within, session.bugs.guard_body)
        else:
            found = self._first_found(session, opened, within)
        file = analysis.world.file(opened.path) or file
        pieces = analysis.pieces(opened.uri, session.settings.inlay_hints, session.client)
        return msgspec.Raw(pieces.response(file, found, within))

    def _first_found(
        self, session: Session, opened: OpenDocument, within: TextRange
    ) -> list[tuple[int, ChunkClosures]]:
        """What there is at the start of `within`; if that is not all, the client is told when the rest is there."""
        world = session.analysis.world
        found: dict[int, tuple[int, ChunkClosures]] = {}
        end: float | None = None
        for low in range(within.start, max(within.end, within.start + 1), _SLICE):
            if end is not None and time.monotonic() > end:
                self._scheduler.go_on(opened)
                return list(found.values())
            part = TextRange(low, min(low + _SLICE, within.end))
            for start, chunk in world.chunks_in(opened.path, part, session.bugs.guard_body):
                found[id(chunk)] = start, chunk
                if end is None and chunk.bodies:
                    end = time.monotonic() + _FIRST
        opened.is_answered = True
        return list(found.values())

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
