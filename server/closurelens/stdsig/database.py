"""The signatures of core, alloc and std (`ty.sig.SigDb`), decoded as they are asked for.

Invariant: a database answers the same object for the same question; nothing in it is ever changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

from closurelens.records import dataclass
from closurelens.stdsig.decode import Records
from closurelens.stdsig.format import IMPL_SEGMENT
from closurelens.ty.sig import AdtSig, AliasSig, Def, DefKind, FnSig, ImplSig, Namespace, TraitSig, ValueSig
from closurelens.ty.types import DefPath, Ty

DATA = Path(__file__).parent / "data" / "std.sig"
CRATES = ("core", "alloc", "std")

_NO_CHILDREN: Mapping[tuple[Namespace, str], Def] = {}


@dataclass(slots=True)
class ReceiverCounts:
    """How many methods of one name take each receiver, over std's inherent methods and traits.

    `copied` counts `self` on Copy types, where the call does not move; `by_value` every other `self`.
    """

    by_value: int
    copied: int
    by_ref: int
    by_mut: int
    typed: int


class StdDb:
    def __init__(self, data: bytes) -> None:
        """`data` is the packed file; ValueError when it is none of ours."""
        self._records = Records(data)
        index = self._records.index
        self._adt_numbers: dict[str, int] = index["adts"]
        self._trait_numbers: dict[str, int] = index["traits"]
        self._fn_numbers: dict[str, int] = index["fns"]
        self._value_numbers: dict[str, int] = index["values"]
        self._alias_numbers: dict[str, int] = index["aliases"]
        self._export_numbers: dict[str, int] = index["exports"]
        self._by_trait_numbers: dict[str, int] = index["by_trait"]
        self._first_impls: dict[str, int] = index["impls"]
        self._inherent: dict[str, list[int]] = index["inherent"]
        self.insignificant_dtors: frozenset[DefPath] = frozenset(index["insignificant_dtors"])
        ordered = sorted(self._first_impls.items(), key=lambda entry: entry[1])
        self._module_firsts = [first for _, first in ordered]
        self._module_names = [module for module, _ in ordered]
        self._adts: dict[str, AdtSig | None] = {}
        self._traits: dict[str, TraitSig | None] = {}
        self._fns: dict[str, FnSig | None] = {}
        self._methods: dict[str, dict[str, int]] = {}
        self._impls: dict[int, ImplSig] = {}
        self._exports: dict[str, Mapping[tuple[Namespace, str], Def]] = {}
        self._heads: dict[str, dict[str | None, list[int]]] = {}
        self._impl_lists: dict[tuple[str, str | None], tuple[ImplSig, ...]] = {}
        self._inherent_lists: dict[str, tuple[ImplSig, ...]] = {}

    @classmethod
    def load(cls) -> StdDb:
        """The database that comes with the program; OSError or ValueError when the installation is broken."""
        return cls(DATA.read_bytes())

    # -- items by path

    def adt(self, path: DefPath) -> AdtSig | None:
        found = self._adts.get(path)
        if found is None:
            number = self._adt_numbers.get(path)
            if number is None:
                return None
            found = self._adts[path] = self._records.adt(number, path)
        return found

    def trait(self, path: DefPath) -> TraitSig | None:
        found = self._traits.get(path)
        if found is None:
            number = self._trait_numbers.get(path)
            if number is None:
                return None
            found = self._traits[path] = self._records.trait(number, path)
        return found

    def fn(self, path: DefPath) -> FnSig | None:
        found = self._fns.get(path)
        if found is None:
            number = self._fn_numbers.get(path)
            container, _, name = path.rpartition("::")
            if number is not None:
                found = self._records.fn(number, path, name, None)
            else:
                number = self._methods_of(container).get(name)
                if number is None:
                    return None
                found = self._records.fn(number, path, name, container)
            self._fns[path] = found
        return found

    def _methods_of(self, container: DefPath) -> dict[str, int]:
        found = self._methods.get(container)
        if found is None:
            number = self._trait_numbers.get(container)
            if number is not None:
                found = self._records.method_numbers("traits", number)
            else:
                number = self._impl_number(container)
                found = {} if number is None else self._records.method_numbers("impls", number)
            if number is not None:
                self._methods[container] = found
        return found

    def value(self, path: DefPath) -> ValueSig | None:
        number = self._value_numbers.get(path)
        return None if number is None else self._records.value(number, path)

    def alias(self, path: DefPath) -> AliasSig | None:
        number = self._alias_numbers.get(path)
        return None if number is None else self._records.alias(number, path)

    # -- impls

    def impl(self, path: DefPath) -> ImplSig | None:
        number = self._impl_number(path)
        return None if number is None else self._impl(number)

    def _impl_number(self, path: DefPath) -> int | None:
        """Impls are numbered by module and, within it, by the number in their path."""
        module, _, last = path.rpartition("::")
        first = self._first_impls.get(module)
        if first is None or not last.startswith(IMPL_SEGMENT):
            return None
        digits = last[len(IMPL_SEGMENT) : -1]
        if not digits.isdecimal():
            return None
        number = first + int(digits)
        return number if number < self._end_of_module(first) else None

    def _end_of_module(self, first: int) -> int:
        after = bisect_right(self._module_firsts, first)
        return self._module_firsts[after] if after < len(self._module_firsts) else len(self._records.tables["impls"])

    def _impl(self, number: int) -> ImplSig:
        found = self._impls.get(number)
        if found is None:
            place = bisect_right(self._module_firsts, number) - 1
            path = f"{self._module_names[place]}::{IMPL_SEGMENT}{number - self._module_firsts[place]}}}"
            found = self._impls[number] = self._records.impl(number, path)
        return found

    def _impls_by_head(self, trait: DefPath) -> dict[str | None, list[int]]:
        found = self._heads.get(trait)
        if found is None:
            number = self._by_trait_numbers.get(trait)
            if number is None:
                return {}
            found = self._heads[trait] = self._records.impls_by_head(number)
        return found

    def trait_impls_in(self, near: DefPath, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        """Nothing: std is one whole, `trait_impls` gives all of it."""
        return ()

    def trait_impls(self, trait: DefPath, head: str | None) -> Sequence[ImplSig]:
        key = (trait, head)
        found = self._impl_lists.get(key)
        if found is None:
            numbers = self._impls_by_head(trait).get(head)
            if numbers is None:
                return ()
            found = self._impl_lists[key] = tuple([self._impl(n) for n in numbers])
        return found

    def all_trait_impls(self, trait: DefPath) -> Sequence[ImplSig]:
        """Decodes every impl of the trait: thousands for the operators."""
        out: list[ImplSig] = []
        for head in self._impls_by_head(trait):
            out.extend(self.trait_impls(trait, head))
        return out

    def inherent_impls(self, head: str) -> Sequence[ImplSig]:
        found = self._inherent_lists.get(head)
        if found is None:
            numbers = self._inherent.get(head)
            if numbers is None:
                return ()
            found = self._inherent_lists[head] = tuple([self._impl(n) for n in numbers])
        return found

    # -- names

    def traits_with_method(self, name: str) -> Sequence[DefPath]:
        """Unstable methods do not count: on stable Rust they never win a look-up."""
        numbers = self._records.index["method_traits"].get(name, ())
        return tuple([self._records.string(n) for n in numbers])

    def has_unseen_impls(self, ty: Ty, trait: DefPath | None = None) -> None:
        """All impls of std are told."""

    def may_change_fields(self, path: DefPath) -> bool:
        return False

    def receivers_of(self, name: str) -> ReceiverCounts | None:
        """For guesses where the receiver's type is not known; None: no stable method of std has this name."""
        counts = self._records.index["receivers"].get(name)
        return None if counts is None else ReceiverCounts(*counts)

    def children(self, module: DefPath) -> Mapping[tuple[Namespace, str], Def]:
        found = self._exports.get(module)
        if found is None:
            number = self._export_numbers.get(module)
            if number is None:
                return _NO_CHILDREN
            found = self._exports[module] = self._records.exports(number)
        return found

    def resolve(self, path: str, namespace: Namespace) -> Def | None:
        """What a path as users write it leads to: `std::collections::HashMap`, `std::io::Result`."""
        crate, *segments = path.split("::")
        if crate not in CRATES:
            return None
        found = Def(DefKind.MODULE, crate)
        for place, name in enumerate(segments):
            wanted = namespace if place == len(segments) - 1 else Namespace.TYPES
            inner = self.children(found.path).get((wanted, name))
            if inner is None:
                return None
            found = inner
        return found

    # -- everything, for tests and tools

    def paths(self, table: str) -> Sequence[DefPath]:
        """The paths of all "adts", "traits", "fns" (free ones), "values", "aliases" or "exports" (modules, enums)."""
        return tuple(self._records.index[table])

    def impls(self) -> Sequence[ImplSig]:
        return [self._impl(n) for n in range(len(self._records.tables["impls"]))]
