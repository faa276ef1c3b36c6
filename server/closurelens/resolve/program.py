"""All crates together: signatures by path over std and every indexed source crate.

Invariant: answers do not depend on the order of questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from closurelens.hir.item import AdtItem, FnItem, ImplItem, TraitItem, ValueItem
from closurelens.hir.macros.definition import ItemTemplates
from closurelens.hir.types import Anchor, Path, Segment
from closurelens.project.model import Crate, CrateGraph, CrateId
from closurelens.resolve import consteval, ctors, derives
from closurelens.resolve.crate_tree import CrateIndex
from closurelens.resolve.dependencies import STD, Dependencies, LoadStored, always_from_source
from closurelens.resolve.module import Entry, ModuleData
from closurelens.resolve.names import NameLookup, lexical_modules
from closurelens.resolve.resolver import Resolver
from closurelens.resolve.signatures import UNMADE, Signatures
from closurelens.resolve.sources import FileStore, ReadFile
from closurelens.resolve.unseen import unseen_impls
from closurelens.ty.sig import (
    AdtKind,
    AdtSig,
    AliasSig,
    CtorKind,
    Def,
    DefKind,
    FnSig,
    GenericParam,
    ImplSig,
    Namespace,
    SigDb,
    TraitSig,
    ValueSig,
)
from closurelens.ty.types import PRIMS, DefPath, Ty

_ADTS = frozenset((DefKind.STRUCT, DefKind.ENUM, DefKind.UNION))
_ADT_DEF_KINDS = {AdtKind.STRUCT: DefKind.STRUCT, AdtKind.ENUM: DefKind.ENUM, AdtKind.UNION: DefKind.UNION}
_VALUES = frozenset((DefKind.CONST, DefKind.STATIC))
# Types of std whose impls a crate may write although it owns neither trait nor type: `impl Trait for Box<Local>`.
_FUNDAMENTAL = frozenset(("alloc::boxed::Box", "core::pin::Pin"))


class ImplChanges:
    """`number` grows whenever an impl may have come to be known, or to be no more."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0


class Program(Dependencies):
    """Implements `SigDb`. A crate's paths start with its name, with `@2` and so on when an earlier crate has the name.

    Impls that a `cfg` switches off are left out; `off_view` has them.
    """

    def __init__(
        self,
        graph: CrateGraph,
        std: SigDb,
        read: ReadFile,
        *,
        index_dependencies: bool = True,
        stored: LoadStored = always_from_source,
    ) -> None:
        """`read` gives a file's text by its normalised path, None if there is none."""
        super().__init__(graph, stored, index_dependencies=index_dependencies)
        self.std = std
        self.files = FileStore(read)
        self.names = NameLookup(self)
        self.signatures = Signatures(self)
        self.item_templates = ItemTemplates()
        self._off_view: Program | None = None
        self._crates: dict[CrateId, CrateIndex] = {}
        self._impls: dict[DefPath, ImplSig] = {}
        self._known_adts: dict[DefPath, AdtSig] = {}
        self._known_fns: dict[DefPath, FnSig] = {}
        self._known_traits: dict[DefPath, TraitSig] = {}
        self._consts: dict[DefPath, int | None] = {}
        self._open_consts: set[DefPath] = set()
        self._known_impls: dict[tuple[DefPath, str | None, bool], tuple[int, tuple[ImplSig, ...]]] = {}
        self._known_members: tuple[int, list[str]] = (0, [])
        """How many crates there were, and the names of those of the workspace."""
        self.impl_changes = ImplChanges()

    def as_program(self) -> Program:
        return self

    def off_view(self) -> Program:
        """The same program as code sees it that a `cfg` switches off. It holds until the next `forget`."""
        if self._off_view is None:
            self._off_view = _OffProgram.__new__(_OffProgram)
            self._off_view.__dict__.update(self.__dict__)
        return self._off_view

    # Crates

    def crate(self, crate: Crate) -> CrateIndex:
        """The index of a crate's source; nothing is read before something is asked of it."""
        found = self._crates.get(crate.id)
        if found is None:
            name = self.name_of(crate)
            found = CrateIndex(self, crate, name)
            self._crates[crate.id] = found
            self._by_name[name] = found
            self.impl_changes.number += 1
        return found

    def crate_of(self, path: DefPath) -> CrateIndex | None:
        """The source crate that a path is in."""
        return self._by_name.get(path.partition("::")[0])

    def source_crates(self) -> list[CrateIndex]:
        """The crates that something has been asked of."""
        return list(self._by_name.values())

    def is_std(self, path: DefPath) -> bool:
        return path.partition("::")[0] in STD

    def dependencies_changed(self) -> None:
        """More of them are at hand: what rests on their absence is found out again."""
        self._forget_dependencies()
        self._start_anew()

    # Items by path

    def module(self, path: DefPath) -> ModuleData | None:
        crate = self.crate_of(path)
        return None if crate is None else crate.module(path)

    def entry(self, path: DefPath, *kinds: DefKind) -> Entry | None:
        """The declared item of one of these kinds."""
        crate = self.crate_of(path)
        return None if crate is None else crate.find(path, lambda entry: entry.kind in kinds)

    def impl_entry(self, path: DefPath) -> Entry | None:
        crate = self.crate_of(path)
        return None if crate is None else crate.find(path, lambda entry: isinstance(entry.item, ImplItem))

    # SigDb

    def adt(self, path: DefPath) -> AdtSig | None:
        found = self._known_adts.get(path)
        if found is None:
            found = self._find_adt(path)
            if found is not None:
                self._known_adts[path] = found
        return found

    def _find_adt(self, path: DefPath) -> AdtSig | None:
        first = path.partition("::")[0]
        if first in STD:
            return self.std.adt(path)
        packed = self._opened(first)
        if packed is not None:
            return packed.adt(path)
        entry = self.entry(path, *_ADTS)
        return None if entry is None else self.signatures.adt(entry)

    def fn(self, path: DefPath) -> FnSig | None:
        """Also the constructor of a tuple struct or tuple variant."""
        found = self._known_fns.get(path)
        if found is None:
            found = self._find_fn(path)
            if found is not None and found.ret is not UNMADE:
                self._known_fns[path] = found
        return found

    def _find_fn(self, path: DefPath) -> FnSig | None:
        first = path.partition("::")[0]
        if first in STD:
            return self.std.fn(path) or ctors.ctor(self, path)
        packed = self._opened(first)
        if packed is not None:
            return packed.fn(path) or ctors.ctor(self, path)
        entry = self.entry(path, DefKind.FUNCTION)
        if entry is not None and isinstance(entry.item, FnItem):
            return self.signatures.fn(entry)
        return ctors.ctor(self, path)

    def trait(self, path: DefPath) -> TraitSig | None:
        found = self._known_traits.get(path)
        if found is None:
            found = self._find_trait(path)
            if found is not None:
                self._known_traits[path] = found
        return found

    def _find_trait(self, path: DefPath) -> TraitSig | None:
        first = path.partition("::")[0]
        if first in STD:
            return self.std.trait(path)
        packed = self._opened(first)
        if packed is not None:
            return packed.trait(path)
        entry = self.entry(path, DefKind.TRAIT, DefKind.TRAIT_ALIAS)
        return None if entry is None or not isinstance(entry.item, TraitItem) else self.signatures.trait(entry)

    def value(self, path: DefPath) -> ValueSig | None:
        first = path.partition("::")[0]
        if first in STD:
            return self.std.value(path)
        packed = self._opened(first)
        if packed is not None:
            return packed.value(path)
        entry = self.entry(path, *_VALUES)
        return None if entry is None or not isinstance(entry.item, ValueItem) else self.signatures.value(entry)

    def alias(self, path: DefPath) -> AliasSig | None:
        first = path.partition("::")[0]
        if first in STD:
            return self.std.alias(path)
        packed = self._opened(first)
        if packed is not None:
            return packed.alias(path)
        entry = self.entry(path, DefKind.TYPE_ALIAS)
        return None if entry is None else self.signatures.alias(entry)

    def impl(self, path: DefPath) -> ImplSig | None:
        first = path.partition("::")[0]
        if first in STD:
            return self.std.impl(path)
        packed = self._opened(first)
        if packed is not None:
            return packed.impl(path)
        derived = self._impls.get(path)
        if derived is not None:
            return derived
        entry = self.impl_entry(path)
        return None if entry is None else self.signatures.impl(entry)

    def remember_impl(self, impl: ImplSig) -> None:
        """A derived impl, which is no item."""
        self._impls[impl.path] = impl

    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        return self._trait_impls(trait, head, off=False)

    def _trait_impls(self, trait: DefPath, head: str | None, *, off: bool) -> Sequence[ImplSig]:
        key = (trait, head, off)
        known = self._known_impls.get(key)
        changes = self.impl_changes
        if known is not None and known[0] == changes.number:
            return known[1]
        before = changes.number
        found = tuple(self._find_trait_impls(trait, head, off=off))
        if changes.number == before:
            self._known_impls[key] = before, found
        return found

    def _find_trait_impls(self, trait: DefPath, head: str | None, *, off: bool) -> list[ImplSig]:
        out: list[ImplSig] = []
        if self.is_std(trait) or head is None or self.is_std(head) or "::" not in head:
            out.extend(self.std.trait_impls(trait, head))
        for name in self._with_impls(trait, head):
            out.extend(self._trait_impls_of(name, trait, head, off=off))
        return out

    def _trait_impls_of(self, name: str, trait: DefPath, head: str | None, *, off: bool) -> Sequence[ImplSig]:
        packed = self._opened(name)
        if packed is not None:
            return packed.trait_impls(trait, head)
        crate = self._by_name.get(name)
        return () if crate is None else crate.impls.trait_impls(trait, head, off=off)

    def _with_impls(self, trait: DefPath, head: str | None) -> list[str]:
        """The crates that may write such an impl, by Rust's orphan rules."""
        own = trait.partition("::")[0]
        if head is None:
            return [own]
        if head in PRIMS or ("::" in head and not head.startswith("dyn ") and head not in _FUNDAMENTAL):
            near = [own] if head in PRIMS else [own, head.partition("::")[0]]
            if not self.params_of(Def(DefKind.TRAIT, trait)):
                return list(dict.fromkeys(near))
            return list(dict.fromkeys((*near, *self._members())))
        return list(dict.fromkeys((own, *self._members())))

    def _members(self) -> list[str]:
        count, names = self._known_members
        if count != len(self._by_name):
            names = [crate.name for crate in self._by_name.values() if crate.crate.is_member]
            self._known_members = len(self._by_name), names
        return names

    def trait_impls_in(self, near: DefPath, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        """Such impls in the crate of `near`, which may write them because `near` stands among the trait's arguments."""
        name = near.partition("::")[0]
        if name in self._with_impls(trait, head):
            return ()
        return self._trait_impls_of(name, trait, head, off=False)

    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]:
        return self._all_trait_impls(trait, off=False)

    def _all_trait_impls(self, trait: DefPath, *, off: bool) -> Sequence[ImplSig]:
        out = list(self.std.all_trait_impls(trait))
        for crate in self.source_crates():
            out.extend(crate.impls.all_trait_impls(trait, off=off))
        for packed in self._packed.values():
            if packed is not None:
                out.extend(packed.all_trait_impls(trait))
        return out

    def inherent_impls(self, head: str) -> Sequence[ImplSig]:
        return self._inherent_impls(head, off=False)

    def _inherent_impls(self, head: str, *, off: bool) -> Sequence[ImplSig]:
        first, separator, _ = head.removeprefix("dyn ").partition("::")
        packed = self._opened(first)
        if packed is not None:
            return packed.inherent_impls(head)
        crate = self._by_name.get(first) if separator else None
        if crate is None:
            return self.std.inherent_impls(head)
        return crate.impls.inherent_impls(head, off=off)

    def traits_with_method(self, name: str) -> Sequence[DefPath]:
        out = list(self.std.traits_with_method(name))
        for crate in self.source_crates():
            out.extend(crate.impls.traits_with_method(name))
        for packed in self._packed.values():
            if packed is not None:
                out.extend(packed.traits_with_method(name))
        return out

    def children(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]:
        if self.is_std(module):
            return self.std.children(module)
        packed = self.packed(module)
        if packed is not None:
            return packed.children(module)
        entry = self.entry(module, DefKind.ENUM)
        if entry is not None and isinstance(entry.item, AdtItem):
            out: dict[tuple[Namespace, str], Def] = {}
            for variant in entry.item.variants:
                definition = Def(DefKind.VARIANT, f"{module}::{variant.name}")
                out[Namespace.TYPES, variant.name] = out[Namespace.VALUES, variant.name] = definition
            return out
        found = self.module(module)
        return {} if found is None else self.names.all_names(found)

    # Beyond SigDb

    def _is_ready_made(self, path: DefPath) -> bool:
        """Its signatures need no lowering: the item is std's, or of a dependency that was stored."""
        first = path.partition("::")[0]
        return first in STD or self._opened(first) is not None

    def params_of(self, target: Def) -> tuple[GenericParam, ...]:
        """The own parameters of an ADT or trait, with defaults; for source items without lowering anything else."""
        if self._is_ready_made(target.path):
            if target.kind in _ADTS:
                adt = self.adt(target.path)
                return () if adt is None else adt.generics.params
            trait = self.trait(target.path)
            return () if trait is None else trait.generics.params
        kinds = _ADTS if target.kind in _ADTS else (DefKind.TRAIT, DefKind.TRAIT_ALIAS)
        entry = self.entry(target.path, *kinds)
        return () if entry is None else self.signatures.params(entry)

    def assoc_type_params(self, trait: DefPath, name: str) -> tuple[GenericParam, ...]:
        """Of a generic associated type."""
        if self._is_ready_made(trait):
            sig = self.trait(trait)
            assoc = None if sig is None else sig.assoc_types.get(name)
            return () if assoc is None else assoc.generics.params
        entry = self.entry(trait, DefKind.TRAIT)
        if entry is not None:
            for member in entry.module.crate.associated(entry):
                if member.kind is DefKind.ASSOC_TYPE and member.item.name == name:
                    return self.signatures.params(member)
        return ()

    def is_auto_trait(self, path: DefPath) -> bool:
        sig = self.trait(path)
        return sig is not None and sig.is_auto

    def adt_kind(self, path: DefPath) -> DefKind:
        if self._is_ready_made(path):
            sig = self.adt(path)
            return DefKind.STRUCT if sig is None else _ADT_DEF_KINDS[sig.kind]
        entry = self.entry(path, *_ADTS)
        return DefKind.STRUCT if entry is None else entry.kind

    def has_variant(self, enum: DefPath, name: str) -> bool:
        if self._is_ready_made(enum):
            found = self.children(enum).get((Namespace.TYPES, name))
            return found is not None and found.kind is DefKind.VARIANT
        entry = self.entry(enum, DefKind.ENUM)
        return entry is not None and isinstance(entry.item, AdtItem) and bool(entry.item.variants_named(name))

    def is_unit(self, target: Def) -> bool:
        """A struct or variant without fields and parentheses."""
        path = target.path
        name = path.rpartition("::")[2]
        adt = path if target.kind is DefKind.STRUCT else self.variant_parent(path)
        if self._is_ready_made(path):
            sig = self.adt(adt)
            variant = None if sig is None else sig.variant(name)
            return variant is not None and variant.ctor is CtorKind.UNIT
        entry = self.entry(adt, *_ADTS)
        return (
            entry is not None
            and isinstance(entry.item, AdtItem)
            and any(variant.ctor == "unit" for variant in entry.item.variants_named(name))
        )

    def variant_parent(self, variant: DefPath) -> DefPath:
        """The enum of a VARIANT's path."""
        return variant.rpartition("::")[0]

    def const_value(self, target: Def) -> int | None:
        """The value of a source constant that is simple enough; None for everything else."""
        if target.kind is not DefKind.CONST:
            return None
        path = target.path
        if path in self._consts:
            return self._consts[path]
        packed = self.packed(path)
        if packed is not None:
            return packed.const_value(path)
        entry = self.entry(path, DefKind.CONST)
        if entry is None or not isinstance(entry.item, ValueItem) or entry.item.value is None:
            return None
        if path in self._open_consts or len(self._open_consts) > 20:
            return None
        self._open_consts.add(path)
        resolver = self.signatures.resolver(entry)

        def lookup(names: list[str]) -> int | None:
            found = resolver.resolve_path(_plain_path(names), Namespace.VALUES)
            if found is None or found.rest or not isinstance(found.target, Def):
                return None
            return self.const_value(found.target)

        start, end = entry.item.value
        value = self._consts[path] = consteval.evaluate(entry.source.text, start, end, lookup)
        self._open_consts.discard(path)
        return value

    def module_resolver(self, module: ModuleData, *, off: bool | None = None) -> Resolver:
        """What resolves names directly in a module."""
        is_off = module.cfg_off is not None if off is None else off
        return Resolver(self, module.path, module, off=is_off)

    # What is not known

    def unknown_derives(self, path: DefPath) -> Sequence[str]:
        """Names of derives and attributes (`#[name]`) on an ADT that may have added impls nobody can see."""
        packed = self.packed(path)
        if packed is not None:
            return packed.unknown_derives(path)
        entry = self.entry(path, *_ADTS)
        if entry is None:
            return ()
        found = derives.derives_of(self, entry).unknown
        return [*[name for name, _ in found], *[f"#[{name}]" for name in derives.attribute_macros(self, entry)]]

    def why_rewritten(self, entry: Entry) -> str | None:
        """Why the body of an item may not be what is compiled."""
        name = derives.rewriting_attribute(self, entry)
        return None if name is None else f"attribute `{name}` may rewrite this code"

    def runs_hooks(self, entry: Entry) -> bool:
        return derives.runs_hooks(self, entry)

    def has_unseen_impls(self, ty: Ty, trait: DefPath | None = None) -> str | None:
        """Why `ty` may have impls (of a trait) that are not in the index."""
        return unseen_impls(self, ty, trait)

    def may_change_fields(self, path: DefPath) -> bool:
        """Whether an attribute macro on an ADT may have made another type of it."""
        return any(name[0] == "#" for name in self.unknown_derives(path))

    def why_unknown(self, path: DefPath) -> str:
        """Why nothing is known of what a path names."""
        first = path.partition("::")[0]
        known = self._missing.get(first)
        if known is not None:
            return f"`{path}` is not known: {known}"
        return f"cannot find `{path}`"

    def why_not(self, module: ModuleData, path: Path, *, off: bool) -> str:
        """Why a path written in `module` leads nowhere."""
        text = _text(path)
        first = path.segments[0].name if path.segments else text
        for scope in lexical_modules(module):
            if scope.unexpanded:
                return f"cannot find `{text}`; it may come from macro `{scope.unexpanded[0]}`"
            failed = None if scope.late is None else scope.late.unexpanded(first)
            if failed is not None:
                return f"cannot find `{text}`; it may come from macro `{failed}`"
            if scope.missing is not None:
                return f"cannot find `{text}`: {scope.missing}"
        globs = self.names.unknown_globs(module, off=off)
        if globs:
            return f"cannot find `{first}`; it may come from `use {globs[0]}::*`, which is not known"
        return f"cannot find `{text}`"

    # Changes

    def forget(self, path: str) -> None:
        """A file has another text: what rests on the structure of its items is made anew when asked for."""
        self.files.forget(path)
        self.forget_macros(path)
        self._start_anew()

    def _start_anew(self) -> None:
        self._off_view = None
        self.item_templates.next_state()
        kept = [crate for crate in self._crates.values() if not crate.crate.is_member]
        members = [crate.crate for crate in self._crates.values() if crate.crate.is_member]
        self._crates = {crate.crate.id: crate for crate in kept}
        self._by_name = {crate.name: crate for crate in kept}
        self._known_members = (0, [])
        self.names.clear()
        self.signatures = Signatures(self)
        self._known_adts.clear()
        self._known_fns.clear()
        self._known_traits.clear()
        self._consts.clear()
        self._impls.clear()
        self.impl_changes.number += 1
        for crate in kept:
            crate.impls.forget_signatures()
        for member in members:
            self.crate(member)


class _OffProgram(Program):
    """What `Program.off_view` gives."""

    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        return self._trait_impls(trait, head, off=True)

    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]:
        return self._all_trait_impls(trait, off=True)

    def inherent_impls(self, head: str) -> Sequence[ImplSig]:
        return self._inherent_impls(head, off=True)


def _plain_path(names: list[str]) -> Path:
    anchor = Anchor.PLAIN
    supers = 0
    if names[0] == "crate":
        anchor = Anchor.CRATE
        names = names[1:]
    elif names[0] in ("self", "super"):
        anchor = Anchor.SELF
        names = names[1:] if names[0] == "self" else names
        while names and names[0] == "super":
            anchor = Anchor.SUPER
            supers += 1
            names = names[1:]
    return Path([Segment(name) for name in names], anchor, supers)


def _text(path: Path) -> str:
    names = [segment.name for segment in path.segments]
    lead = {
        Anchor.PLAIN: [],
        Anchor.GLOBAL: [""],
        Anchor.CRATE: [path.crate or "crate"],
        Anchor.SELF: ["self"],
        Anchor.SUPER: ["super"] * path.supers,
    }[path.anchor]
    return "::".join([*lead, *names])


def modules_in(crate: CrateIndex) -> Iterator[ModuleData]:
    return crate.all_modules()
