"""What a derive or an attribute on an item stands for: std's derives here, others by `derive_models`.

Invariant: a derived impl's methods lead to the trait's own declarations. What is neither std's nor modelled gives
nothing and is named, so that whoever asks knows that there may be more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, FnItem, ImplItem, TraitItem
from closurelens.hir.lower.attrs import effective
from closurelens.hir.types import Anchor, Path
from closurelens.records import dataclass
from closurelens.resolve.attribute_models import (
    BLOCKING,
    BOXING,
    PERHAPS_BLOCKING,
    PUBLISHING,
    RUNS_HOOKS,
    SELF_ALIAS,
    TRANSPARENT,
)
from closurelens.resolve.derive_models import DeriveModel, derive_model
from closurelens.resolve.module import Entry
from closurelens.resolve.proc_macros import ProcMacros, unnumbered
from closurelens.resolve.stored import PackedMacros
from closurelens.ty.sig import DefKind, Generics, ImplSig, Namespace, Predicate
from closurelens.ty.types import (
    HAS_PARAM,
    Adt,
    Bound,
    DefPath,
    Dyn,
    FnPtr,
    Opaque,
    Param,
    Projection,
    Ty,
    Unknown,
)

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


@dataclass(slots=True)
class Derived:
    """The derives on an ADT: std's by name, those with a model, and all others with what they lead to."""

    known: list[str]
    modelled: list[tuple[str, DeriveModel]]
    unknown: list[tuple[str, DefPath]]


def derives_of(program: Program, entry: Entry) -> Derived:
    found = Derived([], [], [])
    for path in effective(entry.item.attrs, entry.module.crate.holds).derives:
        name = path.segments[-1].name if path.segments else ""
        macro = _macro_path(program, entry, path)
        model = None if macro is None else derive_model(unnumbered(macro))
        if name in TRAITS and (macro is None or program.is_std(macro)):
            found.known.append(name)
        elif model is not None and isinstance(entry.item, AdtItem) and model.knows(entry.item):
            found.modelled.append((name, model))
        else:
            found.unknown.append((name, macro or f"?::{name}"))
    return found


def _macro_path(program: Program, entry: Entry, path: Path) -> DefPath | None:
    """What a derive's path leads to; None: a plain name that leads nowhere."""
    names = [segment.name for segment in path.segments]
    off = entry.cfg_off is not None
    walk = program.names.walk(entry.module, path.anchor, path.supers, path.crate, names, Namespace.MACROS, off=off)
    if walk is None or walk.used != len(names):
        return None if walk is None and len(names) == 1 else "::".join(["?", *names])
    return walk.definition.path


def attribute_macros(program: Program, entry: Entry) -> list[str]:
    """Attributes on an item that are, or may be, macros of which it is not known what they make of it."""
    return [name for name, _ in unknown_attributes(program, entry)]


def unknown_attributes(program: Program, entry: Entry) -> list[tuple[str, DefPath]]:
    """As `attribute_macros`, with what they lead to."""
    others = effective(entry.item.attrs, entry.module.crate.holds).others
    helpers: set[str] | None = None
    out: list[tuple[str, DefPath]] = []
    for name in others:
        segments = name.replace(".", "::").split("::")
        if segments[0] in _TOOLS or name in _INERT or name.startswith("rustc_"):
            continue
        if helpers is None:
            helpers = _helpers(program, entry)
        if name in helpers:
            continue
        macro = _attribute(program, entry, name)
        if macro is not None and unnumbered(macro) not in TRANSPARENT and not _leaves_code(program, entry, macro):
            out.append((name, macro))
    return out


_KINDS = {FnItem: "Fn", ImplItem: "Impl", TraitItem: "Trait"}


def _leaves_code(program: Program, entry: Entry, macro: DefPath) -> bool:
    """Whether the macro's source shows that the bodies in an item are compiled as they are written."""
    kind = _KINDS.get(type(entry.item))
    kept = None if kind is None else program.kept_by(macro, kind)
    if kept is None:
        return False
    if kept.names:
        start, end = entry.item.range
        words = set(_WORD.findall(entry.source.text[start:end]))
        if not words.isdisjoint(name.encode() for name in kept.names):
            return False
    return kept.is_last or (isinstance(entry.item, FnItem) and not _expects_closure(program, entry))


_WORD = re.compile(rb"\w+")


def _expects_closure(program: Program, entry: Entry) -> bool:
    """Whether what a function returns may tell of which kind a closure is."""
    sig = program.fn(entry.path)
    work: list[Ty] = [Unknown("no signature")] if sig is None else [sig.ret]
    while work:
        ty = work.pop()
        if isinstance(ty, Dyn | FnPtr | Opaque | Projection | Unknown):
            return True
        work.extend(ty.parts())
    return False


def _helpers(program: Program, entry: Entry) -> set[str]:
    if not isinstance(entry.item, AdtItem):
        return set()
    out: set[str] = set()
    for path in effective(entry.item.attrs, entry.module.crate.holds).derives:
        macro = _macro_path(program, entry, path)
        if macro is not None:
            model = derive_model(unnumbered(macro))
            out.update(_told_helpers(program, macro) if model is None else model.attributes.split())
    return out


def _told_helpers(program: Program, macro: DefPath) -> frozenset[str]:
    """The helper attributes of a derive as its own crate has them."""
    packed = program.packed(macro)
    if isinstance(packed, PackedMacros):
        told: ProcMacros | None = packed.exports()
    else:
        crate = program.crate_of(macro)
        told = None if crate is None else crate.macros.procedural()
    return frozenset() if told is None else told.helpers.get(macro.rpartition("::")[2], frozenset())


def attribute_path(program: Program, entry: Entry, name: str) -> DefPath | None:
    """The macro that an attribute's name leads to; None: it is none. What is not known counts as a macro."""
    found = _attribute(program, entry, name)
    return None if found is None else unnumbered(found)


def _attribute(program: Program, entry: Entry, name: str) -> DefPath | None:
    """As `attribute_path`, with the number that tells crates of one name apart."""
    off = entry.cfg_off is not None
    segments = name.split("::")
    if len(segments) == 1:
        found = program.names.lexical(entry.module, Namespace.MACROS, name, off=off)
        if found is None:
            globs = program.names.unknown_globs(entry.module)
            likely = (f"{glob.partition('::')[0]}::{name}" for glob in globs)
            return next((path for path in likely if path in TRANSPARENT), f"?::{name}") if globs else None
        return found.path
    anchor = Anchor.PLAIN
    if segments[0] in ("", "crate"):
        anchor = Anchor.GLOBAL if segments[0] == "" else Anchor.CRATE
        segments = segments[1:]
    walk = program.names.walk(entry.module, anchor, 0, None, segments, Namespace.MACROS, off=off)
    if walk is None or walk.used != len(segments):
        return f"?::{name}"
    return walk.definition.path


class Asyncness(Enum):
    """What calling an `async fn` gives, by its attributes."""

    OPAQUE = 0
    BLOCKING = 1
    BOXED = 2


def asyncness(program: Program, entry: Entry) -> Asyncness:
    for one in (entry, entry.container):
        for macro in _macros_on(program, one):
            if macro in BOXING:
                return Asyncness.BOXED
            if macro in PERHAPS_BLOCKING and program.has_feature(macro, PERHAPS_BLOCKING[macro]):
                return Asyncness.BLOCKING
            if macro in BLOCKING and one is entry:
                return Asyncness.BLOCKING
    return Asyncness.OPAQUE


def self_alias(program: Program, entry: Entry) -> str | None:
    """Another name of `self` in the body, which an attribute makes."""
    for one in (entry, entry.container):
        for macro in _macros_on(program, one):
            if macro in SELF_ALIAS:
                return SELF_ALIAS[macro]
    return None


def runs_hooks(program: Program, entry: Entry) -> bool:
    """Whether calls of `use_..` in the body run the hooks that they give."""
    return any(macro in RUNS_HOOKS for macro in _macros_on(program, entry))


def _macros_on(program: Program, entry: Entry | None) -> Iterator[DefPath]:
    """What the attributes on an item lead to that are, or may be, macros."""
    if entry is not None and (entry.item.attrs.others or entry.item.attrs.conditional):
        for name in effective(entry.item.attrs, entry.module.crate.holds).others:
            macro = None if name in _INERT else attribute_path(program, entry, name)
            if macro is not None:
                yield macro


def rewriting_attribute(program: Program, entry: Entry) -> str | None:
    """An attribute on an item, or on the impl or trait around it, that may have rewritten its body."""
    for one in (entry, entry.container):
        if one is not None and (one.item.attrs.others or one.item.attrs.conditional):
            names = attribute_macros(program, one)
            if names:
                return names[0]
    return None


def may_be_published(program: Program, entry: Entry) -> bool:
    """Whether an attribute on a function may have made it public."""
    if not entry.item.attrs.others and not entry.item.attrs.conditional:
        return False
    for name in effective(entry.item.attrs, entry.module.crate.holds).others:
        macro = None if name in _INERT or name.split("::")[0] in _TOOLS else _attribute(program, entry, name)
        if macro is None or macro.startswith("?"):
            continue
        if unnumbered(macro) in PUBLISHING:
            return True
        if unnumbered(macro) in TRANSPARENT:
            continue
        kept = program.kept_by(macro, "Fn")
        if kept is None or kept.is_published:
            return True
    return False


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
