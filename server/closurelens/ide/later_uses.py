"""Whether a variable may be used again once a closure has taken it: in what follows, or in the next turn of a loop.

Invariant: an answer of "no" is certain as far as the body is understood; a "yes" may be about a use that cannot happen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from closurelens.hir import body as h
from closurelens.ide.view import ClosureView, exprs, parts

__all__ = ["LaterUses", "later_uses"]

_LOOPS = (h.Loop, h.While, h.For)


@dataclass(slots=True)
class LaterUses:
    """Per binding id: the offset in the file of the first use after the closure; `looped`: bindings taken anew in each
    turn of a loop that they outlive."""

    after: dict[int, int] = field(default_factory=dict)
    looped: set[int] = field(default_factory=set)


def later_uses(closure: ClosureView, bindings: set[int]) -> LaterUses:
    body = closure.body.result.body
    around = _around(body, closure.expr)
    out = LaterUses()
    for outer in around:
        if isinstance(outer, _LOOPS):
            start, end = outer.range
            out.looped |= {b for b in bindings if not start <= body.bindings[b].range[0] < end}
    if any(isinstance(outer, h.Return) and not outer.is_yield for outer in around):
        return out
    end = closure.expr.range[1]
    excluded = _other_branches(around, closure.expr)
    local_of = closure.body.result.local_of
    for expr in exprs(body):
        if not isinstance(expr, h.PathExpr) or expr.range[0] < end:
            continue
        binding = local_of.get(expr.id)
        if binding is None or binding not in bindings:
            continue
        if any(low <= expr.range[0] and expr.range[1] <= high for low, high in excluded):
            continue
        offset = expr.range[0] + closure.body.base
        out.after[binding] = min(offset, out.after.get(binding, offset))
    return out


def _around(body: h.Body, target: h.Expr) -> list[h.Expr]:
    """The expressions around one, inside the function or closure that it stands in: outermost first."""
    work: list[tuple[h.Expr, tuple[h.Expr, ...]]] = [(body.root, ())]
    while work:
        expr, above = work.pop()
        if expr is target:
            frame = list(above)
            for index in range(len(frame) - 1, -1, -1):
                if isinstance(frame[index], h.Closure | h.AsyncBlock):
                    return frame[index + 1 :]
            return frame
        inner = (*above, expr)
        work.extend([(part, inner) for part in parts(expr)])
    return []


def _other_branches(around: list[h.Expr], target: h.Expr) -> list[tuple[int, int]]:
    """Ranges that are not executed when the closure is made: the other branches of each `if` and `match`."""
    start, end = target.range
    out: list[tuple[int, int]] = []
    for outer in around:
        branches: list[h.Expr | None] = []
        if isinstance(outer, h.If):
            branches = [outer.then, outer.otherwise]
        elif isinstance(outer, h.Match):
            branches = [arm.body for arm in outer.arms]
        ranges = [branch.range for branch in branches if branch is not None]
        if any(low <= start and end <= high for low, high in ranges):
            out.extend([(low, high) for low, high in ranges if not (low <= start and end <= high)])
    return out
