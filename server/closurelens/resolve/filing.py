"""Files items where their names say: evaluates `cfg`, expands item macros, gives paths.

Invariant: an item is filed once; what a `cfg` switches off goes to `ModuleData.off`, and no two items of a kind share a
path.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from closurelens.hir.item import (
    AdtItem,
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
from closurelens.hir.macros.api import Chunk, Expansion, Source
from closurelens.project import modules
from closurelens.records import dataclass, field, replace
from closurelens.resolve.component_items import made_of_component
from closurelens.resolve.derive_models import DeriveModel, impls_of
from closurelens.resolve.macro_scope import is_macro_rules
from closurelens.resolve.made_items import made_beside, rewritten
from closurelens.resolve.module import Entry, Import, ModuleData, Names
from closurelens.resolve.postponed import Waiting
from closurelens.resolve.sources import items_of
from closurelens.resolve.wasm_extern import foreign_items, items_beside
from closurelens.syntax.nodes import tree_of
from closurelens.syntax.outline import tree_of_part
from closurelens.ty.sig import DefKind
from closurelens.ty.types import DefPath

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex
    from closurelens.resolve.late_calls import LateCall

_INNER_MACRO_USE = re.compile(rb"#!\[[^\]\n]*macro_use")
_BLOCK = re.compile(rb"(?:unsafe\s*)?\{")
_ADT_KINDS = {"struct": DefKind.STRUCT, "enum": DefKind.ENUM, "union": DefKind.UNION}


@dataclass(slots=True)
class Place:
    """Where the items that are being filed stand. `off`: what switches them off within the module.

    `undecided`: names that mean different things as a `cfg` has it that is not known, with that `cfg`. `late`: the call
    of whose expansion they are, if it waited.
    """

    module: ModuleData
    file: str
    source: Source
    off: str | None
    in_macro: Range | None
    repeated: Counter[str]
    undecided: Mapping[str, str] = field(default_factory=dict)
    late: LateCall | None = None

    def upto(self) -> int:
        """How many of the module's textual macros stand before."""
        return len(self.module.textual) if self.late is None else self.late.upto


class Filing:
    def __init__(self, crate: CrateIndex) -> None:
        self._crate = crate
        self.members: dict[Entry, list[Entry]] = {}

    def file(self, context: Place, items: Sequence[Item]) -> Waiting:
        """The calls that are left are of macros that nobody knows yet."""
        return self.again(self._file(context, iter(items)))

    def again(self, calls: Waiting) -> Waiting:
        """File what such calls stand for: by path a macro may be declared or imported below; those that are left."""
        while calls:
            left: Waiting = []
            is_new = False
            for here, call in calls:
                name = f"{call.name}!"
                if name in here.module.unexpanded:
                    here.module.unexpanded.remove(name)
                inner = self._expand(here, call, here.off or self._crate.switched_off(call.attrs))
                if inner is None:
                    left.append((here, call))
                else:
                    is_new = True
                    left.extend(self._file(*inner))
            calls = left
            if not is_new:
                break
        return calls

    def _file(self, context: Place, items: Iterator[Item]) -> Waiting:
        work = [(context, items)]
        left: Waiting = []
        while work:
            here, rest = work[-1]
            item = next(rest, None)
            if item is None:
                work.pop()
                continue
            off = here.off or self._crate.switched_off(item.attrs)
            if off is None and here.undecided and item.attrs.cfg:
                off = here.undecided.get(item.name)
            if isinstance(item, MacroCallItem):
                if off is None and self._crate.late.put_off(here, item):
                    continue
                inner = self._expand(here, item, off)
                if inner is not None:
                    work.append(inner)
                elif self._crate.macros.may_come(item):
                    left.append((here, item))
            elif isinstance(item, ExternBlock):
                declared = foreign_items(item, here.source)
                work.append(
                    (Place(here.module, here.file, here.source, off, here.in_macro, here.repeated), iter(declared))
                )
            else:
                self._declare(here, item, off)
        return left

    def _expand(self, here: Place, call: MacroCallItem, off: str | None) -> tuple[Place, Iterator[Item]] | None:
        expanded = self._crate.macros.expand_items(
            here.module, here.source, call, file=here.file, upto=here.upto(), off=off is not None
        )
        if expanded is None:
            return None
        items, source, file = expanded
        in_macro = here.in_macro or call.range if file is None else None
        return Place(here.module, file or here.file, source, off, in_macro, Counter(), late=here.late), iter(items)

    def file_late(self, call: LateCall) -> str | None:
        """File what a call that waited stands for; the macro that could not be expanded, if there is one."""
        here = call.here
        module = here.module
        before = len(module.unexpanded)
        inner = self._expand(replace(here, late=call), call.call, None)
        if inner is not None:
            self._file(*inner)
        failed = module.unexpanded[before:]
        del module.unexpanded[before:]
        return failed[0] if failed else None

    def _declare(self, here: Place, item: Item, off: str | None) -> None:
        module = here.module
        names = module.on if off is None else module.off
        if item.attrs.others or item.attrs.conditional:
            item, added = rewritten(self._crate, item)
            for beside in added:
                self._declare(here, beside, off)
        match item:
            case Use():
                self._use(here, names, item)
            case ExternCrate():
                self._extern_crate(here, names, item)
            case Module():
                self._module(here, names, item, off)
            case ImplItem():
                path = f"{module.path}::{{impl#{self._number(here, module.impl_count)}}}"
                entry = self._entry(here, DefKind.UNKNOWN, path, item, off)
                module.impl_count += here.late is None
                self._crate.impl_entries.append(entry)
                self._crate.program.impl_changes.number += 1
            case MacroRulesItem():
                entry = self._entry(here, DefKind.MACRO, self._path(here, item, off), item, off)
                if is_macro_rules(entry):
                    module.textual.append(entry)
                    is_compiled = off is None and module.cfg_off is None
                    if (
                        is_compiled
                        and here.in_macro is not None
                        and effective(item.attrs, self._crate.holds).macro_export
                    ):
                        self._crate.macros.exported.add_made(item, here.file, here.source)
                else:
                    names.macros.setdefault(item.name, entry)
            case AdtItem():
                entry = self._entry(here, _ADT_KINDS[item.kind], self._path(here, item, off), item, off)
                names.types.setdefault(item.name, entry)
                if item.attrs.derives or item.attrs.conditional:
                    self._crate.derive_entries.append(entry)
                    self._crate.program.impl_changes.number += 1
                if item.kind == "struct" and item.variants and item.variants[0].ctor != "record":
                    names.values.setdefault(item.name, entry)
                for beside in (*items_beside(item, here.source), *made_beside(self._crate, item, here.source)):
                    self._declare(here, beside, off)
            case FnItem():
                for beside in made_of_component(self._crate, item, here.source):
                    self._declare(here, beside, off)
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
                self._crate.trait_entries.append(entry)
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
        if _BLOCK.match(source.text, start) is None or source.text.find(b"impl", start, end) < 0:
            return
        whole = source.text[item.range[0] : item.range[1]]
        if isinstance(source, Expansion):
            root = tree_of_part(source.text, *item.range)
        else:
            source = Chunk(whole, self._crate.edition)
            root = tree_of(whole)
        node = root.child_of_kind("const_item")
        block = None if node is None else node.child_by_field("value")
        if block is not None and block.kind == "unsafe_block":
            block = block.child_of_kind("block")
        if block is not None:
            self._crate.blocks_of(entry.path, whole)
            placed: list[tuple[Item, Source]] = [(inner, source) for inner in items_of(block, source)]
            self._crate.add_block(entry.module, entry.path, placed, entry.file, cfg_off=entry.cfg_off, index=0)

    def add_derived(self, adt: Entry, name: str, model: DeriveModel) -> None:
        """File the impls of a derive that is no std's. They have no bodies, and the names in a module stay the same."""
        assert isinstance(adt.item, AdtItem)
        crate, module = self._crate, adt.module
        for count, item in enumerate(impls_of(model, adt.item)):
            path = f"{module.path}::{{impl#{name}{count} for {adt.path.rpartition('::')[2]}}}"
            entry = Entry(
                DefKind.UNKNOWN, path, item, module, adt.file, adt.source, None, adt.cfg_off, None, adt.item.range
            )
            module.entries.append(entry)
            crate.entries.setdefault(path, []).insert(0, entry)
            crate.impl_entries.append(entry)
            crate.program.impl_changes.number += 1

    def _path(self, here: Place, item: Item, off: str | None) -> DefPath:
        """A path that no other item has: what is off, or unnamed, gives way."""
        module = here.module
        name = item.name
        path = f"{module.path}::{name}"
        if name != "_" and not (off is not None and here.repeated[name] > 1):
            kind = _KIND_CLASS.get(type(item))
            if all(_KIND_CLASS.get(type(entry.item)) is not kind for entry in self._crate.entries.get(path, ())):
                return path
        number = self._number(here, module.written_count)
        return f"{module.path}::{{{'other' if off is None else 'off'}#{number}}}::{name}"

    def _number(self, here: Place, count: int) -> str:
        """Tells items apart: `count` are those of their kind so far that are not from calls that waited."""
        return str(count) if here.late is None else here.late.next_label()

    def _entry(self, here: Place, kind: DefKind, path: DefPath, item: Item, off: str | None) -> Entry:
        module = here.module
        entry = Entry(
            kind,
            path,
            item,
            module,
            here.file,
            here.source,
            visible_in(module, item.visibility),
            off or module.cfg_off,
            in_macro=here.in_macro,
            textual_at=here.upto(),
        )
        module.entries.append(entry)
        module.written_count += here.late is None
        self._crate.entries.setdefault(path, []).append(entry)
        return entry

    def _use(self, here: Place, names: Names, item: Use) -> None:
        module = here.module
        seen_in = visible_in(module, item.visibility)
        for leaf in item.imports:
            imported = Import(leaf, module, seen_in)
            if leaf.is_glob:
                names.globs.append(imported)
                continue
            name = leaf.alias or (leaf.segments[-1] if leaf.segments else None)
            if name == "_":
                names.unnamed.append(imported)
            elif name is not None:
                names.imports.setdefault(name, []).append(imported)

    def _extern_crate(self, here: Place, names: Names, item: ExternCrate) -> None:
        module = here.module
        imported = Import(None, module, visible_in(module, item.visibility), extern=item.name)
        name = item.alias or item.name
        if name != "_":
            names.imports.setdefault(name, []).append(imported)
        if effective(item.attrs, self._crate.holds).macro_use:
            self._crate.macros.add_macro_use(item.name)

    def _module(self, here: Place, names: Names, item: Module, off: str | None) -> None:
        parent = here.module
        path = self._path(here, item, off)
        entry = self._entry(here, DefKind.MODULE, path, item, off)
        attrs = effective(item.attrs, self._crate.holds)
        module = ModuleData(
            self._crate, path, item.name, parent, here.file, item, cfg_off=off or parent.cfg_off, in_macro=here.in_macro
        )
        macro_use = attrs.macro_use
        folder = parent.folder if here.file == parent.file else modules.included_folder(here.file)
        if item.items is None:
            module.file = ""
            for file in modules.module_files(folder, item.name, attrs.path):
                text = self._crate.program.files.text(file.path)
                if text is not None:
                    module.file, module.folder = file.path, file.folder
                    macro_use = macro_use or self._says_macro_use(file.path, text)
                    break
        else:
            module.source = here.source
            module.folder = modules.inline_folder(folder, item.name, attrs.path)
        module.textual_start = len(parent.textual)
        parent.children.append(module)
        if macro_use:
            parent.textual.append(module)
        self._crate.modules.setdefault(path, module)
        names.types.setdefault(item.name, entry)

    def _says_macro_use(self, path: str, text: bytes) -> bool:
        """`#![macro_use]` in the file of a module."""
        if _INNER_MACRO_USE.search(text) is None:
            return False
        file = self._crate.program.files.items(path, self._crate.edition)
        return file is not None and effective(file.attrs, self._crate.holds).macro_use

    def associated(self, container: Entry) -> list[Entry]:
        """What an impl or trait declares; those that are off come last."""
        known = self.members.get(container)
        if known is not None:
            return known
        out: list[Entry] = []
        self.members[container] = out
        item = container.item
        if not isinstance(item, ImplItem | TraitItem):
            return out
        taken: set[str] = set()
        undecided = _undecided(self._crate, item.items, container.source)
        here = Place(container.module, container.file, container.source, None, container.in_macro, Counter(), undecided)
        work: list[tuple[Place, Iterator[Item]]] = [(here, iter(item.items))]
        while work:
            here, rest = work[-1]
            member = next(rest, None)
            if member is None:
                work.pop()
                continue
            off = here.off or self._crate.switched_off(member.attrs)
            if off is None and here.undecided and member.attrs.cfg:
                off = here.undecided.get(member.name)
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
                visible_in(container.module, member.visibility),
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
            self._crate.entries.setdefault(entry.path, []).append(entry)
        return out

    # Entries by path


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


def visible_in(module: ModuleData, visibility: str | None) -> ModuleData | None:
    """The module a visibility names; a path to some module is taken for the whole crate."""
    if visibility == "pub":
        return None
    if visibility is None or visibility == "self":
        return module
    if visibility == "super":
        nearest = module.nearest_module()
        return nearest.parent or nearest
    return module.crate.root


def place_of(module: ModuleData, items: Sequence[Item], source: Source) -> Place:
    if module.crate.crate.cfg.open:
        module.undecided = _undecided_names(module.crate, items, source)
    undecided = _undecided(module.crate, items, source)
    return Place(module, module.file, source, None, module.in_macro, repeated_names(items), undecided)


def _undecided(crate: CrateIndex, items: Sequence[Item], source: Source) -> dict[str, str]:
    """Names of which none can be taken: they are declared twice, not alike, and which one counts is not known.

    Functions are alike that differ in their bodies.
    """
    if not crate.crate.cfg.open:
        return {}
    heads: dict[str, bytes] = {}
    found: dict[str, str] = {}
    for item in items:
        if not item.attrs.cfg or not isinstance(item, FnItem | ValueItem | TypeAliasItem | AdtItem | MacroRulesItem):
            continue
        cfg = crate.undecided(item.attrs)
        if cfg is None:
            continue
        start, end = item.range
        if isinstance(item, FnItem) and item.body is not None:
            end = item.body[0]
        head = b"".join(source.text[start:end].split())
        if heads.setdefault(item.name, head) != head:
            found.setdefault(item.name, cfg)
    return found


def _undecided_names(crate: CrateIndex, items: Sequence[Item], source: Source) -> dict[str, str]:
    """Of imports and modules: their bodies are what they are, but who names them may mean another."""
    heads: dict[str, tuple[object, str]] = {}
    found: dict[str, str] = {}
    for item in items:
        cfg = crate.undecided(item.attrs) if item.attrs.cfg else None
        if cfg is None:
            continue
        named: list[tuple[str, object]] = []
        if isinstance(item, Use):
            for leaf in item.imports:
                if not leaf.is_glob and leaf.alias != "_" and leaf.segments:
                    named.append((leaf.alias or leaf.segments[-1], (leaf.anchor, leaf.supers, tuple(leaf.segments))))
        elif isinstance(item, Module):
            named.append((item.name, (source.text[slice(*item.range)], item.attrs.path)))
        elif item.name:
            named.append((item.name, None))  # `_undecided` tells items from one another
        for name, head in named:
            before = heads.setdefault(name, (head, cfg))
            if before[0] != head and before[1] != cfg:
                found.setdefault(name, cfg)
    return found


def repeated_names(items: Sequence[Item]) -> Counter[str]:
    return Counter([item.name for item in items if item.attrs.cfg or item.attrs.conditional or item.name])
