"""What is done when nothing is asked: all hints of the open documents are made, compared with kept ones that were
given, and kept for the next start.

Invariant: a step takes no longer than the analysis of one function, and messages come before the next one. What is kept
is of one state of the world, and that is the one of the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from closurelens.index.hints import Hint
from closurelens.lsp.kept import text_on_disk
from closurelens.lsp.session import OpenDocument, Session

__all__ = ["Keeper", "has_more"]

_IDLE = 2.5
"""Seconds without news after which hints are kept."""
_AFTER_KEPT = 0.1
"""Seconds after kept hints were given, in which the client asks for what else is visible."""
_AT_END = 1.0
"""Seconds that the end of the server may take for it."""
_LARGEST = 1_000_000
"""Bytes of a document whose hints are made although nobody has asked for them."""


class Keeper:
    """`prepared` is called when the analysis has been made in the background, `refresh` when other hints were given
    than those of now."""

    def __init__(
        self,
        session: Session,
        from_other_thread: Callable[[Callable[[], None]], None],
        prepared: Callable[[], None],
        refresh: Callable[[], None],
    ) -> None:
        self._session = session
        self._from_other_thread = from_other_thread
        self._on_prepared = prepared
        self._refresh = refresh
        self._timer: asyncio.TimerHandle | None = None
        self._work: Iterator[None] | None = None
        self._is_preparing = False
        self._done = -1
        """The number of the world whose hints are kept."""

    def later(self) -> None:
        """Something has happened: what is being done is out of date."""
        self._work = None
        self._done = -1
        loop = _loop()
        if self._timer is not None:
            self._timer.cancel()
        if loop is not None:
            self._timer = loop.call_later(_IDLE, self._begin)

    def gave_kept(self) -> None:
        """Make ready for what needs more than kept hints."""
        loop = _loop()
        if loop is not None and not self._is_preparing:
            self._is_preparing = True
            loop.call_later(_AFTER_KEPT, self._prepare)

    def _prepare(self) -> None:
        if self._session.has_analysis:
            self._prepared()
        else:
            self._session.prepare(lambda: self._from_other_thread(self._prepared))

    def _prepared(self) -> None:
        self._is_preparing = False
        self._session.bugs.guarded("preparing", lambda: self._session.analysis, None)
        self._on_prepared()
        self._begin()

    def _begin(self) -> None:
        if self._session.has_analysis:
            self._work = self._steps()
            self._step()

    def _step(self) -> None:
        work, loop = self._work, _loop()
        if work is None or loop is None:
            return
        if self._session.bugs.guarded("keeping hints", lambda: has_more(work), False):
            loop.call_soon(self._step)

    def finish(self) -> None:
        """The client is gone: keep what can be made in a moment."""
        if self._timer is not None:
            self._timer.cancel()
        self._work = None
        end = time.monotonic() + _AT_END
        if self._session.has_analysis:
            work = self._steps()
            while time.monotonic() < end and self._session.bugs.guarded("keeping hints", lambda: has_more(work), False):
                pass

    def _steps(self) -> Iterator[None]:
        session = self._session
        world = session.analysis.world
        documents = [one for one in session.documents.values() if one.kept is not None or self._is_worth_it(one)]
        if not documents or world.number == self._done:
            return
        hints: dict[str, list[Hint]] = {}
        for document in documents:
            yield from self._analyse(document)
            found = self._hints(document)
            kept, document.kept = document.kept, None
            if kept is not None and kept.hints != found:
                self._refresh()
            if found is not None and self._is_worth_it(document):
                hints[document.uri] = found
            yield
        number = world.number
        is_complete = True
        for part in self._by_workspace(hints):
            is_complete &= self._keep(part, hints)
            yield
        if is_complete:
            self._done = number

    def _is_worth_it(self, document: OpenDocument) -> bool:
        """Whether the text is on the disk, where the next start may find it."""
        if self._session.earlier.crates is None:
            return False
        file = self._session.analysis.world.file(document.path)
        if file is None or file.document.size > _LARGEST:
            return False
        return text_on_disk(document.path) == file.document.text

    def _analyse(self, document: OpenDocument) -> Iterator[None]:
        session = self._session
        session.settled(document)
        yield from session.analysis.steps(document.path, session.bugs.guard_body)

    def _hints(self, document: OpenDocument) -> list[Hint] | None:
        """All of a document; None where a bug of ours hides some."""
        session = self._session
        analysis = session.analysis
        found = analysis.world.chunks_in(document.path, None, session.bugs.guard_body)
        file = analysis.world.file(document.path)
        if file is None or any(chunk.failures for _, chunk in found):
            return None
        return analysis.pieces(document.uri, session.settings.inlay_hints, session.client).hints(file, found)

    def _by_workspace(self, uris: Iterable[str]) -> list[list[OpenDocument]]:
        """Documents of one workspace have one trace."""
        world = self._session.analysis.world
        found: dict[int, list[OpenDocument]] = {}
        for uri in uris:
            document = self._session.documents.get(uri)
            if document is not None:
                found.setdefault(id(world.basis_of(document.path).graph), []).append(document)
        return list(found.values())

    def _keep(self, documents: list[OpenDocument], hints: Mapping[str, list[Hint]]) -> bool:
        """Whether there is nothing left to do about them."""
        from closurelens.lsp.basis import NoTrace

        session = self._session
        earlier, analysis, texts = session.earlier, session.analysis, session.texts()
        if earlier.crates is None:
            return True
        basis = analysis.world.basis_of(documents[0].path)
        trace = analysis.readings.trace(basis, [one.path for one in documents], texts, earlier.crates)
        if trace is NoTrace.SOON:
            self.later()
            return False
        if not isinstance(trace, NoTrace):
            for one in documents:
                earlier.keep(one.uri, texts[one.path], session.settings, session.client, trace, hints[one.uri])
        earlier.close()
        return True


def has_more(work: Iterator[None]) -> bool:
    """Does a step; False after the last one."""
    for _ in work:
        return True
    return False


def _loop() -> asyncio.AbstractEventLoop | None:
    """None: driven without a loop, by a test or a benchmark."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
