"""Impls of std's traits that a dependency writes, as something in their head is declared in it."""

from __future__ import annotations

import pytest
from resolve_fixture import answer as told
from resolve_fixture import load

from closurelens.infer.goals import Answer, SharedCache
from closurelens.infer.table import Table
from closurelens.infer.traits import Solver
from closurelens.ty.types import BOOL, STR, Adt, Bound, Dyn, Infer, Ref, Slice, Ty

TEXT = """
use shapes::Shape;
//# crate krate /lib.rs deps=shapes
//# crate shapes /shapes.rs member=no
//- /shapes.rs
pub trait Shape {}
pub trait Silent {}
pub struct Round;
impl Clone for Box<dyn Shape> { fn clone(&self) -> Self {} }
impl<'a> Clone for Box<Round> { fn clone(&self) -> Self {} }
impl Iterator for core::pin::Pin<Box<dyn Shape>> { type Item = u8; fn next(&mut self) -> Option<u8> {} }
impl AsRef<Round> for [u8] { fn as_ref(&self) -> &Round {} }
impl AsRef<dyn Shape> for str { fn as_ref(&self) -> &dyn Shape {} }
"""
SHAPE, SILENT, ROUND = Dyn((Bound("shapes::Shape"),)), Dyn((Bound("shapes::Silent"),)), Adt("shapes::Round")
CLONE, ITERATOR, AS_REF = "core::clone::Clone", "core::iter::traits::iterator::Iterator", "core::convert::AsRef"


def boxed(ty: Ty) -> Ty:
    return Adt("alloc::boxed::Box", (ty, Adt("alloc::alloc::Global")))


@pytest.mark.parametrize(
    ("ty", "trait", "args", "answer"),
    [
        (boxed(SHAPE), CLONE, (), Answer.YES),
        (boxed(SILENT), CLONE, (), Answer.NO),
        (boxed(ROUND), CLONE, (), Answer.YES),
        (Adt("core::pin::Pin", (boxed(SHAPE),)), ITERATOR, (), Answer.YES),
        (Slice(Adt("shapes::Round")), AS_REF, (ROUND,), Answer.NO),
        (STR, AS_REF, (SHAPE,), Answer.YES),
        (STR, AS_REF, (SILENT,), Answer.NO),
        (Ref(boxed(SHAPE), mutable=True), CLONE, (), Answer.NO),
    ],
    ids=str,
)
def test_impls_of_a_dependency(ty: Ty, trait: str, args: tuple[Ty, ...], answer: Answer) -> None:
    fixture = load(TEXT)
    assert told(fixture, "krate", "type", "Shape") == "trait shapes::Shape"
    solver = Solver(fixture.program, Table(), (), SharedCache())
    assert solver.holds(ty, trait, args) is answer


FROM_TEXT = """
use shapes::Shape;
//# crate krate /lib.rs deps=shapes,urls
//# crate shapes /shapes.rs member=no deps=urls
//# crate urls /urls.rs member=no
//- /urls.rs
pub struct Url;
//- /shapes.rs
pub trait Shape {}
pub struct Place;
impl From<&Place> for urls::Url { fn from(place: &Place) -> Self {} }
impl From<&Place> for bool { fn from(place: &Place) -> Self {} }
"""


@pytest.mark.parametrize("made", [Adt("urls::Url"), BOOL], ids=str)
def test_an_open_argument_is_not_the_type_itself(made: Ty) -> None:
    """`Url::from(&place)`: with `From<T> for T` alone in sight there may be other impls, where other types are."""
    fixture = load(FROM_TEXT)
    assert told(fixture, "krate", "type", "Shape") == "trait shapes::Shape"
    solver = Solver(fixture.program, table := Table(), (), SharedCache())
    source = table.new_var()
    place = Ref(Adt("shapes::Place"), mutable=False)
    solver.require(made, Bound("core::convert::From", (source,)))
    solver.select_where_possible()
    assert isinstance(table.shallow(source), Infer)
    assert table.unify(source, place)
    solver.select_where_possible()
    assert not solver.pending
    assert solver.holds(made, "core::convert::From", (place,)) is Answer.YES
