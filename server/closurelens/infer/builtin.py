"""What the language itself says of a type and a trait: `Copy`, `Clone`, `Fn`, `Sized`, auto traits, coroutines.

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


def builtin_candidate(
    solver: Solver, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...], depth: int
) -> Candidate | Answer | None:
    """None where impls and bounds decide."""
    if trait in names.AUTO_TRAITS:
        return BuiltinCandidate({})
    if trait == names.SIZED:
        return Answer.NO if is_unsized(self_ty) else BuiltinCandidate({})
    if trait in names.CALL_TRAITS:
        return _callable(solver, self_ty, trait, args)
    if trait in (names.COPY, names.CLONE):
        return _copy_clone(solver, self_ty, trait, depth)
    if trait == names.TUPLE_TRAIT:
        return BuiltinCandidate({}) if isinstance(self_ty, t.Tuple) else None
    if isinstance(self_ty, t.Coroutine):
        if trait == names.FUTURE and self_ty.kind == "async":
            return BuiltinCandidate({"Output": self_ty.output})
        if trait == names.ITERATOR and self_ty.kind == "gen":
            return BuiltinCandidate({"Item": self_ty.output})
    return None


def is_unsized(ty: Ty) -> bool:
    return isinstance(ty, t.Slice | t.Dyn) or ty == t.STR


def _copy_clone(solver: Solver, self_ty: Ty, trait: DefPath, depth: int) -> Candidate | Answer | None:
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


def _callable(solver: Solver, self_ty: Ty, trait: DefPath, args: tuple[Ty, ...]) -> Candidate | Answer | None:
    sig = solver.signature_of(self_ty)
    if sig is None:
        return None
    params, ret = sig
    is_async = isinstance(self_ty, t.Closure) and self_ty.is_async
    if trait in names.ASYNC_FN_TRAITS and not is_async:
        future = solver.normalize(t.Projection(ret, names.INTO_FUTURE, (), "Output"))
        ret = future
    elif trait in names.ASYNC_FN_TRAITS and isinstance(ret, t.Coroutine):
        ret = ret.output
    if args and not solver.table.unify(t.Tuple(params), args[0]):
        return Answer.NO
    return BuiltinCandidate({"Output": ret, "CallRefFuture": ret, "CallOnceFuture": ret})
