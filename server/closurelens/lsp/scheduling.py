"""What is done later: asking the client to draw hints anew, settling long files, telling of progress, ending with the
client's process.

Invariant: nothing here runs while a message is being handled; a timer that is set again starts from the beginning.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from closurelens.lsp.keeping import Keeper, has_more
from closurelens.lsp.session import OpenDocument, Session

if TYPE_CHECKING:
    from closurelens.syntax.chunks import Refresh

__all__ = ["YOUNG_AT_START", "Scheduler", "collect_rarely"]

_AFTER_CHANGE = 0.3
"""Seconds. Neovim marks lines as drawn by their version and not per server, so that hints of the slower of two servers
stay away until the next refresh (neovim#36318)."""


_BETWEEN_LOOKS_AT_PARENT = 3.0
_SLICE = 100_000
"""Bytes of a long file that are settled at a time: some milliseconds."""

_YOUNG = 20_000
YOUNG_AT_START = 1_000_000
"""Objects made since the last collection of garbage that cause one; until the first pause in typing."""
_FULL_COLLECTION = 50
"""Pauses in typing between two full collections of garbage."""
_BEFORE_INDEXING = 0.2
"""Seconds between an answer and the start of the process that makes what was missing for it."""
_BETWEEN_CRATES = 2.0
"""Seconds between two times that hints are drawn anew while dependencies are being indexed."""


def collect_rarely(young: int) -> None:
    """Garbage is looked for among objects made lately: to look at all takes longer than what a keystroke may, and is
    done when nothing is typed."""
    gc.set_threshold(young, 20, 1_000_000)


class Scheduler:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._keeper = Keeper(session, self.from_other_thread, self.indexed, self._refresh_later)
        self._taken_in = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tokens = 0
        self._idle = 0
        self._indexing: str | None = None
        self._told = ""
        self._last_taken_in = 0.0
        self._going_on: list[OpenDocument] = []
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:  # driven without a loop, by a test or a benchmark
            self._loop = None

    def from_other_thread(self, work: Callable[[], None]) -> None:
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(work)
            except RuntimeError:  # the loop is closed: nobody listens any more
                return

    def when_idle(self, work: Callable[[], None]) -> None:
        """Do something of no hurry. An editor that opens a file asks several questions, one after the other."""
        loop = self._loop
        if loop is None:
            work()
            return

        def wait() -> None:
            loop.call_later(_BEFORE_INDEXING, work)

        self.from_other_thread(wait)

    def changed(self, document: OpenDocument) -> None:
        """A document has been edited; more edits may follow."""
        self._later(lambda: self._settle_and_refresh(document))
        self._keeper.later()

    def refresh_soon(self) -> None:
        self._refresh_later()
        self._keeper.later()

    def gave_kept(self) -> None:
        """Hints of an earlier run were given, without an analysis of what they are about."""
        self._keeper.gave_kept()

    def closed(self) -> None:
        self._keeper.later()

    def close(self) -> None:
        """The client is gone."""
        self._keeper.finish()
        self._session.end()

    def _refresh_later(self) -> None:
        self._later(self._refresh)

    def _later(self, work: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # driven without a loop, by a test or a benchmark
            return
        self._timer = loop.call_later(_AFTER_CHANGE, work)

    @property
    def can_refresh(self) -> bool:
        """Whether the client can be told that there are other hints now."""
        return self._loop is not None and self._session.client.hint_refresh

    def go_on(self, document: OpenDocument) -> None:
        """Analyse the rest of a document of which some hints were given, and have them all drawn."""
        if document not in self._going_on:
            self._going_on.append(document)
            session = self._session
            self._go_on(document, session.analysis.steps(document.path, session.bugs.guard_body))

    def _go_on(self, document: OpenDocument, work: Iterator[None]) -> None:
        """One step; messages that have arrived come before the next one."""
        session = self._session
        is_open = session.documents.get(document.uri) is document
        if is_open and session.bugs.guarded("analysing the rest", lambda: has_more(work), False):
            asyncio.get_running_loop().call_soon(self._go_on, document, work)
            return
        self._going_on.remove(document)
        document.is_answered = True
        if is_open:
            self._refresh()

    def _settle_and_refresh(self, document: OpenDocument) -> None:
        session = self._session
        is_open = session.documents.get(document.uri) is document
        refresh = session.analysis.world.settling(document.path) if is_open else None
        if refresh is not None:
            self._settle_on(document, refresh)
            return
        self._refresh()
        self._collect_garbage()

    def _settle_on(self, document: OpenDocument, refresh: Refresh) -> None:
        """One slice; messages that have arrived come before the next one."""
        session = self._session
        if session.analysis.world.file(document.path) is not refresh.file:
            return  # the change set the timer again
        is_done = session.bugs.guarded("settling", lambda: refresh.step(_SLICE), None)
        if is_done is False:
            asyncio.get_running_loop().call_soon(self._settle_on, document, refresh)
            return
        if is_done:
            session.bugs.guarded("settling", lambda: session.analysis.world.settled_by(document.path, refresh), None)
        self._refresh()
        self._collect_garbage()

    def _collect_garbage(self) -> None:
        """What lives by now is left alone from then on, once in a while, so that the next collections are short."""
        self._idle += 1
        if self._idle % _FULL_COLLECTION == 1:
            gc.collect()
            gc.freeze()
            collect_rarely(_YOUNG)
        else:
            gc.collect(1)

    def _refresh(self) -> None:
        if self._session.client.hint_refresh:
            self._session.connection.request("workspace/inlayHint/refresh", None)

    def end_with(self, process: int) -> None:
        """End the server when the client's process is gone: its pipe may be held open by a child of it.

        A process that is not there from the start is in a container of its own, or no process: it is not waited for.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if os.name == "posix" and _is_alive(process):
            loop.call_later(_BETWEEN_LOOKS_AT_PARENT, self._look_at_parent, loop, process)

    def _look_at_parent(self, loop: asyncio.AbstractEventLoop, process: int) -> None:
        if _is_alive(process):
            loop.call_later(_BETWEEN_LOOKS_AT_PARENT, self._look_at_parent, loop, process)
        else:
            self._session.connection.end()

    def opened(self, document: OpenDocument) -> None:
        """Read the crates of a document before it is asked about, and tell of it."""
        session = self._session
        self._keeper.later()
        if document.kept is not None or not session.client.progress:
            return
        self._tokens += 1
        token = f"closurelens/{self._tokens}"

        def begin(_: object) -> None:
            analysis = session.analysis
            if analysis.is_asked(document.uri, document.path) or session.documents.get(document.uri) is not document:
                return
            notify = session.connection.notify
            notify("$/progress", {"token": token, "value": {"kind": "begin", "title": "closurelens: reading crates"}})
            session.bugs.guarded("reading crates", lambda: analysis.read_crates(document.path), None)
            notify("$/progress", {"token": token, "value": {"kind": "end"}})

        session.connection.request("window/workDoneProgress/create", {"token": token}, begin)

    # Dependencies

    def indexed(self) -> None:
        """Crates are being indexed or have come: tell of it, and take in what has come, not more often than needed."""
        if not self._session.has_analysis:
            return
        state = self._session.analysis.background.state()
        self._tell_of_indexing(state.names)
        if state.finished == self._taken_in:
            return
        if state.names and time.monotonic() - self._last_taken_in < _BETWEEN_CRATES:
            return
        self._taken_in = state.finished
        self._last_taken_in = time.monotonic()
        from closurelens.world import MoreDependencies

        self._session.apply(MoreDependencies())
        self.refresh_soon()

    def _tell_of_indexing(self, names: list[str]) -> None:
        session = self._session
        if not session.client.progress:
            return
        notify = session.connection.notify
        if names and self._indexing is None:
            self._tokens += 1
            token = self._indexing = f"closurelens/{self._tokens}"
            session.connection.request("window/workDoneProgress/create", {"token": token})
            notify("$/progress", {"token": token, "value": {"kind": "begin", "title": "closurelens: indexing"}})
        token_now = self._indexing
        if token_now is None:
            return
        if not names:
            notify("$/progress", {"token": token_now, "value": {"kind": "end"}})
            self._indexing = None
        elif self._told != names[0]:
            notify("$/progress", {"token": token_now, "value": {"kind": "report", "message": names[0]}})
        self._told = names[0] if names else ""


def _is_alive(process: int) -> bool:
    """Signal 0 only asks; on Windows it would end the process."""
    if process <= 0:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
