"""A dependency whose signatures were stored (`packing`), decoded as they are asked for.

Invariant: the same answers as from the crate's source. Paths within are written with the number of their crate, as what
a program calls a crate is decided when it is first named; a crate's number leads to it by a route of dependencies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from closurelens.hir.macros.api import Chunk, MacroDef, OpaqueMacro
from closurelens.hir.macros.definition import macro_rules
from closurelens.project.model import Crate
from closurelens.resolve.proc_macros import ProcMacros, exports
from closurelens.stdsig.decode import Records
from closurelens.ty import types as t
from closurelens.ty.sig import (
    AdtKind,
    AdtSig,
    AliasSig,
    Def,
    DefKind,
    FnSig,
    ImplSig,
    Namespace,
    TraitSig,
    ValueSig,
)
from closurelens.ty.types import DefPath

if TYPE_CHECKING:
    from closurelens.resolve.program import Program

FORMAT = 9
"""Part of every crate's key: to be raised with every change of what is stored or of how it is found out."""

OFTEN_DERIVED = (
    "core::clone::Clone",
    "core::iter::traits::collect::IntoIterator",
    "core::iter::traits::iterator::Iterator",
    "core::marker::Copy",
    "core::ops::deref::Deref",
    "core::ops::deref::DerefMut",
    "core::ops::drop::Drop",
)
"""Of these it is stored whether the unknown macros on a type may implement them; of others they always may."""

MAGIC = b"closurelens crate %d\n" % FORMAT
CRATE_MARK = "\0"
"""Starts a path of a source crate: its number follows, 0 for the crate itself."""
UNNAMED = "_#"
"""Starts the names under which a module's exports hold what `pub use .. as _` brings."""

_NOTHING: Mapping[tuple[Namespace, str], Def] = {}


class PackedCrate(Protocol):
    """What a program asks of a crate whose source it does not look at; paths are the program's."""

    def adt(self, path: DefPath) -> AdtSig | None: ...
    def fn(self, path: DefPath) -> FnSig | None: ...
    def trait(self, path: DefPath) -> TraitSig | None: ...
    def value(self, path: DefPath) -> ValueSig | None: ...
    def alias(self, path: DefPath) -> AliasSig | None: ...
    def impl(self, path: DefPath) -> ImplSig | None: ...
    def macro(self, path: DefPath) -> MacroDef | None: ...
    def const_value(self, path: DefPath) -> int | None: ...
    def unknown_derives(self, path: DefPath) -> Sequence[str]: ...
    def unread_words(self) -> frozenset[bytes]: ...
    def may_derive(self, path: DefPath, trait: DefPath) -> bool: ...
    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]: ...
    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]: ...
    def inherent_impls(self, head: str) -> Sequence[ImplSig]: ...
    def traits_with_method(self, name: str) -> Sequence[DefPath]: ...
    def children(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]: ...
    def member(self, parent: DefPath, namespace: Namespace, name: str) -> Def | None: ...


class PackedMacros:
    """A crate of procedural macros: nothing else in it can be named. `text` is its root file, empty if not at hand."""

    __slots__ = ("_exports", "_name", "_text")

    def __init__(self, name: str, text: Callable[[], bytes]) -> None:
        self._name = name
        self._text = text
        self._exports: ProcMacros | None = None

    def exports(self) -> ProcMacros:
        if self._exports is None:
            self._exports = exports(self._text())
        return self._exports

    def adt(self, path: DefPath) -> None:
        return None

    fn = trait = value = alias = impl = macro = const_value = adt

    def unknown_derives(self, path: DefPath) -> Sequence[str]:
        return ()

    def unread_words(self) -> frozenset[bytes]:
        return frozenset()

    def may_derive(self, path: DefPath, trait: DefPath) -> bool:
        return False

    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        return ()

    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]:
        return ()

    inherent_impls = all_trait_impls

    def traits_with_method(self, name: str) -> Sequence[DefPath]:
        return ()

    def children(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]:
        names = sorted(self.exports().names) if module == self._name else ()
        return {(Namespace.MACROS, name): Def(DefKind.MACRO, f"{module}::{name}") for name in names}

    def member(self, parent: DefPath, namespace: Namespace, name: str) -> Def | None:
        if namespace is Namespace.MACROS and parent == self._name and self.exports().may_export(name):
            return Def(DefKind.MACRO, f"{parent}::{name}")
        return None


class _CrateRecords(Records):
    """Paths come out as the program writes them; types of crates that are not at hand as `Unknown`."""

    __slots__ = ("_crate",)

    def __init__(self, data: bytes, crate: StoredCrate) -> None:
        super().__init__(data, MAGIC)
        self._crate = crate

    def string(self, number: int) -> str:
        found = self._strings[number]
        if found is None:
            found = super().string(number)
            if CRATE_MARK in found:
                found = self._strings[number] = self._crate.path_of(found)
        return found

    def _ty(self, r: list[object]) -> t.Ty:
        ty = super()._ty(r)
        if ty.__class__ is t.Adt:
            why = self._crate.why_missing(ty.path)
            return ty if why is None else t.Unknown(why)
        return ty


class StoredCrate:
    """`name` is what `program` calls the crate. ValueError when `data` is none of ours."""

    def __init__(self, program: Program, crate: Crate, name: str, data: bytes) -> None:
        self.crate = crate
        self.name = name
        self._program = program
        self._records = _CrateRecords(data, self)
        index = self._records.index
        self._prefix = f"{name}::"
        self._numbers: dict[str, dict[str, int]] = index["paths"]
        self._impl_paths: list[str] = index["impl_paths"]
        self._borrowed: dict[int, dict[str, str]] = index["borrowed"]
        self._by_trait: dict[str, int] = index["by_trait"]
        self._inherent: dict[str, list[int]] = index["inherent"]
        self._consts: dict[str, int] = index["consts"]
        self._doubts: dict[str, list[str]] = index["doubts"]
        self._underived: dict[str, list[str]] = index["underived"]
        self._macros: dict[str, list[object]] = index["macros"]
        self._routes: list[tuple[int, str]] = index["routes"]
        self._crates: dict[int, Crate | None] = {0: crate}
        self._crate_names: dict[int, str] = {0: name}
        self._crate_numbers: dict[str, int] | None = None
        self._impl_numbers: dict[str, int] | None = None
        self._adts: dict[str, AdtSig] = {}
        self._traits: dict[str, TraitSig] = {}
        self._fns: dict[str, FnSig | None] = {}
        self._methods: dict[str, dict[str, int]] = {}
        self._impls: dict[int, ImplSig] = {}
        self._children: dict[str, Mapping[tuple[Namespace, str], Def]] = {}
        self._heads: dict[str, dict[str | None, list[int]]] = {}
        self._macro_defs: dict[str, MacroDef | None] = {}
        self._unread: frozenset[bytes] | None = None

    # Paths

    def _relative(self, path: DefPath) -> str:
        """Without the crate; the root is empty."""
        return path[len(self._prefix) :]

    def path_of(self, stored: str) -> str:
        """A path, or the head of a type, as the program writes it."""
        lead, _, rest = stored.partition(CRATE_MARK)
        number, separator, rest = rest.partition("::")
        return f"{lead}{self._crate_name(int(number))}{separator}{rest}"

    def _crate_name(self, number: int) -> str:
        found = self._crate_names.get(number)
        if found is None:
            parent, extern = self._routes[number - 1]
            self._crate_name(parent)  # the program is to know the whole route
            crate = self._crate_at(parent)
            found = extern if crate is None else self._program.name_of_dependency(crate, extern)
            self._crate_names[number] = found
        return found

    def _crate_at(self, number: int) -> Crate | None:
        if number not in self._crates:
            parent, extern = self._routes[number - 1]
            crate = self._crate_at(parent)
            self._crates[number] = None if crate is None else self._program.graph.dependency_crate(crate, extern)
        return self._crates[number]

    def _stored(self, path: str) -> str:
        """The opposite of `path_of`."""
        if self._crate_numbers is None:
            self._crate_numbers = {self._crate_name(number): number for number in range(len(self._routes) + 1)}
        lead = "dyn " if path.startswith("dyn ") else ""
        first, separator, rest = path[len(lead) :].partition("::")
        number = self._crate_numbers.get(first) if separator else None
        return path if number is None else f"{lead}{CRATE_MARK}{number}::{rest}"

    def why_missing(self, path: DefPath) -> str | None:
        return None if path.startswith(self._prefix) else self._program.why_missing(path)

    # Items by path

    def adt(self, path: DefPath) -> AdtSig | None:
        found = self._adts.get(path)
        if found is None:
            number = self._numbers["adts"].get(self._relative(path))
            if number is None:
                return None
            found = self._adts[path] = self._records.adt(number, path)
        return found

    def trait(self, path: DefPath) -> TraitSig | None:
        found = self._traits.get(path)
        if found is None:
            number = self._numbers["traits"].get(self._relative(path))
            if number is None:
                return None
            found = self._traits[path] = self._records.trait(number, path)
        return found

    def fn(self, path: DefPath) -> FnSig | None:
        if path not in self._fns:
            self._fns[path] = self._fn(path)
        return self._fns[path]

    def _fn(self, path: DefPath) -> FnSig | None:
        number = self._numbers["fns"].get(self._relative(path))
        container, _, name = path.rpartition("::")
        if number is not None:
            return self._records.fn(number, path, name, None)
        number = self._methods_of(container).get(name)
        return None if number is None else self._records.fn(number, path, name, container)

    def _methods_of(self, container: DefPath) -> dict[str, int]:
        found = self._methods.get(container)
        if found is None:
            number = self._numbers["traits"].get(self._relative(container))
            if number is not None:
                found = self._records.method_numbers("traits", number)
            else:
                number = self._impl_number(container)
                found = {} if number is None else self._records.method_numbers("impls", number)
            self._methods[container] = found
        return found

    def value(self, path: DefPath) -> ValueSig | None:
        number = self._numbers["values"].get(self._relative(path))
        return None if number is None else self._records.value(number, path)

    def alias(self, path: DefPath) -> AliasSig | None:
        number = self._numbers["aliases"].get(self._relative(path))
        return None if number is None else self._records.alias(number, path)

    def const_value(self, path: DefPath) -> int | None:
        return self._consts.get(self._relative(path))

    def unknown_derives(self, path: DefPath) -> Sequence[str]:
        return self._doubts.get(self._relative(path), ())

    def unread_words(self) -> frozenset[bytes]:
        if self._unread is None:
            self._unread = frozenset(word.encode() for word in self._records.index["unread"])
        return self._unread

    def may_derive(self, path: DefPath, trait: DefPath) -> bool:
        return trait not in self._underived.get(self._relative(path), ())

    def macro(self, path: DefPath) -> MacroDef | None:
        if path not in self._macro_defs:
            self._macro_defs[path] = self._macro(path)
        return self._macro_defs[path]

    def _macro(self, path: DefPath) -> MacroDef | None:
        record = self._macros.get(self._relative(path))
        match record:
            case [str(why)]:
                return OpaqueMacro(why)
            case [str(name), str(text), bool(is_local_inner)]:
                source = Chunk(text.encode(), int(self.crate.edition))
                rules = (0, len(source.text))
                edition = int(self.crate.edition)
                return macro_rules(name, source, rules, self.name, edition, is_local_inner=is_local_inner)
            case _:
                return None

    # Impls

    def impl(self, path: DefPath) -> ImplSig | None:
        number = self._impl_number(path)
        return None if number is None else self._impl(number)

    def _impl_number(self, path: DefPath) -> int | None:
        if self._impl_numbers is None:
            self._impl_numbers = {path: number for number, path in enumerate(self._impl_paths)}
        return self._impl_numbers.get(self._relative(path))

    def _impl(self, number: int) -> ImplSig:
        found = self._impls.get(number)
        if found is None:
            path = self._prefix + self._impl_paths[number]
            found = self._impls[number] = self._records.impl(number, path)
            borrowed = self._borrowed.get(number)
            if borrowed is not None:
                methods = {name: self.path_of(at) if CRATE_MARK in at else at for name, at in borrowed.items()}
                found.methods = {**found.methods, **methods}
        return found

    def _impls_by_head(self, trait: DefPath) -> dict[str | None, list[int]]:
        found = self._heads.get(trait)
        if found is None:
            number = self._by_trait.get(self._stored(trait))
            found = self._heads[trait] = {} if number is None else self._records.impls_by_head(number)
        return found

    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        return [self._impl(number) for number in self._impls_by_head(trait).get(head, ())]

    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]:
        numbers = sorted(number for found in self._impls_by_head(trait).values() for number in found)
        return [self._impl(number) for number in numbers]

    def inherent_impls(self, head: str) -> Sequence[ImplSig]:
        return [self._impl(number) for number in self._inherent.get(self._stored(head), ())]

    # Names

    def traits_with_method(self, name: str) -> Sequence[DefPath]:
        return [self._prefix + path for path in self._records.index["method_traits"].get(name, ())]

    def children(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]:
        """Of a module or enum; names that start with `UNNAMED` are traits that have none."""
        found = self._children.get(module)
        if found is None:
            found = self._children[module] = self._children_of(module)
        return found

    def _children_of(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]:
        number = self._numbers["exports"].get(self._relative(module))
        if number is not None:
            return self._records.exports(number)
        adt = self.adt(module)
        if adt is None or adt.kind is not AdtKind.ENUM:
            return _NOTHING
        variants = [Def(DefKind.VARIANT, f"{module}::{variant.name}") for variant in adt.variants]
        names = [(one.path.rpartition("::")[2], one) for one in variants]
        return {(space, name): one for name, one in names for space in (Namespace.TYPES, Namespace.VALUES)}

    def member(self, parent: DefPath, namespace: Namespace, name: str) -> Def | None:
        found = self.children(parent).get((namespace, name))
        if found is None:
            return None
        first = found.path.partition("::")[0]
        if first != self.name and self._program.why_missing(found.path) is not None:
            return Def(DefKind.UNKNOWN, found.path)
        return found


def is_current(data: bytes) -> bool:
    """Whether these bytes are a stored crate that this version can read."""
    return data.startswith(MAGIC)
