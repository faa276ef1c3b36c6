"""What the language itself says of a type and `Copy` or `Clone`.

Invariant: None where it is for impls and bounds to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.infer import names
from closurelens.infer.goals import MAX_DEPTH, Answer, BuiltinCandidate, Candidate
from closurelens.ty import types as t
from closurelens.ty.types import DefPath, Ty

if TYPE_CHECKING:
    from closurelens.infer.traits import Solver


def copy_clone(solver: Solver, self_ty: Ty, trait: DefPath, depth: int) -> Candidate | Answer | None:
    yes = BuiltinCandidate({})
    match self_ty:
        case t.Prim():
            return Answer.NO if self_ty == t.STR else yes
        case t.Infer() | t.RawPtr() | t.FnPtr() | t.FnDef() | t.Const():
            return yes
        case t.Ref():
            return Answer.NO if self_ty.mutable else yes
        case t.Slice() | t.Dyn():
            return Answer.NO
        case t.Tuple() | t.Array():
            parts = self_ty.elems if isinstance(self_ty, t.Tuple) else (self_ty.elem,)
            answer = Answer.YES
            for part in parts:
                one = solver.holds(part, trait, (), depth + 1) if depth < MAX_DEPTH else Answer.MAYBE
                if one is Answer.NO:
                    return Answer.NO
                if one is Answer.MAYBE:
                    answer = Answer.MAYBE
            return yes if answer is Answer.YES else answer
        case t.Closure():
            return yes if trait == names.CLONE else Answer.MAYBE
        case t.Coroutine():
            return Answer.NO
        case _:
            return None
