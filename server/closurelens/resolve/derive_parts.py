"""Pieces of what derives and attributes make: paths, types, impls, and functions without bodies.

Invariant: pure; what is made stands where the item does that it is made of.
"""

from __future__ import annotations

from closurelens.hir.item import AdtItem, Attrs, FnItem, ImplItem, Item, SelfParam, TypeAliasItem
from closurelens.hir.lower.items import lower_items
from closurelens.hir.types import (
    Anchor,
    BoundRef,
    GenericArgs,
    GenericParamDecl,
    GenericsDecl,
    Path,
    PathType,
    Segment,
    TupleType,
    TypeRef,
)
from closurelens.syntax.nodes import tree_of

UNIT_TYPE = TupleType([])


def plain(name: str) -> TypeRef:
    """A type of a name without a path, as type parameters have."""
    return PathType(Path([Segment(name)]))


SELF = plain("Self")


def absolute(text: str, *args: TypeRef) -> Path:
    segments = [Segment(name) for name in text.split("::")]
    if args:
        segments[-1].args = GenericArgs(list(args))
    return Path(segments, Anchor.GLOBAL)


def named(text: str, *args: TypeRef) -> TypeRef:
    return PathType(absolute(text, *args))


def with_parameters(name: str, generics: GenericsDecl) -> TypeRef:
    """A type of this name with all the parameters."""
    args = [plain(param.name) for param in generics.params]
    return PathType(Path([Segment(name, GenericArgs(args) if args else None)]))


def lower_items_of(code: str) -> list[Item]:
    text = code.encode()
    return lower_items(tree_of(text), text)


def lower_type_of(code: str) -> TypeRef | None:
    """None: it is no type."""
    made = lower_items_of(f"type T = {code};")
    return made[0].ty if made and isinstance(made[0], TypeAliasItem) else None


def lower_where_of(code: str) -> list[tuple[TypeRef, list[BoundRef]]] | None:
    """None: it is no where-clause."""
    made = lower_items_of(f"struct S where {code} {{}}")
    return made[0].generics.where if len(made) == 1 and isinstance(made[0], AdtItem) else None


def impl_of(
    item: AdtItem,
    trait: Path | None,
    own: TypeRef,
    items: list[Item] | None = None,
    where: list[tuple[TypeRef, list[BoundRef]]] | None = None,
    more: list[GenericParamDecl] | None = None,
) -> ImplItem:
    given = item.generics
    generics = given
    if where or more:
        generics = GenericsDecl([*given.params, *(more or ())], [*given.where, *(where or ())], given.lifetimes)
    return impl_beside(item, generics, trait, own, items)


def impl_beside(
    item: Item, generics: GenericsDecl, trait: Path | None, own: TypeRef, items: list[Item] | None = None
) -> ImplItem:
    """An impl that is there when `item` is."""
    at = (item.range[0], item.range[0])
    return ImplItem("", item.range, at, cfg_only(item.attrs), None, generics, trait, own, items or [])


def cfg_only(attrs: Attrs) -> Attrs:
    """What they say of when an item is there."""
    conditional = [(predicate, cfg_only(added)) for predicate, added in attrs.conditional]
    return Attrs(cfg=attrs.cfg, conditional=conditional)


def alias_of(item: Item, name: str, ty: TypeRef) -> TypeAliasItem:
    at = (item.range[0], item.range[0])
    return TypeAliasItem(name, item.range, at, Attrs(), None, GenericsDecl(), [], ty)


def method_of(
    item: AdtItem, name: str, receiver: SelfParam | None, params: list[tuple[str, TypeRef]], ret: TypeRef
) -> FnItem:
    at = (item.range[0], item.range[0])
    return FnItem(
        name,
        item.range,
        at,
        Attrs(),
        "pub",
        GenericsDecl(),
        receiver,
        params,
        ret,
        is_async=False,
        is_unsafe=False,
        is_const=True,
        is_variadic=False,
        body=None,
    )


def assoc_of(ty: TypeRef, trait: Path, name: str) -> TypeRef:
    """`<ty as trait>::name`."""
    return PathType(Path([Segment(name)], qself=ty, trait=trait))


def tuple_of(types: list[TypeRef]) -> TypeRef:
    return types[0] if len(types) == 1 else TupleType(types)


def receiver(name: str) -> SelfParam:
    return SelfParam(by_ref=name != "owned", mutable=name == "ref_mut", ty=None)
