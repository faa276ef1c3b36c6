"""What `derive(Educe)` implements: std's traits that `#[educe(..)]` lists, under the bounds that are written there.

Without written bounds every field that counts has to implement the trait, as its own predicate. Invariant: pure.
"""

from __future__ import annotations

import re

from closurelens.hir.item import AdtItem, FieldDecl, ImplItem
from closurelens.hir.lower.attrs import split_commas
from closurelens.hir.types import BoundRef, TypeRef
from closurelens.resolve.derive_parts import absolute, impl_of, lower_where_of, plain

TRAITS = {
    "Copy": "core::marker::Copy",
    "Clone": "core::clone::Clone",
    "Debug": "core::fmt::Debug",
    "Default": "core::default::Default",
    "Hash": "core::hash::Hash",
} | {name: f"core::cmp::{name}" for name in ("Eq", "Ord", "PartialEq", "PartialOrd")}

_LED_BY = {"Copy": "Clone", "Eq": "PartialEq", "PartialOrd": "Ord"}
"""Where the second is listed as well, its bounds count for the first."""

_LISTED = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_BOUND = re.compile(r"bound\s*(?:=\s*(.*)|\((.*)\))?", re.DOTALL)
_TEXT = re.compile(r'"(.*)"', re.DOTALL)

Where = list[tuple[TypeRef, list[BoundRef]]]


def educe(item: AdtItem, own: TypeRef) -> list[ImplItem] | None:
    """None: more than the traits, or bounds that are not understood."""
    if item.attrs.others.count("educe") != 1:
        return None
    options: dict[str, list[str]] = {}
    for part in split_commas((item.attrs.arguments or {}).get("educe", "")):
        listed = _LISTED.fullmatch(part)
        if listed is None or listed[1] not in TRAITS:
            return None
        options[listed[1]] = split_commas(listed[2] or "")
    out: list[ImplItem] = []
    for name, given in options.items():
        if "new" in given:
            return None
        leader = _LED_BY.get(name, name)
        where = _where(item, name, options.get(leader, given)) if item.generics.params else []
        if where is None:
            return None
        out.append(impl_of(item, absolute(TRAITS[name]), own, where=where))
    return out


def _where(item: AdtItem, name: str, options: list[str]) -> Where | None:
    trait = [BoundRef(absolute(TRAITS[name]))]
    written = [found for option in options if (found := _BOUND.fullmatch(option.strip())) is not None]
    if not written:
        fields = [field for variant in item.variants for field in variant.fields]
        return [(field.ty, trait) for field in fields if not _is_passed_over(field)]
    text = written[0][1] or written[0][2]
    if len(written) > 1 or text is None:
        return [(plain(one.name), trait) for one in item.generics.params if one.const_type is None]
    string = _TEXT.fullmatch(text.strip())
    text = (text if string is None else string[1]).strip()
    match text:
        case "*":
            return [(plain(one.name), trait) for one in item.generics.params if one.const_type is None]
        case "false" | "":
            return []
        case "true":
            return None
        case _:
            return lower_where_of(text)


def _is_passed_over(field: FieldDecl) -> bool:
    """What the attribute of a field says is about how the trait does without it."""
    return "educe" in field.attrs.others
