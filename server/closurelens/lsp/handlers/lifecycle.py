"""initialize, initialized, shutdown; settings; files that change on the disk."""

from __future__ import annotations

from typing import Any

from closurelens import __version__
from closurelens.lsp import from_lsp
from closurelens.lsp.client import client_of
from closurelens.lsp.protocol import Json
from closurelens.lsp.scheduling import Scheduler
from closurelens.lsp.session import Session

ACTION_KINDS = ("refactor.rewrite",)
"""The kinds of what is in `ide.assists`, which is not loaded to tell them."""

_WATCHED = ("**/*.rs", "**/Cargo.toml", "**/Cargo.lock", "**/.cargo/config.toml")


class Lifecycle:
    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def on_initialize(self, session: Session, params: Json) -> Json:
        session.client = client_of(params.get("capabilities"))
        session.folders = _folders(params)
        parent = params.get("processId")
        if isinstance(parent, int):
            self._scheduler.end_with(parent)
        session.configure(params.get("initializationOptions"))
        return {"capabilities": _capabilities(session), "serverInfo": {"name": "closurelens", "version": __version__}}

    def on_initialized(self, session: Session, params: Json) -> None:
        if session.client.register:
            registrations: list[Json] = []
            for method in session.client.register:
                one: Json = {"id": method, "method": method}
                if method == "workspace/didChangeWatchedFiles":
                    one["registerOptions"] = {"watchers": [{"globPattern": glob} for glob in _WATCHED]}
                    session.watch()
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
        given = params.get("changes")
        changes = given if isinstance(given, list) else []
        uris = [change.get("uri") for change in changes if isinstance(change, dict)]
        session.changed_on_disk([from_lsp.path_of(uri) for uri in uris if isinstance(uri, str)])

    def on_shutdown(self, session: Session, params: Json) -> None:
        session.connection.is_shut_down = True


def _folders(params: Json) -> list[str]:
    """What the client has open: below these it sees changes."""
    given = params.get("workspaceFolders")
    folders = given if isinstance(given, list) else [{"uri": params.get("rootUri")}]
    uris = [folder.get("uri") for folder in folders if isinstance(folder, dict)]
    return [from_lsp.path_of(uri) for uri in uris if isinstance(uri, str)]


def _capabilities(session: Session) -> Json:
    return {
        "positionEncoding": session.client.encoding.value,
        "textDocumentSync": {"openClose": True, "change": 2, "save": False},
        "inlayHintProvider": {"resolveProvider": bool(session.client.hint_resolve)},
        "hoverProvider": True,
        "codeActionProvider": {"codeActionKinds": [*ACTION_KINDS], "resolveProvider": session.client.action_resolve},
    }
