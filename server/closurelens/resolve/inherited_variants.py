"""The variants that oxc's `#[ast]` puts in the place of `INHERIT(Enum<'a>)`: those of that enum.

Which they are stands in a table in the macro's own crate, which its authors generate. Invariant: pure but for reading
that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, VariantDecl
from closurelens.hir.types import GenericArgs, Path, PathType, Segment, TypeRef
from closurelens.project import paths
from closurelens.records import replace
from closurelens.resolve.derive_parts import absolute, plain

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

CRATE = "oxc_ast_macros"
_NAMES = ("ast", "oxc_ast_macros::ast")
_DERIVE = "oxc_ast_macros::Ast"
_MARKER = "INHERIT"
_TABLE = "generated/enums.rs"
_ENUM = re.compile(r'InheritedEnum\s*\{\s*doc:\s*"[^"\n]*\[`(\w+)`\]"\s*,\s*variants:\s*&\[(.*?)\n\s*\]', re.DOTALL)
_VARIANT = re.compile(r'name:\s*"(\w+)",\s*inner_name:\s*"(\w+)",[^{}]*?is_boxed:\s*(true|false)')

Table = dict[str, list[tuple[str, str, bool]]]
"""Enum -> its variants, what each holds, and whether that is boxed."""


def made_of_ast(crate: CrateIndex, item: AdtItem, attrs: Attrs) -> AdtItem | None:
    """The type without the attribute; None: that is another's. `attrs` are those in effect."""
    if CRATE not in crate.crate.dependencies or not any(name in _NAMES for name in attrs.others):
        return None
    variants: list[VariantDecl] = []
    for variant in item.variants:
        if variant.name != _MARKER or item.kind != "enum":
            variants.append(variant)
            continue
        inherited = _inherited(crate, variant)
        if inherited is None:
            return None
        variants.extend(inherited)
    others = [name for name in attrs.others if name not in _NAMES]
    derives = [*attrs.derives, absolute(_DERIVE)]
    return replace(item, attrs=replace(attrs, others=others, derives=derives, conditional=[]), variants=variants)


def _inherited(crate: CrateIndex, marker: VariantDecl) -> list[VariantDecl] | None:
    ty = marker.fields[0].ty if marker.fields else None
    if not isinstance(ty, PathType):
        return None
    found = _table(crate).get(ty.path.segments[-1].name)
    if found is None:
        return None
    out = []
    for name, inner, is_boxed in found:
        held: TypeRef = plain(inner)
        if is_boxed:
            held = PathType(Path([Segment("Box", GenericArgs([held]))]))
        out.append(VariantDecl(name, marker.name_range, "tuple", [FieldDecl("0", held, Attrs(), None)], marker.attrs))
    return out


def _table(crate: CrateIndex) -> Table:
    program = crate.program
    macros = program.graph.dependency_crate(crate.crate, CRATE) if program.index_dependencies else None
    text = None if macros is None else program.files.text(paths.join(paths.parent(macros.root), _TABLE))
    return {} if text is None else read_table(text.decode("utf-8", "replace"))


def read_table(text: str) -> Table:
    return {
        enum[1]: [(found[1], found[2], found[3] == "true") for found in _VARIANT.finditer(enum[2])]
        for enum in _ENUM.finditer(text)
    }
