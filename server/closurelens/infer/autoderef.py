"""The types a value can be dereferenced to, one after the other."""

from __future__ import annotations

from closurelens.infer import names
from closurelens.infer.fn_ctxt import FnCtxt
from closurelens.infer.goals import Answer
from closurelens.infer.result import Adjustment, DerefAdjust
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.types import Ty

LIMIT = 12


@dataclass(slots=True)
class Step:
    """`overloaded`: this type was reached through `Deref`."""

    ty: Ty
    overloaded: bool


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


def steps(cx: FnCtxt, ty: Ty) -> list[Step]:
    """`ty` itself, then each dereferenced type; ends where nothing more can be known."""
    ty = cx.resolve(ty)
    out = [Step(ty, False)]
    while len(out) < LIMIT:
        inner = deref_builtin(ty)
        overloaded = inner is None
        if inner is None:
            inner = deref_overloaded(cx, ty)
            if inner is None:
                break
        ty = cx.resolve(inner)
        out.append(Step(ty, overloaded))
    return out


def adjustments(found: list[Step], count: int) -> list[Adjustment]:
    """The first `count` derefs of `found` as adjustments."""
    return [DerefAdjust(step.ty, overloaded=step.overloaded) for step in found[1 : count + 1]]
