"""An analysis that is being made on a thread of its own, while kept hints are given.

Invariant: nobody else has the analysis before `result` has waited for the thread, which takes a step at most. A failure
ends the thread; it is met again, and told, by whoever asks for what failed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from closurelens.lsp.configuration import IndexSettings
from closurelens.records import dataclass

if TYPE_CHECKING:
    from closurelens.lsp.analysis import Analysis

__all__ = ["Indexing", "Preparation"]


@dataclass(slots=True)
class Indexing:
    """What is done about dependencies that are missing, see `index.background.Background`."""

    changed: Callable[[], None]
    when_idle: Callable[[Callable[[], None]], None]


class Preparation:
    """Of these documents, with these settings. `done` is called on the thread."""

    def __init__(
        self,
        texts: Mapping[str, bytes],
        index: IndexSettings,
        indexing: Indexing,
        done: Callable[[], None],
    ) -> None:
        self.texts = texts
        self.index = index
        self._indexing = indexing
        self._done = done
        self._is_awaited = False
        self._analysis: Analysis | None = None
        self._thread = threading.Thread(target=self._run, name="preparation", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        from closurelens.lsp.analysis import Analysis
        from closurelens.world import unguarded

        try:
            analysis = self._analysis = Analysis(self.texts, self.index, self._indexing)
            for path in self.texts:
                for _ in analysis.steps(path, unguarded):
                    if self._is_awaited:
                        return
        finally:
            self._done()

    def result(self) -> Analysis | None:
        """Waits until it is made; None if that has failed."""
        self._is_awaited = True
        self._thread.join()
        return self._analysis
