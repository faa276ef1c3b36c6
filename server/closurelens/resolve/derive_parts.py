"""Pieces of the impls that derives make: paths, types and functions without bodies.

Invariant: pure; what is made stands where the type does.
"""

from __future__ import annotations

from closurelens.hir.item import AdtItem, Attrs, FnItem, ImplItem, Item, SelfParam, TypeAliasItem
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
from closurelens.records import replace

SELF = PathType(Path([Segment("Self")]))


def absolute(text: str, *args: TypeRef) -> Path:
    segments = [Segment(name) for name in text.split("::")]
    if args:
        segments[-1].args = GenericArgs(list(args))
    return Path(segments, Anchor.GLOBAL)


def named(text: str, *args: TypeRef) -> TypeRef:
    return PathType(absolute(text, *args))


def impl_of(
    item: AdtItem,
    trait: Path | None,
    own: TypeRef,
    items: list[Item] | None = None,
    where: list[tuple[TypeRef, list[BoundRef]]] | None = None,
    more: list[GenericParamDecl] | None = None,
) -> ImplItem:
    at = (item.range[0], item.range[0])
    attrs = replace(item.attrs, derives=[], others=[], arguments=None)
    given = item.generics
    generics = given
    if where or more:
        generics = GenericsDecl([*given.params, *(more or ())], [*given.where, *(where or ())], given.lifetimes)
    return ImplItem("", item.range, at, attrs, None, generics, trait, own, items or [])


def alias_of(item: AdtItem, name: str, ty: TypeRef) -> TypeAliasItem:
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


def tuple_of(types: list[TypeRef]) -> TypeRef:
    return types[0] if len(types) == 1 else TupleType(types)


def receiver(name: str) -> SelfParam:
    return SelfParam(by_ref=name != "owned", mutable=name == "ref_mut", ty=None)
