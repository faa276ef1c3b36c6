"""The module tree of one crate.

Modules are filled when their names are first asked for: a `mod name;` whose names nobody asks for is not read. Filling
a module evaluates `cfg`, expands its item macros and files each item under its namespaces.

Invariant: a module that is DONE never changes; a new text means a new `CrateIndex`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from closurelens.hir.item import (
    AdtItem,
    Attrs,
    ErrorItem,
    ExternBlock,
    ExternCrate,
    FnItem,
    ImplItem,
    Item,
    MacroCallItem,
    MacroRulesItem,
    Module,
    Range,
    TraitItem,
    TypeAliasItem,
    Use,
    ValueItem,
)
from closurelens.hir.lower.attrs import effective
from closurelens.hir.lower.items import body_node
from closurelens.hir.macros.api import Chunk, Expansion, Source
from closurelens.project import cfg as cfg_rules
from closurelens.project import modules
from closurelens.project.model import Crate
from closurelens.resolve.impl_index import CrateImpls
from closurelens.resolve.macro_scope import MacroScope, is_macro_rules
from closurelens.resolve.module import Entry, Import, ModuleData, Names, State
from closurelens.resolve.sketch import FileSketch, crate_files
from closurelens.resolve.sources import items_of
from closurelens.resolve.wasm_extern import foreign_items, items_beside
from closurelens.syntax.nodes import tree_of
from closurelens.ty.sig import Def, DefKind
from closurelens.ty.types import DefPath

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

_STD_CRATES = frozenset(("std", "core", "alloc"))
_OTHER_STD_CRATES = frozenset(("proc_macro", "test"))
_ADT_KINDS = {"struct": DefKind.STRUCT, "enum": DefKind.ENUM, "union": DefKind.UNION}


@dataclass(slots=True)
class _Context:
    """Where the items that are being filed stand. `off`: what switches them off within the module."""

    module: ModuleData
    file: str
    source: Source
    off: str | None
    in_macro: Range | None
    repeated: Counter[str]


class CrateIndex:
    """`name` is the first segment of all paths in it."""

    def __init__(self, program: Program, crate: Crate, name: str) -> None:
        self.program = program
        self.crate = crate
        self.name = name
        self.edition = int(crate.edition)
        self.modules: dict[DefPath, ModuleData] = {}
        self.entries: dict[DefPath, list[Entry]] = {}
        self.root = ModuleData(self, name, name, None, crate.root, folder=modules.root_folder(crate.root))
        self.modules[name] = self.root
        self.macros = MacroScope(self)
        self.impl_entries: list[Entry] = []
        self.trait_entries: list[Entry] = []
        self.derive_entries: list[Entry] = []
        self.impls = CrateImpls(self)
        self._cfg: dict[str, bool] = {}
        self._prelude: DefPath | None = None
        self._files: list[FileSketch] | None = None
        self._parents: dict[str, str | None] | None = None
        self._blocks: dict[DefPath, list[DefPath]] = {}
        self._block_texts: dict[DefPath, bytes] = {}
        self._assoc: dict[Entry, list[Entry]] = {}

    # cfg

    def holds(self, predicate: str) -> bool:
        """Whether the text inside a `cfg(..)` holds for this crate."""
        known = self._cfg.get(predicate)
        if known is None:
            known = self._cfg[predicate] = cfg_rules.macro_holds(predicate, self.crate.cfg).holds
        return known

    def decided(self, predicate: str) -> bool | None:
        """As `holds`; None where the user's build may say otherwise."""
        return cfg_rules.macro_holds(predicate, self.crate.cfg).certain()

    def switched_off(self, attrs: Attrs) -> str | None:
        """The first `cfg` that does not hold; tests are compiled only for testing."""
        if not attrs.cfg and not attrs.conditional and not attrs.others:
            return None
        attrs = effective(attrs, self.holds)
        for text in attrs.cfg:
            if not self.holds(text):
                return text
        if attrs.others and not self.holds("test") and any(_is_test(name) for name in attrs.others):
            return "test"
        return None

    # Other crates

    def extern_crate(self, name: str, *, off: bool = False) -> Def | None:
        """The root of the crate that `name` means in paths; UNKNOWN for a dependency whose source is not here."""
        for imported in self.root.on.imports.get(name, ()):
            if imported.extern is not None and imported.extern != name:
                return self.extern_crate(imported.extern)
        if name == "self":
            return Def(DefKind.MODULE, self.name)
        if name in self.crate.dependencies:
            return self.program.dependency(self.crate, name)
        if off and name in self.crate.test_dependencies:
            return self.program.dependency(self.crate.for_test(), name)
        if name in _STD_CRATES:
            return Def(DefKind.MODULE, name)
        return Def(DefKind.UNKNOWN, name) if name in _OTHER_STD_CRATES else None

    def prelude(self) -> DefPath | None:
        """The std module whose names are in scope everywhere."""
        if self._prelude is None:
            file = self.program.files.items(self.root.file, self.edition)
            attrs = effective(file.attrs, self.holds).others if file is not None else []
            base = "core" if "no_std" in attrs or "no_core" in attrs else "std"
            self._prelude = f"{base}::prelude::rust_{self.edition}"
        return self._prelude

    # Modules

    def module(self, path: DefPath) -> ModuleData | None:
        """A module by its path; modules on the way are filled."""
        found = self.modules.get(path)
        if found is not None:
            return found
        at = len(self.name)
        while at >= 0:
            known = self.modules.get(path[:at])
            if known is not None:
                self.populate(known)
            if at >= len(path):
                break
            after = path.find("::", at + 2)
            at = after if after >= 0 else len(path)
        return self.modules.get(path)

    def all_modules(self) -> Iterator[ModuleData]:
        """Every module, blocks that are known so far included; fills them all."""
        work = [self.root]
        while work:
            module = work.pop()
            self.populate(module)
            yield module
            work.extend(reversed(module.children))

    def modules_of_file(self, path: str) -> list[ModuleData]:
        """The modules whose items stand in a file: its own (several if it is declared twice), then inline ones."""
        if self._parents is None:
            self._parents = {file.path: file.parent for file in self.files()}
        parent_of = self._parents
        chain: list[str] = []
        at: str | None = path
        while at is not None and at not in chain:
            chain.append(at)
            at = parent_of.get(at)
        found = [self.root] if chain[-1] == self.root.file else []
        for file in reversed(chain[:-1]):
            found = [child for module in self._with_inline(found) for child in module.children if child.file == file]
        if found and found[0].file == path:
            return self._with_inline(found)
        return [module for module in self.all_modules() if module.file == path]

    def _with_inline(self, modules: list[ModuleData]) -> list[ModuleData]:
        out = list(modules)
        for module in out:  # grows below
            self.populate(module)
            out.extend(child for child in module.children if child.file == module.file)
        return out

    def files(self) -> list[FileSketch]:
        """The files of the crate as a glance at the texts finds them."""
        if self._files is None:
            self._files = crate_files(self)
        return self._files

    def populate(self, module: ModuleData) -> None:
        """Fill a module. While that goes on, asking again changes nothing."""
        if module.state is not State.UNREAD:
            return
        module.state = State.POPULATING
        found = self._items_of(module)
        if found is not None:
            items, source = found
            self._file(_context(module, items, source), items)
        module.state = State.DONE
        self.program.names.changed()

    def _items_of(self, module: ModuleData) -> tuple[list[Item], Source] | None:
        declared = module.declared
        if declared is not None and declared.items is not None:
            assert module.source is not None
            return declared.items, module.source
        file = self.program.files.items(module.file, self.edition) if module.file else None
        if file is None:
            module.missing = f"the file of module `{module.name}` is not there"
            return None
        if module.cfg_off is None:
            module.cfg_off = self.switched_off(file.attrs)
        module.source = file.source
        return file.items, file.source

    def add_block(
        self,
        parent: ModuleData,
        owner: DefPath,
        items: Sequence[tuple[Item, Source]],
        file: str,
        *,
        cfg_off: str | None,
        index: int,
    ) -> ModuleData:
        """The anonymous module of a block that declares `items`; the one that is there if the text has not changed."""
        path = f"{owner}::{{{index}}}"
        known = self.modules.get(path)
        if known is not None:
            return known
        self._blocks.setdefault(owner, []).append(path)
        module = ModuleData(self, path, f"{{{index}}}", parent, file, is_block=True, cfg_off=cfg_off)
        module.folder = modules.block_folder(parent.folder)
        module.textual_start = len(parent.textual)
        self.modules[path] = module
        module.state = State.POPULATING
        plain = [item for item, _ in items]
        repeated = _repeated(plain)
        for item, source in items:
            module.source = source
            self._file(_Context(module, file, source, None, None, repeated), [item])
        module.state = State.DONE
        return module

    def blocks_of(self, owner: DefPath, text: bytes) -> None:
        """Blocks are about to be added for a body in this item; those of an earlier text are forgotten."""
        if self._block_texts.get(owner) != text:
            self._drop_blocks(owner)
            self._block_texts[owner] = text

    def _drop_blocks(self, owner: DefPath) -> None:
        work = [owner]
        while work:
            for path in self._blocks.pop(work.pop(), ()):
                module = self.modules.pop(path)
                inside = [module]
                for module in inside:  # grows below
                    module.is_gone = True
                    inside.extend(module.children)
                    for entry in module.entries:
                        self.entries.pop(entry.path, None)
                        members = self._assoc.pop(entry, [])
                        for member in members:
                            self.entries.pop(member.path, None)
                        work.extend(gone.path for gone in (entry, *members))

    # Filing items

    def _file(self, context: _Context, items: Sequence[Item]) -> None:
        work: list[tuple[_Context, Iterator[Item]]] = [(context, iter(items))]
        postponed: list[tuple[_Context, MacroCallItem]] = []
        while work:
            here, rest = work[-1]
            item = next(rest, None)
            if item is None:
                work.pop()
                if not work and postponed:
                    work.extend(self._again(postponed))
                    postponed = []
                continue
            off = here.off or self.switched_off(item.attrs)
            if isinstance(item, MacroCallItem):
                inner = self._expand(here, item, off)
                if inner is not None:
                    work.append(inner)
                elif self.macros.may_come(item):
                    postponed.append((here, item))
            elif isinstance(item, ExternBlock):
                declared = foreign_items(item, here.source)
                work.append(
                    (_Context(here.module, here.file, here.source, off, here.in_macro, here.repeated), iter(declared))
                )
            else:
                self._declare(here, item, off)

    def _again(self, postponed: list[tuple[_Context, MacroCallItem]]) -> list[tuple[_Context, Iterator[Item]]]:
        """Calls of macros that were not known where they stand: by path they may be declared or imported below."""
        out: list[tuple[_Context, Iterator[Item]]] = []
        for here, item in reversed(postponed):
            inner = self._expand(here, item, here.off or self.switched_off(item.attrs))
            if inner is not None:
                out.append(inner)
        return out

    def _expand(self, here: _Context, call: MacroCallItem, off: str | None) -> tuple[_Context, Iterator[Item]] | None:
        expanded = self.macros.expand_items(here.module, here.source, call, off=off is not None)
        if expanded is None:
            return None
        items, source, file = expanded
        in_macro = here.in_macro or call.range if file is None else None
        return _Context(here.module, file or here.file, source, off, in_macro, Counter()), iter(items)

    def _declare(self, here: _Context, item: Item, off: str | None) -> None:
        module = here.module
        names = module.on if off is None else module.off
        match item:
            case Use():
                self._use(here, names, item)
            case ExternCrate():
                self._extern_crate(here, names, item)
            case Module():
                self._module(here, names, item, off)
            case ImplItem():
                path = f"{module.path}::{{impl#{len(module.impls)}}}"
                entry = self._entry(here, DefKind.UNKNOWN, path, item, off)
                module.impls.append(entry)
                self.impl_entries.append(entry)
            case MacroRulesItem():
                entry = self._entry(here, DefKind.MACRO, self._path(here, item, off), item, off)
                if is_macro_rules(entry):
                    module.textual.append(entry)
                    if here.in_macro is not None and effective(item.attrs, self.holds).macro_export:
                        self.macros.add_exported(item, here.file, here.source)
                else:
                    names.macros.setdefault(item.name, entry)
            case AdtItem():
                entry = self._entry(here, _ADT_KINDS[item.kind], self._path(here, item, off), item, off)
                names.types.setdefault(item.name, entry)
                if item.attrs.derives or item.attrs.conditional:
                    self.derive_entries.append(entry)
                if item.kind == "struct" and item.variants and item.variants[0].ctor != "record":
                    names.values.setdefault(item.name, entry)
                for beside in items_beside(item, here.source):
                    self._declare(here, beside, off)
            case FnItem():
                entry = self._entry(here, DefKind.FUNCTION, self._path(here, item, off), item, off)
                names.values.setdefault(item.name, entry)
            case ValueItem():
                kind = DefKind.STATIC if item.is_static else DefKind.CONST
                entry = self._entry(here, kind, self._path(here, item, off), item, off)
                if item.name != "_":
                    names.values.setdefault(item.name, entry)
                else:
                    self._const_block(entry, item)
            case TraitItem():
                kind = DefKind.TRAIT_ALIAS if item.is_alias else DefKind.TRAIT
                entry = self._entry(here, kind, self._path(here, item, off), item, off)
                self.trait_entries.append(entry)
                names.types.setdefault(item.name, entry)
            case TypeAliasItem():
                entry = self._entry(here, DefKind.TYPE_ALIAS, self._path(here, item, off), item, off)
                names.types.setdefault(item.name, entry)
            case _:
                assert isinstance(item, ErrorItem | ExternBlock | MacroCallItem)

    def _const_block(self, entry: Entry, item: ValueItem) -> None:
        """`const _: () = { impl .. };` is how macros and people hide impls: they count as if they stood outside."""
        if item.value is None:
            return
        start, end = item.value
        source = entry.source
        if not source.text.startswith(b"{", start) or source.text.find(b"impl", start, end) < 0:
            return
        whole = source.text[item.range[0] : item.range[1]]
        if isinstance(source, Expansion):
            block = body_node(source.node, item)
        else:
            source = Chunk(whole, self.edition)
            node = tree_of(whole).child_of_kind("const_item")
            block = None if node is None else node.child_by_field("value")
        if block is not None:
            self.blocks_of(entry.path, whole)
            placed: list[tuple[Item, Source]] = [(inner, source) for inner in items_of(block, source)]
            self.add_block(entry.module, entry.path, placed, entry.file, cfg_off=entry.cfg_off, index=0)

    def _path(self, here: _Context, item: Item, off: str | None) -> DefPath:
        """A path that no other item has: what is off, or unnamed, gives way."""
        module = here.module
        name = item.name
        path = f"{module.path}::{name}"
        if name != "_" and not (off is not None and here.repeated[name] > 1):
            kind = _KIND_CLASS.get(type(item))
            if all(_KIND_CLASS.get(type(entry.item)) is not kind for entry in self.entries.get(path, ())):
                return path
        count = len(module.entries)
        return f"{module.path}::{{{'other' if off is None else 'off'}#{count}}}::{name}"

    def _entry(self, here: _Context, kind: DefKind, path: DefPath, item: Item, off: str | None) -> Entry:
        module = here.module
        entry = Entry(
            kind,
            path,
            item,
            module,
            here.file,
            here.source,
            self.visible_in(module, item.visibility),
            off or module.cfg_off,
            in_macro=here.in_macro,
            textual_at=len(module.textual),
        )
        module.entries.append(entry)
        self.entries.setdefault(path, []).append(entry)
        return entry

    def visible_in(self, module: ModuleData, visibility: str | None) -> ModuleData | None:
        """The module a visibility names; a path to some module is taken for the whole crate."""
        if visibility == "pub":
            return None
        if visibility is None or visibility == "self":
            return module
        if visibility == "super":
            nearest = module.nearest_module()
            return nearest.parent or nearest
        return self.root

    def _use(self, here: _Context, names: Names, item: Use) -> None:
        module = here.module
        visible_in = self.visible_in(module, item.visibility)
        for leaf in item.imports:
            imported = Import(leaf, module, visible_in)
            if leaf.is_glob:
                names.globs.append(imported)
                continue
            name = leaf.alias or (leaf.segments[-1] if leaf.segments else None)
            if name == "_":
                names.unnamed.append(imported)
            elif name is not None:
                names.imports.setdefault(name, []).append(imported)

    def _extern_crate(self, here: _Context, names: Names, item: ExternCrate) -> None:
        module = here.module
        imported = Import(None, module, self.visible_in(module, item.visibility), extern=item.name)
        name = item.alias or item.name
        if name != "_":
            names.imports.setdefault(name, []).append(imported)
        if effective(item.attrs, self.holds).macro_use:
            self.macros.add_macro_use(item.name)

    def _module(self, here: _Context, names: Names, item: Module, off: str | None) -> None:
        parent = here.module
        path = self._path(here, item, off)
        entry = self._entry(here, DefKind.MODULE, path, item, off)
        attrs = effective(item.attrs, self.holds)
        module = ModuleData(
            self, path, item.name, parent, here.file, item, cfg_off=off or parent.cfg_off, in_macro=here.in_macro
        )
        if item.items is None:
            module.file = ""
            for file in modules.module_files(parent.folder, item.name, attrs.path):
                if self.program.files.text(file.path) is not None:
                    module.file, module.folder = file.path, file.folder
                    break
        else:
            module.source = here.source
            module.folder = modules.inline_folder(parent.folder, item.name, attrs.path)
        module.textual_start = len(parent.textual)
        parent.children.append(module)
        if attrs.macro_use:
            parent.textual.append(module)
        self.modules.setdefault(path, module)
        names.types.setdefault(item.name, entry)

    # Associated items

    def associated(self, container: Entry) -> list[Entry]:
        """What an impl or trait declares; those that are off come last."""
        known = self._assoc.get(container)
        if known is not None:
            return known
        out: list[Entry] = []
        self._assoc[container] = out
        item = container.item
        if not isinstance(item, ImplItem | TraitItem):
            return out
        taken: set[str] = set()
        here = _Context(container.module, container.file, container.source, None, container.in_macro, Counter())
        work: list[tuple[_Context, Iterator[Item]]] = [(here, iter(item.items))]
        while work:
            here, rest = work[-1]
            member = next(rest, None)
            if member is None:
                work.pop()
                continue
            off = here.off or self.switched_off(member.attrs)
            if isinstance(member, MacroCallItem):
                inner = self._expand(here, member, off)
                if inner is not None:
                    work.append(inner)
                continue
            kind = _ASSOC_KINDS.get(type(member))
            if kind is None:
                continue
            entry = Entry(
                kind,
                "",
                member,
                container.module,
                here.file,
                here.source,
                self.visible_in(container.module, member.visibility),
                off or container.cfg_off,
                container,
                here.in_macro,
                textual_at=container.textual_at,
            )
            out.append(entry)
        if container.cfg_off is None:
            out.sort(key=lambda entry: entry.cfg_off is not None)
        for count, entry in enumerate(out):
            name = entry.item.name
            key = f"{entry.kind.name}::{name}"
            entry.path = (
                f"{container.path}::{name}" if key not in taken else f"{container.path}::{{other#{count}}}::{name}"
            )
            taken.add(key)
            self.entries.setdefault(entry.path, []).append(entry)
        return out

    # Entries by path

    def find(self, path: DefPath, accept: Callable[[Entry], bool]) -> Entry | None:
        """The entry under `path` that is accepted; fills what is on the way."""
        known = self.entries.get(path)
        if known is None:
            self._reach(path)
            known = self.entries.get(path)
            if known is None:
                return None
        for entry in known:
            if accept(entry):
                return entry
        return None

    def _reach(self, path: DefPath) -> None:
        parent, separator, last = path.rpartition("::")
        while separator and last.startswith("{"):
            parent, separator, last = parent.rpartition("::")
        if not separator:
            return
        if parent.rpartition("::")[2].startswith(("{off#", "{other#")):
            parent = parent.rpartition("::")[0]
        module = self.module(parent)
        if module is not None:
            self.populate(module)
            return
        container = self.find(parent, lambda entry: isinstance(entry.item, ImplItem | TraitItem))
        if container is not None:
            self.associated(container)


_KIND_CLASS: dict[type[Item], str] = {
    Module: "type",
    AdtItem: "type",
    TraitItem: "type",
    TypeAliasItem: "type",
    FnItem: "value",
    ValueItem: "value",
    MacroRulesItem: "macro",
}
_ASSOC_KINDS: dict[type[Item], DefKind] = {
    FnItem: DefKind.FUNCTION,
    ValueItem: DefKind.CONST,
    TypeAliasItem: DefKind.ASSOC_TYPE,
}


def _is_test(attribute: str) -> bool:
    """`#[test]`, `#[bench]`, or a macro that adds it (`#[tokio::test]`)."""
    return attribute in ("test", "bench") or attribute.endswith("::test")


def _context(module: ModuleData, items: Sequence[Item], source: Source) -> _Context:
    return _Context(module, module.file, source, None, module.in_macro, _repeated(items))


def _repeated(items: Sequence[Item]) -> Counter[str]:
    return Counter([item.name for item in items if item.attrs.cfg or item.attrs.conditional or item.name])
