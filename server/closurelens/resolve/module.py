"""The module tree's data: modules, what they declare, and what they import.

Invariant: a module's names are those written in it; what an import or glob leads to is not kept here. What a `cfg`
switches off stands in `off`, apart from the rest.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from closurelens.hir.item import Item, Module, Range, UseImport
from closurelens.hir.macros.api import Source
from closurelens.project.modules import ModuleFolder
from closurelens.records import dataclass, field
from closurelens.ty.sig import Def, DefKind, Namespace
from closurelens.ty.types import DefPath

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex
    from closurelens.resolve.late_calls import ModuleLate


@dataclass(slots=True, eq=False, repr=False)
class Entry:
    """One declared item.

    * `container` is the impl or trait of an associated item, `source` what the item's offsets are in.
    * `in_macro`: the range of the item macro call in `file` that made it.
    * `visible_in`: the module inside of which it can be named, None for everywhere.
    * `textual_at`: how much of the module's `textual` stands before it.
    """

    kind: DefKind
    path: DefPath
    item: Item
    module: ModuleData
    file: str
    source: Source
    visible_in: ModuleData | None
    cfg_off: str | None = None
    container: Entry | None = None
    in_macro: Range | None = None
    textual_at: int = 0

    def __repr__(self) -> str:
        return f"<Entry {self.path}>"

    def definition(self) -> Def:
        return Def(self.kind, self.path)


@dataclass(slots=True, eq=False, repr=False)
class Import:
    """One leaf of a `use`, or an `extern crate` (then `extern` names the crate)."""

    leaf: UseImport | None
    module: ModuleData
    visible_in: ModuleData | None
    extern: str | None = None


@dataclass(slots=True)
class Names:
    """What a module declares. A name may stand in several namespaces, and twice in one where the program is wrong."""

    types: dict[str, Entry] = field(default_factory=dict)
    values: dict[str, Entry] = field(default_factory=dict)
    macros: dict[str, Entry] = field(default_factory=dict)
    imports: dict[str, list[Import]] = field(default_factory=dict)
    globs: list[Import] = field(default_factory=list)
    unnamed: list[Import] = field(default_factory=list)  # `as _`

    def of(self, namespace: Namespace) -> dict[str, Entry]:
        if namespace is Namespace.TYPES:
            return self.types
        return self.values if namespace is Namespace.VALUES else self.macros


class State(Enum):
    UNREAD = 0
    POPULATING = 1
    DONE = 2


@dataclass(slots=True, eq=False, repr=False)
class ModuleData:
    """A module, or the anonymous module of a block that declares items (`is_block`; `parent` then encloses it).

    * `file` is where its items stand, `declared` the `mod` item (None for a crate's root and blocks).
    * `folder` is where its child modules' files are, `source` what the offsets of its items are in.
    * `is_gone`: a block whose body has another text now.
    * `undecided` are names of imports and modules that lead elsewhere as a `cfg` has it that is not known.
    * `unexpanded` are the item macros that could not be expanded: it may have more names.
    * `late` are calls of item macros that wait and may bring names. `impl_count` and `written_count` are the numbers of
      impls and entries that are not from calls that waited.
    * `textual` is the order in which macros come into textual scope: macros, and modules marked `#[macro_use]`.
      `textual_start` is the length the parent's list had where this module stands.
    """

    crate: CrateIndex
    path: DefPath
    name: str
    parent: ModuleData | None
    file: str
    declared: Module | None = None
    is_block: bool = False
    cfg_off: str | None = None
    in_macro: Range | None = None
    state: State = State.UNREAD
    missing: str | None = None
    on: Names = field(default_factory=Names)
    off: Names = field(default_factory=Names)
    children: list[ModuleData] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    impl_count: int = 0
    written_count: int = 0
    textual: list[Entry | ModuleData] = field(default_factory=list)
    textual_start: int = 0
    folder: ModuleFolder = field(default_factory=lambda: ModuleFolder(""))
    source: Source | None = None
    is_gone: bool = False
    unexpanded: list[str] = field(default_factory=list)
    late: ModuleLate | None = None
    undecided: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<ModuleData {self.path}>"

    def nearest_module(self) -> ModuleData:
        """The module that `self::` means: blocks are skipped."""
        module = self
        while module.is_block and module.parent is not None:
            module = module.parent
        return module

    def is_within(self, outer: ModuleData) -> bool:
        module: ModuleData | None = self
        while module is not None:
            if module is outer:
                return True
            module = module.parent
        return False


def innermost(a: ModuleData | None, b: ModuleData | None) -> ModuleData | None:
    """The narrower of two visibilities."""
    if a is None or b is None:
        return b if a is None else a
    return a if a.is_within(b) else b
