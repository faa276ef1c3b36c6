"""Items that attributes and derives of published crates declare beside an item, or make of it.

They have names, so they are there as soon as the module is. `#[pin_project]` makes the projections of a type and the
methods that give them, pest's `#[derive(Parser)]` makes `Rule`, rkyv's `#[derive(Archive)]` the archived type,
derive_builder's `#[derive(Builder)]` the builder. A macro that has not been looked up yet is taken for one of these if
it has their name and the crate depends on them.
Invariant: what is made has no bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, FnItem, Item, SelfParam, VariantDecl
from closurelens.hir.lower.attrs import effective
from closurelens.hir.macros.api import Source
from closurelens.hir.types import GenericsDecl, RefType, TypeRef
from closurelens.project import paths
from closurelens.resolve.archived_items import archived_types
from closurelens.resolve.ast_nodes import made_of_ast_node
from closurelens.resolve.derive_builder_items import builder_items
from closurelens.resolve.derive_models import type_of
from closurelens.resolve.derive_parts import SELF, absolute, cfg_only, impl_of, named
from closurelens.resolve.derive_where import made_of_derive_where
from closurelens.resolve.dispatched_enums import made_of_enum_dispatch
from closurelens.resolve.elem_items import made_of_elem
from closurelens.resolve.inherited_variants import made_of_ast
from closurelens.resolve.revisioned_items import made_of_revisioned
from closurelens.resolve.ruma_items import made_of_endpoint
from closurelens.resolve.salsa_items import made_of_salsa
from closurelens.resolve.self_referencing import made_of_self_referencing
from closurelens.resolve.tracked_items import made_of_tracked

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_ATTRIBUTE_REACH = 4000
_BUILDER = (["Builder"], ["derive_builder", "Builder"])
_PIN_PROJECT = re.compile(rb"pin_project\s*(?:\(([^()]*)\))?\s*\]")
_PIN_OPTION = re.compile(r"(\w+)\s*(?:=\s*(\w+))?")
_GRAMMAR = re.compile(rb'grammar\s*=\s*"([^"\n]+)"')
_INLINE_GRAMMAR = re.compile(rb'grammar_inline\s*=\s*r?#*"(.*?)"#*\s*\]', re.DOTALL)
_RULE = re.compile(r"(?m)^\s*([A-Za-z_]\w*)\s*=\s*[_@$!]?\s*\{")
_STRINGS_AND_COMMENTS = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def rewritten(crate: CrateIndex, item: Item) -> tuple[Item, list[Item]]:
    """What stands for an item whose attributes may change it, and what they declare beside it."""
    attrs = effective(item.attrs, crate.holds)
    made = made_of_salsa(crate, item, attrs) or made_of_enum_dispatch(crate, item, attrs)
    if made is None and isinstance(item, AdtItem):
        made = made_of_derive_where(crate, item, attrs) or made_of_revisioned(crate, item, attrs)
        made = made or made_of_elem(crate, item, attrs) or made_of_endpoint(crate, item, attrs)
        made = made or made_of_ast_node(crate, item, attrs)
        if made is None:
            item = made_of_ast(crate, item, attrs) or item
    item, beside = (item, []) if made is None else made
    return item, beside + made_of_tracked(crate, item, attrs)


def made_beside(crate: CrateIndex, item: AdtItem, source: Source) -> list[Item]:
    attrs = item.attrs
    known = crate.crate.dependencies
    if "rkyv" in known and (attrs.derives or attrs.conditional):
        derives = effective(attrs, crate.holds).derives
        if any(path.segments and path.segments[-1].name == "Archive" for path in derives):
            return archived_types(item)
    if "derive_builder" in known and (attrs.derives or attrs.conditional):
        derives = effective(attrs, crate.holds).derives
        if any([one.name for one in path.segments] in _BUILDER for path in derives):
            return builder_items(item)
    if not attrs.others and not attrs.conditional:
        return []
    others = effective(attrs, crate.holds).others
    if "pin_project" in known and any(name in ("pin_project", "pin_project::pin_project") for name in others):
        return _projections(item, source)
    if "pest_derive" in known and any(name in ("grammar", "grammar_inline") for name in others):
        return [_rules(crate, item, source)]
    if "ouroboros" in known and any(name in ("self_referencing", "ouroboros::self_referencing") for name in others):
        return made_of_self_referencing(item, source)
    return []


def _before(item: AdtItem, source: Source) -> bytes:
    """The text that the item's attributes are in."""
    return source.text[max(0, item.range[0] - _ATTRIBUTE_REACH) : item.range[0]]


# pin_project


def _projections(item: AdtItem, source: Source) -> list[Item]:
    attributes = list(_PIN_PROJECT.finditer(_before(item, source)))
    text = (attributes[-1][1] or b"").decode("utf-8", "replace") if attributes else ""
    options: dict[str, str] = {option[1]: option[2] or "" for option in _PIN_OPTION.finditer(text)}
    out: list[Item] = []
    methods: list[Item] = []
    for method, is_mutable in (("project", True), ("project_ref", False)):
        name = options.get(method)
        if name is None:
            if item.kind == "enum":
                continue
            name = f"__{item.name}{'Projection' if is_mutable else 'ProjectionRef'}"
        made = _projection(item, name, is_mutable=is_mutable)
        out.append(made)
        receiver = _pin(RefType(SELF, is_mutable))
        methods.append(_method(method, item, receiver, [], type_of(made)))
    if "project_replace" in options:
        name = options["project_replace"] or f"__{item.name}ProjectionOwned"
        owned = _owned(item, name)
        out.append(owned)
        receiver = _pin(RefType(SELF, mutable=True))
        methods.append(_method("project_replace", item, receiver, [("replacement", SELF)], type_of(owned)))
    own = type_of(item)
    out.append(impl_of(item, None, own, methods))
    if "PinnedDrop" in options:
        out.append(impl_of(item, absolute("core::ops::Drop"), own))
    return out


def _projection(item: AdtItem, name: str, *, is_mutable: bool) -> AdtItem:
    def field(declared: FieldDecl) -> TypeRef:
        pointer: TypeRef = RefType(declared.ty, is_mutable)
        return _pin(pointer) if _is_pinned(declared) else pointer

    return _like(item, name, field)


def _owned(item: AdtItem, name: str) -> AdtItem:
    def field(declared: FieldDecl) -> TypeRef:
        if _is_pinned(declared):
            return named("core::marker::PhantomData", declared.ty)
        return declared.ty

    return _like(item, name, field)


def _is_pinned(field: FieldDecl) -> bool:
    return "pin" in field.attrs.others


def _like(item: AdtItem, name: str, field: Callable[[FieldDecl], TypeRef]) -> AdtItem:
    """A type of the same form with other types of the fields."""
    variants = [
        VariantDecl(
            name if item.kind == "struct" else variant.name,
            variant.name_range,
            variant.ctor,
            [FieldDecl(one.name, field(one), cfg_only(one.attrs), one.visibility) for one in variant.fields],
            cfg_only(variant.attrs),
        )
        for variant in item.variants
    ]
    attrs = cfg_only(item.attrs)
    return AdtItem(name, item.range, item.name_range, attrs, item.visibility, item.kind, item.generics, variants)


# pest


def _rules(crate: CrateIndex, item: AdtItem, source: Source) -> AdtItem:
    texts = _grammars(crate, _before(item, source))
    names: dict[str, None] = {}
    for text in texts:
        plain = _STRINGS_AND_COMMENTS.sub(_blank, text)
        if re.search(r"\bEOI\b", plain):
            names["EOI"] = None
        names.update(dict.fromkeys(_RULE.findall(plain)))
    variants = [VariantDecl(name, item.name_range, "unit", [], Attrs()) for name in names]
    attrs = cfg_only(item.attrs)
    attrs.derives = [absolute(path) for path in _RULE_DERIVES]
    return AdtItem("Rule", item.range, item.name_range, attrs, "pub", "enum", GenericsDecl(), variants)


_RULE_DERIVES = [
    "core::clone::Clone",
    "core::marker::Copy",
    "core::fmt::Debug",
    "core::cmp::Eq",
    "core::hash::Hash",
    "core::cmp::Ord",
    "core::cmp::PartialEq",
    "core::cmp::PartialOrd",
]


def _grammars(crate: CrateIndex, attributes: bytes) -> list[str]:
    """The grammars of the last type in a text; a file is sought in the package's folder, then in its `src`."""
    start = max(attributes.rfind(b"}"), attributes.rfind(b";"), 0) if b"grammar_inline" not in attributes else 0
    found = [match[1].decode("utf-8", "replace") for match in _INLINE_GRAMMAR.finditer(attributes, start)]
    folder = crate.crate.package_dir
    for match in _GRAMMAR.finditer(attributes, start):
        name = match[1].decode("utf-8", "replace")
        for place in (paths.join(folder, name), paths.join(f"{folder}/src", name)):
            text = crate.program.files.text(place)
            if text is not None:
                found.append(text.decode("utf-8", "replace"))
                break
    return found


def _blank(match: re.Match[str]) -> str:
    """Line breaks stay: a rule starts a line."""
    return "\n" * match[0].count("\n") or " "


# Both


def _pin(pointer: TypeRef) -> TypeRef:
    return named("core::pin::Pin", pointer)


def _method(
    name: str, item: AdtItem, receiver: TypeRef, params: list[tuple[str, TypeRef]], returned: TypeRef
) -> FnItem:
    # The methods are as visible as the type, but for crates around, where the macro takes `pub(crate)`.
    return FnItem(
        name,
        item.range,
        item.name_range,
        Attrs(),
        "crate" if item.visibility == "pub" else item.visibility,
        GenericsDecl(),
        SelfParam(by_ref=False, mutable=False, ty=receiver),
        params,
        returned,
        is_async=False,
        is_unsafe=False,
        is_const=False,
        is_variadic=False,
        body=None,
    )
