"""What is done later: asking the client to draw hints anew, settling long files, telling of progress.

Invariant: nothing here runs while a message is being handled; a timer that is set again starts from the beginning.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from closurelens.lsp.session import OpenDocument, Session

__all__ = ["Scheduler"]

_AFTER_CHANGE = 0.3
"""Seconds. Neovim marks lines as drawn by their version and not per server, so that hints of the slower of two servers
stay away until the next refresh (neovim#36318)."""


class Scheduler:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._timer: asyncio.TimerHandle | None = None
        self._tokens = 0

    def changed(self, document: OpenDocument) -> None:
        """A document has been edited; more edits may follow."""
        self._later(lambda: self._settle_and_refresh(document))

    def refresh_soon(self) -> None:
        self._later(self._refresh)

    def _later(self, work: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # driven without a loop, by a test or a benchmark
            return
        self._timer = loop.call_later(_AFTER_CHANGE, work)

    def _settle_and_refresh(self, document: OpenDocument) -> None:
        session = self._session
        if session.documents.get(document.uri) is document:
            session.bugs.guarded("settling", lambda: session.world.settle(document.path), None)
        self._refresh()

    def _refresh(self) -> None:
        self._timer = None
        if self._session.client.hint_refresh:
            self._session.connection.request("workspace/inlayHint/refresh", None)

    def opened(self, document: OpenDocument) -> None:
        """Read the crates of a document before it is asked about, and tell of it."""
        session = self._session
        if not session.client.progress:
            return
        self._tokens += 1
        token = f"closurelens/{self._tokens}"

        def begin(_: object) -> None:
            if session.has_view(document) or session.documents.get(document.uri) is not document:
                return
            notify = session.connection.notify
            notify("$/progress", {"token": token, "value": {"kind": "begin", "title": "closurelens: reading crates"}})
            session.bugs.guarded("reading crates", lambda: session.view(document), None)
            notify("$/progress", {"token": token, "value": {"kind": "end"}})

        session.connection.request("window/workDoneProgress/create", {"token": token}, begin)
