"""The `if` of macros whose branches are not Rust, with conditions that are.

Invariant: what is between a branch's braces is left to the macro's own rules.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.hir.macros.code import Code
from closurelens.hir.macros.scan_items import Scanner
from closurelens.hir.macros.scan_types import NoFragment


def branches(code: Code, scanner: Scanner, at: int, end: int, branch: Callable[[int, int], int]) -> int:
    """Writes the `if` at token `at` with all its `else`s, and gives the token behind it.

    `branch` takes the opening and the closing brace and gives the token behind. Raises NoFragment for another form.
    """
    texts, partners = scanner.texts, scanner.partners
    while True:
        opening = scanner.expr(at + 1, structs=False)
        if texts[opening] != "{" or opening >= end:
            raise NoFragment
        code.copy(at, opening)
        at = branch(opening, partners[opening])
        if at >= end or texts[at] != "else":
            return at
        code.text("else")
        at += 1
        if texts[at] == "{":
            return branch(at, partners[at])
        if texts[at] != "if":
            raise NoFragment
