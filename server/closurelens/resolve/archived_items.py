"""What rkyv's derives make of a type: the type that it is archived as, its resolver, and the traits of both.

An archived type has the form of the type, with what each field is archived as. Both ways to write the helper
attributes are read: `#[rkyv(..)]`, and `#[archive(..)]`, `#[archive_attr(..)]`, `#[with(..)]` of versions before 0.8.
Invariant: what is made has no bodies; what `remote` and `crate` would make is not known.
"""

from __future__ import annotations

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, ImplItem, Item, VariantDecl
from closurelens.hir.lower.attrs import simple_path, split_commas
from closurelens.hir.types import (
    ErrorType,
    GenericParamDecl,
    GenericsDecl,
    TypeRef,
)
from closurelens.records import dataclass, field
from closurelens.resolve.derive_parts import (
    absolute,
    alias_of,
    assoc_of,
    cfg_only,
    impl_of,
    lower_type_of,
    plain,
    with_parameters,
)

_HELPERS = frozenset(("rkyv", "archive", "archive_attr", "with", "omit_bounds"))
_UNREAD = frozenset(("remote", "crate", "getter"))
_COMPARED = {"PartialEq": "core::cmp::PartialEq", "PartialOrd": "core::cmp::PartialOrd"}


@dataclass(slots=True)
class _Options:
    """What the helper attributes of a type, or of a field, say. `as_type`: no type is made."""

    archived: str
    resolver: str
    as_type: str = ""
    wrapper: str = ""
    derives: list[str] = field(default_factory=list)
    compares: list[str] = field(default_factory=list)
    is_read: bool = True


def archived_types(item: AdtItem) -> list[Item]:
    """The types that `derive(Archive)` declares beside `item`."""
    options = _options(item)
    if not options.is_read or item.kind == "union":
        return []
    made: list[Item] = [] if options.as_type else [_archived(item, options)]
    resolver = [VariantDecl(options.resolver, item.name_range, "record", [], Attrs())]
    made.append(_like(item, options.resolver, "struct", resolver))
    return made


def archive(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    options = _options(item)
    if not options.is_read or item.kind == "union":
        return None
    archived = _archived_type(item, options)
    resolver = with_parameters(options.resolver, item.generics)
    aliases: list[Item] = [alias_of(item, "Archived", archived), alias_of(item, "Resolver", resolver)]
    made = [impl_of(item, absolute("rkyv::Archive"), own, aliases)]
    if not options.as_type:
        made.append(impl_of(item, absolute("rkyv::Portable"), archived))
        made.append(_generic(item, "rkyv::bytecheck::CheckBytes", [], archived))
    for name in options.compares:
        trait = _COMPARED.get(name)
        if trait is None:
            return None
        made.append(impl_of(item, absolute(trait, archived), own))
        made.append(impl_of(item, absolute(trait, own), archived))
    return made


def serialize(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    return [_generic(item, "rkyv::Serialize", [], own)] if _options(item).is_read else None


def deserialize(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    """It is the archived type that can be turned into the type again."""
    options = _options(item)
    archived = _archived_type(item, options)
    return [_generic(item, "rkyv::Deserialize", [own], archived)] if options.is_read else None


def check_bytes(item: AdtItem, own: TypeRef) -> list[ImplItem]:
    return [_generic(item, "bytecheck::CheckBytes", [], own)]


def _generic(item: AdtItem, trait: str, args: list[TypeRef], own: TypeRef) -> ImplItem:
    """An impl for any serializer, deserializer or context, which is the trait's last parameter."""
    any_type = plain("__Any")
    return impl_of(item, absolute(trait, *args, any_type), own, more=[GenericParamDecl("__Any")])


def _options(item: AdtItem) -> _Options:
    out = _Options(f"Archived{item.name}", f"{item.name}Resolver")
    _read(item.attrs, out)
    for variant in item.variants:
        for one in variant.fields:
            inner = _of_field(one)
            out.is_read = out.is_read and inner.is_read
    return out


def _of_field(declared: FieldDecl) -> _Options:
    out = _Options("", "")
    _read(declared.attrs, out)
    return out


def _read(attrs: Attrs, out: _Options) -> None:
    if any(not _HELPERS.isdisjoint(added.others) for _, added in attrs.conditional):
        out.is_read = False
    arguments = attrs.arguments or {}
    for text in (arguments.get("rkyv", ""), arguments.get("archive", "")):
        for one in text.split("\0"):
            for option in split_commas(one):
                _read_option(option, out)
    for option in split_commas(arguments.get("archive_attr", "").replace("\0", ",")):
        _read_attribute(option, out)
    out.wrapper = arguments.get("with", out.wrapper)
    if "\0" in out.wrapper or len(split_commas(out.wrapper)) > 1:
        out.is_read = False


def _read_option(text: str, out: _Options) -> None:
    name, _, value = (part.strip() for part in text.partition("="))
    if name in _UNREAD:
        out.is_read = False
    elif name == "archived":
        out.archived = value.strip('"')
    elif name == "resolver":
        out.resolver = value.strip('"')
    elif name == "as":
        out.as_type = value.strip('"')
    elif name == "with":
        out.wrapper = value
    elif text.startswith("compare"):
        out.compares += split_commas(text.removeprefix("compare").strip()[1:-1])
    elif text.startswith("derive"):
        _read_attribute(text, out)
    elif text.startswith("attr"):
        for attribute in split_commas(text.removeprefix("attr").strip()[1:-1]):
            _read_attribute(attribute, out)


def _read_attribute(text: str, out: _Options) -> None:
    if text.startswith("derive"):
        out.derives += split_commas(text.removeprefix("derive").strip()[1:-1])


def _archived(item: AdtItem, options: _Options) -> AdtItem:
    variants = [
        VariantDecl(
            options.archived if item.kind == "struct" else variant.name,
            variant.name_range,
            variant.ctor,
            [FieldDecl(one.name, _archived_field(one), cfg_only(one.attrs), one.visibility) for one in variant.fields],
            cfg_only(variant.attrs),
        )
        for variant in item.variants
    ]
    made = _like(item, options.archived, item.kind, variants)
    made.attrs.derives = [simple_path(path) for path in options.derives if not path.endswith("CheckBytes")]
    return made


def _archived_field(declared: FieldDecl) -> TypeRef:
    wrapper = _of_field(declared).wrapper
    if not wrapper:
        return assoc_of(declared.ty, absolute("rkyv::Archive"), "Archived")
    return assoc_of(_parsed(wrapper), absolute("rkyv::with::ArchiveWith", declared.ty), "Archived")


def _like(item: AdtItem, name: str, kind: str, variants: list[VariantDecl]) -> AdtItem:
    attrs = cfg_only(item.attrs)
    generics = GenericsDecl(item.generics.params, item.generics.where, item.generics.lifetimes)
    return AdtItem(name, item.range, item.name_range, attrs, item.visibility, kind, generics, variants)


def _archived_type(item: AdtItem, options: _Options) -> TypeRef:
    return _parsed(options.as_type) if options.as_type else with_parameters(options.archived, item.generics)


def _parsed(text: str) -> TypeRef:
    return lower_type_of(text) or ErrorType(f"`{text}` is no type")
