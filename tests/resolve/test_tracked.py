"""What `#[comemo::track]` makes of impls and traits."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.ty.types import Adt, Dyn

TEXT = """
//# crate krate /lib.rs deps=comemo
//# crate comemo /comemo.rs member=no
use comemo::{track, Track};
pub struct World;
#[comemo::track] impl World { pub fn size(&self) -> usize { 0 } }
#[track] pub trait Source { fn size(&self) -> usize; }
pub struct Other;
impl Other { pub fn size(&self) -> usize { 0 } }
//- /comemo.rs
pub trait Surfaces { type Surface<'a> where Self: 'a; type SurfaceMut<'a> where Self: 'a; }
pub trait Track: Surfaces { type Call; }
pub mod internal { pub use crate::Surfaces; }
"""


def test_tracked_types_are_their_own_surfaces() -> None:
    program = load(TEXT).program
    for head in (Adt("krate::World"), Adt("krate::Other")):
        impls = [impl for impl in program.all_trait_impls("comemo::Track") if impl.self_ty == head]
        assert len(impls) == (head.path == "krate::World")
    surfaces = list(program.all_trait_impls("comemo::Surfaces"))
    assert sorted(type(impl.self_ty).__name__ for impl in surfaces) == ["Adt", "Dyn"]
    for impl in surfaces:
        assert isinstance(impl.self_ty, Adt | Dyn)
        assert impl.assoc_types["Surface"] == impl.assoc_types["SurfaceMut"] == impl.self_ty
