"""What `#[enum_dispatch]` makes: impls of traits for an enum each variant of which holds a type that has them.

It stands on the enum with the traits, and on the traits; or on the enum alone, and on traits with the enum. A variant
that is written as a mere name holds the type of that name. Invariant: what is made has no bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, Item, TraitItem, VariantDecl
from closurelens.hir.lower.attrs import split_commas
from closurelens.hir.types import GenericsDecl, Path, PathType, RefType, Segment, TypeRef
from closurelens.records import replace
from closurelens.resolve.derive_models import type_of
from closurelens.resolve.derive_parts import (
    absolute,
    alias_of,
    impl_beside,
    impl_of,
    lower_type_of,
    plain,
)

if TYPE_CHECKING:
    from closurelens.hir.item import ImplItem
    from closurelens.resolve.crate_tree import CrateIndex

_NAMES = ("enum_dispatch", "enum_dispatch::enum_dispatch")
WORDS = frozenset((b"impl", b"From", b"TryFrom"))


def made_of_enum_dispatch(crate: CrateIndex, item: Item, attrs: Attrs) -> tuple[Item, list[Item]] | None:
    """The item without the attribute, and the impls; None: it has none. `attrs` are those in effect."""
    written = next((name for name in _NAMES if name in attrs.others), None)
    if written is None or "enum_dispatch" not in crate.crate.dependencies:
        return None
    listed = split_commas((attrs.arguments or {}).get(written, "").replace("\0", ","))
    rest = replace(attrs, others=[name for name in attrs.others if name not in _NAMES], conditional=[])
    if isinstance(item, TraitItem):
        if item.generics.params:
            return None
        impls = [impl_beside(item, GenericsDecl(), Path([Segment(item.name)]), plain(name)) for name in listed]
        return replace(item, attrs=rest), list(impls)
    if not isinstance(item, AdtItem) or item.kind != "enum":
        return None
    made = replace(item, attrs=rest, variants=[_holding(variant) for variant in item.variants])
    own = type_of(made)
    beside: list[Item] = []
    for text in listed:
        trait = _path(text)
        if trait is None:
            return None
        beside.append(impl_of(made, trait, own))
    for variant in made.variants:
        if len(variant.fields) == 1:
            beside.extend(_conversions(made, own, variant.fields[0].ty))
    return made, beside


def _holding(variant: VariantDecl) -> VariantDecl:
    if variant.ctor != "unit":
        return variant
    return replace(variant, ctor="tuple", fields=[FieldDecl("0", plain(variant.name), Attrs(), None)])


def _conversions(item: AdtItem, own: TypeRef, held: TypeRef) -> list[ImplItem]:
    error = alias_of(item, "Error", RefType(plain("str"), mutable=False, lifetime="static"))
    return [
        impl_of(item, absolute("core::convert::From", held), own),
        impl_of(item, absolute("core::convert::TryFrom", own), held, [error]),
    ]


def _path(text: str) -> Path | None:
    ty = lower_type_of(text)
    return ty.path if isinstance(ty, PathType) else None
