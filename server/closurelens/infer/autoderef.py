"""The types a value can be dereferenced to, one after the other.

Invariant: what a deref requires is registered for the derefs that are used, not for those that were only looked at.
"""

from __future__ import annotations

from closurelens.infer import names
from closurelens.infer.fn_ctxt import FnCtxt
from closurelens.infer.goals import Answer, Goal
from closurelens.infer.result import Adjustment, DerefAdjust
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.types import Ty

LIMIT = 12


@dataclass(slots=True)
class Step:
    """`overloaded`: this type was reached through `Deref`; `goals` is what that requires and is not decided yet."""

    ty: Ty
    overloaded: bool
    goals: tuple[Goal, ...] = ()


def deref_builtin(ty: Ty) -> Ty | None:
    """What `*` gives on references and boxes; raw pointers only when written."""
    if ty.__class__ is t.Ref:
        return ty.inner
    if ty.__class__ is t.Adt and ty.path == names.BOX and ty.args:
        return ty.args[0]
    return None


def deref_overloaded(cx: FnCtxt, ty: Ty) -> Ty | None:
    """`<ty as Deref>::Target`, None when `ty` does not implement it."""
    if ty.__class__ is t.Adt:
        if not cx.db.trait_impls(names.DEREF, ty.path):
            return None
    elif not isinstance(ty, t.Param | t.Opaque | t.Projection | t.Dyn):
        return None
    if cx.solver.holds(ty, names.DEREF) is Answer.NO:
        return None
    target = cx.solver.normalize(t.Projection(ty, names.DEREF, (), "Target"))
    return cx.resolve(target)


def _looked_at(cx: FnCtxt, ty: Ty) -> tuple[Ty, tuple[Goal, ...]] | None:
    """`deref_overloaded`, with what it requires set apart (rustc keeps it in the autoderef's own state)."""
    solver = cx.solver
    outer, solver.pending = solver.pending, []
    in_scope, solver.in_scope = solver.in_scope, {}
    solved, solver.solved = solver.solved, {}
    stuck, doubts = solver.stuck, len(solver.contradictions)
    try:
        inner = deref_overloaded(cx, ty)
        if inner is None or len(solver.contradictions) > doubts:
            return None
        return inner, tuple(solver.pending)
    finally:
        solver.pending, solver.stuck, solver.in_scope, solver.solved = outer, stuck, in_scope, solved
        del solver.contradictions[doubts:]


def steps(cx: FnCtxt, ty: Ty) -> list[Step]:
    """`ty` itself, then each dereferenced type; ends where nothing more can be known."""
    ty = cx.resolve(ty)
    out = [Step(ty, False)]
    while len(out) < LIMIT:
        inner = deref_builtin(ty)
        if inner is not None:
            ty = cx.resolve(inner)
            out.append(Step(ty, False))
            continue
        found = _looked_at(cx, ty)
        if found is None:
            break
        ty, goals = found
        if ty.__class__ is t.Infer:
            ty = cx.resolve(ty)
        out.append(Step(ty, True, goals))
    return out


def adjustments(cx: FnCtxt, found: list[Step], count: int) -> list[Adjustment]:
    """The first `count` derefs of `found` as adjustments; what they require is required from here on."""
    out: list[Adjustment] = []
    for step in found[1 : count + 1]:
        if step.goals:
            cx.solver.pending.extend(step.goals)
        out.append(DerefAdjust(step.ty, overloaded=step.overloaded))
    return out
