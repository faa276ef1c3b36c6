"""From the client's terms to ours. Invariant: nothing a client sends makes these raise; what cannot be read is moved to
the nearest place that exists. Paths are made as `project.load.from_os_path` makes them, which loads more than a
start needs."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote, unquote

from pygls.uris import to_fs_path

from closurelens.project import paths
from closurelens.text import Document, Encoding, Position, TextRange

__all__ = ["offset", "path_of", "position", "text_range", "uri_of"]


def uri_of(params: Any) -> str:
    document = params.get("textDocument") if isinstance(params, dict) else None
    uri = document.get("uri") if isinstance(document, dict) else None
    return uri if isinstance(uri, str) else ""


def path_of(uri: str) -> str:
    """A document that is no file has a path of its own, in a folder that does not exist."""
    try:
        path = to_fs_path(uri) if uri.startswith("file:") else None
    except ValueError:
        path = None
    if path is None:
        return f"/.closurelens-unsaved/{quote(unquote(uri), safe='')}.rs"
    return paths.normalize(os.path.abspath(path))


def position(given: Any) -> Position:
    if not isinstance(given, dict):
        return Position(0, 0)
    line, character = given.get("line"), given.get("character")
    return Position(line if isinstance(line, int) else 0, character if isinstance(character, int) else 0)


def offset(document: Document, given: Any, encoding: Encoding) -> int:
    return document.lines.offset(position(given), encoding)


def text_range(document: Document, given: Any, encoding: Encoding) -> TextRange:
    if not isinstance(given, dict):
        return TextRange(0, document.size)
    return document.range(position(given.get("start")), position(given.get("end")), encoding)
