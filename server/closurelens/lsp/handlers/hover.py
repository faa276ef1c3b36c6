"""textDocument/hover."""

from __future__ import annotations

from closurelens.ide import hover as feature
from closurelens.lsp import from_lsp, to_lsp
from closurelens.lsp.protocol import Json
from closurelens.lsp.session import Session


def on_hover(session: Session, params: Json) -> Json | None:
    opened = session.document(params)
    view = None if opened is None else session.view(opened)
    if view is None:
        return None
    at = from_lsp.offset(view.document, params.get("position"), session.client.encoding)
    found = feature.hover(view, at, session.settings.hover)
    return None if found is None else to_lsp.hover(view.document, found, session.client)
