"""Resolves projections without parameters, such as `<i32 as Add<i32>>::Output`, which the operators are full of.

Invariant: only an impl written for exactly these types decides; everything else stays a projection.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.ty import types as t
from closurelens.ty.sig import FnSig
from stdsig.items import Lowered


def normalise(items: Lowered) -> None:
    """Edits the associated types of impls, and the signatures of functions, in place."""
    known: dict[tuple[str, tuple[t.Ty, ...], t.Ty], dict[str, t.Ty]] = {}
    for impl in items.impls.values():
        if impl.trait is not None and impl.assoc_types and not impl.generics.params:
            known[impl.trait.trait, impl.trait.args, impl.self_ty] = dict(impl.assoc_types)

    def resolve(ty: t.Ty) -> t.Ty:
        if not ty.flags & t.HAS_PROJECTION:
            return ty
        ty = ty.map(resolve)
        if isinstance(ty, t.Projection):
            found = known.get((ty.trait, ty.args, ty.self_ty), {}).get(ty.name)
            if found is not None:
                return resolve(found)
        return ty

    for impl in items.impls.values():
        impl.assoc_types = {name: resolve(ty) for name, ty in impl.assoc_types.items()}
    for sig in items.fns.values():
        _resolve_fn(sig, resolve)


def _resolve_fn(sig: FnSig, resolve: Callable[[t.Ty], t.Ty]) -> None:
    sig.params = tuple([resolve(ty) for ty in sig.params])
    sig.ret = resolve(sig.ret)
