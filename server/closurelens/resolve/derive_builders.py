"""What `derive(DefaultBuilder)` of default-struct-builder adds: a function for each field.

A field whose type names parameters of the struct may be given another type, and so gives another struct; one in a
`Box`, `Rc` or `Arc` is put there. Invariant: pure.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from closurelens.hir.item import AdtItem, FieldDecl, FnItem, ImplItem, Item
from closurelens.hir.lower.attrs import split_commas
from closurelens.hir.types import (
    Anchor,
    BoundRef,
    DynType,
    GenericParamDecl,
    GenericsDecl,
    ImplType,
    Path,
    PathType,
    Segment,
    TypeRef,
)
from closurelens.records import replace
from closurelens.resolve.derive_parts import SELF, absolute, impl_of, method_of, named, plain, receiver

_OPTIONS = frozenset(("into", "keep_outer", "keep_type", "skip"))
_INNER = "OptionInnerType"


def default_builder(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    if item.kind != "struct" or not item.variants:
        return None
    methods: list[Item] = []
    for field in item.variants[0].fields:
        if field.attrs.others.count("builder") > 1:
            return None
        options = set(split_commas((field.attrs.arguments or {}).get("builder", ""))) - {""}
        if not options <= _OPTIONS:
            return None
        if "skip" not in options:
            methods.append(_setter(item, own, field, options))
    return [impl_of(item, None, own, methods)]


def _setter(item: AdtItem, own: TypeRef, field: FieldDecl, options: set[str]) -> FnItem:
    if "keep_type" not in options:
        named_by = {
            param.name: f"New__{param.name}"
            for param in item.generics.params
            if param.const_type is None and _renamed(field.ty, {param.name: ""}) != field.ty
        }
        if named_by:
            return _generic_setter(item, own, field, _with_dependents(item.generics, named_by))
    ty: TypeRef = field.ty
    generics = GenericsDecl()
    inside = _argument(ty, "Option")
    if "into" in options and inside is not None:
        wanted = plain(_INNER)
        generics = GenericsDecl([GenericParamDecl(_INNER, [BoundRef(absolute("core::convert::Into", inside))])])
        ty = _into(named("core::option::Option", wanted))
    elif "into" in options:
        ty = _into(ty)
    elif "keep_outer" not in options:
        boxed = _argument(ty, "Box") or _argument(ty, "Rc") or _argument(ty, "Arc")
        if boxed is not None:
            ty = ImplType(boxed.bounds) if isinstance(boxed, DynType) else boxed
    made = method_of(item, field.name, receiver("owned"), [("value", ty)], SELF)
    made.generics = generics
    return made


def _generic_setter(item: AdtItem, own: TypeRef, field: FieldDecl, names: dict[str, str]) -> FnItem:
    made = method_of(item, field.name, receiver("owned"), [("value", _renamed(field.ty, names))], _renamed(own, names))
    given = item.generics
    params = [replace(_renamed(param, names), name=names[param.name]) for param in given.params if param.name in names]
    where = [_renamed(one, names) for one in given.where]
    made.generics = GenericsDecl(params, [one for one, old in zip(where, given.where, strict=True) if one != old])
    return made


def _with_dependents(generics: GenericsDecl, names: dict[str, str]) -> dict[str, str]:
    """What the bounds of these parameters name is another type then, too."""
    out = dict(names)
    count = 0
    while count != len(out):
        count = len(out)
        for param in generics.params:
            bounds = [(plain(one.name), one.bounds) for one in generics.params]
            for subject, wanted in (*bounds, *generics.where):
                if _renamed(subject, out) != subject and _renamed(wanted, {param.name: ""}) != wanted:
                    out.setdefault(param.name, f"New__{param.name}")
    return out


def _into(ty: TypeRef) -> TypeRef:
    return ImplType([BoundRef(absolute("core::convert::Into", ty))])


def _argument(ty: TypeRef, name: str) -> TypeRef | None:
    """The first argument of a type whose name begins so."""
    if not isinstance(ty, PathType):
        return None
    last = ty.path.segments[-1]
    return last.args.types[0] if last.name.startswith(name) and last.args is not None and last.args.types else None


def _renamed(part: Any, names: dict[str, str]) -> Any:
    """A part of a declaration in which parameters have other names."""
    if isinstance(part, list | tuple):
        return type(part)(_renamed(one, names) for one in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    changed = {one.name: _renamed(getattr(part, one.name), names) for one in fields(part)}
    if isinstance(part, Path) and part.anchor is Anchor.PLAIN and part.qself is None:
        segments: list[Segment] = changed["segments"]
        if segments and segments[0].name in names:
            segments[0].name = names[segments[0].name]
    return replace(part, **changed)
