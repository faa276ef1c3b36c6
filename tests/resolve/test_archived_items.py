"""What rkyv's derives make beside a type."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.ty.display import display
from closurelens.ty.types import Adt

TEXT = """
//# crate krate /lib.rs deps=rkyv
//# crate rkyv /rkyv.rs member=no deps=rkyv_derive
//# crate rkyv_derive /rkyv_derive.rs member=no kind=proc-macro
use rkyv::{Archive, Deserialize, Serialize};
#[derive(Archive, Serialize, Deserialize)] #[rkyv(derive(Debug), compare(PartialEq))]
pub struct Pair<T> { pub name: String, #[rkyv(with = rkyv::with::Niche)] first: Option<T> }
#[derive(Archive)] #[archive(archived = "Stored", check_bytes)] #[archive_attr(derive(Clone))]
pub enum Level { Low, High(u8) }
#[derive(Archive)] #[rkyv(as = Self)] pub struct Plain;
#[derive(Archive)] #[rkyv(remote = Other)] pub struct Remote;
pub mod inner { #[derive(rkyv::Archive)] pub struct Other(u8); }
//- /rkyv.rs
pub use rkyv_derive::{Archive, Deserialize, Serialize};
pub trait Archive { type Archived; type Resolver; }
pub trait Serialize<S> {}
pub trait Deserialize<T, D> {}
pub trait Portable {}
pub mod with { pub trait ArchiveWith<F> { type Archived; } pub struct Niche; }
//- /rkyv_derive.rs
#[proc_macro_derive(Archive, attributes(rkyv))] pub fn archive(input: TokenStream) -> TokenStream { input }
#[proc_macro_derive(Serialize, attributes(rkyv))] pub fn serialize(input: TokenStream) -> TokenStream { input }
#[proc_macro_derive(Deserialize, attributes(rkyv))] pub fn deserialize(input: TokenStream) -> TokenStream { input }
"""


def archived(name: str) -> str:
    (found,) = load(TEXT).program.trait_impls("rkyv::Archive", f"krate::{name}")
    return display(found.assoc_types["Archived"])


def test_archived_types() -> None:
    assert archived("Pair") == "ArchivedPair<T>"
    assert archived("Level") == "Stored"
    assert archived("Plain") == "Plain"
    assert archived("inner::Other") == "ArchivedOther"


def test_fields_and_traits() -> None:
    program = load(TEXT).program
    pair, level = program.adt("krate::ArchivedPair"), program.adt("krate::Stored")
    assert pair is not None and level is not None
    fields = {field.name: display(field.ty) for field in pair.variants[0].fields}
    assert fields == {
        "name": "<String as Archive>::Archived",
        "first": "<Niche as ArchiveWith<Option<T>>>::Archived",
    }
    assert [variant.name for variant in level.variants] == ["Low", "High"]
    assert program.trait_impls("core::fmt::Debug", "krate::ArchivedPair")
    assert program.trait_impls("core::clone::Clone", "krate::Stored")
    assert not program.trait_impls("core::clone::Clone", "krate::ArchivedPair")
    compared = [one.trait.args for one in program.trait_impls("core::cmp::PartialEq", "krate::Pair") if one.trait]
    assert [[one.path for one in args if isinstance(one, Adt)] for args in compared] == [["krate::ArchivedPair"]]
    assert program.trait_impls("rkyv::Serialize", "krate::Pair")
    assert program.trait_impls("rkyv::Deserialize", "krate::ArchivedPair")


def test_what_is_known() -> None:
    program = load(TEXT).program
    assert list(program.unknown_derives("krate::Pair")) == []
    assert list(program.unknown_derives("krate::Level")) == []
    assert list(program.unknown_derives("krate::Remote")) == ["Archive"]
