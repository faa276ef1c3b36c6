"""textDocument/inlayHint and inlayHint/resolve."""

from __future__ import annotations

from zlib import crc32

import msgspec

from closurelens.ide import inlay_hints as feature
from closurelens.lsp import from_lsp, to_lsp
from closurelens.lsp.protocol import Json
from closurelens.lsp.session import Session
from closurelens.text import TextRange


def on_inlay_hint(session: Session, params: Json) -> msgspec.Raw | list[Json]:
    opened = session.document(params)
    file = None if opened is None else session.settled(opened)
    if opened is None or file is None:
        return []
    within = from_lsp.text_range(file.document, params.get("range"), session.client.encoding)
    found = session.world.chunks_in(opened.path, within, session.bugs.guard_body)
    file = session.world.file(opened.path) or file
    return msgspec.Raw(session.pieces(opened).response(file, found, within))


def on_resolve(session: Session, params: Json) -> Json:
    """`data` says how far from the hint its closure starts, and what the text of its item was."""
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
    chunks = session.world.chunks_in(opened.path, TextRange(at, at), session.bugs.guard_body)
    if all(crc32(chunk.text) != data.get("of") for _, chunk in chunks):
        return params
    # What is told names lines, which an item by itself does not know.
    view = session.view(opened)
    resolved = None if view is None else feature.resolve(view, feature.HintKind(kind), at + back)
    return params if resolved is None else to_lsp.resolved_hint(file.document, opened, params, resolved, session.client)
