"""What `derive(Props)` of sycamore says of the properties of a component.

The macro makes a builder with a method for each property. Its type is a secret of the macro, so the methods stand on
the struct itself, where the model of sycamore's `view!` calls them. Invariant: what is made has no bodies.
"""

from __future__ import annotations

import re

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, FnItem, ImplItem, Item, SelfParam
from closurelens.hir.types import (
    Anchor,
    BoundRef,
    ErrorType,
    GenericArgs,
    GenericsDecl,
    ImplType,
    Path,
    PathType,
    Segment,
    TupleType,
    TypeRef,
)
from closurelens.records import replace

_SETTER = re.compile(r"\bsetter\s*\((.*)\)", re.DOTALL)


def setters(item: AdtItem, own: TypeRef) -> list[ImplItem]:
    if item.kind != "struct" or not item.variants:
        return []
    at = (item.range[0], item.range[0])
    attrs = replace(item.attrs, derives=[], others=[], arguments=None)
    methods: list[Item] = [_setter(item, field) for field in item.variants[0].fields]
    return [ImplItem("", item.range, at, attrs, None, item.generics, None, own, methods)]


def _setter(item: AdtItem, field: FieldDecl) -> FnItem:
    return FnItem(
        field.name,
        item.range,
        (item.range[0], item.range[0]),
        Attrs(cfg=field.attrs.cfg, conditional=field.attrs.conditional),
        "pub",
        GenericsDecl(),
        SelfParam(by_ref=True, mutable=False, ty=None),
        [("value", _taken(field))],
        TupleType([]),
        is_async=False,
        is_unsafe=False,
        is_const=False,
        is_variadic=False,
        body=None,
    )


def _taken(field: FieldDecl) -> TypeRef:
    """What the property's method takes."""
    options = _SETTER.search((field.attrs.arguments or {}).get("prop", ""))
    words = frozenset(re.findall(r"\w+", options[1])) if options is not None else frozenset()
    if "transform" in words:
        return ErrorType("`setter(transform)` says what it takes")
    ty = field.ty
    if "strip_option" in words:
        inner = _inside_option(ty)
        if inner is None:
            return ErrorType("`setter(strip_option)` says what it takes")
        ty = inner
    if "into" in words:
        into = [Segment(name) for name in ("core", "convert", "Into")]
        into[-1].args = GenericArgs([ty])
        return ImplType([BoundRef(Path(into, Anchor.GLOBAL))])
    return ty


def _inside_option(ty: TypeRef) -> TypeRef | None:
    args = ty.path.segments[-1].args if isinstance(ty, PathType) and ty.path.name() == "Option" else None
    return args.types[0] if args is not None and args.types else None
