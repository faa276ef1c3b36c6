"""Tuple structs and tuple variants as the functions that their names are.

Invariant: a constructor's own generics are those of its type, without bounds of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.ty.sig import AdtKind, AdtSig, CtorKind, FnSig, Generics, VariantSig
from closurelens.ty.types import Adt, DefPath, Param

if TYPE_CHECKING:
    from closurelens.resolve.program import Program


def ctor(program: Program, path: DefPath) -> FnSig | None:
    """The constructor under the path of a struct or variant; None when it is no tuple's."""
    adt = program.adt(path)
    if adt is not None:
        if adt.kind is AdtKind.STRUCT and adt.variants:
            return _as_fn(adt, adt.variants[0], path)
        return None
    enum, _, name = path.rpartition("::")
    adt = program.adt(enum) if enum else None
    if adt is None or adt.kind is not AdtKind.ENUM:
        return None
    variant = adt.variant(name)
    return None if variant is None else _as_fn(adt, variant, path)


def _as_fn(adt: AdtSig, variant: VariantSig, path: DefPath) -> FnSig | None:
    if variant.ctor is not CtorKind.TUPLE:
        return None
    args = tuple([Param(param.name) for param in adt.generics.params])
    params = tuple([field.ty for field in variant.fields])
    generics = Generics(adt.generics.params, adt.generics.predicates)
    return FnSig(path, variant.name, params, Adt(adt.path, args), generics)
