"""What `#[comemo::track]` makes beside an impl or a trait.

A `Tracked<T>` has the functions of such blocks of `T`, by way of a type that only forwards to them. Here it leads to
`T` itself: in code that compiles both borrow and give the same. Invariant: what is made has no bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import Attrs, ImplItem, Item, TraitItem
from closurelens.hir.types import BoundRef, DynType, GenericsDecl, Path, Segment
from closurelens.resolve.derive_parts import SELF, UNIT_TYPE, absolute, alias_of, impl_beside

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_CRATE = "comemo"
_NAMES = frozenset((f"{_CRATE}::track", "track"))
WORDS = frozenset((b"impl", b"Track", b"Surfaces"))
"""What a file with such an attribute has impls of, beside what is written in it."""


def made_of_tracked(crate: CrateIndex, item: Item, attrs: Attrs) -> list[Item]:
    """`attrs` are those of the item that are in effect."""
    if _CRATE not in crate.crate.dependencies or _NAMES.isdisjoint(attrs.others):
        return []
    if isinstance(item, ImplItem) and item.trait is None:
        own, generics = item.self_ty, item.generics
    elif isinstance(item, TraitItem):
        own = DynType([BoundRef(Path([Segment(item.name)]))])
        generics = GenericsDecl()
    else:
        return []
    surfaces: list[Item] = [alias_of(item, "Surface", SELF), alias_of(item, "SurfaceMut", SELF)]
    return [
        impl_beside(item, generics, absolute("comemo::Track"), own, [alias_of(item, "Call", UNIT_TYPE)]),
        impl_beside(item, generics, absolute("comemo::internal::Surfaces"), own, surfaces),
    ]
