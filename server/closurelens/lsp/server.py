"""The server's entry, and the table of the messages it understands.

Invariant: importing this loads no layer of the analysis; handlers that need one load it when they are called.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from closurelens.lsp.handlers.inlay_hints import InlayHints
from closurelens.lsp.handlers.lifecycle import Lifecycle
from closurelens.lsp.handlers.sync import Sync
from closurelens.lsp.preparation import Indexing
from closurelens.lsp.protocol import Connection, Json
from closurelens.lsp.scheduling import YOUNG_AT_START, Scheduler, collect_rarely
from closurelens.lsp.session import Session
from closurelens.lsp.transport import serve_stdio, serve_tcp

__all__ = ["connect", "main", "prepare_process"]


def connect(send: Callable[[bytes], None]) -> Connection:
    """A connection to one client; `send` gets the bodies of our messages."""
    connection = Connection(send)
    session = Session(
        connection,
        Indexing(
            lambda: scheduler.from_other_thread(scheduler.indexed),
            lambda work: scheduler.when_idle(work),
        ),
    )
    scheduler = Scheduler(session)
    connection.at_end(scheduler.close)
    session.on_disk_change = scheduler.refresh_soon
    lifecycle, sync = Lifecycle(scheduler), Sync(scheduler)
    hints = InlayHints(scheduler)
    guarded = session.guarded
    handlers: dict[str, Callable[[Any], Any]] = {
        "initialize": guarded("initialize", lifecycle.on_initialize, {"capabilities": {}}),
        "initialized": guarded("initialized", lifecycle.on_initialized, None),
        "shutdown": guarded("shutdown", lifecycle.on_shutdown, None),
        "workspace/didChangeConfiguration": guarded("settings", lifecycle.on_configuration, None),
        "workspace/didChangeWatchedFiles": guarded("watched files", lifecycle.on_watched_files, None),
        "textDocument/didOpen": guarded("didOpen", sync.on_open, None),
        "textDocument/didChange": guarded("didChange", sync.on_change, None),
        "textDocument/didClose": guarded("didClose", sync.on_close, None),
        "textDocument/inlayHint": guarded("inlay hints", hints.on_inlay_hint, _nothing()),
        "inlayHint/resolve": session.guarded_resolve("inlay hint", hints.on_resolve),
        "textDocument/hover": guarded("hover", _on_hover, None),
        "textDocument/codeAction": guarded("code actions", _on_code_action, _nothing()),
        "codeAction/resolve": session.guarded_resolve("code action", _on_code_action_resolve),
    }
    for method, handler in handlers.items():
        connection.register(method, handler)
    return connection


def _on_hover(session: Session, params: Json) -> Json | None:
    from closurelens.lsp.handlers import hover

    return hover.on_hover(session, params)


def _on_code_action(session: Session, params: Json) -> list[Json]:
    from closurelens.lsp.handlers import code_action

    return code_action.on_code_action(session, params)


def _on_code_action_resolve(session: Session, params: Json) -> Json:
    from closurelens.lsp.handlers import code_action

    return code_action.on_resolve(session, params)


def _nothing() -> list[dict[str, Any]]:
    return []


def prepare_process() -> None:
    """What is made until the first answers lives on, so that to look for garbage in it is lost time."""
    collect_rarely(YOUNG_AT_START)


def main(address: tuple[str, int] | None = None) -> int:
    """Serve one client on standard input and output, or on a TCP port; returns the process's exit code."""
    logging.basicConfig(level=logging.ERROR)
    prepare_process()
    if address is None:
        return serve_stdio(connect)
    return serve_tcp(connect, *address)
