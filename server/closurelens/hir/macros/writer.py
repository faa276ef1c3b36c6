"""What all who turn markup into code have: the code, the tokens, and how deep in nodes they are."""

from __future__ import annotations

from typing import Final

from closurelens.hir.macros.code import Code
from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.scan_items import Scanner
from closurelens.hir.macros.scan_types import NoFragment

_MAX_DEPTH: Final = 60


class Writer:
    def __init__(self, code: Code, arguments: Arguments) -> None:
        self.code = code
        self.buffer = arguments.buffer
        self.scanner = Scanner(arguments.buffer)
        self._depth = 0

    def enter(self) -> None:
        """Nodes inside of a node begin; raises NoFragment where that is too deep. `leave` is called behind them."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NoFragment

    def leave(self) -> None:
        self._depth -= 1
