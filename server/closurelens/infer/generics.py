"""Generic parameters and substitutions of items.

Invariant: the order is that of `ty.sig.Generics`: the parent's parameters first, a trait's `Self` before all.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.records import dataclass
from closurelens.ty.sig import FnSig, GenericParam, ImplSig, Predicate, SigDb, TraitSig
from closurelens.ty.types import HAS_PARAM, Bound, DefPath, Param, Ty, substitute

Subst = dict[str, Ty]

SELF = Param("Self")


@dataclass(slots=True)
class FullGenerics:
    """All parameters of an item, its parent's first, and all its predicates."""

    params: tuple[GenericParam, ...]
    predicates: tuple[Predicate, ...]
    names: tuple[str, ...]
    own_start: int


def of_fn(db: SigDb, sig: FnSig) -> FullGenerics:
    """Of a function; a trait's method has `Self: Trait<..>` among its predicates."""
    params: list[GenericParam] = []
    predicates: list[Predicate] = []
    if sig.container is not None:
        impl = db.impl(sig.container)
        if impl is not None:
            params.extend(impl.generics.params)
            predicates.extend(impl.generics.predicates)
        else:
            trait = db.trait(sig.container)
            if trait is not None:
                params.append(GenericParam("Self"))
                params.extend(trait.generics.params)
                own = tuple([Param(p.name) for p in trait.generics.params])
                predicates.append(Predicate(SELF, Bound(trait.path, own)))
    start = len(params)
    params.extend(sig.generics.params)
    predicates.extend(sig.generics.predicates)
    return FullGenerics(tuple(params), tuple(predicates), tuple([p.name for p in params]), start)


def subst_of(names: tuple[str, ...], args: tuple[Ty, ...]) -> Subst:
    return dict(zip(names, args))  # noqa: B905


def trait_subst(trait: TraitSig, self_ty: Ty, args: tuple[Ty, ...]) -> Subst:
    """`Self` and the trait's parameters; those left out take their defaults."""
    subst: Subst = {"Self": self_ty}
    for at, param in enumerate(trait.generics.params):
        if at < len(args):
            subst[param.name] = args[at]
        elif param.default is not None:
            subst[param.name] = substitute(param.default, subst)
    return subst


def full_trait_args(db: SigDb, path: DefPath, self_ty: Ty, args: tuple[Ty, ...]) -> tuple[Ty, ...]:
    """`args` with the defaults of what is left out (`Add` alone is `Add<Self>`)."""
    trait = db.trait(path)
    if trait is None or len(args) >= len(trait.generics.params):
        return args
    subst = trait_subst(trait, self_ty, args)
    return tuple([subst.get(p.name, Param(p.name)) for p in trait.generics.params])


def fresh_subst(impl: ImplSig, new_var: Callable[[], Ty]) -> Subst:
    return {p.name: new_var() for p in impl.generics.params}


def substitute_bound(bound: Bound, subst: Subst) -> Bound:
    return bound.map(lambda ty: substitute(ty, subst)) if bound.flags & HAS_PARAM else bound
