"""The impls that std's derives stand for.

Invariant: a derived impl's methods lead to the trait's own declarations. Derives that are not std's give nothing here;
they are named by `unknown_derives`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem
from closurelens.hir.lower.attrs import effective
from closurelens.hir.types import Path
from closurelens.resolve.module import Entry
from closurelens.ty.sig import DefKind, Generics, ImplSig, Namespace, Predicate
from closurelens.ty.types import HAS_PARAM, Adt, Bound, DefPath, Param, Projection, Ty

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

TRAITS: dict[str, DefPath] = {
    "Clone": "core::clone::Clone",
    "Copy": "core::marker::Copy",
    "Debug": "core::fmt::Debug",
    "Default": "core::default::Default",
    "Eq": "core::cmp::Eq",
    "Hash": "core::hash::Hash",
    "Ord": "core::cmp::Ord",
    "PartialEq": "core::cmp::PartialEq",
    "PartialOrd": "core::cmp::PartialOrd",
}
_METHODS = {
    "Clone": "clone",
    "Debug": "fmt",
    "Default": "default",
    "Hash": "hash",
    "Ord": "cmp",
    "PartialEq": "eq",
    "PartialOrd": "partial_cmp",
}
_WITH_RHS = frozenset(("PartialEq", "PartialOrd"))

# Attributes that no macro stands behind (rustc's built-in ones, and those of tools), or whose macro is modelled.
_INERT_NAMES = """
    allow automatically_derived bench cfg_eval cold collapse_debuginfo coverage crate_name crate_type
    debugger_visualizer default deny deprecated derive_const diagnostic doc expect export_name feature forbid
    fundamental global_allocator ignore inline instruction_set lang link link_name link_ordinal link_section
    macro_export macro_use must_use naked no_core no_implicit_prelude no_link no_main no_mangle no_std
    non_exhaustive optimize panic_handler path proc_macro proc_macro_attribute proc_macro_derive recursion_limit
    repr rustc_on_unimplemented rustfmt should_panic stable target_feature test test_case track_caller
    type_length_limit unstable used warn wasm_bindgen windows_subsystem
"""
_INERT = frozenset(_INERT_NAMES.split())
_TOOLS = frozenset(("clippy", "diagnostic", "miri", "rustfmt", "rust_analyzer", "rustdoc"))


def derived_names(program: Program, entry: Entry) -> tuple[list[str], list[str]]:
    """Std's derives on an ADT by their names, and the names of all others."""
    attrs = effective(entry.item.attrs, entry.module.crate.holds)
    known: list[str] = []
    unknown: list[str] = []
    for path in attrs.derives:
        name = path.segments[-1].name if path.segments else ""
        if name in TRAITS and _is_std(program, entry, path):
            known.append(name)
        else:
            unknown.append(name)
    return known, unknown


def _is_std(program: Program, entry: Entry, path: Path) -> bool:
    names = [segment.name for segment in path.segments]
    off = entry.cfg_off is not None
    walk = program.names.walk(entry.module, path.anchor, path.supers, path.crate, names, Namespace.MACROS, off=off)
    if walk is None or walk.used != len(names):
        return walk is None and len(names) == 1
    return program.is_std(walk.definition.path)


def attribute_macros(program: Program, entry: Entry) -> list[str]:
    """Attributes on an item that are, or may be, macros which rewrite it."""
    out: list[str] = []
    for name in effective(entry.item.attrs, entry.module.crate.holds).others:
        segments = name.replace(".", "::").split("::")
        if segments[0] in _TOOLS or name in _INERT or name.startswith("rustc_"):
            continue
        if len(segments) > 1:
            out.append(name)
            continue
        found = program.names.lexical(entry.module, Namespace.MACROS, name, off=entry.cfg_off is not None)
        if found is not None or program.names.unknown_globs(entry.module):
            out.append(name)
    return out


def derived_impl(program: Program, entry: Entry, name: str) -> ImplSig:
    """`#[derive(name)]`: every type parameter gets the bound, and so do fields whose type is `T::Assoc`."""
    item = entry.item
    assert isinstance(item, AdtItem)
    trait = TRAITS[name]
    params = program.signatures.params(entry)
    self_ty = Adt(entry.path, tuple([Param(param.name) for param in params]))
    adt = program.signatures.adt(entry)
    predicates = list(adt.generics.predicates)
    if not (name == "Default" and item.kind == "enum"):
        subjects: list[Ty] = [Param(param.name) for param in params if not param.is_const]
        for variant in adt.variants:
            subjects.extend(field.ty for field in variant.fields if _is_param_projection(field.ty))
        predicates.extend(Predicate(subject, _bound(name, trait, subject)) for subject in subjects)
    method = _METHODS.get(name)
    methods = {} if method is None else {method: f"{trait}::{method}"}
    path = f"{entry.module.path}::{{impl#{name} for {item.name}}}"
    generics = Generics(params, tuple(predicates))
    return ImplSig(path, self_ty, _bound(name, trait, self_ty), methods, {}, generics)


def _bound(name: str, trait: DefPath, subject: Ty) -> Bound:
    return Bound(trait, (subject,)) if name in _WITH_RHS else Bound(trait)


def _is_param_projection(ty: Ty) -> bool:
    return isinstance(ty, Projection) and bool(ty.self_ty.flags & HAS_PARAM)


def is_derivable(entry: Entry) -> bool:
    return entry.kind in (DefKind.STRUCT, DefKind.ENUM, DefKind.UNION)
