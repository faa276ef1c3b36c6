"""textDocument/codeAction and codeAction/resolve, from the table `ide.assists.ASSISTS`.

An assist that fails does not keep the others from being offered.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from closurelens.ide.assists import ASSISTS, Assist, Offer, Refusal
from closurelens.ide.view import FileView
from closurelens.lsp import from_lsp, to_lsp
from closurelens.lsp.protocol import Json
from closurelens.lsp.session import OpenDocument, Session

_AUTOMATIC = 2


def on_code_action(session: Session, params: Json) -> list[Json]:
    opened = session.document(params)
    if opened is None or not session.client.action_literals:
        return []
    view = session.view(opened)
    if view is None:
        return []
    at = from_lsp.text_range(view.document, params.get("range"), session.client.encoding)
    context = params.get("context")
    only, is_automatic = _wanted(context)
    out: list[Json] = []
    for assist in ASSISTS:
        if only is not None and not any(assist.kind == kind or assist.kind.startswith(f"{kind}.") for kind in only):
            continue
        found = session.bugs.guarded(assist.id, partial(assist.check, view, at), None)
        match found:
            case Offer():
                out.append(_offered(session, opened, view, assist, found))
            case Refusal() if session.client.action_disabled and not is_automatic:
                out.append({"title": found.title, "kind": assist.kind, "disabled": {"reason": found.reason}})
    return out


def _wanted(context: Any) -> tuple[list[str] | None, bool]:
    if not isinstance(context, dict):
        return None, False
    only = context.get("only")
    kinds = [kind for kind in only if isinstance(kind, str)] if isinstance(only, list) else None
    return None if kinds is None or "" in kinds else kinds, context.get("triggerKind") == _AUTOMATIC


def _offered(session: Session, opened: OpenDocument, view: FileView, assist: Assist, offer: Offer) -> Json:
    action: Json = {"title": offer.title, "kind": assist.kind}
    if session.client.action_resolve:
        action["data"] = {
            "uri": opened.uri,
            "version": opened.version,
            "assist": assist.id,
            "target": offer.target,
        }
    else:
        edits = assist.edits(view, offer.target)
        action["edit"] = to_lsp.workspace_edit(view.document, opened, edits, session.client)
    return action


def on_resolve(session: Session, params: Json) -> Json:
    data = params.get("data")
    if not isinstance(data, dict):
        return params
    opened = session.documents.get(str(data.get("uri")))
    assist = next((a for a in ASSISTS if a.id == data.get("assist")), None)
    target = data.get("target")
    if opened is None or assist is None or not isinstance(target, int) or opened.version != data.get("version"):
        return params
    view = session.view(opened)
    if view is None:
        return params
    edits = assist.edits(view, target)
    return {**params, "edit": to_lsp.workspace_edit(view.document, opened, edits, session.client)}
