"""textDocument/inlayHint and inlayHint/resolve."""

from __future__ import annotations

from closurelens.ide import inlay_hints as feature
from closurelens.lsp import from_lsp, to_lsp
from closurelens.lsp.protocol import Json
from closurelens.lsp.session import Session


def on_inlay_hint(session: Session, params: Json) -> list[Json]:
    opened = session.document(params)
    view = None if opened is None else session.view(opened)
    if opened is None or view is None:
        return []
    document = view.document
    within = from_lsp.text_range(document, params.get("range"), session.client.encoding)
    hints = feature.inlay_hints(view, within, session.settings.inlay_hints)
    start, end = within
    client = session.client
    return [to_lsp.inlay_hint(document, opened, hint, client) for hint in hints if start <= hint.offset <= end]


def on_resolve(session: Session, params: Json) -> Json:
    data = params.get("data")
    if not isinstance(data, dict):
        return params
    opened = session.documents.get(str(data.get("uri")))
    view = None if opened is None else session.view(opened)
    closure, kind = data.get("closure"), data.get("kind")
    if opened is None or view is None or opened.version != data.get("version"):
        return params
    if not isinstance(closure, int) or kind not in ("trait", "captures"):
        return params
    resolved = feature.resolve(view, feature.HintKind(kind), closure)
    if resolved is None:
        return params
    return to_lsp.resolved_hint(view.document, opened, params, resolved, session.client)
