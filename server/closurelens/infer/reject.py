"""A quick look at whether an impl can be for a type at all (rustc's `DeepRejectCtxt`).

Invariant: the answer is False only where unification would fail whatever the impl's parameters become; nothing is bound
and nothing made.
"""

from __future__ import annotations

from closurelens.infer.generics import full_trait_args
from closurelens.infer.goals import SharedCache
from closurelens.infer.table import Table, VarKind
from closurelens.ty import types as t
from closurelens.ty.sig import ImplSig, SigDb
from closurelens.ty.types import Ty

_INTS = frozenset(t.INT_NAMES)
_FLOATS = frozenset(t.FLOAT_NAMES)


def may_unify(pattern: Ty, ty: Ty, table: Table) -> bool:
    """`pattern` is part of an impl's header: parameters in it may become anything."""
    cls = pattern.__class__
    if cls is t.Param or cls is t.Projection or cls is t.Unknown:
        return True
    if ty.__class__ is t.Infer:
        ty = table.shallow(ty)
        if ty.__class__ is t.Infer:
            kind = table.kinds[ty.id]
            if kind is VarKind.GENERAL:
                return True
            return pattern.__class__ is t.Prim and pattern.name in (_INTS if kind is VarKind.INT else _FLOATS)
    if ty.__class__ is not cls:
        return ty.__class__ is t.Unknown
    if pattern.__class__ is t.Adt and ty.__class__ is t.Adt:
        if pattern.path != ty.path:
            return False
        for theirs, ours in zip(pattern.args, ty.args):  # noqa: B905, SIM110
            if not may_unify(theirs, ours, table):
                return False
        return True
    if pattern.__class__ is t.Prim and ty.__class__ is t.Prim:
        return pattern.name == ty.name
    if pattern.__class__ is t.Ref and ty.__class__ is t.Ref:
        return pattern.mutable == ty.mutable and may_unify(pattern.inner, ty.inner, table)
    if pattern.__class__ is t.Tuple and ty.__class__ is t.Tuple:
        if len(pattern.elems) != len(ty.elems):
            return False
        for theirs, ours in zip(pattern.elems, ty.elems, strict=True):  # noqa: SIM110
            if not may_unify(theirs, ours, table):
                return False
        return True
    if pattern.__class__ is t.Slice and ty.__class__ is t.Slice:
        return may_unify(pattern.elem, ty.elem, table)
    if pattern.__class__ is t.Array and ty.__class__ is t.Array:
        return may_unify(pattern.elem, ty.elem, table)
    return True


def header_may_match(
    db: SigDb, table: Table, shared: SharedCache, impl: ImplSig, self_ty: Ty, args: tuple[Ty, ...]
) -> bool:
    """Whether `impl` may be one of its trait with these arguments for `self_ty`."""
    if not may_unify(impl.self_ty, self_ty, table):
        return False
    if args and impl.trait is not None:
        for theirs, ours in zip(header_args(db, shared, impl), args):  # noqa: B905
            if not may_unify(theirs, ours, table):
                return False
    return True


def header_args(db: SigDb, shared: SharedCache, impl: ImplSig) -> tuple[Ty, ...]:
    """The arguments of the trait in the impl's header, with the defaults of what is left out."""
    found = shared.header_args.get(impl.path)
    if found is None:
        bound = impl.trait
        found = () if bound is None else full_trait_args(db, bound.trait, impl.self_ty, bound.args)
        shared.header_args[impl.path] = found
    return found
