"""The module tree of one crate.

Modules are filled (`filing`) when their names are first asked for: a `mod name;` whose names nobody asks for is not
read.

Invariant: a module that is DONE never changes; a new text means a new `CrateIndex`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from closurelens.hir.item import Attrs, ImplItem, Item, TraitItem, VariantDecl
from closurelens.hir.lower.attrs import effective
from closurelens.hir.macros.api import Source
from closurelens.project import cfg as cfg_rules
from closurelens.project import modules, paths
from closurelens.project.model import Crate
from closurelens.resolve.filing import Filing, Place, place_of, repeated_names
from closurelens.resolve.impl_index import CrateImpls
from closurelens.resolve.late_calls import LateCalls
from closurelens.resolve.macro_scope import MacroScope
from closurelens.resolve.module import Entry, ModuleData, State
from closurelens.resolve.sketch import FileSketch, crate_files
from closurelens.ty.sig import Def, DefKind
from closurelens.ty.types import PRIMS, DefPath

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

_STD_CRATES = frozenset(("std", "core", "alloc"))
_OTHER_STD_CRATES = frozenset(("proc_macro", "test"))


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
        self.dropped = 0
        """How many modules of blocks are gone."""
        self.trait_entries: list[Entry] = []
        self.derive_entries: list[Entry] = []
        self.impls = CrateImpls(self)
        self._cfg: dict[str, bool] = {}
        self._prelude: DefPath | None = None
        self._files: list[FileSketch] | None = None
        self._parents: dict[str, str | None] | None = None
        self._blocks: dict[DefPath, list[DefPath]] = {}
        self._block_texts: dict[DefPath, bytes] = {}
        self.filing = Filing(self)
        self.late = LateCalls(self)

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

    def undecided(self, attrs: Attrs) -> str | None:
        """The first `cfg` of which it is not known whether it holds."""
        return next((text for text in attrs.cfg if self.decided(text) is None), None)

    def undecided_fields(self, variant: VariantDecl) -> dict[str, str]:
        """Fields declared twice, where it is not known which of them counts; of a tuple all from such a one on."""
        found: dict[str, str] = {}
        seen: set[str] = set()
        before: str | None = None
        for field in variant.fields:
            before = before if variant.ctor == "tuple" else None
            cfg = before = before or self.undecided(field.attrs)
            if cfg is not None and (variant.ctor == "tuple" or field.name in seen):
                found[field.name] = cfg
            seen.add(field.name)
        return found

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
        if (
            self.crate.is_member
            and name[:1].islower()
            and name not in PRIMS
            and self.program.is_library(self.crate, name)
        ):
            return self.program.dependency(self.crate, name)
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
        known = self._by_mod(path)
        return self._with_inline(known if known else self._named_by_macros(path))

    def _by_mod(self, path: str) -> list[ModuleData]:
        """The modules of a file that `mod` in one text after the other leads to."""
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
            found = _inside(self._with_inline(found), file)
        return found if found and (found[0].file == path or _includes(found[0], path)) else []

    def _named_by_macros(self, path: str) -> list[ModuleData]:
        """The modules of a file that no `mod` in a text leads to: a macro call or definition has its name in it."""
        folder = paths.parent(path)
        stem = paths.stem(path)
        if stem == "mod":
            stem, folder = paths.name(folder), paths.parent(folder)
        words = re.findall(r"\w+", stem)
        found: dict[DefPath, ModuleData] = {}
        known: set[str] = set()
        for sketch in self.files():
            known.add(sketch.path)
            if sketch.path != path and words and sketch.has_in_macro(words[-1].encode()):
                around = self._with_inline(self._by_mod(sketch.path))
                found.update({module.path: module for module in _inside(around, path)})
        for parent in (f"{folder}.rs", f"{folder}/mod.rs"):
            # It may be named by a macro itself.
            if parent != path and parent not in known and self.program.files.text(parent) is not None:
                around = self.modules_of_file(parent)
                found.update({module.path: module for module in _inside(around, path)})
        return list(found.values())

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
        postponed = self.program.names.postponed
        with postponed.filling():
            found = self._items_of(module)
            left = [] if found is None else self.filing.file(place_of(module, *found), found[0])
            if left and postponed.is_open:
                postponed.add(module, left)
            else:
                module.state = State.DONE
            self.program.names.changed()

    def _items_of(self, module: ModuleData) -> tuple[Sequence[Item], Source] | None:
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
        repeated = repeated_names(plain)
        for item, source in items:
            module.source = source
            self.filing.file(Place(module, file, source, None, None, repeated), [item])
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
                    self.dropped += 1
                    self.program.impl_changes.number += 1
                    inside.extend(module.children)
                    for entry in module.entries:
                        self.entries.pop(entry.path, None)
                        members = self.filing.members.pop(entry, [])
                        for member in members:
                            self.entries.pop(member.path, None)
                        work.extend(gone.path for gone in (entry, *members))

    # Filing items

    def associated(self, container: Entry) -> list[Entry]:
        """What an impl or trait declares; those that are off come last."""
        return self.filing.associated(container)

    # Entries by path

    def find(self, path: DefPath, accept: Callable[[Entry], bool]) -> Entry | None:
        """The entry under `path` that is accepted; fills what is on the way."""
        known = self.entries.get(path)
        if known is None:
            self._reach(path)
            known = self.entries.get(path, [])
        for entry in known:
            if accept(entry):
                return entry
        parent, _, name = path.rpartition("::")
        module = self.modules.get(parent)
        if module is None or module.late is None:
            return None
        self.late.reveal(module, name)
        return next((entry for entry in self.entries.get(path, ()) if accept(entry)), None)

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


def _inside(around: list[ModuleData], path: str) -> list[ModuleData]:
    """Those modules of a file that others declare, or into which others include it."""
    found = [child for module in around for child in module.children if child.file == path]
    found.extend(module for module in around if _includes(module, path))
    return found


def _includes(module: ModuleData, path: str) -> bool:
    """Whether an `include!` brings items of another file."""
    return any(entry.file == path for entry in module.entries)


def _is_test(attribute: str) -> bool:
    """`#[test]`, `#[bench]`, or a macro that adds it (`#[tokio::test]`)."""
    return attribute in ("test", "bench") or attribute.endswith("::test")
