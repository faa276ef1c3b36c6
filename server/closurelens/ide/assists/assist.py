"""What an assist is: a cheap look whether it applies, and its edits, made when the user picks it.

Invariant: the two stages agree: what is offered has edits as long as the file stays the same.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.ide.view import ClosureView, FileView
from closurelens.records import dataclass
from closurelens.text import TextEdit, TextRange

__all__ = ["Assist", "Offer", "Refusal", "closure_at", "closure_starting_at"]


@dataclass(slots=True)
class Offer:
    """`target` is where the closure starts that `Assist.edits` is asked for."""

    title: str
    target: int


@dataclass(slots=True)
class Refusal:
    """The assist is about what the cursor is on, and would do harm or nothing; `reason` is a sentence without a dot."""

    title: str
    reason: str


@dataclass(slots=True)
class Assist:
    """`id` is also the name of its module and its cases; `kind` is the LSP's word for the sort of action."""

    id: str
    kind: str
    check: Callable[[FileView, TextRange], Offer | Refusal | None]
    edits: Callable[[FileView, int], list[TextEdit]]


def closure_at(file: FileView, at: TextRange) -> ClosureView | None:
    """The innermost closure or async block around the cursor or selection, else the only outermost one that it touches:
    who selects a line, or up to a bar, means the closure there."""
    best: ClosureView | None = None
    outermost: list[ClosureView] = []
    for closure in file.closures(at):
        here = closure.range
        if here.start <= at.start and at.end <= here.end and (best is None or here.length <= best.range.length):
            best = closure
        if not outermost or outermost[-1].range.end < here.end:
            outermost.append(closure)
    return outermost[0] if best is None and len(outermost) == 1 else best


def closure_starting_at(file: FileView, start: int) -> ClosureView | None:
    return next((c for c in file.closures(TextRange(start, start)) if c.range.start == start), None)
