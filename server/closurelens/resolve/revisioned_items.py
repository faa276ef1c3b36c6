"""What `#[revisioned]` of the crate revision makes of a type: its fields and variants are those of the last revision.

A struct is declared for the fields of each variant, whether that is still there or not. Invariant: what is made has no
bodies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, Item, VariantDecl
from closurelens.hir.types import GenericsDecl
from closurelens.records import replace
from closurelens.resolve.derive_models import type_of
from closurelens.resolve.derive_parts import absolute, cfg_only, impl_of

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_NAMES = ("revisioned", "revision::revisioned")
_OPTION = re.compile(r'\b(revision|start|end|fields_name)\s*=\s*(?:(\d+)|"(\w+)")')
_NESTED = re.compile(r"\boverride\s*\([^()]*\)")
_ONE_TRAIT_UNTIL = (0, 11)
"""Up to here there is one trait for reading and writing."""


def made_of_revisioned(crate: CrateIndex, item: AdtItem, attrs: Attrs) -> tuple[AdtItem, list[Item]] | None:
    """`attrs` are those in effect."""
    known = crate.crate.dependencies.get("revision")
    written = next((name for name in _NAMES if name in attrs.others), None)
    if written is None or known is None:
        return None
    last = {**_options(attrs, written), **_options(attrs, "revision")}.get("revision", "")
    if not last.isdigit():
        return None
    revision = int(last)
    beside: list[Item] = []
    variants = []
    for variant in item.variants:
        fields = [one for one in variant.fields if _is_there(one.attrs, revision)]
        if variant.ctor == "tuple":
            fields = [replace(one, name=str(index)) for index, one in enumerate(fields)]
        changed = variant if fields == variant.fields else replace(variant, fields=fields)
        if item.kind == "enum":
            beside.append(_fields_of(item, changed))
        if item.kind != "enum" or _is_there(variant.attrs, revision):
            variants.append(changed)
    made = replace(item, variants=variants)
    version = tuple(int(part) for part in re.findall(r"\d+", known.version or "")[:2])
    if version and version <= _ONE_TRAIT_UNTIL:
        others = [name for name in attrs.others if name not in (written, "revision")]
        made = replace(made, attrs=replace(attrs, others=others, conditional=[]))
        beside.append(impl_of(made, absolute("revision::Revisioned"), type_of(made)))
    return made, beside


def _options(attrs: Attrs, name: str) -> dict[str, str]:
    text = _NESTED.sub("", (attrs.arguments or {}).get(name, ""))
    return {found[1]: found[2] or found[3] for found in _OPTION.finditer(text)}


def _is_there(attrs: Attrs, revision: int) -> bool:
    options = _options(attrs, "revision")
    return int(options.get("start", 0)) <= revision and ("end" not in options or int(options["end"]) > revision)


def _fields_of(item: AdtItem, variant: VariantDecl) -> AdtItem:
    """The struct that what was read of an older revision is converted from."""
    name = _options(variant.attrs, "revision").get("fields_name") or f"{item.name}{variant.name}Fields"
    fields = [FieldDecl(one.name, one.ty, Attrs(cfg=one.attrs.cfg), None) for one in variant.fields]
    only = VariantDecl(name, item.name_range, variant.ctor, fields, Attrs())
    return AdtItem(name, item.range, item.name_range, cfg_only(item.attrs), None, "struct", GenericsDecl(), [only])
