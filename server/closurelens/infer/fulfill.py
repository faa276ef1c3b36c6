"""Solves what is pending in a body, as far as it can be solved by now (rustc's fulfillment context).

Invariant: a goal is tried again only when a variable that it waits for has been bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.infer import doubts, impls
from closurelens.infer.goals import Answer, Goal, GoalKey, TraitGoal
from closurelens.infer.table import VarKind
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.types import HAS_INFER, Ty

if TYPE_CHECKING:
    from closurelens.infer.traits import Solver


@dataclass(slots=True)
class Stuck:
    """What was `pending`, how many goals, and how many variables had been bound, when none could be solved."""

    pending: list[Goal]
    count: int
    binds: int


def select_where_possible(solver: Solver) -> None:
    """Solve what can be solved now; the rest stays pending."""
    table = solver.table
    stuck = solver.stuck
    if stuck.pending is solver.pending and stuck.count == len(solver.pending) and stuck.binds == table.binds:
        return
    bound = table.bound
    kinds = table.kinds
    rounds = 0
    progress = True
    while progress and solver.pending and rounds < 50:
        progress = False
        rounds += 1
        work, solver.pending = solver.pending, []
        kept: list[Goal] = []
        seen: set[GoalKey] = set()
        for goal in work:
            stalled = goal.stalled
            if stalled and not [v for v in stalled if bound[v.id] is not None]:
                kept.append(goal)
                continue
            self_ty = goal.self_ty if isinstance(goal, TraitGoal) else goal.projection.self_ty
            if self_ty.__class__ is t.Infer:
                self_ty = table.shallow(self_ty)
                if self_ty.__class__ is t.Infer and kinds[self_ty.id] is VarKind.GENERAL:
                    goal.stalled = [self_ty]
                    kept.append(goal)
                    continue
            key = _key_of(solver, goal)
            if key is None or key in seen or key in solver.solved:
                continue
            seen.add(key)
            if _step(solver, goal, key):
                progress = True
            else:
                kept.append(goal)
        is_new = bool(solver.pending)
        solver.pending = kept + solver.pending
        if not progress and not is_new:
            solver.stuck = Stuck(solver.pending, len(kept), table.binds)


def _key_of(solver: Solver, goal: Goal) -> GoalKey | None:
    """What makes two goals one; None for a goal from which nothing more can be learned."""
    deep = solver.table.deep
    if isinstance(goal, TraitGoal):
        self_ty, args = deep(goal.self_ty), tuple([deep(a) for a in goal.args])
        flags = self_ty.flags
        for arg in args:
            flags |= arg.flags
        if not flags & (HAS_INFER | t.HAS_CLOSURE):
            return None
        return self_ty, goal.trait, args
    return deep(goal.projection), deep(goal.target)


def _step(solver: Solver, goal: Goal, key: GoalKey) -> bool:
    saved, solver.origin = solver.origin, goal.origin
    try:
        if isinstance(goal, TraitGoal):
            found = solver.select(goal.self_ty, goal.trait, goal.args, 0)
            if found is Answer.MAYBE or (
                found is Answer.NO and impls.may_be_elsewhere(solver.table, goal.self_ty, goal.args)
            ):
                goal.stalled = _open_vars(solver, goal.self_ty, goal.args)
                return False
            if found is not Answer.NO:
                solver.table.remember(solver.solved, key, True)
            elif goal.origin not in solver.aside and doubts.is_settled(solver.table, goal):
                solver.contradictions.append(doubts.not_implemented(solver.db, solver.table, goal.self_ty, goal.trait))
            return True
        projection = goal.projection
        value = solver.project(projection, 0)
        if value is None:
            goal.stalled = _open_vars(solver, projection.self_ty, projection.args)
            return False
        fits = solver.table.unify(value, goal.target) or goal.origin in solver.aside
        if not fits and solver.table.differ(value, goal.target):
            solver.contradictions.append(doubts.mismatch(solver.db, solver.table, value, goal.target))
        return True
    finally:
        solver.origin = saved


def _open_vars(solver: Solver, self_ty: Ty, args: tuple[Ty, ...]) -> list[t.Infer]:
    out: list[t.Infer] = []
    work = [self_ty, *args]
    while work:
        ty = work.pop()
        if ty.flags & HAS_INFER:
            ty = solver.table.shallow(ty)
            if isinstance(ty, t.Infer):
                out.append(ty)
            else:
                work.extend(ty.parts())
    return out
