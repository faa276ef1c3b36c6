"""The crates of a program by name, and how dependencies come into it: as what was stored of them, or as their source.

Invariant: a dependency is asked for when a name leads there and not before; what a crate is called is decided when it
is first named.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from closurelens.project.model import Crate, CrateGraph, CrateId, TargetKind
from closurelens.records import dataclass
from closurelens.resolve.attributes.output import Kept
from closurelens.resolve.attributes.reading import read_attribute
from closurelens.resolve.attributes.source import MacroCrate, read_crate
from closurelens.resolve.attributes.words import HELPERS, MacroWords, words_of
from closurelens.resolve.stored import PackedCrate, PackedMacros, StoredCrate
from closurelens.ty.sig import Def, DefKind
from closurelens.ty.types import DefPath

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex
    from closurelens.resolve.program import Program

STD = frozenset(("core", "alloc", "std"))


@dataclass(slots=True)
class Absent:
    """A crate of which nothing is known for now, and why."""

    why: str


@dataclass(slots=True, eq=True)
class Route:
    """How a dependency was reached: through a crate of the workspace and the names of dependencies from it on."""

    member: CrateId
    names: tuple[str, ...] = ()


LoadStored = Callable[[CrateGraph, Crate, Route], bytes | Absent | None]
"""What `packing` made of a dependency; None: its source is to be read."""


def always_from_source(graph: CrateGraph, crate: Crate, route: Route) -> None:
    return None


class Dependencies(ABC):
    """What `Program` knows of crates as wholes."""

    def __init__(self, graph: CrateGraph, stored: LoadStored, *, index_dependencies: bool) -> None:
        self.graph = graph
        self.index_dependencies = index_dependencies
        self.routes: dict[str, tuple[str, str]] = {}
        """Name of a dependency's crate -> that of the crate which first led to it, and what it is called there."""
        self._by_name: dict[str, CrateIndex] = {}
        self._stored = stored
        self._dependencies: dict[tuple[CrateId, str], Def] = {}
        self._missing: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._crate_names: dict[CrateId, str] = {}
        self._crates_by_name: dict[str, Crate] = {}
        self._packed: dict[str, PackedCrate | None] = {}
        self._macro_crates: dict[str, MacroCrate | None] = {}
        self._kept: dict[tuple[DefPath, str], Kept | None] = {}
        self._macro_words: dict[str, MacroWords] = {}

    @abstractmethod
    def crate(self, crate: Crate) -> CrateIndex:
        """The index of a crate's source; nothing is read before something is asked of it."""

    @abstractmethod
    def as_program(self) -> Program:
        """The program that these are the crates of."""

    def _forget_dependencies(self) -> None:
        self._dependencies.clear()
        self._missing.clear()
        self._packed.clear()
        self._waiting.clear()

    def name_of(self, crate: Crate) -> str:
        """The first segment of the paths in a crate."""
        name = self._crate_names.get(crate.id)
        if name is None:
            name = crate.name
            count = 1
            while name in self._crates_by_name or name in STD:
                count += 1
                name = f"{crate.name}@{count}"
            self._crate_names[crate.id] = name
            self._crates_by_name[name] = crate
        return name

    def packed(self, path: DefPath) -> PackedCrate | None:
        """The dependency that a path is in, if it is not its source that is read."""
        return self._opened(path.partition("::")[0])

    def kept_by(self, macro: DefPath, kind: str) -> Kept | None:
        """What an attribute macro leaves of items of a kind as its source has it; None: that cannot be told."""
        key = (macro, kind)
        if key not in self._kept:
            name, _, rest = macro.partition("::")
            if name not in self._macro_crates:
                crate = self._crates_by_name.get(name)
                read = None
                if crate is not None and crate.kind is TargetKind.PROC_MACRO:
                    helpers = [
                        (name, library.root)
                        for name, library in self._libraries(crate)
                        if library is not None and name.replace("-", "_") not in HELPERS
                    ]
                    read = read_crate(self.as_program().files.text, crate.root, helpers)
                self._macro_crates[name] = read
            read = self._macro_crates[name]
            self._kept[key] = None if read is None else read_attribute(read, rest, kind)
        return self._kept[key]

    def may_implement(self, macro: DefPath, trait: DefPath, *, in_derives: bool) -> bool:
        """Whether a macro may implement a trait for the type that it stands on; `in_derives`: also by `derive(..)`."""
        name = macro.partition("::")[0]
        if name not in self._macro_words:
            crate = self._crates_by_name.get(name)
            if crate is None or crate.kind is not TargetKind.PROC_MACRO:
                return True
            self._macro_words[name] = words_of(crate, self._libraries, self.as_program().files.text)
        return self._macro_words[name].may_name(trait.rpartition("::")[2], in_derives=in_derives)

    def _libraries(self, crate: Crate) -> Iterator[tuple[str, Crate | None]]:
        for name in self.graph.extern_names(crate):
            yield name, self.graph.dependency_crate(crate, name)

    def forget_macros(self, path: str) -> None:
        """A file has another text, which may be that of a macro."""
        self._macro_words.clear()
        for name, crate in list(self._macro_crates.items()):
            if crate is None or any(file.path == path for file in crate.files):
                del self._macro_crates[name]
                self._kept = {key: kept for key, kept in self._kept.items() if key[0].partition("::")[0] != name}

    def _opened(self, name: str) -> PackedCrate | None:
        if name not in self._packed:
            crate = self._crates_by_name.get(name)
            if crate is None:
                return None
            self._packed[name] = self._open(crate, name)
        return self._packed[name]

    def dependency(self, crate: Crate, name: str) -> Def:
        """The root of a dependency; UNKNOWN when it is not at hand."""
        key = (crate.id, name)
        found = self._dependencies.get(key)
        if found is None:
            own = self.name_of_dependency(crate, name)
            why = self.why_missing(own)
            found = self._dependencies[key] = Def(DefKind.UNKNOWN if why is not None else DefKind.MODULE, own)
        return found

    def has_feature(self, path: DefPath, feature: str) -> bool:
        """Of the crate that a path is in."""
        crate = self._crates_by_name.get(path.partition("::")[0])
        return crate is not None and ("feature", feature) in crate.cfg.options

    def is_library(self, crate: Crate, name: str) -> bool:
        """Whether a dependency of a member has a library of this name, which is not that of its package.

        The manifests of the dependencies tell, and those are not read before a name is found nowhere else.
        """
        return self.index_dependencies and name in self.graph.extern_names(crate)

    def name_of_dependency(self, crate: Crate, name: str) -> str:
        """As `name_of`, for what `crate` calls `name`; nothing is read or asked for."""
        graph = self.graph
        target = (graph.dependency_crate if self.index_dependencies else graph.member_crate)(crate, name)
        if target is None:
            self._missing.setdefault(name, f"the source of crate `{name}` is not at hand")
            return name
        own = self.name_of(target)
        if own not in self.routes and own not in self._by_name:
            self.routes[own] = (self.name_of(crate), name)
        return own

    def why_missing(self, path: DefPath) -> str | None:
        """Why nothing is known of the crate that a path is in; to ask is to need it."""
        name = path.partition("::")[0]
        self._opened(name)
        return self._missing.get(name)

    def _open(self, crate: Crate, name: str) -> PackedCrate | None:
        if name in self._by_name or crate.is_member:
            self.crate(crate)
            return None
        if crate.kind is TargetKind.PROC_MACRO:
            return PackedMacros(name, lambda: self.as_program().files.text(crate.root) or b"")
        stored = self._stored(self.graph, crate, self._route(name))
        if isinstance(stored, Absent):
            self._missing[name] = stored.why
            self._waiting.add(name)
            return None
        if stored is None:
            self.crate(crate)
            return None
        return StoredCrate(self.as_program(), crate, name, stored)

    def _route(self, name: str) -> Route:
        names: list[str] = []
        while name in self.routes:
            name, last = self.routes[name]
            names.append(last)
        return Route(self._crates_by_name[name].id, tuple(reversed(names)))

    @property
    def is_waiting(self) -> bool:
        """A dependency that was asked for is absent for now."""
        return bool(self._waiting)
