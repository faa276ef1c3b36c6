"""From our terms to the client's: plain dicts, which are encoded as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from closurelens.ide.hover import Hover
from closurelens.ide.inlay_hints import Resolved
from closurelens.lsp.client import Client
from closurelens.lsp.protocol import Json
from closurelens.lsp.session import OpenDocument
from closurelens.text import Document, Encoding, TextEdit, TextRange

__all__ = ["hover", "position", "resolved_hint", "text_range", "workspace_edit"]


def position(document: Document, offset: int, encoding: Encoding) -> Json:
    line, character = document.lines.position(offset, encoding)
    return {"line": line, "character": character}


def text_range(document: Document, at: TextRange, encoding: Encoding) -> Json:
    return {"start": position(document, at.start, encoding), "end": position(document, at.end, encoding)}


def resolved_hint(document: Document, opened: OpenDocument, given: Json, resolved: Resolved, client: Client) -> Json:
    """VS Code shows the tooltip of the hint above that of the part: what one says, the other leaves out."""
    parts: list[Json] = []
    for part, tooltip in zip(resolved.hint.parts, resolved.parts, strict=True):
        one: Json = {"value": part.text}
        if tooltip:
            one["tooltip"] = markup(tooltip)
        if part.target is not None:
            one["location"] = {"uri": opened.uri, "range": text_range(document, part.target, client.encoding)}
        parts.append(one)
    out = {**given, "label": parts}
    if resolved.tooltip:
        out["tooltip"] = markup(resolved.tooltip)
    return out


def markup(text: str) -> Json:
    return {"kind": "markdown", "value": text}


def hover(document: Document, found: Hover, client: Client) -> Json:
    if client.hover_markdown:
        contents = markup(found.markdown)
    else:
        contents = {"kind": "plaintext", "value": found.plain}
    return {"contents": contents, "range": text_range(document, found.range, client.encoding)}


def workspace_edit(document: Document, opened: OpenDocument, edits: Sequence[TextEdit], client: Client) -> Json:
    changes: list[Any] = [
        {"range": text_range(document, edit.range, client.encoding), "newText": edit.new_text.decode()}
        for edit in edits
    ]
    if client.document_changes:
        of = {"uri": opened.uri, "version": opened.version}
        return {"documentChanges": [{"textDocument": of, "edits": changes}]}
    return {"changes": {opened.uri: changes}}
