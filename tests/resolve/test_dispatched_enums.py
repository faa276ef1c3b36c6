"""What `#[enum_dispatch]` implements for an enum."""

from __future__ import annotations

import pytest
from resolve_fixture import load

from closurelens.ty.display import display

TEXT = """
//# crate krate /lib.rs deps=enum_dispatch
//# crate enum_dispatch /macros.rs member=no kind=proc-macro
use enum_dispatch::enum_dispatch;
pub struct Round; pub struct Square; pub struct Flat;
#[enum_dispatch] pub trait Area { fn area(&self) -> u8; }
#[enum_dispatch(Shape, Solid)] pub trait Name { fn name(&self) -> u8; }
#[enum_dispatch(Area)] pub enum Shape { Round, Box(Square) }
#[enum_dispatch] pub enum Solid { Flat(Flat) }
//- /macros.rs
#[proc_macro_attribute] pub fn enum_dispatch(args: TokenStream, item: TokenStream) -> TokenStream { expand(args, item) }
"""


@pytest.mark.parametrize(
    ("trait", "head", "there"),
    [("Area", "Shape", True), ("Name", "Shape", True), ("Area", "Solid", False), ("Name", "Solid", True)],
)
def test_traits(trait: str, head: str, there: bool) -> None:
    assert bool(load(TEXT).program.trait_impls(f"krate::{trait}", f"krate::{head}")) is there


def test_variants_and_conversions() -> None:
    program = load(TEXT).program
    shape = program.adt("krate::Shape")
    assert shape is not None
    held = {variant.name: [display(field.ty) for field in variant.fields] for variant in shape.variants}
    assert held == {"Round": ["Round"], "Box": ["Square"]}
    sources = program.trait_impls("core::convert::From", "krate::Shape")
    assert [display(one.trait.args[0]) for one in sources if one.trait] == ["Round", "Square"]
    assert program.trait_impls("core::convert::TryFrom", "krate::Square")
    assert list(program.unknown_derives("krate::Shape")) == []
