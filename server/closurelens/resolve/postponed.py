"""Calls of item macros whose definition is not known yet because modules are still being filled.

A glob may lead to modules that need each other's macros (two modules, both with `use crate::macros::*`, where the
question about the globs of one fills the other). Such a call waits until more is known, as an invocation that rustc
cannot resolve waits in its queue.

Invariant: a module with calls that wait is POPULATING, so that no answer that rests on it is remembered; when the
outermost question has been answered nothing waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from closurelens.hir.item import MacroCallItem
from closurelens.resolve.module import ModuleData, State

if TYPE_CHECKING:
    from closurelens.resolve.filing import Place
    from closurelens.resolve.names import NameLookup

Waiting = list[tuple["Place", MacroCallItem]]


class Postponed:
    """All that waits, in any crate."""

    def __init__(self, names: NameLookup) -> None:
        self._names = names
        self._waiting: list[tuple[ModuleData, Waiting]] = []
        self._filling = 0
        self._is_settling = False

    def clear(self) -> None:
        """The module trees are made anew."""
        self._waiting.clear()

    @property
    def is_open(self) -> bool:
        """Somebody else is being filled too, so a macro that is not known may come to be known."""
        return self._filling > 1 or bool(self._waiting) or self._names.globs.is_working

    @contextmanager
    def filling(self) -> Iterator[None]:
        """While a module is filled."""
        self._filling += 1
        try:
            yield
        finally:
            self._filling -= 1
        if not self._filling and self._waiting and not self._names.globs.is_working:
            self.settle()

    def add(self, module: ModuleData, calls: Waiting) -> None:
        self._waiting.append((module, calls))

    def retry(self) -> bool:
        """Try all that waits once; whether there is more than before."""
        if self._is_settling:
            return False
        self._is_settling = True
        self._filling += 1
        before, self._waiting = self._waiting, []
        progress = False
        for module, calls in before:
            left = module.crate.filing.again(calls)
            progress |= len(left) < len(calls)
            self._waiting.append((module, left))
        self._filling -= 1
        self._is_settling = False
        if progress:
            self._names.changed()
        return progress

    def settle(self) -> None:
        """Give up what waits in vain; not while other modules are being filled."""
        if self._filling:
            return
        while self._waiting and self.retry():
            pass
        for module, _ in self._waiting:
            module.state = State.DONE
        if self._waiting:
            self._waiting.clear()
            self._names.changed()
