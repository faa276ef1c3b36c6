"""What `#[revisioned]` of the crate revision leaves of a type."""

from __future__ import annotations

import pytest
from resolve_fixture import load

from closurelens.ty.display import display

TEXT = """
//# crate krate /lib.rs deps=revision
//# crate revision /revision.rs member=no deps=revision_derive
//# crate revision_derive /macros.rs member=no kind=proc-macro
use revision::revisioned;
#[revisioned(revision = 3)]
pub enum Value {
    None,
    #[revision(end = 2, convert_fn = "old_range", fields_name = "OldRangeFields")] Range(u8, u16),
    #[revision(start = 2)] Range(Box<u32>),
    #[revision(end = 3, convert_fn = "gone", override(revision = 2, discriminant = 5))] Gone { at: u8 },
    Pair(#[revision(end = 2, convert_fn = "first")] u8, u64),
}
#[revision::revisioned(revision = 2)]
pub struct Options {
    pub kept: u8,
    #[revision(end = 2, convert_fn = "moved")] pub old: u16,
    #[revision(start = 2, default_fn = "fresh")] pub new: u32,
}
#[revisioned(revision = 1)]
pub struct Early {
    #[revision(end = 2, convert_fn = "moved")] pub old: u16,
}
//- /revision.rs
pub use revision_derive::revisioned;
pub trait Revisioned { fn revision() -> u16; }
//- /macros.rs
#[proc_macro_attribute] pub fn revisioned(args: TokenStream, input: TokenStream) -> TokenStream { input }
"""

SHAPES = {
    "Value": "None() Range(0: Box<u32, Global>) Pair(0: u64)",
    "ValueNoneFields": "ValueNoneFields()",
    "OldRangeFields": "OldRangeFields(0: u8, 1: u16)",
    "ValueRangeFields": "ValueRangeFields(0: Box<u32, Global>)",
    "ValueGoneFields": "ValueGoneFields(at: u8)",
    "ValuePairFields": "ValuePairFields(0: u64)",
    "Options": "Options(kept: u8, new: u32)",
    "Early": "Early(old: u16)",
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_left(name: str) -> None:
    adt = load(TEXT).program.adt(f"krate::{name}")
    assert adt is not None
    told = [f"{one.name}({', '.join(f'{f.name}: {display(f.ty)}' for f in one.fields)})" for one in adt.variants]
    assert " ".join(told) == SHAPES[name]


@pytest.mark.parametrize(("version", "count"), [("0.11.3", 1), ("0.15.0", 0)])
def test_the_impl_is_known_up_to_the_version_that_has_one_trait(version: str, count: int) -> None:
    fixture = load(TEXT)
    fixture.crates[0].dependencies["revision"].version = version
    assert len(fixture.program.trait_impls("revision::Revisioned", "krate::Options")) == count
