"""Stores what other crates can know of a crate: the opposite of `stored`.

Invariant: nothing that a `cfg` switches off is stored, and the same crate gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from closurelens.hir.item import MacroRulesItem
from closurelens.hir.macros.api import Expansion, OpaqueMacro
from closurelens.records import replace
from closurelens.resolve.module import Entry, ModuleData
from closurelens.resolve.stored import CRATE_MARK, MAGIC, OFTEN_DERIVED, UNNAMED
from closurelens.resolve.unseen import may_derive
from closurelens.stdsig import format as f
from closurelens.stdsig.encode import Writer
from closurelens.ty import types as t
from closurelens.ty.sig import Def, DefKind, ImplSig, Namespace, TraitSig
from closurelens.ty.types import DefPath

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_ADTS = frozenset((DefKind.STRUCT, DefKind.ENUM, DefKind.UNION))
_VALUES = frozenset((DefKind.CONST, DefKind.STATIC))
_TRAITS = frozenset((DefKind.TRAIT, DefKind.TRAIT_ALIAS))
_ORDER = {namespace: number for number, namespace in enumerate(Namespace)}


def pack_crate(crate: CrateIndex) -> bytes:
    """`crate` is the first that its program was asked about: all others have their routes from it."""
    return _Packer(crate).pack()


class _Packer(Writer):
    def __init__(self, crate: CrateIndex) -> None:
        super().__init__(MAGIC)
        self.crate = crate
        self.program = crate.program
        self.prefix = f"{crate.name}::"
        self.numbers: dict[str, int] = {crate.name: 0}
        self.routes: list[tuple[int, str]] = []
        self._types: dict[int, tuple[t.Ty, int]] = {}

    def pack(self) -> bytes:
        modules = self.modules()
        paths: dict[str, dict[str, int]] = {
            name: {} for name in ("adts", "traits", "fns", "values", "aliases", "exports")
        }
        consts: dict[str, int] = {}
        doubts: dict[str, list[str]] = {}
        underived: dict[str, list[str]] = {}
        macros: dict[str, list[Any]] = {}
        methods: dict[str, list[str]] = {}
        self.fn_numbers = paths["fns"]
        for entry in self.entries():
            path = self.relative(entry.path)
            if entry.kind in _ADTS:
                adt = self.program.adt(entry.path)
                if adt is not None:
                    paths["adts"][path] = self.adt(adt)
                names = self.program.unknown_derives(entry.path)
                if names:
                    doubts[path] = list(names)
                    underived[path] = [
                        trait for trait in OFTEN_DERIVED if not may_derive(self.program, entry.path, trait)
                    ]
            elif entry.kind in _TRAITS:
                trait = self.program.trait(entry.path)
                if trait is not None:
                    paths["traits"][path] = self.trait(self.regular(trait))
                    for name in trait.methods:
                        methods.setdefault(name, []).append(path)
            elif entry.kind is DefKind.FUNCTION and entry.container is None:
                fn = self.program.fn(entry.path)
                if fn is not None:
                    paths["fns"][path] = self.fn(fn)
            elif entry.kind in _VALUES:
                value = self.program.value(entry.path)
                if value is not None:
                    flags = value.is_static * f.VALUE_STATIC | value.is_mutable * f.VALUE_MUTABLE
                    paths["values"][path] = self.add("values", [self.ty(value.ty), flags])
                evaluated = self.program.const_value(entry.definition())
                if evaluated is not None and -(1 << 63) <= evaluated < 1 << 63:
                    consts[path] = evaluated
            elif entry.kind is DefKind.TYPE_ALIAS:
                alias = self.program.alias(entry.path)
                if alias is not None:
                    paths["aliases"][path] = self.add("aliases", [self.generics(alias.generics), self.ty(alias.ty)])
            elif isinstance(entry.item, MacroRulesItem):
                macros[path] = self.macro(entry)
        self.impls()
        for module in modules:
            paths["exports"][self.relative(module.path)] = self.exports(module)
        self.index |= {
            "paths": paths,
            "consts": consts,
            "doubts": doubts,
            "underived": underived,
            "macros": macros,
            "method_traits": methods,
            "routes": self.routes,
            "unread": sorted(word.decode() for word in self.crate.impls.unread_words()),
        }
        return self.file()

    def modules(self) -> list[ModuleData]:
        """All that can be named from outside, filled."""
        crate = self.crate
        out = [crate.root]
        for module in out:  # grows below
            crate.populate(module)
            crate.late.reveal_module(module)
            out.extend(child for child in module.children if child.cfg_off is None)
        crate.macros.exported.names()
        return [module for module in out if module.cfg_off is None]

    def entries(self) -> list[Entry]:
        """Associated items too, those of the impls and traits that are found on the way."""
        self.crate.impls.everything()  # derives may add impls
        for container in [entry for found in self.crate.entries.values() for entry in found]:
            if container.cfg_off is None:
                self.crate.associated(container)
        taken: set[tuple[str, DefKind]] = set()
        out: list[Entry] = []
        for found in list(self.crate.entries.values()):
            for entry in found:
                if entry.cfg_off is None and (entry.path, entry.kind) not in taken:
                    taken.add((entry.path, entry.kind))
                    out.append(entry)
        out.sort(key=lambda entry: entry.path)
        return out

    # Paths

    def relative(self, path: DefPath) -> str:
        return path[len(self.prefix) :]

    def portable(self, path: DefPath) -> str:
        lead = "dyn " if path.startswith("dyn ") else ""
        first, separator, rest = path[len(lead) :].partition("::")
        number = self.number_of(first)
        return path if number is None else f"{lead}{CRATE_MARK}{number}{separator}{rest}"

    def number_of(self, name: str) -> int | None:
        """The number of a source crate by the program's name for it."""
        found = self.numbers.get(name)
        if found is None:
            route = self.program.routes.get(name)
            if route is None:
                return None
            parent = self.number_of(route[0])
            assert parent is not None
            self.routes.append((parent, route[1]))
            found = self.numbers[name] = len(self.routes)
        return found

    def path(self, path: str) -> int:
        return self.string(self.portable(path))

    def ty(self, ty: t.Ty) -> int:
        # By identity: what is no part of a type's equality is to be stored, too.
        known = self._types.get(id(ty))
        if known is None:
            known = self._types[id(ty)] = (ty, super().ty(ty))
        return known[1]

    # Items

    def method(self, path: str) -> int:
        sig = self.program.fn(path)
        assert sig is not None
        return self.fn(sig)

    def regular(self, trait: TraitSig) -> TraitSig:
        """With the methods whose paths follow from their names."""
        return replace(trait, methods=self.own_methods(trait.path, trait.methods.items()))

    def own_methods(self, container: DefPath, methods: Iterable[tuple[str, DefPath]]) -> dict[str, DefPath]:
        return {
            name: path for name, path in methods if path == f"{container}::{name}" and self.program.fn(path) is not None
        }

    def macro(self, entry: Entry) -> list[Any]:
        item = entry.item
        assert isinstance(item, MacroRulesItem)
        made = entry.module.crate.macros.definition_of(entry)
        if isinstance(made, OpaqueMacro):
            return [made.why]
        start, end = item.rules
        text = entry.source.text[start:end]
        if isinstance(entry.source, Expansion):
            made_here = self.rules_made_by_macro(entry, text)
            if made_here is None:
                return [f"macro `{item.name}!` is made by a macro of another crate"]
            text = made_here
        is_local_inner = bool(getattr(made, "is_local_inner", False))
        return [item.name, text.decode("utf-8", "replace"), is_local_inner]

    def rules_made_by_macro(self, entry: Entry, text: bytes) -> bytes | None:
        """A `$crate` of the macro around has become a `crate`: it means this crate only as `$crate`.

        None where it means another crate, which no text can say.
        """
        item, source = entry.item, entry.source
        assert isinstance(item, MacroRulesItem)
        out: list[bytes] = []
        at = 0
        while True:
            found = text.find(b"crate", at)
            if found < 0:
                return b"".join((*out, text[at:]))
            is_word = text[found - 1 : found].isspace() and text[found + 5 : found + 6].isspace()
            meant = source.crate_at(item.rules[0] + found) if is_word else None
            if meant is not None and meant != self.crate.name:
                return None
            is_marked = text[:found].rstrip().endswith(b"$")
            out.append(text[at:found] + (b"$crate" if meant == self.crate.name and not is_marked else b"crate"))
            at = found + 5

    # Impls

    def impls(self) -> None:
        by_trait: dict[str, dict[str | None, list[int]]] = {}
        inherent: dict[str, list[int]] = {}
        borrowed: dict[int, dict[str, str]] = {}
        paths: list[str] = []
        for trait, head, sig in sorted(self.crate.impls.everything(), key=lambda found: found[2].path):
            number = self.stored_impl(sig, borrowed)
            paths.append(self.relative(sig.path))
            assert number == len(paths) - 1
            if trait is not None:
                by_trait.setdefault(self.portable(trait), {}).setdefault(head, []).append(number)
            elif head is not None:
                inherent.setdefault(self.portable(head), []).append(number)
        self.index["impl_paths"] = paths
        self.index["borrowed"] = borrowed
        self.index["inherent"] = inherent
        self.index["by_trait"] = {
            trait: self.add(
                "by_trait",
                [
                    part
                    for head, numbers in sorted(heads.items(), key=lambda entry: entry[0] or "")
                    for part in (0 if head is None else self.path(head) + 1, numbers)
                ],
            )
            for trait, heads in sorted(by_trait.items())
        }

    def stored_impl(self, sig: ImplSig, borrowed: dict[int, dict[str, str]]) -> int:
        if sig.trait is None:
            sig = replace(sig, methods=self.public(sig.methods))
        own = self.own_methods(sig.path, sig.methods.items())
        number = self.impl(replace(sig, methods=own))
        others = {name: path for name, path in sig.methods.items() if name not in own}
        if others:
            borrowed[number] = {name: self.portable(path) for name, path in others.items()}
            for path in others.values():
                fn = self.program.fn(path) if path.startswith(self.prefix) else None
                if fn is not None:
                    self.fn_numbers[self.relative(path)] = self.fn(fn)
        return number

    def public(self, methods: Mapping[str, DefPath]) -> dict[str, DefPath]:
        """Without those that only this crate can call."""
        found = ((name, path, self.program.fn(path)) for name, path in methods.items())
        return {name: path for name, path, fn in found if fn is None or fn.visible_in is None}

    # Names

    def exports(self, module: ModuleData) -> int:
        names = self.program.names
        found: dict[tuple[Namespace, str], Def] = dict(names.all_names(module))
        if module is self.crate.root:
            for name in self.crate.macros.exported.names():
                binding = names.in_module(module, Namespace.MACROS, name)
                if binding is not None:
                    found[Namespace.MACROS, name] = binding.definition
        for trait in names.unnamed_traits(module):
            found[Namespace.TYPES, f"{UNNAMED}{trait}"] = Def(DefKind.TRAIT, trait)
        record: list[int] = []
        for (namespace, name), definition in sorted(found.items(), key=lambda one: (_ORDER[one[0][0]], one[0][1])):
            record += [
                f.NAMESPACES.index(namespace),
                self.string(name),
                f.DEF_KINDS.index(definition.kind),
                self.path(definition.path),
            ]
        return self.add("exports", record)
