"""The server's entry, and the table of the messages it understands."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import Any

from closurelens.index.background import Background
from closurelens.index.store import CrateStore, cache_folder
from closurelens.lsp.disk import RememberingDisk
from closurelens.lsp.handlers import code_action, hover, inlay_hints
from closurelens.lsp.handlers.lifecycle import Lifecycle
from closurelens.lsp.handlers.sync import Sync
from closurelens.lsp.protocol import Connection
from closurelens.lsp.scheduling import Scheduler
from closurelens.lsp.session import Session
from closurelens.lsp.transport import serve_stdio, serve_tcp
from closurelens.project.dependencies import ManifestCache
from closurelens.project.load import load_project
from closurelens.project.model import CrateGraph
from closurelens.resolve.dependencies import LoadStored, always_from_source
from closurelens.stdsig.database import StdDb
from closurelens.text import DecodeError, decode
from closurelens.world import World

__all__ = ["connect", "main", "make_world", "prepare_process"]

_YOUNG = 20_000
"""Objects made since the last collection that cause one."""


def make_world(disk: RememberingDisk, stored: LoadStored = always_from_source) -> World:
    cache = ManifestCache()

    def read(path: str) -> bytes | None:
        data = disk.read(path)
        if not isinstance(data, bytes):
            return None
        try:
            return decode(data).text
        except DecodeError:
            return None

    def load(path: str) -> CrateGraph:
        return load_project(path, files=disk, cache=cache)

    return World(read, load, StdDb.load(), stored=stored)


def connect(
    send: Callable[[bytes], None], world: Callable[[RememberingDisk, LoadStored], World] = make_world
) -> Connection:
    """A connection to one client; `send` gets the bodies of our messages."""
    connection = Connection(send)
    background = Background(
        CrateStore(cache_folder()),
        lambda: scheduler.from_other_thread(scheduler.indexed),
        lambda work: scheduler.when_idle(work),
    )
    connection.at_end(background.close)
    session = Session(connection, lambda disk: world(disk, background.load), RememberingDisk())
    scheduler = Scheduler(session, background.state)
    session.on_disk_change = scheduler.refresh_soon
    lifecycle, sync = Lifecycle(scheduler), Sync(scheduler)
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
        "textDocument/inlayHint": guarded("inlay hints", inlay_hints.on_inlay_hint, _nothing()),
        "inlayHint/resolve": session.guarded_resolve("inlay hint", inlay_hints.on_resolve),
        "textDocument/hover": guarded("hover", hover.on_hover, None),
        "textDocument/codeAction": guarded("code actions", code_action.on_code_action, _nothing()),
        "codeAction/resolve": session.guarded_resolve("code action", code_action.on_resolve),
    }
    for method, handler in handlers.items():
        connection.register(method, handler)
    return connection


def _nothing() -> list[dict[str, Any]]:
    return []


def prepare_process() -> None:
    """Collections of garbage are rare, and of young objects: a full one takes longer than what a keystroke may. The
    scheduler does them when nothing is typed."""
    gc.set_threshold(_YOUNG, 20, 1_000_000)


def main(address: tuple[str, int] | None = None) -> int:
    """Serve one client on standard input and output, or on a TCP port; returns the process's exit code."""
    logging.basicConfig(level=logging.ERROR)
    prepare_process()
    if address is None:
        return serve_stdio(connect)
    return serve_tcp(connect, *address)
