"""What `#[derive_where(Trait, ..; bounds)]` of the crate derive-where implements: std's traits under written bounds.

Invariant: what is made has no bodies. An attribute that names another trait is left where it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, Item
from closurelens.hir.lower.attrs import split_commas
from closurelens.hir.types import BoundRef, TypeRef
from closurelens.records import replace
from closurelens.resolve.derive_models import type_of
from closurelens.resolve.derive_parts import absolute, impl_of, lower_where_of

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_NAMES = ("derive_where", "derive_where::derive_where")
TRAITS = {
    "Clone": "core::clone::Clone",
    "Copy": "core::marker::Copy",
    "Debug": "core::fmt::Debug",
    "Default": "core::default::Default",
    "Deserialize": "serde::Deserialize",
    "Hash": "core::hash::Hash",
    "Serialize": "serde::Serialize",
    "Zeroize": "zeroize::Zeroize",
    "ZeroizeOnDrop": "core::ops::Drop",
} | {name: f"core::cmp::{name}" for name in ("Eq", "Ord", "PartialEq", "PartialOrd")}
WORDS = frozenset(name.encode() for name in (*TRAITS, "Drop", "impl"))
_OPTIONS = frozenset(("crate", "default", "incomparable", "skip", "skip_inner"))

Where = list[tuple[TypeRef, list[BoundRef]]]


def made_of_derive_where(crate: CrateIndex, item: AdtItem, attrs: Attrs) -> tuple[AdtItem, list[Item]] | None:
    """The type without the attributes, and the impls; None: there are none, or they are not understood.

    `attrs` are those in effect.
    """
    if not any(name in _NAMES for name in attrs.others):
        return None
    if "derive_where" not in crate.crate.dependencies:
        return None
    impls: list[Item] = []
    for name in _NAMES:
        texts = (attrs.arguments or {}).get(name, "").split("\0")
        if name in attrs.others and len(texts) != attrs.others.count(name):
            return None
        for text in texts:
            made = _impls(item, text)
            if made is None:
                return None
            impls += made
    return replace(item, attrs=_without(attrs)), impls


def _without(attrs: Attrs) -> Attrs:
    return replace(attrs, others=[name for name in attrs.others if name not in _NAMES], conditional=[])


def _impls(item: AdtItem, text: str) -> list[Item] | None:
    """Of one attribute."""
    listed, _, bounds = text.partition(";")
    out: list[Item] = []
    own = type_of(item)
    for part in split_commas(listed):
        name = re.split(r"[(=\s]", part, maxsplit=1)[0]
        if name in _OPTIONS:
            continue
        trait = TRAITS.get(name)
        where = _where(bounds, trait) if trait is not None else None
        if trait is None or where is None:
            return None
        out.append(impl_of(item, absolute(trait), own, where=where))
    return out


def _where(bounds: str, trait: str) -> Where | None:
    predicates: list[str] = []
    for part in split_commas(bounds):
        if part.count("<") != part.count(">"):
            return None
        has_bounds = re.search(r"(?<!:):(?!:)", part) is not None
        predicates.append(part if has_bounds else f"{part}: ::{trait}")
    if not predicates:
        return []
    return lower_where_of(", ".join(predicates))
