"""The bounds that a bound implies: those of its trait's supertraits (rustc's `elaborate`).

Invariant: what a trait implies is found out once for all bodies, in terms of its own parameters, and then substituted.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from closurelens.infer.generics import SELF, substitute_bound, trait_subst
from closurelens.infer.goals import PASSING, SharedCache
from closurelens.ty.sig import Predicate, SigDb, TraitSig
from closurelens.ty.types import Bound, DefPath, Param, Projection, Ty, substitute

MAX_OF_ONE_TRAIT: Final = 100
"""So many bounds of one trait are looked at: in wrong code a trait may imply itself for ever larger arguments."""
MAX_IMPLIED: Final = 2_000
"""So many bounds in all: it may do so in more than one way."""
_MOST_KEPT: Final = 5_000


def elaborate(db: SigDb, shared: SharedCache, self_ty: Ty, bound: Bound) -> list[Bound]:
    """`bound` and the bounds its supertraits imply for `self_ty`; `Name = ty` bindings go along.

    The list belongs to the cache.
    """
    key = None if (self_ty.flags | bound.flags) & PASSING else (self_ty, bound)
    known = None if key is None else shared.elaborated.get(key)
    if known is not None:
        return known
    trait = db.trait(bound.trait)
    if trait is None:
        return [bound]
    out = _elaborated(trait, _implied(db, shared, bound.trait, trait), self_ty, bound)
    if key is not None:
        if len(shared.elaborated) >= _MOST_KEPT:
            shared.elaborated.clear()
        shared.elaborated[key] = out
    return out


def implied_of_others(db: SigDb, shared: SharedCache, self_ty: Ty, bound: Bound) -> list[Predicate]:
    """What the bound says of associated types: `trait Rows: Iterator<Item: Copy>`, and what its supertraits say."""
    out: list[Predicate] = []
    for one in elaborate(db, shared, self_ty, bound):
        trait = db.trait(one.trait)
        if trait is None:
            continue
        others = [predicate for predicate in trait.generics.predicates if predicate.subject.__class__ is Projection]
        if others:
            subst = trait_subst(trait, self_ty, one.args)
            out += [
                Predicate(substitute(other.subject, subst), substitute_bound(other.bound, subst)) for other in others
            ]
    return out


def _elaborated(trait: TraitSig, implied: list[Bound], self_ty: Ty, bound: Bound) -> list[Bound]:
    out = [bound]
    if not implied:
        return out
    subst = trait_subst(trait, self_ty, bound.args)
    seen = {(bound.trait, bound.args)}
    for parent in implied:
        made = substitute_bound(parent, subst)
        key = (made.trait, made.args)
        if key in seen:
            continue
        seen.add(key)
        out.append(_with_bindings(made, bound))
    return out


def _implied(db: SigDb, shared: SharedCache, path: DefPath, trait: TraitSig) -> list[Bound]:
    """Of a trait with its own parameters as arguments, nearest first."""
    known = shared.implied.get(path)
    if known is not None:
        return known
    own = tuple([Param(param.name) for param in trait.generics.params])
    out: list[Bound] = []
    seen: set[tuple[DefPath, tuple[Ty, ...]]] = {(path, own)}
    counts: Counter[DefPath] = Counter()
    is_whole = True
    work = [Bound(path, own)]
    for bound in work:  # grows below
        child = db.trait(bound.trait)
        if child is None:
            is_whole = False
            continue
        subst = trait_subst(child, SELF, bound.args)
        for predicate in child.generics.predicates:
            if predicate.subject != SELF:
                continue
            parent = _with_bindings(substitute_bound(predicate.bound, subst), bound)
            key = (parent.trait, parent.args)
            if key in seen or counts[parent.trait] >= MAX_OF_ONE_TRAIT or len(out) >= MAX_IMPLIED:
                continue
            seen.add(key)
            counts[parent.trait] += 1
            out.append(parent)
            work.append(parent)
    if is_whole:
        shared.implied[path] = out
    return out


def _with_bindings(parent: Bound, bound: Bound) -> Bound:
    """The `Name = ty` of `bound` that `parent` does not have."""
    if not bound.assoc:
        return parent
    own = {name for name, _ in parent.assoc}
    extra = tuple([(name, ty) for name, ty in bound.assoc if name not in own])
    return Bound(parent.trait, parent.args, parent.assoc + extra) if extra else parent
