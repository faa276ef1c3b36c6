"""What `#[request]` and `#[response]` of ruma make of the structs of an endpoint: impls that lead to the other one.

Invariant: what is made has no bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, Item
from closurelens.hir.lower.attrs import simple_path, split_commas
from closurelens.hir.types import TypeRef
from closurelens.records import replace
from closurelens.resolve.derive_models import type_of
from closurelens.resolve.derive_parts import absolute, alias_of, impl_of, lower_type_of, named, plain

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

CRATES = ("ruma_common", "ruma")
_TRAITS = {
    "request": (("client", "OutgoingRequest", "IncomingResponse"), ("server", "IncomingRequest", "OutgoingResponse")),
    "response": (("client", "IncomingResponse", ""), ("server", "OutgoingResponse", "")),
}
"""By attribute: the feature that a trait is implemented with, the trait, and its type that is the other struct."""
_OTHER = "Response"
TRAITS = (b"OutgoingRequest", b"IncomingRequest", b"OutgoingResponse", b"IncomingResponse")
WORDS = frozenset((*TRAITS, b"impl", b"derive", b"Clone", b"Debug"))


def made_of_endpoint(crate: CrateIndex, item: AdtItem, attrs: Attrs) -> tuple[AdtItem, list[Item]] | None:
    """The struct without the attribute, and its impls; None: it has none. `attrs` are those in effect."""
    ruma = next((name for name in CRATES if name in crate.crate.dependencies), None)
    if ruma is None or item.kind != "struct":
        return None
    written = next((name for name in attrs.others if _attribute(name) is not None), None)
    if written is None:
        return None
    kind = _attribute(written)
    assert kind is not None
    error = _error((attrs.arguments or {}).get(written, "")) or named(f"{ruma}::api::error::Error")
    derives = [*attrs.derives, simple_path("::core::clone::Clone"), simple_path("::core::fmt::Debug")]
    others = [name for name in attrs.others if name != written]
    made = replace(item, attrs=replace(attrs, derives=derives, others=others, conditional=[]))
    beside: list[Item] = []
    for feature, trait, other in _TRAITS[kind]:
        if not crate.holds(f'feature = "{feature}"'):
            continue
        types: list[Item] = [] if trait == "OutgoingResponse" else [alias_of(item, "EndpointError", error)]
        if other:
            types.append(alias_of(item, other, plain(_OTHER)))
        beside.append(impl_of(made, absolute(f"{ruma}::api::{trait}"), type_of(made), types))
    return made, beside


def _attribute(name: str) -> str | None:
    first, _, last = name.rpartition("::")
    known = last in _TRAITS and (not first or first.partition("::")[0] in (*CRATES, "ruma_macros"))
    return last if known else None


def _error(arguments: str) -> TypeRef | None:
    """`error = Type`"""
    for part in split_commas(arguments):
        name, _, ty = part.partition("=")
        if name.strip() == "error":
            return lower_type_of(ty)
    return None
