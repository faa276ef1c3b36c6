"""What `#[elem]` of typst makes of a struct: an element, whose fields may be set by styles.

A field holds a value, an optional one or a setting, as its attributes say; beside it there is a constant of its name,
by which styles know it, and an impl that tells its type. Invariant: what is made has no bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, FnItem, ImplItem, Item, TypeAliasItem, ValueItem
from closurelens.hir.lower.attrs import simple_path, split_commas
from closurelens.hir.types import PathType, TypeRef
from closurelens.records import replace
from closurelens.resolve.derive_parts import cfg_only, lower_items_of, lower_type_of, named

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

CRATES = ("typst_macros",)
_NAMES = ("elem", "typst_macros::elem")
_FOUNDATIONS = "::typst_library::foundations"
_TRAITS = b"""
    Construct ExternalField Locatable Mathy NativeElement RefableProperty RequiredField Set SettableField
    SettableProperty SynthesizedField Tagged Unqueriable
"""
TRAITS = frozenset(_TRAITS.split())
WORDS = TRAITS | {b"impl", b"derive", b"Clone", b"Debug", b"Hash", b"Packed"}
"""What a file with such an attribute may have impls of, beside what is written in it."""


def made_of_elem(crate: CrateIndex, item: AdtItem, attrs: Attrs) -> tuple[AdtItem, list[Item]] | None:
    """`attrs` are those in effect."""
    written = next((name for name in _NAMES if name in attrs.others), None)
    if (
        written is None
        or crate.crate.dependencies.keys().isdisjoint(CRATES)
        or item.kind != "struct"
        or not item.variants
    ):
        return None
    capabilities = set(split_commas((attrs.arguments or {}).get(written, "")))
    fields = [_Field(one) for one in item.variants[0].fields]
    fields.sort(key=lambda one: one.has("internal"))
    for number, one in enumerate(fields):
        one.number = number
    by_name = {one.name: one for one in fields}
    kept = [by_name[one.name] for one in item.variants[0].fields if not by_name[one.name].is_outside]
    derives = ["Clone", "Hash", *([] if "Debug" in capabilities else ["Debug"])]
    own = Attrs(cfg=attrs.cfg, derives=[*attrs.derives, *[simple_path(f"::{_STD[name]}") for name in derives]])
    variant = replace(item.variants[0], fields=[one.stored() for one in kept])
    code = [_inherent(item.name, fields), *[one.impl(item.name) for one in fields], _impls(item.name, capabilities)]
    beside = lower_items_of(" ".join(code))
    for made in beside:
        _place(made, item, by_name)
    return replace(item, attrs=own, variants=[variant]), beside


_STD = {"Clone": "core::clone::Clone", "Debug": "core::fmt::Debug", "Hash": "core::hash::Hash"}


class _Field:
    def __init__(self, declared: FieldDecl) -> None:
        self.declared = declared
        self.name = declared.name
        self.number = 0
        self._attrs = frozenset(declared.attrs.others)

    def has(self, attribute: str) -> bool:
        return attribute in self._attrs

    @property
    def is_required(self) -> bool:
        return self.has("required") or self.has("variadic")

    @property
    def is_outside(self) -> bool:
        """It is no field of the struct."""
        return self.has("external") or self.has("ghost")

    @property
    def placeholder(self) -> str:
        return f"__T{self.number}"

    def stored(self) -> FieldDecl:
        ty: TypeRef = self.declared.ty
        if self.has("synthesized"):
            ty = named("core::option::Option", ty)
        elif not self.is_required:
            made = lower_type_of(f"{_FOUNDATIONS}::Settable<Self, {self.number}>")
            assert made is not None
            ty = made
        return FieldDecl(self.name, ty, cfg_only(self.declared.attrs), self.declared.visibility)

    def impl(self, own: str) -> str:
        trait = "SettableField"
        if self.has("external"):
            trait = "ExternalField"
        elif self.is_required:
            trait = "RequiredField"
        elif self.has("synthesized"):
            trait = "SynthesizedField"
        elif self.has("ghost"):
            trait = "SettableProperty"
        told = f"impl {_FOUNDATIONS}::{trait}<{self.number}> for {own} {{ type Type = {self.placeholder}; }}"
        if trait.startswith("Settable") and not self.has("fold"):
            told += f" impl {_FOUNDATIONS}::RefableProperty<{self.number}> for {own} {{}}"
        return told


def _inherent(own: str, fields: list[_Field]) -> str:
    inside = [one for one in fields if not one.is_outside]
    given = ", ".join(f"{one.name}: {one.placeholder}" for one in inside if one.is_required)
    setters = [
        f"fn with_{one.name.removeprefix('r#')}(mut self, {one.name}: {one.placeholder}) -> Self;"
        for one in inside
        if not one.is_required
    ]
    constants = [
        f"const {one.name}: {_FOUNDATIONS}::Field<Self, {one.number}>;" for one in fields if not one.has("external")
    ]
    return f"impl {own} {{ pub fn new({given}) -> Self; {' '.join([*setters, *constants])} }}"


def _impls(own: str, capabilities: set[str]) -> str:
    out = [f"unsafe impl {_FOUNDATIONS}::NativeElement for {own} {{}}"]
    out += [f"impl {_FOUNDATIONS}::{name} for {own} {{}}" for name in ("Construct", "Set") if name not in capabilities]
    packed = f"{_FOUNDATIONS}::Packed<{own}>"
    for name in ("Unqueriable", "Locatable", "Tagged"):
        if name in capabilities:
            out.append(f"impl ::typst_library::introspection::{name} for {packed} {{}}")
    if "Mathy" in capabilities:
        out.append(f"impl ::typst_library::math::Mathy for {packed} {{}}")
    return " ".join(out)


def _place(made: Item, item: AdtItem, fields: dict[str, _Field]) -> None:
    """Put an impl beside the struct, with the types that were written for the fields."""
    types: dict[str, TypeRef] = {one.placeholder: one.declared.ty for one in fields.values()}
    made.range, made.name_range = item.range, (item.range[0], item.range[0])
    made.attrs = cfg_only(item.attrs)
    assert isinstance(made, ImplItem)
    for member in made.items:
        member.range, member.name_range = made.range, made.name_range
        match member:
            case FnItem():
                member.params = [(name, _filled(ty, types)) for name, ty in member.params]
                declared = fields.get(member.name.removeprefix("with_"))
                if declared is not None and member.name != "new":
                    member.visibility = declared.declared.visibility
            case ValueItem():
                member.visibility = fields[member.name].declared.visibility
            case TypeAliasItem() if member.ty is not None:
                member.ty = _filled(member.ty, types)
            case _:
                pass


def _filled(ty: TypeRef, types: dict[str, TypeRef]) -> TypeRef:
    return types.get(ty.path.segments[-1].name, ty) if isinstance(ty, PathType) else ty
