"""Matches the head of an impl with the types of a goal.

Invariant: the outcome is that of unifying the head, with a new variable for each parameter; only that a parameter is
what it meets first, without a variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.infer.generics import Subst
from closurelens.ty import types as t
from closurelens.ty.sig import ImplSig
from closurelens.ty.types import HAS_PARAM, HAS_PROJECTION, HAS_REGION, Ty, erase_regions, substitute

if TYPE_CHECKING:
    from closurelens.infer.traits import Solver


class Header:
    """One attempt; what it finds goes into `subst`."""

    __slots__ = ("names", "solver", "subst", "table")

    def __init__(self, solver: Solver, impl: ImplSig, subst: Subst) -> None:
        self.solver = solver
        self.table = solver.table
        self.names = [param.name for param in impl.generics.params]
        self.subst = subst

    def open_rest(self) -> None:
        """Parameters that nothing has been found for become variables."""
        subst, table = self.subst, self.table
        for name in self.names:
            if name not in subst:
                subst[name] = table.new_var()

    def fits(self, pattern: Ty, ty: Ty) -> bool:
        """Whether `pattern`, a type of the head, can be `ty`. A failure may leave variables bound."""
        flags = pattern.flags
        if not flags & HAS_PARAM:
            return self.table.unify(self.solver.normalize(pattern) if flags & HAS_PROJECTION else pattern, ty)
        return self._unified(pattern, ty) if flags & HAS_PROJECTION else self._fits(pattern, ty)

    def _fits(self, pattern: Ty, ty: Ty) -> bool:
        table = self.table
        if not pattern.flags & HAS_PARAM:
            return table.unify(pattern, ty)
        if pattern.__class__ is t.Param:
            found = self.subst.get(pattern.name)
            if found is not None:
                return table.unify(found, ty)
            if pattern.name in self.names:
                self.subst[pattern.name] = erase_regions(ty) if ty.flags & HAS_REGION else ty
                return True
            return table.unify(pattern, ty)
        if ty.__class__ is t.Infer:
            ty = table.shallow(ty)
        if ty.__class__ is t.Unknown:
            return True
        if pattern.__class__ is t.Adt and ty.__class__ is t.Adt:
            if pattern.path != ty.path:
                return False
            for theirs, ours in zip(pattern.args, ty.args):  # noqa: B905, SIM110
                if not self._fits(theirs, ours):
                    return False
            return True
        if pattern.__class__ is t.Ref and ty.__class__ is t.Ref:
            return pattern.mutable == ty.mutable and self._fits(pattern.inner, ty.inner)
        if ty.__class__ is not t.Infer and ty.__class__ is not pattern.__class__:
            return False
        return self._unified(pattern, ty)

    def _unified(self, pattern: Ty, ty: Ty) -> bool:
        self.open_rest()
        made = substitute(pattern, self.subst)
        if made.flags & HAS_PROJECTION:
            made = self.solver.normalize(made)
        return self.table.unify(made, ty)
