"""A bar on standard error while files are analysed, where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_WORTH_A_BAR = 20
"""Files."""


class Progress(Protocol):
    def advance(self, count: int) -> None: ...


class _Silent:
    def advance(self, count: int) -> None:
        return None


class _Bar:
    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import Progress as RichProgress

        self.rich = RichProgress(console=Console(stderr=True), transient=True)
        self._task = self.rich.add_task("closures", total=total)

    def advance(self, count: int) -> None:
        self.rich.advance(self._task, count)


@contextmanager
def progress(total: int) -> Iterator[Progress]:
    if total < _WORTH_A_BAR or not sys.stderr.isatty():
        yield _Silent()
        return
    bar = _Bar(total)
    with bar.rich:
        yield bar
