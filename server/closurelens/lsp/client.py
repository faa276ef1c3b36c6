"""What the client can do, as far as it changes what we send.

Invariant: a capability that is not declared, or not of the expected form, is absent.
"""

from __future__ import annotations

from typing import Any

from closurelens.records import dataclass, field
from closurelens.text import Encoding

__all__ = ["Client", "client_of"]


@dataclass(slots=True)
class Client:
    encoding: Encoding = Encoding.UTF16
    hint_resolve: frozenset[str] = frozenset()
    hint_refresh: bool = False
    hover_markdown: bool = True
    action_literals: bool = False
    action_disabled: bool = False
    action_resolve: bool = False
    document_changes: bool = False
    progress: bool = False
    configuration: bool = False
    register: list[str] = field(default_factory=list)
    """Methods that may be registered dynamically: of those we know."""


def client_of(capabilities: Any) -> Client:
    def get(*path: str) -> Any:
        at = capabilities
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
        return at

    def names(*path: str) -> list[str]:
        found = get(*path)
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    formats = names("textDocument", "hover", "contentFormat")
    register = [
        method
        for method, path in (
            ("workspace/didChangeConfiguration", ("workspace", "didChangeConfiguration")),
            ("workspace/didChangeWatchedFiles", ("workspace", "didChangeWatchedFiles")),
        )
        if get(*path, "dynamicRegistration") is True
    ]
    return Client(
        encoding=_encoding(names("general", "positionEncodings")),
        hint_resolve=frozenset(names("textDocument", "inlayHint", "resolveSupport", "properties")),
        hint_refresh=get("workspace", "inlayHint", "refreshSupport") is True,
        hover_markdown=formats[0] == "markdown" if formats else True,
        action_literals=isinstance(get("textDocument", "codeAction", "codeActionLiteralSupport"), dict),
        action_disabled=get("textDocument", "codeAction", "disabledSupport") is True,
        action_resolve=get("textDocument", "codeAction", "dataSupport") is True
        and "edit" in names("textDocument", "codeAction", "resolveSupport", "properties"),
        document_changes=get("workspace", "workspaceEdit", "documentChanges") is True,
        progress=get("window", "workDoneProgress") is True,
        configuration=get("workspace", "configuration") is True,
        register=register,
    )


def _encoding(offered: list[str]) -> Encoding:
    """The first in the client's order that is not UTF-16, as rust-analyzer takes it: lsp-mode has one encoding for all
    servers of a buffer. A client that offers nothing speaks UTF-16."""
    for name in offered:
        if name in (Encoding.UTF8.value, Encoding.UTF32.value):
            return Encoding(name)
    return Encoding.UTF16
