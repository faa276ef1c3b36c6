"""What the derives of `derive_more` add to a type.

Its derives follow the fields, and attributes change what they do. Those that pick a field or leave one out are read;
with others (`#[from(forward)]`, a list of types) a derive counts as not known.
Invariant: `None` is said before an impl is left out that the macro makes, or one made that it leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from closurelens.hir.item import (
    AdtItem,
    Attrs,
    FieldDecl,
    ImplItem,
    Item,
    VariantDecl,
)
from closurelens.hir.types import (
    BoundRef,
    GenericArgs,
    GenericParamDecl,
    RefType,
    TypeRef,
)
from closurelens.resolve.derive_parts import (
    SELF,
    absolute,
    alias_of,
    assoc_of,
    impl_of,
    method_of,
    named,
    plain,
    receiver,
    tuple_of,
)

Impls = list[ImplItem] | None
Derive = Callable[[AdtItem, TypeRef], Impls]

_SKIPPED = ("skip", "ignore")


def _is_plain(attrs: Attrs, name: str) -> bool:
    """The attribute is not there, or says what counts without it."""
    return attrs.arguments is None or attrs.arguments.get(name, "owned") == "owned"


def _is_skipped(attrs: Attrs, name: str) -> bool:
    return attrs.arguments is not None and attrs.arguments.get(name) in _SKIPPED


def _fields(item: AdtItem, attribute: str) -> list[FieldDecl] | None:
    """The fields of a struct that a derive is about: all but the skipped ones, or those that are marked."""
    if item.kind != "struct" or not _is_plain(item.attrs, attribute):
        return None
    found = [field for field in item.variants[0].fields if not _is_skipped(field.attrs, attribute)]
    if not all(_is_plain(field.attrs, attribute) for field in found):
        return None
    return [field for field in found if attribute in field.attrs.others] or found


def _one_field(item: AdtItem, attribute: str) -> TypeRef | None:
    fields = _fields(item, attribute)
    return fields[0].ty if fields is not None and len(fields) == 1 else None


def _pointed(item: AdtItem, attribute: str) -> tuple[TypeRef, bool] | None:
    """The field that is dereferenced, and whether its own target is meant (`forward`)."""
    if item.kind != "struct":
        return None
    fields = [field for field in item.variants[0].fields if not _is_skipped(field.attrs, attribute)]
    marked = [field for field in fields if attribute in field.attrs.others] or fields
    if len(marked) != 1:
        return None
    ways = {(attrs.arguments or {}).get(attribute, "") for attrs in (item.attrs, marked[0].attrs)}
    return (marked[0].ty, "forward" in ways) if ways <= {"", "forward"} else None


def _deref(item: AdtItem, own: TypeRef) -> Impls:
    found = _pointed(item, "deref")
    if found is None:
        return None
    trait = absolute("core::ops::Deref")
    field, is_forward = found
    if not is_forward:
        return [impl_of(item, trait, own, [alias_of(item, "Target", field)])]
    target = alias_of(item, "Target", assoc_of(field, trait, "Target"))
    return [impl_of(item, trait, own, [target], [(field, [BoundRef(trait)])])]


def _deref_mut(item: AdtItem, own: TypeRef) -> Impls:
    found = _pointed(item, "deref_mut")
    return None if found is None else [impl_of(item, absolute("core::ops::DerefMut"), own)]


def deref_to_field(item: AdtItem, own: TypeRef) -> Impls:
    """`Deref` to the only field, or the one with `#[deref]`."""
    found = _pointed(item, "deref")
    return None if found is None or found[1] else _deref(item, own)


def deref_mut_to_field(item: AdtItem, own: TypeRef) -> Impls:
    found = _pointed(item, "deref")
    return None if found is None or found[1] else [impl_of(item, absolute("core::ops::DerefMut"), own)]


def _as(trait: str, attribute: str) -> Derive:
    def derive(item: AdtItem, own: TypeRef) -> Impls:
        fields = _fields(item, attribute)
        if not fields or (len(fields) > 1 and attribute not in fields[0].attrs.others):
            return None
        return [impl_of(item, absolute(trait, field.ty), own) for field in fields]

    return derive


def _from(item: AdtItem, own: TypeRef) -> Impls:
    variants: list[VariantDecl] = []
    if not _is_plain(item.attrs, "from"):
        return None
    marked = any("from" in variant.attrs.others and _is_plain(variant.attrs, "from") for variant in item.variants)
    for variant in item.variants:
        if any("from" in field.attrs.others for field in variant.fields):
            return None
        if _is_skipped(variant.attrs, "from"):
            continue
        if not _is_plain(variant.attrs, "from"):
            return None
        if item.kind == "struct" or "from" in variant.attrs.others or (variant.fields and not marked):
            variants.append(variant)
    return [
        impl_of(item, absolute("core::convert::From", tuple_of([field.ty for field in variant.fields])), own)
        for variant in variants
    ]


def _into(item: AdtItem, own: TypeRef) -> Impls:
    fields = _fields(item, "into")
    if not fields or any("into" in field.attrs.others for field in fields):
        return None
    return [impl_of(item, absolute("core::convert::From", own), tuple_of([field.ty for field in fields]))]


def _try_into(item: AdtItem, own: TypeRef) -> Impls:
    if item.kind != "enum" or not _is_plain(item.attrs, "try_into"):
        return None
    targets: list[TypeRef] = []
    for variant in item.variants:
        if any(not _is_plain(field.attrs, "try_into") for field in variant.fields):
            return None
        if not _is_skipped(variant.attrs, "try_into"):
            target = tuple_of([field.ty for field in variant.fields])
            if target not in targets:
                targets.append(target)
    error = alias_of(item, "Error", named("derive_more::TryIntoError", own))
    return [impl_of(item, absolute("core::convert::TryFrom", own), target, [error]) for target in targets]


def _constructor(item: AdtItem, own: TypeRef) -> Impls:
    if item.kind != "struct":
        return None
    params = [(field.name, field.ty) for field in item.variants[0].fields]
    return [impl_of(item, None, own, [method_of(item, "new", None, params, own)])]


_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _snake(name: str) -> str | None:
    """None: where digits stand, versions of the macro differ."""
    return None if re.search(r"\d", name) else _WORDS.sub("_", name).lower()


def _of_variants(attribute: str, methods: Callable[[AdtItem, VariantDecl, str], list[Item]]) -> Derive:
    def derive(item: AdtItem, own: TypeRef) -> Impls:
        if item.kind != "enum":
            return None
        out: list[Item] = []
        for variant in item.variants:
            name = _snake(variant.name)
            if _is_skipped(variant.attrs, attribute):
                continue
            if name is None or not _is_plain(variant.attrs, attribute):
                return None
            out.extend(methods(item, variant, name))
        return [impl_of(item, None, own, out)]

    return derive


def _is_variant(item: AdtItem, _variant: VariantDecl, name: str) -> list[Item]:
    return [method_of(item, f"is_{name}", receiver("ref"), [], plain("bool"))]


_SUFFIX = {"owned": "", "ref": "_ref", "ref_mut": "_mut"}


def _unwrapping(attribute: str, error: str) -> Callable[[AdtItem, VariantDecl, str], list[Item]]:
    """`unwrap_a(self)`, and with `ref` and `ref_mut` in the attribute of the type those that borrow."""

    def methods(item: AdtItem, variant: VariantDecl, name: str) -> list[Item]:
        text = (item.attrs.arguments or {}).get(attribute, "owned")
        out: list[Item] = []
        for way in [part.strip() for part in text.split(",")]:
            if way not in _SUFFIX:
                continue
            mutable = way == "ref_mut"
            types: list[TypeRef] = [field.ty for field in variant.fields]
            value: TypeRef = SELF
            if way != "owned":
                types = [RefType(ty, mutable) for ty in types]
                value = RefType(SELF, mutable)
            ret = tuple_of(types)
            if error:
                ret = named("core::result::Result", ret, named(error, value))
            out.append(method_of(item, f"{attribute}_{name}{_SUFFIX[way]}", receiver(way), [], ret))
        return out

    return methods


def _plain(trait: str) -> Derive:
    """One impl, whatever the fields are."""

    def derive(item: AdtItem, own: TypeRef) -> Impls:
        return [impl_of(item, absolute(trait), own)]

    return derive


def _operator(trait: str) -> Derive:
    """Field by field, with the same type on both sides, or on the only one; parameters must have the operator."""

    def derive(item: AdtItem, own: TypeRef) -> Impls:
        if item.kind != "struct":
            return None
        output = [alias_of(item, "Output", own)]
        where: list[tuple[TypeRef, list[BoundRef]]] = []
        for param in item.generics.params:
            if param.const_type is None:
                ty = plain(param.name)
                path = absolute(trait)
                path.segments[-1].args = GenericArgs([], [("Output", ty)])
                where.append((ty, [BoundRef(path)]))
        return [impl_of(item, absolute(trait), own, list(output), where)]

    return derive


def _folded(trait: str) -> Derive:
    def derive(item: AdtItem, own: TypeRef) -> Impls:
        return None if item.kind != "struct" or item.generics.params else [impl_of(item, absolute(trait), own)]

    return derive


def _assigning(trait: str) -> Derive:
    def derive(item: AdtItem, own: TypeRef) -> Impls:
        return None if item.kind != "struct" or item.generics.params else [impl_of(item, absolute(trait), own)]

    return derive


def _indexing(trait: str, attribute: str) -> Derive:
    def derive(item: AdtItem, own: TypeRef) -> Impls:
        field = _one_field(item, attribute)
        if field is None:
            return None
        index = plain("__Idx")
        path = absolute(trait, index)
        items: list[Item] = [alias_of(item, "Output", assoc_of(field, path, "Output"))] if attribute == "index" else []
        return [impl_of(item, path, own, items, [(field, [BoundRef(path)])], [GenericParamDecl("__Idx")])]

    return derive


def _into_iterator(item: AdtItem, own: TypeRef) -> Impls:
    field = _one_field(item, "into_iterator")
    if field is None:
        return None
    trait = absolute("core::iter::IntoIterator")
    items: list[Item] = [alias_of(item, name, assoc_of(field, trait, name)) for name in ("Item", "IntoIter")]
    return [impl_of(item, trait, own, items, [(field, [BoundRef(trait)])])]


def _from_str(item: AdtItem, own: TypeRef) -> Impls:
    trait = absolute("core::str::FromStr")
    field = _one_field(item, "from_str")
    if field is not None:
        error = assoc_of(field, trait, "Err")
        return [impl_of(item, trait, own, [alias_of(item, "Err", error)], [(field, [BoundRef(trait)])])]
    return [impl_of(item, trait, own, [alias_of(item, "Err", named("derive_more::FromStrError"))])]


DERIVES: dict[str, tuple[str, Derive]] = {
    "AsMut": ("as_mut", _as("core::convert::AsMut", "as_mut")),
    "AsRef": ("as_ref", _as("core::convert::AsRef", "as_ref")),
    "Constructor": ("", _constructor),
    "Debug": ("debug", _plain("core::fmt::Debug")),
    "Deref": ("deref", _deref),
    "DerefMut": ("deref_mut", _deref_mut),
    "Error": ("error", _plain("core::error::Error")),
    "From": ("from", _from),
    "FromStr": ("from_str", _from_str),
    "Index": ("index", _indexing("core::ops::Index", "index")),
    "IndexMut": ("index_mut", _indexing("core::ops::IndexMut", "index_mut")),
    "Into": ("into", _into),
    "IntoIterator": ("into_iterator", _into_iterator),
    "IsVariant": ("is_variant", _of_variants("is_variant", _is_variant)),
    "Product": ("", _folded("core::iter::Product")),
    "Sum": ("", _folded("core::iter::Sum")),
    "TryInto": ("try_into", _try_into),
    "TryUnwrap": ("try_unwrap", _of_variants("try_unwrap", _unwrapping("try_unwrap", "derive_more::TryUnwrapError"))),
    "Unwrap": ("unwrap", _of_variants("unwrap", _unwrapping("unwrap", ""))),
}
"""By name: the attribute that the derive reads, and what it makes."""

for _name in ("Binary", "Display", "LowerExp", "LowerHex", "Octal", "Pointer", "UpperExp", "UpperHex"):
    DERIVES[_name] = (re.sub(r"(?<=[a-z])(?=[A-Z])", "_", _name).lower(), _plain(f"core::fmt::{_name}"))
for _name in ("Add", "BitAnd", "BitOr", "BitXor", "Neg", "Not", "Sub"):
    DERIVES[_name] = ("", _operator(f"core::ops::{_name}"))
for _name in ("Add", "BitAnd", "BitOr", "BitXor", "Sub"):
    DERIVES[f"{_name}Assign"] = ("", _assigning(f"core::ops::{_name}Assign"))
