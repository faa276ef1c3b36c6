"""What salsa's attributes make of structs, traits and functions.

Of a struct under `#[salsa::input]`, `interned` or `tracked` they make a handle that is `Copy`: its fields are methods
then, which take the database. `#[salsa::tracked]` on a function changes what it returns to its callers, if it says how.
That is so since salsa 0.18; before, macros of the same names stood on other things. Invariant: what is made has no
bodies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FieldDecl, FnItem, ImplItem, Item, SelfParam, TraitItem, VariantDecl
from closurelens.hir.lower.attrs import effective, simple_path, split_commas
from closurelens.hir.types import (
    BoundRef,
    DynType,
    GenericArgs,
    GenericParamDecl,
    GenericsDecl,
    ImplType,
    Path,
    PathType,
    RefType,
    Segment,
    TypeRef,
)
from closurelens.records import dataclass, replace
from closurelens.resolve.derive_models import DeriveModel, impls_of, type_of
from closurelens.resolve.derive_parts import SELF, UNIT_TYPE, absolute, impl_of, method_of, named, plain, receiver
from closurelens.resolve.query_groups import made_of_database, made_of_query_group

if TYPE_CHECKING:
    from closurelens.project.model import Crate
    from closurelens.resolve.crate_tree import CrateIndex

_CRATES = {"salsa": "salsa", "salsa_macros": "salsa-macros"}
_SINCE = (0, 18)
_LENDS_SINCE = (0, 28)
"""From here on getters and tracked functions lend what is kept, before they cloned it, if nothing else is said."""
_BY_VALUE = receiver("owned")
_DERIVED = ("core::clone::Clone", "core::marker::Copy", "core::cmp::PartialEq", "core::cmp::Eq", "core::hash::Hash")
_OF_ALL = "AsId FromId HasJar SalsaStructInDb"
_IMPLS = {
    "input": _OF_ALL,
    "interned": _OF_ALL,
    "tracked": f"{_OF_ALL} TrackedStructInDb",
}
_MACROS = frozenset((*_IMPLS, "db"))
WORDS = frozenset(
    f"impl derive Send Sync Debug HasStorage SalsaValue Update TrackedStructInDb {_OF_ALL}".encode().split()
)
"""What a file with such attributes may have impls of, beside what is written in it."""


@dataclass(slots=True)
class SalsaMacro:
    """`name` is the macro's, `written` as the attribute has it; `options`: what stands in its brackets, by name."""

    name: str
    written: str
    options: dict[str, str]
    version: tuple[int, ...]

    @property
    def usual_mode(self) -> str:
        return "ref" if self.version >= _LENDS_SINCE else "clone"

    def value_trait(self) -> str:
        return "SalsaValue" if self.version >= _LENDS_SINCE else "Update"


def salsa_macro(crate: Crate, attrs: Attrs) -> SalsaMacro | None:
    """The first of salsa's attributes among these."""
    for name in attrs.others:
        first, _, last = name.partition("::")
        if first not in _CRATES or last not in _MACROS:
            continue
        known = crate.dependencies.get(first)
        if known is None or known.package != _CRATES[first] or known.version is None:
            continue
        version = tuple(int(part) for part in re.findall(r"\d+", known.version)[:2])
        if version >= _SINCE:
            return SalsaMacro(last, name, _options((attrs.arguments or {}).get(name, "")), version)
    return None


def _options(text: str) -> dict[str, str]:
    """`a, b = c, d(e), unsafe(f)`"""
    out: dict[str, str] = {}
    for part in split_commas(text):
        found = re.match(r"(?:unsafe\s*\(\s*)?(\w+)\s*(?:=\s*(.*)|\((.*)\))?", part, re.DOTALL)
        if found is not None:
            out[found[1]] = (found[2] or found[3] or "").strip()
    return out


def made_of_salsa(crate: CrateIndex, item: Item, attrs: Attrs) -> tuple[Item, list[Item]] | None:
    """What stands for the item, and what is declared beside it; None: it stays what it is.

    `attrs` are those in effect.
    """
    macro = salsa_macro(crate.crate, attrs)
    if macro is None:
        if isinstance(item, TraitItem):
            return made_of_query_group(crate, item, attrs)
        return made_of_database(crate, item, attrs) if isinstance(item, AdtItem) else None
    if isinstance(item, AdtItem) and item.kind == "struct" and item.variants:
        if macro.name in _IMPLS and item.variants[0].ctor == "record":
            return _Struct(crate, item, macro).made()
        if macro.name == "db":
            storage = DeriveModel("impl ::salsa::plumbing::HasStorage for Self {}")
            return item, [*impls_of(storage, item)]
    if isinstance(item, TraitItem) and macro.name == "db":
        return _database_trait(item), []
    if isinstance(item, FnItem) and macro.name == "tracked":
        return item, _beside_function(item, macro)
    return None


def returned(ty: TypeRef, mode: str) -> TypeRef:
    """What a getter or a tracked function of such a mode gives of what is kept."""
    match mode:
        case "ref":
            return RefType(ty, mutable=False, lifetime="db")
        case "deref":
            return RefType(_projection(ty, "core::ops::Deref", "Target"), mutable=False, lifetime="db")
        case "as_ref":
            return _projection(ty, "salsa::SalsaAsRef", "AsRef")
        case "as_deref":
            return _projection(ty, "salsa::SalsaAsDeref", "AsDeref")
        case _:
            return ty


def _projection(ty: TypeRef, trait: str, name: str) -> TypeRef:
    return PathType(Path([Segment(name)], qself=ty, trait=absolute(trait)))


def mode_of_function(crate: CrateIndex, attrs: Attrs) -> str | None:
    """How a function under `#[salsa::tracked]` returns what it computes; None: it is not under that."""
    macro = salsa_macro(crate.crate, effective(attrs, crate.holds))
    if macro is None or macro.name != "tracked":
        return None
    return macro.options.get("returns") or ("ref" if "return_ref" in macro.options else macro.usual_mode)


# Structs


_DB = plain("__Db")


def _database(*, mutable: bool = False) -> tuple[str, TypeRef]:
    return "db", RefType(_DB, mutable, "db")


def _generic_db(names: list[str] | None = None) -> GenericsDecl:
    unsized = BoundRef(absolute("core::marker::Sized"), is_maybe=True)
    return GenericsDecl([GenericParamDecl("__Db", [unsized]), *[GenericParamDecl(name) for name in names or ()]])


class _Struct:
    def __init__(self, crate: CrateIndex, item: AdtItem, macro: SalsaMacro) -> None:
        self._macro = macro
        self._fields = [one for one in item.variants[0].fields if crate.switched_off(one.attrs) is None]
        attrs = replace(
            item.attrs,
            derives=[*item.attrs.derives, *[absolute(path) for path in _DERIVED]],
            others=[name for name in item.attrs.others if name != macro.written],
            conditional=[
                (predicate, replace(added, others=[name for name in added.others if name != macro.written]))
                for predicate, added in item.attrs.conditional
            ],
        )
        if "debug" in macro.options:
            attrs.derives.append(absolute("core::fmt::Debug"))
        generics = item.generics
        if macro.name == "interned" and "no_lifetime" not in macro.options:
            generics = replace(generics, lifetimes=1)
        identity = PathType(simple_path(macro.options["id"])) if "id" in macro.options else named("salsa::Id")
        parts = [FieldDecl("0", identity, Attrs(), None)]
        if macro.name != "input":
            parts.append(FieldDecl("1", named("core::marker::PhantomData", UNIT_TYPE), Attrs(), None))
        handle = VariantDecl(item.variants[0].name, item.variants[0].name_range, "tuple", parts, item.variants[0].attrs)
        self._item = replace(item, attrs=attrs, generics=generics, variants=[handle])
        self._own = type_of(self._item)

    def made(self) -> tuple[Item, list[Item]]:
        item, macro = self._item, self._macro
        wanted = [*_IMPLS[macro.name].split(), macro.value_trait()]
        beside: list[Item] = [impl_of(item, absolute(f"salsa::plumbing::{name}"), self._own, []) for name in wanted]
        if macro.name != "input":
            beside += [impl_of(item, absolute(f"core::marker::{name}"), self._own, []) for name in ("Send", "Sync")]
        methods: list[Item] = [self._constructor(), *[self._getter(one) for one in self._fields], self._formatter()]
        if macro.name == "input":
            builder = self._builder()
            methods += [self._setter(one) for one in self._fields]
            methods.append(self._method("builder", None, self._required(), type_of(builder)))
            methods += self._singleton() if "singleton" in macro.options else []
            beside += [builder, self._building(builder)]
        beside.append(impl_of(item, None, self._own, methods))
        return item, beside

    def _method(
        self,
        name: str,
        receiver: SelfParam | None,
        params: list[tuple[str, TypeRef]],
        ret: TypeRef,
        *,
        generics: GenericsDecl | None = None,
        of: FieldDecl | None = None,
    ) -> FnItem:
        made = method_of(self._item, name, receiver, params, ret)
        made.is_const = False
        if generics is not None:
            made.generics = generics
        if of is not None:
            made.visibility = of.visibility
            made.attrs = Attrs(cfg=of.attrs.cfg)
        return made

    def _required(self) -> list[tuple[str, TypeRef]]:
        return [(one.name, one.ty) for one in self._fields if "default" not in one.attrs.others]

    def _constructor(self) -> FnItem:
        name = self._macro.options.get("constructor") or "new"
        params = self._required()
        names: list[str] = []
        if self._macro.name == "interned":
            # Each parameter is of any type that can be looked up as the field's.
            names = [f"__T{at}" for at in range(len(params))]
            params = [(one, plain(of)) for (one, _), of in zip(params, names, strict=True)]
        return self._method(name, None, [_database(), *params], SELF, generics=_generic_db(names))

    def _getter(self, field: FieldDecl) -> FnItem:
        given = field.attrs.arguments or {}
        mode = given.get("returns") or ("ref" if "return_ref" in field.attrs.others else self._macro.usual_mode)
        name = given.get("get") or field.name
        ret = returned(field.ty, mode.strip())
        return self._method(name, _BY_VALUE, [_database()], ret, generics=_generic_db(), of=field)

    def _setter(self, field: FieldDecl) -> FnItem:
        name = (field.attrs.arguments or {}).get("set") or f"set_{field.name.removeprefix('r#')}"
        setter = absolute("salsa::Setter")
        setter.segments[-1].args = GenericArgs([], [("FieldTy", field.ty)])
        ret = ImplType([BoundRef(setter)])
        return self._method(name, _BY_VALUE, [_database(mutable=True)], ret, generics=_generic_db(), of=field)

    def _formatter(self) -> FnItem:
        params: list[tuple[str, TypeRef]] = [
            ("this", SELF),
            ("f", RefType(named("core::fmt::Formatter"), mutable=True)),
        ]
        return self._method("default_debug_fmt", None, params, named("core::fmt::Result"))

    def _singleton(self) -> list[FnItem]:
        option = named("core::option::Option", SELF)
        return [
            self._method(name, None, [_database()], ret, generics=_generic_db())
            for name, ret in (("try_get", option), ("get", SELF))
        ]

    def _builder(self) -> AdtItem:
        item = self._item
        name = f"__{item.name}Builder"
        variant = VariantDecl(name, item.name_range, "record", [], Attrs())
        attrs = Attrs(cfg=item.attrs.cfg)
        return AdtItem(name, item.range, item.name_range, attrs, item.visibility, "struct", GenericsDecl(), [variant])

    def _building(self, builder: AdtItem) -> ImplItem:
        durability = ("durability", named("salsa::Durability"))
        methods: list[Item] = [
            self._method("new", _BY_VALUE, [_database()], self._own, generics=_generic_db()),
            self._method("durability", _BY_VALUE, [durability], SELF),
        ]
        for one in self._fields:
            if "default" in one.attrs.others:
                methods.append(self._method(one.name, _BY_VALUE, [("value", one.ty)], SELF))
            methods.append(self._method(f"{one.name.removeprefix('r#')}_durability", _BY_VALUE, [durability], SELF))
        return impl_of(builder, None, type_of(builder), methods)


# Traits and functions


def _database_trait(item: TraitItem) -> TraitItem:
    """With the two methods that give the database as this trait's object."""
    own = DynType([BoundRef(Path([Segment(item.name)]))])
    caster = named("salsa::plumbing::DatabaseDownCaster", own)
    at = AdtItem(item.name, item.range, item.name_range, Attrs(), None, "struct", GenericsDecl(), [])
    views = [
        method_of(at, "zalsa_register_downcaster", receiver("ref"), [], RefType(caster, mutable=False)),
        method_of(at, "downcast", receiver("ref"), [], RefType(own, mutable=False)),
    ]
    views[1].generics = GenericsDecl(where=[(SELF, [BoundRef(absolute("core::marker::Sized"))])])
    return replace(item, items=[*item.items, *views])


def _beside_function(item: FnItem, macro: SalsaMacro) -> list[Item]:
    """A type of the function's name, whose functions are about what is kept of it."""
    if item.self_param is not None or not item.params:
        return []
    at, name = item.name_range, item.name
    never = FieldDecl("_priv", named("core::convert::Infallible"), Attrs(), None)
    variant = VariantDecl(name, at, "record", [never], Attrs())
    attrs = Attrs(cfg=item.attrs.cfg)
    own = AdtItem(name, item.range, at, attrs, item.visibility, "struct", GenericsDecl(), [variant])
    kept = named("std::vec::Vec", RefType(plain("__A"), mutable=False))
    accumulated = method_of(own, "accumulated", None, [*item.params], kept)
    accumulated.generics = GenericsDecl([GenericParamDecl("__A")])
    database = item.params[0][1]
    changed = RefType(database.inner, mutable=True) if isinstance(database, RefType) else database
    functions: list[Item] = [
        accumulated,
        method_of(own, "set_lru_capacity", None, [("db", changed), ("value", plain("usize"))], UNIT_TYPE),
    ]
    if "specify" in macro.options:
        value = ("value", UNIT_TYPE if item.ret is None else item.ret)
        functions.append(method_of(own, "specify", None, [*item.params, value], UNIT_TYPE))
    return [own, impl_of(own, None, type_of(own), functions)]
