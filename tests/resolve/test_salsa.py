"""What salsa's attributes make of types, functions and traits."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.resolve.program import Program
from closurelens.ty.sig import FnSig
from closurelens.ty.types import Adt, Dyn, Opaque, Prim, Projection, Ref, Ty

COPY, DEBUG, PARTIAL_ORD = "core::marker::Copy", "core::fmt::Debug", "core::cmp::PartialOrd"

TEXT = """
//# crate krate /lib.rs deps=salsa
//# crate salsa /salsa.rs member=no
#[salsa::input(debug, singleton, constructor = make)] pub struct File {
    pub text: String, #[default] #[returns(clone)] #[set(change)] size: u8, #[returns(deref)] all: Vec<u8>
}
#[salsa::interned(unsafe(no_lifetime))] #[derive(PartialOrd)]
struct Name { #[get(word)] #[returns(copy)] text: u8 }
#[salsa::tracked] struct Item<'db> { #[returns(as_ref)] name: Option<Name>, #[cfg(test)] gone: u8 }
#[other::input] struct Other { text: String }
#[salsa::db] pub trait Db: salsa::Database {}
#[salsa::tracked] fn length(db: &dyn Db, file: File) -> usize { 0 }
#[salsa::tracked(returns(copy), specify)] fn half(db: &dyn Db, file: File) -> usize { 0 }
#[salsa::tracked] impl File {
    #[salsa::tracked(returns(clone))] fn lines(self, db: &dyn Db) -> Vec<u8> { vec![] }
    fn plain(self) -> u8 { 0 }
}
mod old;
//- /old.rs
#[salsa::query_group(Storage)]
trait Words: Clone {
    #[salsa::input] fn text(&self, file: u8) -> String;
    #[salsa::interned] fn word(&self, text: String, at: u8) -> u32;
    fn count(&self) -> usize;
}
#[salsa::database(Storage)] struct Base;
//- /salsa.rs
pub struct Id; pub struct Durability; pub trait Setter { type FieldTy; } pub trait Database {}
pub mod plumbing { pub trait AsId {} pub trait HasQueryGroup<G> {} pub struct DatabaseDownCaster<T: ?Sized>(T); }
"""


def program() -> Program:
    return load(TEXT).program


def methods(program: Program, head: str) -> dict[str, FnSig]:
    found: dict[str, FnSig] = {}
    for impl in program.inherent_impls(head):
        for name, path in impl.methods.items():
            fn = program.fn(path)
            assert fn is not None
            found[name] = fn
    return found


def test_structs() -> None:
    known = program()
    text = Adt("alloc::string::String", ())
    file = methods(known, "krate::File")
    assert {"make", "text", "set_text", "size", "change", "all", "set_all", "get", "try_get", "builder"} <= set(file)
    assert "new" not in file and "set_size" not in file
    assert file["text"].ret == Ref(text, mutable=False)
    assert file["size"].ret == Prim("u8")
    assert file["text"].visible_in is None and file["size"].visible_in == "krate"
    assert isinstance(file["all"].ret, Ref) and isinstance(file["all"].ret.inner, Projection)
    assert isinstance(file["change"].ret, Opaque)
    assert file["change"].ret.bounds[0].assoc == (("FieldTy", Prim("u8")),)
    assert file["make"].param_names == ("db", "text", "all")
    assert file["make"].ret == Adt("krate::File", ())
    assert set(methods(known, "krate::Name")) == {"new", "word", "default_debug_fmt"}
    item = methods(known, "krate::Item")
    assert "gone" not in item and isinstance(item["name"].ret, Projection)
    for name, traits in (("File", {COPY, DEBUG}), ("Name", {COPY, PARTIAL_ORD}), ("Item", {COPY})):
        assert list(known.unknown_derives(f"krate::{name}")) == []
        for trait in (COPY, DEBUG, PARTIAL_ORD):
            assert bool(known.trait_impls(trait, f"krate::{name}")) is (trait in traits)
        assert known.trait_impls("salsa::plumbing::AsId", f"krate::{name}")
        adt = known.adt(f"krate::{name}")
        assert adt is not None and adt.variants[0].fields[0].name == "0"


def test_of_others() -> None:
    known = program()
    assert list(known.unknown_derives("krate::Other")) == ["#[other::input]"]
    assert not methods(known, "krate::Other")


def test_functions() -> None:
    known = program()

    def returned(path: str) -> tuple[Ty, Ty | None]:
        fn = known.fn(path)
        assert fn is not None
        return fn.ret, fn.body_ret

    size = Prim("usize")
    assert returned("krate::length") == (Ref(size, mutable=False), size)
    assert returned("krate::half") == (size, size)
    inherent = methods(known, "krate::File")
    assert inherent["lines"].ret == inherent["lines"].body_ret
    assert inherent["plain"].body_ret is None
    assert "specify" in methods(known, "krate::half") and "specify" not in methods(known, "krate::length")


def test_traits() -> None:
    known = program()
    db = known.trait("krate::Db")
    assert db is not None and set(db.methods) == {"zalsa_register_downcaster", "downcast"}
    downcast = known.fn(db.methods["downcast"])
    assert downcast is not None and isinstance(downcast.ret, Ref) and isinstance(downcast.ret.inner, Dyn)


def test_query_groups() -> None:
    known = program()
    assert "krate::old::Words" in known.traits_with_method("lookup_word")
    assert "krate::old::Words" in known.traits_with_method("set_text_with_durability")
    words = known.trait("krate::old::Words")
    assert words is not None
    assert set(words.methods) == {"text", "set_text", "set_text_with_durability", "word", "lookup_word", "count"}
    change, lookup = known.fn(words.methods["set_text"]), known.fn(words.methods["lookup_word"])
    assert change is not None and change.params[1:] == (Prim("u8"), Adt("alloc::string::String", ()))
    assert lookup is not None and lookup.params[1] == Prim("u32")
    assert known.trait_impls("krate::old::Words", None)
    assert known.trait_impls("salsa::plumbing::HasQueryGroup", "krate::old::Base")
