"""What shows that a body, or what is known of its crate, is not as it seems.

Code that compiles has no contradictions: where inference finds one, some name, impl or type is missing or was mistaken,
and every answer about the body may rest on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from closurelens.infer.goals import TraitGoal
from closurelens.infer.table import Table
from closurelens.ty import types as t
from closurelens.ty.display import display, short, shown
from closurelens.ty.sig import SigDb
from closurelens.ty.types import HAS_CLOSURE, HAS_PROJECTION, HAS_REGION, HAS_UNKNOWN, Bound, DefPath, Ty


def not_implemented(db: SigDb, table: Table, ty: Ty, trait: DefPath) -> str:
    return f"`{shown(table.deep(ty), db.adt)}` is not known to implement `{short(trait)}`"


def mismatch(db: SigDb, table: Table, actual: Ty, wanted: Ty) -> str:
    return f"`{shown(table.deep(actual), db.adt)}` stands where `{shown(table.deep(wanted), db.adt)}` is wanted"


def is_settled(table: Table, goal: TraitGoal) -> bool:
    """Whether the goal has no part that may stand for another type than it seems."""
    flags = table.deep(goal.self_ty).flags
    for arg in goal.args:
        flags |= table.deep(arg).flags
    return not flags & (HAS_PROJECTION | HAS_UNKNOWN | HAS_REGION | HAS_CLOSURE)


def why_unseen(db: SigDb, ty: Ty, bounds: Sequence[Bound], trait: DefPath | None = None) -> str | None:
    """Why `ty`, with these bounds, may implement more (or `trait`) than is seen: a derive or bound is not known."""
    if isinstance(ty, t.Adt):
        return db.has_unseen_impls(ty, trait)
    if trait is not None:
        why = db.has_unseen_impls(ty, trait)
        if why is not None:
            return why
    for bound in bounds:
        if db.trait(bound.trait) is None:
            return f"the bound `{short(bound.trait)}` of `{display(ty)}` is not known"
    return None
