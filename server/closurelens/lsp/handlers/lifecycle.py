"""initialize, initialized, shutdown; settings; files that change on the disk."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from closurelens.ide.assists import ASSISTS
from closurelens.lsp import from_lsp
from closurelens.lsp.client import client_of
from closurelens.lsp.protocol import Json
from closurelens.lsp.scheduling import Scheduler
from closurelens.lsp.session import Session
from closurelens.world import FileOnDisk

_WATCHED = ("**/*.rs", "**/Cargo.toml", "**/Cargo.lock", "**/.cargo/config.toml")


class Lifecycle:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def on_initialize(self, session: Session, params: Json) -> Json:
        session.client = client_of(params.get("capabilities"))
        session.configure(params.get("initializationOptions"))
        return {"capabilities": _capabilities(session), "serverInfo": {"name": "closurelens", "version": _version()}}

    def on_initialized(self, session: Session, params: Json) -> None:
        if session.client.register:
            registrations: list[Json] = []
            for method in session.client.register:
                one: Json = {"id": method, "method": method}
                if method == "workspace/didChangeWatchedFiles":
                    one["registerOptions"] = {"watchers": [{"globPattern": glob} for glob in _WATCHED]}
                else:
                    one["registerOptions"] = {"section": "closurelens"}
                registrations.append(one)
            session.connection.request("client/registerCapability", {"registrations": registrations})
        self._pull_settings(session)

    def on_configuration(self, session: Session, params: Json) -> None:
        if session.client.configuration:
            self._pull_settings(session)
        else:
            session.configure(params.get("settings"))
            self._scheduler.refresh_soon()

    def _pull_settings(self, session: Session) -> None:
        if not session.client.configuration:
            return

        def answered(result: Any) -> None:
            if isinstance(result, list) and result and result[0] is not None:
                before = session.settings
                session.configure(result[0])
                if session.settings != before:
                    self._scheduler.refresh_soon()

        session.connection.request("workspace/configuration", {"items": [{"section": "closurelens"}]}, answered)

    def on_watched_files(self, session: Session, params: Json) -> None:
        changes = params.get("changes")
        for change in changes if isinstance(changes, list) else ():
            if isinstance(change, dict) and isinstance(change.get("uri"), str):
                session.apply(FileOnDisk(from_lsp.path_of(change["uri"])))
        self._scheduler.refresh_soon()

    def on_shutdown(self, session: Session, params: Json) -> None:
        session.connection.is_shut_down = True


def _capabilities(session: Session) -> Json:
    kinds = list(dict.fromkeys(assist.kind for assist in ASSISTS))
    return {
        "positionEncoding": session.client.encoding.value,
        "textDocumentSync": {"openClose": True, "change": 2, "save": False},
        "inlayHintProvider": {"resolveProvider": bool(session.client.hint_resolve)},
        "hoverProvider": True,
        "codeActionProvider": {"codeActionKinds": kinds, "resolveProvider": session.client.action_resolve},
    }


def _version() -> str:
    try:
        return version("closurelens")
    except PackageNotFoundError:
        return "0"
