"""Whether a variable may be used again once a closure has taken it: in what follows, or in the next turn of a loop.

Invariant: an answer of "no" is certain as far as the body is understood; a "yes" may be about a use that cannot happen.
"""

from __future__ import annotations

from closurelens.hir import body as h
from closurelens.ide.view import ClosureView, exprs, parts
from closurelens.records import dataclass, field

__all__ = ["LaterUses", "TakenKey", "around", "in_frame", "later_uses", "other_branches"]

TakenKey = tuple[int, tuple[str, ...]]
"""A place that a closure takes: a binding, and the fields on the way."""

_LOOPS = (h.Loop, h.While, h.For)


@dataclass(slots=True)
class LaterUses:
    """`after`: the offset in the file of a place's first use after the closure. `looped`: bindings that are taken anew
    in each turn of a loop that they outlive."""

    after: dict[TakenKey, int] = field(default_factory=dict)
    looped: set[int] = field(default_factory=set)


def later_uses(closure: ClosureView, places: set[TakenKey]) -> LaterUses:
    bindings = {binding for binding, _ in places}
    body = closure.body.result.body
    chain = around(body, closure.expr)
    above = in_frame(chain)
    out = LaterUses()
    for outer in chain:
        if isinstance(outer, _LOOPS):
            start, end = outer.range
            out.looped |= {b for b in bindings if not start <= body.bindings[b].range[0] < end}
    if any(isinstance(outer, h.Return) and not outer.is_yield for outer in above):
        return out
    end = closure.expr.range[1]
    excluded = other_branches(above, closure.expr)
    local_of = closure.body.result.local_of
    renewed = _assigned_anew(above, end, local_of)
    inside: dict[int, h.Field] = {}
    for expr in exprs(body):
        if isinstance(expr, h.Field):
            inside[expr.base.id] = expr
        if not isinstance(expr, h.PathExpr) or expr.range[0] < end:
            continue
        binding = local_of.get(expr.id)
        if binding is None or binding not in bindings:
            continue
        if any(low <= expr.range[0] and expr.range[1] <= high for low, high in excluded):
            continue
        anew = renewed.get(binding)
        if anew is not None and (expr is anew.target or expr.range[0] >= anew.range[1]):
            continue
        offset = expr.range[0] + closure.body.base
        used = _fields(expr, inside)
        for place in places:
            fields = place[1]
            if place[0] == binding and all(a == b for a, b in zip(fields, used, strict=False)):
                out.after[place] = min(offset, out.after.get(place, offset))
    return out


def _fields(path: h.PathExpr, inside: dict[int, h.Field]) -> list[str]:
    """The fields of a variable that are used where its name stands."""
    out: list[str] = []
    outer = inside.get(path.id)
    while outer is not None:
        out.append(outer.name)
        outer = inside.get(outer.id)
    return out


def _assigned_anew(above: list[h.Expr], end: int, local_of: dict[int, int]) -> dict[int, h.Assign]:
    """The assignments to whole variables, in statements that are always executed after the closure: from there on it
    does not matter what was taken."""
    out: dict[int, h.Assign] = {}
    for outer in above:
        if not isinstance(outer, h.Block):
            continue
        for stmt in outer.stmts:
            if isinstance(stmt, h.ExprStmt) and isinstance(stmt.expr, h.Assign) and stmt.expr.range[0] >= end:
                target = stmt.expr.target
                binding = local_of.get(target.id)
                if binding is not None:
                    known = out.get(binding)
                    if known is None or stmt.expr.range[0] < known.range[0]:
                        out[binding] = stmt.expr
    return out


def around(body: h.Body, target: h.Expr) -> list[h.Expr]:
    """The expressions around one, outermost first."""
    work: list[tuple[h.Expr, tuple[h.Expr, ...]]] = [(body.root, ())]
    while work:
        expr, above = work.pop()
        if expr is target:
            return list(above)
        inner = (*above, expr)
        work.extend([(part, inner) for part in parts(expr)])
    return []


def in_frame(above: list[h.Expr]) -> list[h.Expr]:
    """Of the expressions around one those inside the function or closure that it stands in."""
    for index in range(len(above) - 1, -1, -1):
        if isinstance(above[index], h.Closure | h.AsyncBlock):
            return above[index + 1 :]
    return above


def other_branches(above: list[h.Expr], target: h.Expr) -> list[tuple[int, int]]:
    """Ranges that are not executed when the closure is made: the other branches of each `if` and `match`."""
    start, end = target.range
    out: list[tuple[int, int]] = []
    for outer in above:
        branches: list[h.Expr | None] = []
        if isinstance(outer, h.If):
            branches = [outer.then, outer.otherwise]
        elif isinstance(outer, h.Match):
            branches = [arm.body for arm in outer.arms]
        ranges = [branch.range for branch in branches if branch is not None]
        if any(low <= start and end <= high for low, high in ranges):
            out.extend([(low, high) for low, high in ranges if not (low <= start and end <= high)])
    return out
