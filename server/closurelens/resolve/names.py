"""Looks names up: in modules, through imports and globs, in extern crates and preludes.

A named item or import shadows what globs bring, which shadows extern crates and preludes. Invariant: an answer found
while a question it depends on is still open (a cycle of imports) is used but not remembered, so answers do not depend
on the order of questions. An import that leads nowhere answers `Def(UNKNOWN)`: it still shadows the prelude.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from closurelens.hir.item import AdtItem
from closurelens.hir.lower.attrs import effective, is_macro_name
from closurelens.hir.types import Anchor
from closurelens.records import dataclass
from closurelens.resolve.globs import Globs, GlobTarget
from closurelens.resolve.module import Entry, Import, ModuleData, Names, State, innermost
from closurelens.resolve.postponed import Postponed
from closurelens.ty.sig import Def, DefKind, Namespace
from closurelens.ty.types import PRIMS, DefPath

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

T = TypeVar("T")

_NAMESPACES = (Namespace.TYPES, Namespace.VALUES, Namespace.MACROS)
_NO_CYCLE = 1 << 30
# Longer chains of imports than any program has; keeps the recursion bounded.
_DEPTH_LIMIT = 48
_MODULE_LIKE = frozenset((DefKind.MODULE, DefKind.ENUM, DefKind.UNKNOWN))


@dataclass(slots=True)
class Binding:
    """What a name in a module leads to, and the module inside of which the name can be used (None: anywhere)."""

    definition: Def
    visible_in: ModuleData | None


@dataclass(slots=True)
class Walk:
    """How far a path leads; `used` counts segments."""

    definition: Def
    used: int


def is_visible(visible_in: ModuleData | None, at: ModuleData) -> bool:
    return visible_in is None or at.is_within(visible_in)


class NameLookup:
    """All questions about names. `off`: asked from code that a `cfg` switches off, which also sees other such code."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.globs = Globs(self)
        self.postponed = Postponed(self)
        self._memo: dict[object, Any] = {}
        self._passing: dict[object, Any] = {}  # answers that hold until something changes
        self._active: dict[object, int] = {}
        self._low = _NO_CYCLE
        self._is_final = True

    def clear(self) -> None:
        """Forget all answers: the module trees have changed."""
        self._memo.clear()
        self._passing.clear()
        self.globs.clear()
        self.postponed.clear()

    def not_final(self) -> None:
        """What is being answered rests on something incomplete: it is not remembered."""
        self._is_final = False

    def changed(self) -> None:
        """More has come to be known: answers that were not final are asked again."""
        self._passing.clear()

    def _ask(self, key: object, answer: Callable[[], T], open_answer: Callable[[], T]) -> T:
        """`answer()`, remembered under `key` if no question outside of this one is part of it."""
        memo = self._memo
        if key in memo:
            known: T = memo[key]
            return known
        if self.globs.is_working and key in self._passing:
            self._is_final = False
            passing: T = self._passing[key]
            return passing
        active = self._active
        depth = active.get(key)
        if depth is not None:
            self._low = min(self._low, depth)
            return open_answer()
        depth = len(active)
        if depth >= _DEPTH_LIMIT:
            self._low = -1
            return open_answer()
        active[key] = depth
        outer, self._low = self._low, _NO_CYCLE
        was_final, self._is_final = self._is_final, True
        try:
            result = answer()
        finally:
            del active[key]
        if self._low < depth:
            self._low = min(outer, self._low)
        else:
            self._low = outer
            if self._is_final:
                memo[key] = result
            elif self.globs.is_working:
                self._passing[key] = result
        self._is_final = self._is_final and was_final
        return result

    def outside(self, answer: Callable[[], T]) -> tuple[T, bool]:
        """`answer()`, and whether a question outside of it, which is still open, is part of it."""
        outer, self._low = self._low, _NO_CYCLE
        result = answer()
        is_open = self._low != _NO_CYCLE
        self._low = min(outer, self._low)
        return result, is_open

    def _populated(self, module: ModuleData) -> ModuleData:
        if module.state is not State.DONE:
            module.crate.populate(module)
            if module.state is State.POPULATING:
                self._is_final = False
        return module

    # Names in a module

    def in_module(self, module: ModuleData, namespace: Namespace, name: str, *, off: bool = False) -> Binding | None:
        """What `module::name` is: declared, imported or from a glob."""
        off = off and module.crate.crate.is_member
        key = (module, namespace, name, off)
        if key in self._memo:
            known: Binding | None = self._memo[key]
            return known
        return self._ask(key, lambda: self._in_module(module, namespace, name, off=off), _nothing)

    def _in_module(self, module: ModuleData, namespace: Namespace, name: str, *, off: bool) -> Binding | None:
        found = self._named(module, namespace, name, off=off)
        if found is not None:
            return found
        for target in self.glob_reach(module, off=off):
            found = self._through_glob(target, namespace, name, off=off)
            if found is not None:
                return found
        return None

    def _through_glob(self, target: GlobTarget, namespace: Namespace, name: str, *, off: bool) -> Binding | None:
        if target.module is not None:
            found = self._named(target.module, namespace, name, off=off, seen_from=target.importer)
            if found is None or not is_visible(found.visible_in, target.importer):
                return None
            return Binding(found.definition, innermost(found.visible_in, target.visible_in))
        definition = self.member(target.definition, namespace, name)
        if definition is None or definition.kind is DefKind.UNKNOWN:
            return None
        return Binding(definition, target.visible_in)

    def _named(
        self, module: ModuleData, namespace: Namespace, name: str, *, off: bool, seen_from: ModuleData | None = None
    ) -> Binding | None:
        """Imports that cannot be seen from the other module are not followed: they may lead back to the question."""
        self._populated(module)
        if module.late is not None and module.crate.late.reveal(module, name):
            self._is_final = False
        if module.undecided and name in module.undecided:
            return Binding(Def(DefKind.UNKNOWN, f"{module.path}::{name}"), None)
        found = self._named_in(module.on, namespace, name, seen_from, off=off)
        if found is None and off:
            found = self._named_in(module.off, namespace, name, seen_from, off=off)
        if found is None and namespace is Namespace.MACROS and module.parent is None:
            entry = module.crate.macros.exported.find(name)
            if entry is not None:
                return Binding(entry.definition(), None)
            if module.crate.macros.may_export_procedural(name):
                return Binding(Def(DefKind.MACRO, f"{module.path}::{name}"), None)
        return found

    def _named_in(
        self, names: Names, namespace: Namespace, name: str, seen_from: ModuleData | None, *, off: bool
    ) -> Binding | None:
        entry = names.of(namespace).get(name)
        if entry is not None:
            return Binding(entry.definition(), entry.visible_in)
        for imported in names.imports.get(name, ()):
            if seen_from is not None and not is_visible(imported.visible_in, seen_from):
                continue
            definition = self.imported(imported, namespace, off=off)
            if definition is not None:
                return Binding(definition, imported.visible_in)
        return None

    # Imports

    def imported(self, imported: Import, namespace: Namespace, *, off: bool = False) -> Def | None:
        """What a `use` leaf names in a namespace; UNKNOWN where it names nothing in any."""
        key = (imported, namespace, off)
        if key in self._memo:
            known: Def | None = self._memo[key]
            return known
        return self._ask(key, lambda: self._imported(imported, namespace, off=off), _nothing_imported)

    def _imported(self, imported: Import, namespace: Namespace, *, off: bool) -> Def | None:
        if imported.extern is not None:
            if namespace is not Namespace.TYPES:
                return None
            return imported.module.crate.extern_crate(imported.extern) or Def(DefKind.UNKNOWN, imported.extern)
        leaf = imported.leaf
        if leaf is None:
            return None
        found = self._import_leaf(imported, namespace, off=off)
        if found is not None:
            return found
        for other in _NAMESPACES:
            if other is not namespace and self._import_leaf(imported, other, off=off) is not None:
                return None
        if self._low != _NO_CYCLE or not self._is_final:
            return None  # asked again when more is known
        return Def(DefKind.UNKNOWN, "::".join(leaf.segments))

    def _import_leaf(self, imported: Import, namespace: Namespace, *, off: bool) -> Def | None:
        leaf = imported.leaf
        assert leaf is not None
        walk = self.walk(
            imported.module, leaf.anchor, leaf.supers, leaf.crate, leaf.segments, namespace, off=off, is_import=True
        )
        return walk.definition if walk is not None and walk.used == len(leaf.segments) else None

    # Globs

    def glob_reach(self, module: ModuleData, *, off: bool = False) -> Sequence[GlobTarget]:
        """All that globs lead to from `module`, also through the globs of their targets, nearest first."""
        return self.globs.reach(module, off=off)

    def module_of(self, definition: Def) -> ModuleData | None:
        """The source module that a definition is."""
        return self._program.module(definition.path) if definition.kind is DefKind.MODULE else None

    def unknown_globs(self, module: ModuleData, *, off: bool = False) -> list[DefPath]:
        """Paths of globs whose names nobody can know; blocks around included."""
        out: list[DefPath] = []
        for scope in lexical_modules(module):
            out.extend(
                target.definition.path
                for target in self.glob_reach(scope, off=off)
                if target.definition.kind is DefKind.UNKNOWN
            )
        return out

    # Paths

    def walk(
        self,
        module: ModuleData,
        anchor: Anchor,
        supers: int,
        crate: str | None,
        segments: Sequence[str],
        namespace: Namespace,
        *,
        off: bool = False,
        is_import: bool = False,
    ) -> Walk | None:
        """Follow a path as written in `module`; it stops at what has no members but associated items."""
        current, used = self._start(module, anchor, supers, crate, segments, namespace, off=off, is_import=is_import)
        if current is None:
            return None
        count = len(segments)
        while used < count:
            if current.kind is DefKind.UNKNOWN:
                return Walk(Def(DefKind.UNKNOWN, "::".join((current.path, *segments[used:]))), count)
            if current.kind not in _MODULE_LIKE:
                break
            wanted = namespace if used == count - 1 else Namespace.TYPES
            member = self.member(current, wanted, segments[used], off=off)
            if member is None:
                if current.kind is DefKind.ENUM:
                    break
                return None
            current = member
            used += 1
        return Walk(current, used)

    def _start(
        self,
        module: ModuleData,
        anchor: Anchor,
        supers: int,
        crate: str | None,
        segments: Sequence[str],
        namespace: Namespace,
        *,
        off: bool,
        is_import: bool,
    ) -> tuple[Def | None, int]:
        """The item that the first segments lead to, and how many they are."""
        own = module.crate
        if anchor is Anchor.CRATE:
            return (Def(DefKind.MODULE, own.name if crate is None else crate), 0)
        if anchor is Anchor.SELF or anchor is Anchor.SUPER:
            base = module.nearest_module()
            for _ in range(supers if anchor is Anchor.SUPER else 0):
                if base.parent is None:
                    return None, 0
                base = base.parent.nearest_module()
            return Def(DefKind.MODULE, base.path), 0
        if not segments:
            return None, 0
        first = segments[0]
        wanted = namespace if len(segments) == 1 else Namespace.TYPES
        if anchor is Anchor.GLOBAL and own.edition >= 2018:
            return own.extern_crate(first, off=off) or Def(DefKind.UNKNOWN, first), 1
        if anchor is Anchor.GLOBAL or (is_import and own.edition < 2018):
            found = self.in_module(own.root, wanted, first, off=off)
            if found is not None:
                return found.definition, 1
            return (own.extern_crate(first, off=off) if wanted is Namespace.TYPES else None), 1
        if is_import and len(segments) > 1:
            # A glob that brings the same name would be an error, so globs need not be asked.
            scopes = lexical_modules(module)
            if not any(self._named(scope, Namespace.TYPES, first, off=off) is not None for scope in scopes):
                extern = own.extern_crate(first, off=off)
                if extern is not None:
                    return extern, 1
        if is_import and wanted is Namespace.MACROS:
            entry = own.macros.textual(module, len(module.textual), first, off=off)
            if entry is not None:
                return entry.definition(), 1
        definition = self.lexical(module, wanted, first, off=off)
        if definition is None and is_import and len(segments) > 1:
            definition = Def(DefKind.UNKNOWN, first)
        return definition, 1

    def member(self, parent: Def, namespace: Namespace, name: str, *, off: bool = False) -> Def | None:
        """`parent::name` where `parent` is a module or an enum."""
        if parent.kind is DefKind.UNKNOWN:
            return Def(DefKind.UNKNOWN, f"{parent.path}::{name}")
        program = self._program
        if program.is_std(parent.path):
            return program.std.children(parent.path).get((namespace, name))
        packed = program.packed(parent.path)
        if packed is not None:
            return packed.member(parent.path, namespace, name)
        if parent.kind is DefKind.MODULE:
            module = program.module(parent.path)
            if module is None:
                return None
            found = self.in_module(module, namespace, name, off=off)
            return None if found is None else found.definition
        if parent.kind is DefKind.ENUM and namespace is not Namespace.MACROS:
            entry = program.entry(parent.path, DefKind.ENUM)
            if entry is not None and _has_variant(entry, name):
                return Def(DefKind.VARIANT, f"{parent.path}::{name}")
        return None

    # Lexical scope

    def lexical(self, module: ModuleData, namespace: Namespace, name: str, *, off: bool = False) -> Def | None:
        """One identifier as seen from inside `module` (a block's goes on with what is around it)."""
        key = ("lexical", module, namespace, name, off)
        if key in self._memo:
            known: Def | None = self._memo[key]
            return known
        return self._ask(key, lambda: self._lexical(module, namespace, name, off=off), _nothing_imported)

    def _lexical(self, module: ModuleData, namespace: Namespace, name: str, *, off: bool) -> Def | None:
        for scope in lexical_modules(module):
            found = self.in_module(scope, namespace, name, off=off)
            if found is not None:
                return found.definition
        crate = module.crate
        if namespace is Namespace.TYPES:
            extern = crate.extern_crate(name, off=off)
            if extern is not None:
                return extern
        elif namespace is Namespace.MACROS:
            entry = crate.macros.macro_use_prelude(name)
            if entry is not None:
                return entry
        prelude = crate.prelude()
        if prelude is not None:
            definition = self._program.std.children(prelude).get((namespace, name))
            if definition is not None:
                return definition
        if namespace is Namespace.TYPES and name in PRIMS and name != "!":
            return Def(DefKind.PRIMITIVE, name)
        around = _around_attribute_macro(module)
        return None if around is None else self.lexical(around, namespace, name, off=off)

    # Traits

    def traits_in_scope(self, module: ModuleData, *, off: bool = False) -> frozenset[DefPath]:
        """Traits whose methods can be called by name here, the prelude's among them."""
        return self._ask(("traits", module, off), lambda: self._traits_in_scope(module, off=off), frozenset)

    def _traits_in_scope(self, module: ModuleData, *, off: bool) -> frozenset[DefPath]:
        out: set[DefPath] = set()
        for scope in lexical_modules(module):
            out.update(self._own_traits(scope, None, off=off))
            for target in self.glob_reach(scope, off=off):
                if target.module is not None:
                    out.update(self._own_traits(target.module, target.importer, off=off))
                elif target.definition.kind is DefKind.MODULE:
                    out.update(_traits_among(self._program.children(target.definition.path).values()))
        prelude = module.crate.prelude()
        if prelude is not None:
            out.update(_traits_among(self._program.std.children(prelude).values()))
        around = _around_attribute_macro(module)
        if around is not None:
            out.update(self.traits_in_scope(around, off=off))
        return frozenset(out)

    def _own_traits(self, module: ModuleData, seen_from: ModuleData | None, *, off: bool) -> Iterator[DefPath]:
        """Traits declared in or imported into `module`, if visible from the other module."""
        self._populated(module)
        for names in (module.on, module.off) if off else (module.on,):
            for entry in names.types.values():
                if entry.kind in _TRAITS and (seen_from is None or is_visible(entry.visible_in, seen_from)):
                    yield entry.path
            for imports in (*names.imports.values(), names.unnamed):
                for imported in imports:
                    if seen_from is not None and not is_visible(imported.visible_in, seen_from):
                        continue
                    definition = self.imported(imported, Namespace.TYPES, off=off)
                    if definition is not None and definition.kind in _TRAITS:
                        yield definition.path

    def unnamed_traits(self, module: ModuleData) -> set[DefPath]:
        """Traits that a glob import of `module` brings without a name (`pub use Trait as _`)."""
        out: set[DefPath] = set()
        scopes = [module, *(target.module for target in self.glob_reach(module) if target.module is not None)]
        for scope in scopes:
            self._populated(scope)
            for imported in scope.on.unnamed:
                definition = self.imported(imported, Namespace.TYPES) if imported.visible_in is None else None
                if definition is not None and definition.kind in _TRAITS:
                    out.add(definition.path)
        return out

    def all_names(self, module: ModuleData) -> dict[tuple[Namespace, str], Def]:
        """Everything `module::x` can name, private names left out."""
        out: dict[tuple[Namespace, str], Def] = {}
        scopes = [module, *(target.module for target in self.glob_reach(module) if target.module is not None)]
        wanted: dict[str, None] = {}
        for scope in scopes:
            self._populated(scope)
            scope.crate.late.reveal_module(scope)
            for table in (scope.on.types, scope.on.values, scope.on.macros, scope.on.imports):
                wanted.update(dict.fromkeys(table))
            macros = scope.crate.macros.procedural() if scope.parent is None else None
            if macros is not None:
                wanted.update(dict.fromkeys(sorted(macros.names)))
        for target in self.glob_reach(module):
            if target.module is None and target.definition.kind in (DefKind.MODULE, DefKind.ENUM):
                wanted.update(dict.fromkeys(name for _, name in self._program.children(target.definition.path)))
        for name in wanted:
            for namespace in _NAMESPACES:
                found = self.in_module(module, namespace, name)
                if found is not None and found.visible_in is None:
                    out[namespace, name] = found.definition
        return out


_TRAITS = frozenset((DefKind.TRAIT, DefKind.TRAIT_ALIAS))


def lexical_modules(module: ModuleData) -> Iterator[ModuleData]:
    """Blocks from the inside out, then the module they stand in."""
    yield module
    while module.is_block and module.parent is not None:
        module = module.parent
        yield module


def _around_attribute_macro(module: ModuleData) -> ModuleData | None:
    """The module around an inline one that an attribute macro rewrites, with those inside.

    What such a module does not name itself it can only have by what the macro adds, which is `use super::*`.
    """
    here = inner = module.nearest_module()
    while here.parent is not None and here.declared is not None and here.declared.items is not None:
        attrs = effective(here.declared.attrs, here.crate.holds)
        if any(is_macro_name(name) for name in attrs.others):
            return inner.parent
        here = here.parent.nearest_module()
    return None


def _traits_among(definitions: Iterable[Def]) -> Iterator[DefPath]:
    for definition in definitions:
        if definition.kind in _TRAITS:
            yield definition.path


def _has_variant(entry: Entry, name: str) -> bool:
    item = entry.item
    return isinstance(item, AdtItem) and bool(item.variants_named(name))


def _nothing() -> Binding | None:
    return None


def _nothing_imported() -> Def | None:
    return None
