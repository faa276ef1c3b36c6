"""Which signatures are kept: what stable code can name, and whatever those signatures lead to.

Invariant: every path inside a kept signature is kept too, so that no look-up ends in the middle of a type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from closurelens.ty import types as t
from closurelens.ty.sig import (
    AdtSig,
    AliasSig,
    AssocTypeSig,
    Def,
    DefKind,
    FnSig,
    Generics,
    ImplSig,
    TraitSig,
    ValueSig,
)
from stdsig.items import SYNTHETIC_TRAITS, Lowered
from stdsig.names import Exports

# What is asked about types that only occur inside private fields: how they drop, copy and cross threads.
FIELD_TRAITS = SYNTHETIC_TRAITS | {
    "core::marker::Copy",
    "core::clone::Clone",
    "core::ops::drop::Drop",
    "core::ops::deref::Deref",
    "core::ops::deref::DerefMut",
}
ADT_DEFS = {DefKind.STRUCT, DefKind.ENUM, DefKind.UNION}


@dataclass(slots=True)
class Kept:
    """The kept part of `Lowered`, with unstable methods taken out of the method tables."""

    adts: dict[str, AdtSig] = field(default_factory=dict)
    fns: dict[str, FnSig] = field(default_factory=dict)
    traits: dict[str, TraitSig] = field(default_factory=dict)
    impls: dict[str, ImplSig] = field(default_factory=dict)
    values: dict[str, ValueSig] = field(default_factory=dict)
    aliases: dict[str, AliasSig] = field(default_factory=dict)
    modules: dict[str, Exports] = field(default_factory=dict)


def select(all_items: Lowered, modules: dict[str, Exports]) -> Kept:
    return _Selector(all_items, modules).run()


class _Selector:
    def __init__(self, all_items: Lowered, modules: dict[str, Exports]) -> None:
        self.all = all_items
        self.kept = Kept(modules=modules)
        self.api: set[str] = set()  # ADTs and traits that a signature names
        self.waiting: dict[str, list[ImplSig]] = {}
        self.work: list[str] = []

    def run(self) -> Kept:
        impls = self.all.impls.values()
        for exports in self.kept.modules.values():
            for found in exports.values():
                self.root(found.kind, found.path)
        ready: list[ImplSig] = []
        for impl in impls:
            (ready if self.wait(impl) else []).append(impl)
        while ready or self.work:
            while ready:
                self.impl(ready.pop())
            while self.work:
                path = self.work.pop()
                self.reach(path)
                for impl in self.waiting.pop(path, ()):
                    if self.wait(impl):
                        ready.append(impl)
        self.private_fields()
        for module, exports in self.kept.modules.items():
            self.kept.modules[module] = {
                name: found for name, found in exports.items() if found.path not in self.all.hidden or self.has(found)
            }
        for paths in (self.kept.adts, self.kept.fns, self.kept.traits, self.kept.values, self.kept.aliases):
            items = sorted(paths.items())
            paths.clear()
            paths.update(items)  # type: ignore[arg-type]
        return self.kept

    def has(self, found: Def) -> bool:
        if found.kind in ADT_DEFS:
            return found.path in self.kept.adts
        return found.kind is not DefKind.TRAIT or found.path in self.kept.traits

    def root(self, kind: DefKind, path: str) -> None:
        if kind in ADT_DEFS or kind is DefKind.TRAIT:
            if path not in self.all.hidden:
                self.need(path)
        elif kind is DefKind.VARIANT:
            self.need(path.rsplit("::", 1)[0])
        elif kind is DefKind.FUNCTION:
            self.fn(path)
        elif kind in (DefKind.CONST, DefKind.STATIC) and path in self.all.values:
            self.kept.values[path] = self.all.values[path]
            self.types([self.all.values[path].ty])
        elif kind is DefKind.TYPE_ALIAS and path in self.all.aliases:
            alias = self.all.aliases[path]
            self.kept.aliases[path] = alias
            self.generics(alias.generics)
            self.types([alias.ty])

    def wait(self, impl: ImplSig) -> bool:
        """Whether all that the impl's header names is kept; else the impl waits for one missing path."""
        header: list[t.Ty] = [impl.self_ty]
        if impl.trait is not None:
            header += impl.trait.args
        names = set(_paths(header))
        if impl.trait is not None:
            names.add(impl.trait.trait)
        if any(_has_unknown(ty) for ty in header):
            return False
        for name in names:
            if name not in self.api:
                self.waiting.setdefault(name, []).append(impl)
                return False
        return True

    def need(self, path: str) -> None:
        if path not in self.api and (path in self.all.adts or path in self.all.traits):
            self.api.add(path)
            self.work.append(path)

    def reach(self, path: str) -> None:
        adt = self.all.adts.get(path)
        if adt is not None:
            self.kept.adts[path] = adt
            self.generics(adt.generics)
            self.types([f.ty for v in adt.variants for f in v.fields if f.is_public])
        trait = self.all.traits.get(path)
        if trait is not None:
            self.trait(trait)

    def trait(self, trait: TraitSig) -> None:
        methods: dict[str, str] = {}
        for name, method in trait.methods.items():
            # A required method that is unstable belongs to the language (`Fn::call`, `Try::branch`).
            if self.optional(method):
                continue
            methods[name] = method
            self.fn(method)
        self.kept.traits[trait.path] = TraitSig(
            trait.path, trait.name, methods, trait.assoc_types, trait.generics, trait.consts, trait.is_auto
        )
        self.generics(trait.generics)
        self.types(trait.consts.values())
        for assoc in trait.assoc_types.values():
            self.bounds(assoc.bounds)
            self.generics(assoc.generics)
            if assoc.default is not None:
                self.types([assoc.default])

    def optional(self, method: str) -> bool:
        """Whether a trait's method is out of reach of stable code: unstable or hidden, and provided."""
        return self.all.fns[method].has_body and (method in self.all.unstable or method in self.all.hidden)

    def impl(self, impl: ImplSig) -> None:
        trait = None if impl.trait is None else self.all.traits[impl.trait.trait]
        methods = {}
        for name, method in impl.methods.items():
            if trait is None:
                dropped = any(method in bad for bad in (self.all.unstable, self.all.non_public, self.all.hidden))
            else:
                dropped = self.optional(trait.methods[name])
            if not dropped:
                methods[name] = method
                self.fn(method)
        if trait is None and not methods and not impl.consts:
            return
        self.kept.impls[impl.path] = ImplSig(
            impl.path, impl.self_ty, impl.trait, methods, impl.assoc_types, impl.generics, impl.consts, impl.is_negative
        )
        self.generics(impl.generics)
        self.types(impl.assoc_types.values())
        self.types(impl.consts.values())

    def fn(self, path: str) -> None:
        sig = self.all.fns.get(path)
        if sig is not None and path not in self.kept.fns:
            self.kept.fns[path] = sig
            self.types([*sig.params, sig.ret])
            self.generics(sig.generics)

    def generics(self, generics: Generics) -> None:
        self.types([p.default for p in generics.params if p.default is not None])
        self.types([p.subject for p in generics.predicates])
        self.bounds([p.bound for p in generics.predicates])

    def bounds(self, bounds: Iterable[t.Bound]) -> None:
        for bound in bounds:
            self.need(bound.trait)
            self.types(bound.args)
            self.types([ty for _, ty in bound.assoc])

    def types(self, types: Iterable[t.Ty]) -> None:
        for path in _paths(types):
            self.need(path)

    def private_fields(self) -> None:
        """Adds the types inside private fields, by themselves: no methods, and only the impls of `FIELD_TRAITS`."""
        inner: set[str] = set()
        work = list(self.kept.adts)
        while work:
            adt = self.all.adts[work.pop()]
            tys = [f.ty for v in adt.variants for f in v.fields]
            tys += [p.default for p in adt.generics.params if p.default is not None]
            for predicate in adt.generics.predicates:
                tys += [predicate.subject, *predicate.bound.args, *[ty for _, ty in predicate.bound.assoc]]
                self.inner_trait(predicate.bound.trait)
            for path in _paths(tys):
                self.inner_trait(path)
                if path in self.all.adts and path not in self.kept.adts:
                    self.kept.adts[path] = self.all.adts[path]
                    inner.add(path)
                    work.append(path)
        for impl in self.all.impls.values():
            if impl.path in self.kept.impls or impl.trait is None or impl.trait.trait not in FIELD_TRAITS:
                continue
            head = t.head_of(impl.self_ty)
            named = set(_paths([impl.self_ty, *impl.trait.args, *impl.assoc_types.values()]))
            if head in inner and named <= self.kept.adts.keys() | self.kept.traits.keys():
                self.kept.impls[impl.path] = ImplSig(
                    impl.path, impl.self_ty, impl.trait, {}, impl.assoc_types, impl.generics, {}, impl.is_negative
                )
                for predicate in impl.generics.predicates:
                    self.inner_trait(predicate.bound.trait)

    def inner_trait(self, path: str) -> None:
        """A trait that only private types mention: its name and associated types, without methods."""
        if path in self.all.traits and path not in self.kept.traits:
            trait = self.all.traits[path]
            assoc = {name: AssocTypeSig(name) for name in trait.assoc_types}
            self.kept.traits[path] = TraitSig(path, trait.name, {}, assoc, Generics(trait.generics.params))


def _paths(types: Iterable[t.Ty]) -> Iterator[str]:
    """The ADTs and traits inside types."""
    work = list(types)
    while work:
        ty = work.pop()
        match ty:
            case t.Adt():
                yield ty.path
            case t.Projection():
                yield ty.trait
            case t.Dyn() | t.Opaque():
                for bound in ty.bounds:
                    yield bound.trait
            case _:
                pass
        work.extend(ty.parts())


def _has_unknown(ty: t.Ty) -> bool:
    return bool(ty.flags & t.HAS_UNKNOWN)
