"""What `#[comemo::track]` makes beside an impl or a trait.

A `Tracked<T>` has the functions of such blocks of `T`, by way of a type that only forwards to them. Here it leads to
`T` itself: in code that compiles both borrow and give the same. Invariant: what is made has no bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import Attrs, ImplItem, Item, TraitItem, TypeAliasItem
from closurelens.hir.lower.attrs import effective
from closurelens.hir.types import BoundRef, DynType, GenericsDecl, Path, Segment, TupleType, TypeRef
from closurelens.resolve.derive_parts import SELF, absolute

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_CRATE = "comemo"
_NAMES = frozenset((f"{_CRATE}::track", "track"))
WORDS = frozenset((b"impl", b"Track", b"Surfaces"))
"""What a file with such an attribute has impls of, beside what is written in it."""


def made_of_tracked(crate: CrateIndex, item: Item) -> list[Item]:
    if _CRATE not in crate.crate.dependencies or _NAMES.isdisjoint(effective(item.attrs, crate.holds).others):
        return []
    if isinstance(item, ImplItem) and item.trait is None:
        own, generics = item.self_ty, item.generics
    elif isinstance(item, TraitItem):
        own = DynType([BoundRef(Path([Segment(item.name)]))])
        generics = GenericsDecl()
    else:
        return []
    surfaces: list[Item] = [_alias(item, "Surface", SELF), _alias(item, "SurfaceMut", SELF)]
    return [
        _impl(item, "comemo::Track", own, generics, [_alias(item, "Call", TupleType([]))]),
        _impl(item, "comemo::internal::Surfaces", own, generics, surfaces),
    ]


def _impl(item: Item, trait: str, own: TypeRef, generics: GenericsDecl, items: list[Item]) -> ImplItem:
    at = (item.range[0], item.range[0])
    attrs = Attrs(cfg=item.attrs.cfg)
    return ImplItem("", item.range, at, attrs, None, generics, absolute(trait), own, items)


def _alias(item: Item, name: str, ty: TypeRef) -> TypeAliasItem:
    at = (item.range[0], item.range[0])
    return TypeAliasItem(name, item.range, at, Attrs(), None, GenericsDecl(), [], ty)
