"""The one place where failures of our own code are caught.

A failing feature answers with nothing and is reported once for each place it fails at; the server goes on. Under pytest
it raises, so that no test passes over it.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from closurelens.world import BodyAnalysis

__all__ = ["Bugs"]

R = TypeVar("R")


class Bugs:
    """`tell` gets one line for a person."""

    __slots__ = ("_known", "_tell")

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._known: set[str] = set()

    def guarded(self, what: str, work: Callable[[], R], otherwise: R) -> R:
        try:
            return work()
        except Exception as error:
            if not _is_overtaken(error):
                self._report(what, error)
            return otherwise

    def guard_body(self, what: str, work: Callable[[], list[BodyAnalysis]]) -> list[BodyAnalysis] | None:
        """A `world.Guard`: a body whose analysis fails has no closures."""
        try:
            return work()
        except Exception as error:
            if _is_overtaken(error):
                raise
            self._report(f"the analysis of {what}", error)
            return None

    def _report(self, what: str, error: Exception) -> None:
        if "PYTEST_CURRENT_TEST" in os.environ:
            raise error
        last = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{os.path.basename(last.filename)}:{last.lineno}"
        key = f"{what} {at}"
        if key not in self._known:
            self._known.add(key)
            self._tell(f"bug in {what}: {type(error).__name__}: {error} ({at})")


def _is_overtaken(error: Exception) -> bool:
    from closurelens.world import Cancelled

    return isinstance(error, Cancelled)
