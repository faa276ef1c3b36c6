"""What `derive(Props)` of sycamore says of the properties of a component.

The macro makes a builder with a method for each property. Its type is a secret of the macro, so the methods stand on
the struct itself, where the model of sycamore's `view!` calls them. Invariant: what is made has no bodies.
"""

from __future__ import annotations

import re

from closurelens.hir.item import AdtItem, FieldDecl, FnItem, ImplItem, Item
from closurelens.hir.types import (
    BoundRef,
    ErrorType,
    ImplType,
    PathType,
    TypeRef,
)
from closurelens.resolve.derive_parts import UNIT_TYPE, absolute, cfg_only, impl_of, method_of, receiver

_SETTER = re.compile(r"\bsetter\s*\((.*)\)", re.DOTALL)


def setters(item: AdtItem, own: TypeRef) -> list[ImplItem]:
    if item.kind != "struct" or not item.variants:
        return []
    methods: list[Item] = [_setter(item, field) for field in item.variants[0].fields]
    return [impl_of(item, None, own, methods)]


def _setter(item: AdtItem, field: FieldDecl) -> FnItem:
    made = method_of(item, field.name, receiver("ref"), [("value", _taken(field))], UNIT_TYPE)
    made.attrs = cfg_only(field.attrs)
    return made


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
        return ImplType([BoundRef(absolute("core::convert::Into", ty))])
    return ty


def _inside_option(ty: TypeRef) -> TypeRef | None:
    args = ty.path.segments[-1].args if isinstance(ty, PathType) and ty.path.name() == "Option" else None
    return args.types[0] if args is not None and args.types else None
