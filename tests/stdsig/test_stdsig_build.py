"""The tools that make the database, on small made-up input."""

from __future__ import annotations

from pathlib import Path

import pytest
from stdsig.items import Lowered
from stdsig.names import Exports
from stdsig.pack import Packer
from stdsig.select import select
from stdsig.stand_ins import add_stand_ins

from closurelens.stdsig.database import StdDb
from closurelens.ty import types as t
from closurelens.ty.sig import (
    AdtKind,
    AdtSig,
    AliasSig,
    AssocTypeSig,
    CtorKind,
    Def,
    DefKind,
    FieldSig,
    FnSig,
    GenericParam,
    Generics,
    ImplSig,
    Namespace,
    Predicate,
    SelfKind,
    TraitSig,
    ValueSig,
    VariantSig,
)

T = t.Param("T")
SELF = t.Param("Self")
TRAIT = t.Bound("core::Trait", (T,), (("Item", t.I32),))
STRUCT = t.Adt("core::Struct", (T,))

EVERY_TYPE = [
    t.I32,
    t.NEVER,
    STRUCT,
    t.UNIT,
    t.Tuple((T, t.BOOL)),
    t.Slice(T),
    t.Array(T, t.Const(3)),
    t.Array(T, t.Param("N")),
    t.Array(T, t.Const(None)),
    t.Array(T, t.Const("true")),
    t.Ref(t.STR, mutable=False),
    t.Ref(t.STR, mutable=False, static=True),
    t.Ref(T, mutable=True),
    t.RawPtr(T, mutable=True),
    t.RawPtr(T, mutable=False),
    t.FnPtr((T, t.I32), t.UNIT),
    t.Dyn((TRAIT, t.Bound("core::Auto"))),
    t.Opaque("core::function", 1, (T,), (TRAIT,)),
    t.Projection(T, "core::Trait", (t.I32,), "Item", (t.BOOL,)),
    t.Unknown("a reason"),
]


def names(*defs: tuple[Namespace, str, DefKind]) -> Exports:
    return {(namespace, name): Def(kind, f"core::{name}") for namespace, name, kind in defs}


def database(items: Lowered, exports: Exports) -> StdDb:
    return StdDb(Packer(items, select(items, {"core": exports})).pack())


def fn(path: str, params: tuple[t.Ty, ...] = (), **rest: object) -> FnSig:
    return FnSig(path, path.rpartition("::")[2], params, t.UNIT, **rest)  # type: ignore[arg-type]


def test_types_come_back_as_they_were() -> None:
    items = Lowered()
    items.adts["core::Struct"] = AdtSig(
        "core::Struct", AdtKind.STRUCT, (), Generics((GenericParam("T", default=t.I32),), (Predicate(T, TRAIT),))
    )
    for auto in (True, False):
        path = "core::Auto" if auto else "core::Trait"
        items.traits[path] = TraitSig(path, path[6:], {}, {}, is_auto=auto)
    items.fns["core::function"] = fn("core::function", tuple(EVERY_TYPE))
    db = database(items, names((Namespace.VALUES, "function", DefKind.FUNCTION)))
    found = db.fn("core::function")
    assert found is not None
    assert list(found.params) == EVERY_TYPE
    assert [repr(ty) for ty in found.params] == [repr(ty) for ty in EVERY_TYPE]
    static = [ty.static for ty in found.params if isinstance(ty, t.Ref)]
    assert static == [False, True, False]
    assert [ty.bounds for ty in found.params if isinstance(ty, t.Opaque)] == [(TRAIT,)]
    assert [ty.why for ty in found.params if isinstance(ty, t.Unknown)] == ["a reason"]


@pytest.fixture
def items() -> Lowered:
    items = Lowered()
    generics = Generics(
        (GenericParam("T"), GenericParam("N", is_const=True, default=t.Const(4))), (Predicate(T, TRAIT),)
    )
    variant = VariantSig("V", CtorKind.RECORD, (FieldSig("x", T), FieldSig("y", t.I32, False)))
    items.adts["core::E"] = AdtSig("core::E", AdtKind.ENUM, (variant,), generics, True, True, True)
    items.traits["core::Trait"] = TraitSig(
        "core::Trait",
        "Trait",
        {name: f"core::Trait::{name}" for name in ("required", "provided", "unstable", "unstable_required")},
        {"Item": AssocTypeSig("Item", (TRAIT,), t.I32, Generics((GenericParam("U"),)))},
        Generics((GenericParam("T"),)),
        {"C": t.I32},
    )
    for name, path in items.traits["core::Trait"].methods.items():
        items.fns[path] = fn(
            path, (SELF,), self_kind=SelfKind.VALUE, container="core::Trait", has_body="required" not in name
        )
    items.unstable |= {"core::Trait::unstable", "core::Trait::unstable_required"}
    return items


EXPORTS = names((Namespace.TYPES, "E", DefKind.ENUM), (Namespace.TYPES, "Trait", DefKind.TRAIT))


def test_items_come_back_as_they_were(items: Lowered) -> None:
    items.values["core::STATIC"] = ValueSig("core::STATIC", t.I32, True, True)
    items.aliases["core::Alias"] = AliasSig("core::Alias", Generics((GenericParam("T"),)), t.Slice(T))
    exports = EXPORTS | names(
        (Namespace.VALUES, "STATIC", DefKind.STATIC), (Namespace.TYPES, "Alias", DefKind.TYPE_ALIAS)
    )
    db = database(items, exports)
    assert db.adt("core::E") == items.adts["core::E"]
    assert db.value("core::STATIC") == items.values["core::STATIC"]
    assert db.alias("core::Alias") == items.aliases["core::Alias"]
    assert db.children("core") == exports
    trait, original = db.trait("core::Trait"), items.traits["core::Trait"]
    assert trait is not None
    assert (trait.assoc_types, trait.generics, trait.consts) == (
        original.assoc_types,
        original.generics,
        original.consts,
    )
    assert db.fn("core::Trait::provided") == items.fns["core::Trait::provided"]


def test_an_unstable_method_stays_only_when_required(items: Lowered) -> None:
    db = database(items, EXPORTS)
    trait = db.trait("core::Trait")
    assert trait is not None
    assert list(trait.methods) == ["required", "provided", "unstable_required"]
    assert db.traits_with_method("unstable_required") == ()
    assert db.traits_with_method("required") == ("core::Trait",)


def impl(number: int, self_ty: t.Ty, trait: t.Bound | None, *methods: str) -> ImplSig:
    path = f"core::{{impl#{number}}}"
    return ImplSig(path, self_ty, trait, {name: f"{path}::{name}" for name in methods}, {})


def add(items: Lowered, *impls: ImplSig) -> None:
    for sig in impls:
        items.impls[sig.path] = sig
        for path in sig.methods.values():
            items.fns[path] = fn(path, (sig.self_ty,), self_kind=SelfKind.VALUE, container=sig.path)


def test_impls_are_kept_when_all_they_name_is(items: Lowered) -> None:
    items.adts["core::Private"] = AdtSig("core::Private", AdtKind.STRUCT, ())
    items.traits["core::Hidden"] = TraitSig("core::Hidden", "Hidden", {}, {})
    enum = t.Adt("core::E")
    add(
        items,
        impl(0, enum, t.Bound("core::Hidden")),
        impl(1, t.Adt("core::Private"), TRAIT, "required"),
        impl(2, enum, t.Bound("core::Trait", (t.Adt("core::Private"),))),
        impl(3, T, TRAIT, "required"),
        impl(4, enum, TRAIT, "required", "unstable"),
        impl(5, enum, None, "inherent"),
    )
    db = database(items, EXPORTS)
    assert [(i.path, str(i.self_ty), list(i.methods)) for i in db.impls()] == [
        ("core::{impl#0}", "T", ["required"]),
        ("core::{impl#1}", "E", ["required"]),
        ("core::{impl#2}", "E", ["inherent"]),
    ]
    assert [i.path for i in db.trait_impls("core::Trait", None)] == ["core::{impl#0}"]
    assert [i.path for i in db.trait_impls("core::Trait", "core::E")] == ["core::{impl#1}"]
    assert [i.path for i in db.inherent_impls("core::E")] == ["core::{impl#2}"]
    assert len(db.all_trait_impls("core::Trait")) == 2
    found = db.fn("core::{impl#2}::inherent")
    assert found is not None and found.container == "core::{impl#2}"
    assert db.adt("core::Private") is None


def test_private_fields_bring_types_but_not_their_methods(items: Lowered) -> None:
    inner = t.Adt("core::Inner")
    items.adts["core::Inner"] = AdtSig("core::Inner", AdtKind.STRUCT, ())
    field = FieldSig("inner", inner, False)
    items.adts["core::E"].variants = (VariantSig("V", CtorKind.TUPLE, (field,)),)
    items.traits["core::ops::drop::Drop"] = TraitSig("core::ops::drop::Drop", "Drop", {}, {})
    add(items, impl(0, inner, t.Bound("core::ops::drop::Drop")), impl(1, inner, None, "method"))
    exports = EXPORTS | {(Namespace.TYPES, "Drop"): Def(DefKind.TRAIT, "core::ops::drop::Drop")}
    db = database(items, exports)
    assert db.adt("core::Inner") is not None
    assert len(db.trait_impls("core::ops::drop::Drop", "core::Inner")) == 1
    assert not db.inherent_impls("core::Inner")


def test_stand_ins(tmp_path: Path) -> None:
    source = tmp_path / "alloc" / "src" / "slice.rs"
    source.parent.mkdir(parents=True)
    (tmp_path / "core" / "src").mkdir(parents=True)
    text = """\
impl<T> [T] {
    #[rustc_allow_incoherent_impl]
    pub fn to_vec(&self) {
        f()
    }
}

impl dyn Any + Send {
    pub fn is(&self) {}
}

impl<T> Own<T> {
    pub fn f() {}
}

impl Trait for [u8] {
}
"""
    source.write_text(text)
    assert add_stand_ins(tmp_path) == 2
    added = source.read_text().removeprefix(text)
    assert "struct ClosurelensStandIn0<T>(*const ([T]));" in added
    assert "impl<T> ClosurelensStandIn0<T> {\n    #[rustc_allow_incoherent_impl]\n    pub fn to_vec(&self) {" in added
    assert "struct ClosurelensStandIn1(*const (dyn Any + Send));" in added
    assert "Own" not in added and "[u8]" not in added
