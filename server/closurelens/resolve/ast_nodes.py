"""What the macros of swc's syntax trees make of a type: the derives that `#[ast_node]` adds, and those derives.

Invariant: what is made has no bodies. The variant that `#[ast_node]` adds for nodes of later versions is there only
under a `cfg` that nothing but swc's own builds set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, ImplItem, Item
from closurelens.hir.lower.attrs import simple_path, split_commas
from closurelens.hir.types import Path, RefType, TypeRef
from closurelens.records import replace
from closurelens.resolve.derive_enums import snake
from closurelens.resolve.derive_parts import (
    absolute,
    impl_of,
    method_of,
    named,
    plain,
    receiver,
    tuple_of,
)

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_NAMES = ("ast_node", "swc_common::ast_node")
_OF_ENUM = "::swc_common::FromVariant, ::swc_common::Spanned, Debug, PartialEq, ::swc_common::DeserializeEnum"
_OF_STRUCT = "::swc_common::Spanned, Clone, Debug"
_ENCODING = "::swc_common::Encode, ::swc_common::Decode"
TRAITS = tuple(b"AstNode Clone Debug Decode Deserialize Encode From PartialEq Serialize Spanned".split())
WORDS = frozenset((b"impl", *TRAITS))


def made_of_ast_node(crate: CrateIndex, item: AdtItem, attrs: Attrs) -> tuple[AdtItem, list[Item]] | None:
    """The type with the derives in place of the attribute; None: it has none. `attrs` are those in effect."""
    written = next((name for name in _NAMES if name in attrs.others), None)
    if written is None or "swc_common" not in crate.crate.dependencies:
        return None
    options = split_commas((attrs.arguments or {}).get(written, ""))
    beside: list[Item] = []
    if item.kind == "enum":
        derives = _OF_ENUM if "no_clone" in options else f"{_OF_ENUM}, Clone"
        serde = "::serde::Serialize"
    else:
        derives = _OF_STRUCT if "no_partial_eq" in options else f"{_OF_STRUCT}, PartialEq"
        serde = "::serde::Serialize, ::serde::Deserialize"
    conditional = [
        ('feature = "serde-impl"', Attrs(derives=_paths(serde))),
        ('feature = "encoding-impl"', Attrs(derives=_paths(_ENCODING))),
    ]
    made = replace(
        attrs,
        derives=[*_paths(derives), *attrs.derives],
        others=[name for name in attrs.others if name != written],
        conditional=conditional,
    )
    item = replace(item, attrs=made)
    if item.kind != "enum" and options:
        beside.append(impl_of(item, absolute("swc_common::AstNode"), _own(item)))
    return item, beside


def _paths(text: str) -> list[Path]:
    return [simple_path(one) for one in split_commas(text)]


def _own(item: AdtItem) -> TypeRef:
    return plain(item.name)


def from_variants(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    """`From` of what each variant holds."""
    if item.kind != "enum":
        return None
    return [
        impl_of(item, absolute("core::convert::From", variant.fields[0].ty), own)
        for variant in item.variants
        if len(variant.fields) == 1 and "ignore" not in (variant.attrs.arguments or {}).get("from_variant", "")
    ]


def is_variants(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    """`is_a`, and of a variant with fields `as_a`, `as_mut_a`, `expect_a` and `a`."""
    if item.kind != "enum":
        return None
    methods: list[Item] = []
    for variant in item.variants:
        written = (variant.attrs.arguments or {}).get("is")
        name = snake(variant.name)
        if written is not None:
            key, _, value = written.partition("=")
            if key.strip() != "name":
                return None
            name = value.strip().strip('"')
        elif "is" in variant.attrs.others:
            return None
        methods.append(method_of(item, f"is_{name}", receiver("ref"), [], plain("bool")))
        if variant.ctor != "tuple":
            continue
        types: list[TypeRef] = [field.ty for field in variant.fields]
        for method, given, ret in (
            (f"as_{name}", "ref", _option([RefType(ty, mutable=False) for ty in types])),
            (f"as_mut_{name}", "ref_mut", _option([RefType(ty, mutable=True) for ty in types])),
            (f"expect_{name}", "owned", tuple_of(types)),
            (name, "owned", _option(types)),
        ):
            methods.append(method_of(item, method, receiver(given), [], ret))
    return [impl_of(item, None, own, methods)]


def _option(types: list[TypeRef]) -> TypeRef:
    return named("core::option::Option", tuple_of(types))
