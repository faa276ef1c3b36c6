"""Which macro a name means where it stands, and the items that calls in item position expand to.

`macro_rules!` names have textual scope: from their definition to the end of the module, further through `#[macro_use]`.
Those with `#[macro_export]` are also names of the crate's root. All other macros are found like other items.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closurelens.hir.item import Item, MacroCallItem, MacroRulesItem
from closurelens.hir.macros.api import (
    Context,
    Expansion,
    Failure,
    MacroCall,
    MacroDef,
    MacroResolver,
    OpaqueMacro,
    Source,
)
from closurelens.hir.macros.definition import macro_rules
from closurelens.hir.macros.expander import Expander
from closurelens.hir.macros.models import modelled, unread
from closurelens.hir.macros.std_macros import std_macro
from closurelens.hir.types import Anchor, ErrorType, Path, TypeRef
from closurelens.project import paths
from closurelens.project.model import TargetKind
from closurelens.records import dataclass
from closurelens.resolve.exported_macros import ExportedMacros
from closurelens.resolve.module import Entry, ModuleData
from closurelens.resolve.proc_macros import ProcMacros, exports, unnumbered
from closurelens.resolve.sources import delimiter_at, items_made, type_of
from closurelens.ty.sig import Def, DefKind, Namespace

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex


@dataclass(slots=True)
class MacroPosition:
    """A place in a module, as a `MacroResolver`: `upto` of the module's textual macros stand before it."""

    crate: CrateIndex
    module: ModuleData
    upto: int
    off: bool

    def lookup(self, call: MacroCall) -> MacroDef | None:
        return self.crate.macros.definition(self, call.path)


class MacroScope:
    """The macros of one crate."""

    def __init__(self, crate: CrateIndex) -> None:
        self._crate = crate
        self._definitions: dict[Entry, MacroDef] = {}
        self.exported = ExportedMacros(crate)
        self._procedural: ProcMacros | None = None
        self._macro_use: list[str] = []
        self._known: dict[tuple[ModuleData, int, bool, str], MacroDef | None] = {}
        self._own: dict[tuple[ModuleData, int, Anchor, tuple[str, ...]], Entry] = {}
        self._expanders: dict[ModuleData, tuple[Expander, MacroPosition]] = {}

    def context(self) -> Context:
        crate = self._crate
        return Context(crate.name, crate.decided)

    def _expander(self, module: ModuleData) -> tuple[Expander, MacroPosition]:
        """The one that expands the item macros of a module, and the place it believes to be in."""
        found = self._expanders.get(module)
        if found is None:
            position = MacroPosition(self._crate, module, 0, off=False)
            items = self._crate.program.item_templates if self._crate.crate.is_member else None
            found = self._expanders[module] = (Expander(position, self.context(), items=items), position)
        return found

    def body_expander(self, module: ModuleData, resolver: MacroResolver) -> Expander:
        """One for a body in `module`: it can be told apart from what the item macros around it made."""
        made = self._expanders.get(module)
        return Expander(resolver, self.context(), after=None if made is None else made[0])

    # Definitions

    def definition(self, at: MacroPosition, path: Path) -> MacroDef | None:
        """The macro a path means at a position."""
        names = [segment.name for segment in path.segments]
        if path.anchor is Anchor.PLAIN and len(names) == 1:
            key = (at.module, at.upto, at.off, names[0])
            if key in self._known:
                return self._known[key]
            entry = self.textual(at.module, at.upto, names[0], off=at.off)
            if entry is not None:
                found = self._known[key] = self.definition_of(entry)
                return found
        program = self._crate.program
        walk = program.names.walk(
            at.module, path.anchor, path.supers, path.crate, names, Namespace.MACROS, off=at.off, is_import=True
        )
        if walk is not None and walk.used == len(names):
            return self._of_definition(walk.definition, names[-1])
        if path.anchor is Anchor.PLAIN and len(names) == 1:
            for glob in program.names.unknown_globs(at.module, off=at.off):
                model = unread(f"{glob.partition('::')[0]}::{names[0]}")
                if model is not None:
                    return model
            return std_macro(names[0])
        return None

    def _of_definition(self, definition: Def, name: str) -> MacroDef | None:
        program = self._crate.program
        is_unread = definition.kind is DefKind.UNKNOWN
        model = (unread if is_unread else modelled)(unnumbered(definition.path))
        if model is not None:
            return model
        if is_unread:
            crate = definition.path.partition("::")[0]
            return OpaqueMacro(f"macro `{name}!` comes from `{crate}`, whose source is not at hand")
        if program.is_std(definition.path):
            return std_macro(definition.path.rpartition("::")[2]) or OpaqueMacro(f"macro `{name}!` is not modelled")
        packed = program.packed(definition.path)
        if packed is not None:
            return packed.macro(definition.path) or OpaqueMacro(f"`{name}!` is a procedural macro")
        entry = program.entry(definition.path, DefKind.MACRO)
        if entry is None:
            return OpaqueMacro(f"`{name}!` is a procedural macro")
        return entry.module.crate.macros.definition_of(entry)

    def definition_of(self, entry: Entry) -> MacroDef:
        """What an entry of this crate defines."""
        known = self._definitions.get(entry)
        if known is None:
            item = entry.item
            assert isinstance(item, MacroRulesItem)
            known = self._definitions[entry] = self.make(item, entry.source)
        return known

    def make(self, item: MacroRulesItem, source: Source) -> MacroDef:
        """The definition that an item of this crate is."""
        crate = self._crate
        start = max(0, item.range[0] - 400)
        is_local_inner = item.attrs.macro_export and b"local_inner_macros" in source.text[start : item.range[0]]
        return macro_rules(item.name, source, item.rules, crate.name, crate.edition, is_local_inner=is_local_inner)

    def textual(self, module: ModuleData, upto: int, name: str, *, off: bool = False) -> Entry | None:
        """The last `macro_rules! name` before a place, here or around."""
        scope: ModuleData | None = module
        while scope is not None:
            self._crate.populate(scope)
            found = self._last(scope, upto, name, off=off)
            if found is not None:
                return found
            upto = scope.textual_start
            scope = scope.parent
        return None

    def _last(self, module: ModuleData, upto: int, name: str, *, off: bool) -> Entry | None:
        work: list[tuple[ModuleData, int]] = [(module, upto)]
        self._fill_in_order(module, upto, off=off)
        while work:
            module, at = work.pop()
            while at > 0:
                at -= 1
                one = module.textual[at]
                if isinstance(one, ModuleData):
                    if one.cfg_off is None or off:
                        self._fill_in_order(one, len(one.textual), off=off)
                        work.append((module, at))
                        work.append((one, len(one.textual)))
                        break
                elif one.item.name == name and (off or one.cfg_off is None or module.cfg_off is not None):
                    return one
        return None

    def _fill_in_order(self, module: ModuleData, upto: int, *, off: bool) -> None:
        """Fill the `#[macro_use]` modules before a place, the first one first: each calls macros of those before."""
        for one in module.textual[:upto]:
            if isinstance(one, ModuleData) and (one.cfg_off is None or off):
                self._crate.populate(one)

    def procedural(self) -> ProcMacros | None:
        """What the crate exports if it is one of procedural macros."""
        crate = self._crate
        if crate.crate.kind is not TargetKind.PROC_MACRO:
            return None
        if self._procedural is None:
            self._procedural = exports(crate.program.files.text(crate.root.file) or b"")
        return self._procedural

    def may_export_procedural(self, name: str) -> bool:
        found = self.procedural()
        return found is not None and found.may_export(name)

    def add_macro_use(self, crate: str) -> None:
        """`#[macro_use] extern crate name;`"""
        if crate not in self._macro_use:
            self._macro_use.append(crate)

    def macro_use_prelude(self, name: str) -> Def | None:
        """A macro that `#[macro_use] extern crate` or std brings."""
        crate = self._crate
        program = crate.program
        crate.populate(crate.root)
        for extern in self._macro_use:
            root = crate.extern_crate(extern)
            if root is None or root.kind is DefKind.UNKNOWN:
                continue
            found = program.names.member(root, Namespace.MACROS, name)
            if found is not None:
                return found
        return program.std.children("std").get((Namespace.MACROS, name))

    # Item calls

    def own_macro(self, module: ModuleData, call: MacroCallItem, *, upto: int) -> Entry | None:
        """The `macro_rules!` of this crate that a call means; None where what it means is not known by its rules."""
        path = call.path
        names = [segment.name for segment in path.segments]
        key = (module, upto, path.anchor, tuple(names))
        if key in self._own:
            return self._own[key]
        entry = None
        if path.anchor is Anchor.PLAIN and len(names) == 1:
            entry = self.textual(module, upto, names[0])
        if entry is None:
            program = self._crate.program
            walk = program.names.walk(
                module, path.anchor, path.supers, path.crate, names, Namespace.MACROS, is_import=True
            )
            if walk is not None and walk.used == len(names) and walk.definition.kind is DefKind.MACRO:
                entry = program.entry(walk.definition.path, DefKind.MACRO)
        if (
            entry is None
            or entry.module.crate is not self._crate
            or not is_macro_rules(entry)
            or modelled(unnumbered(entry.path)) is not None
        ):
            return None
        self._own[key] = entry
        return entry

    def may_come(self, call: MacroCallItem) -> bool:
        return call.path.anchor is not Anchor.PLAIN or call.path.crate is None

    def expand_items(
        self, module: ModuleData, source: Source, call: MacroCallItem, *, file: str, upto: int | None = None, off: bool
    ) -> tuple[list[Item], Source, str | None] | None:
        """The items a call in `file` stands for, what their offsets are in, their file if `include!` names another."""
        if call.name == "include":
            return self._include(module, source, call, file)
        expander, position = self._expander(module)
        before = (position.upto, position.off)
        position.upto, position.off = len(module.textual) if upto is None else upto, off
        answer = expander.expand(_as_call(source, call))
        position.upto, position.off = before
        unread = self._crate.impls.unread
        key = (source, call.args)
        if isinstance(answer, Expansion):
            unread.pop(key, None)
            return items_made(answer), answer, None
        name = f"{call.name}!"
        if isinstance(answer, Failure) and std_macro(call.name) is None:
            if name not in module.unexpanded:
                module.unexpanded.append(name)
            if not off:
                unread[key] = source.text[slice(*call.args)]
        return None

    def expand_type(self, module: ModuleData, call: MacroCall, *, upto: int, off: bool) -> TypeRef:
        """The type that a call in the signature of an item stands for."""
        expander, position = self._expander(module)
        before = (position.upto, position.off)
        position.upto, position.off = upto, off
        answer = expander.expand(call)
        position.upto, position.off = before
        if isinstance(answer, Expansion):
            return type_of(answer)
        why = answer.why if isinstance(answer, Failure) else "the macro gives no type"
        return ErrorType(why)

    def _include(
        self, module: ModuleData, source: Source, call: MacroCallItem, around: str
    ) -> tuple[list[Item], Source, str | None] | None:
        text = source.text[call.args[0] : call.args[1]].decode("utf-8", "replace")
        path = self._included(around, text)
        file = None if path is None else self._crate.program.files.items(path, self._crate.edition)
        if file is None or path is None or path in (module.file, around):
            module.unexpanded.append("include!")
            return None
        return file.items, file.source, path

    def _included(self, around: str, argument: str) -> str | None:
        """The file of `"name"`, or of `concat!(env!("OUT_DIR"), "/name")` where all builds have the same."""
        literal = _LITERAL.fullmatch(argument)
        if literal is not None:
            return paths.join(paths.parent(around), literal[1])
        made = _IN_OUT_DIR.fullmatch(argument)
        if made is None:
            return None
        text_of = self._crate.program.files.text
        found = {text: path for folder in self._crate.crate.out_dirs if (text := text_of(path := folder + made[1]))}
        return next(iter(found.values())) if len(found) == 1 else None


_LITERAL = re.compile(r'\s*"([^"\\]*)"\s*,?\s*')
_IN_OUT_DIR = re.compile(
    r'\s*concat!\s*[({\[]\s*env!\s*[({\[]\s*"OUT_DIR"\s*[)}\]]\s*,\s*"([^"\\]*)"\s*,?\s*[)}\]]\s*,?\s*'
)


def _as_call(source: Source, call: MacroCallItem) -> MacroCall:
    return MacroCall(call.path, source, call.args, delimiter_at(source, call.args[0] - 1), "item", call.range)


def is_macro_rules(entry: Entry) -> bool:
    """Not a `macro name {..}`."""
    start = entry.item.range[0]
    return b"macro_rules" in entry.source.text[start : entry.item.name_range[0]]
