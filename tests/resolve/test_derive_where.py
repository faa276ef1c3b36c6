"""What `#[derive_where]` implements, and under which bounds."""

from __future__ import annotations

from resolve_fixture import load

from closurelens.ty.types import Param, Projection

CLONE, COPY, DEBUG, DEFAULT = (
    "core::clone::Clone",
    "core::marker::Copy",
    "core::fmt::Debug",
    "core::default::Default",
)

TEXT = """
//# crate krate /lib.rs deps=derive_where
use derive_where::derive_where;
pub trait Family { type Item; }
#[derive_where(Clone, Debug; F::Item)] #[derive_where(Copy; F: Copy, F::Item: Copy + Send)] #[derive_where(skip_inner)]
pub struct A<F: Family>(F::Item, F);
#[derive_where::derive_where(Default)] pub enum B<T> { #[derive_where(default)] None, Some(T) }
#[derive_where(Clone, Other)] pub struct C<T>(T);
"""


def test_impls_and_bounds() -> None:
    known = load(TEXT).program
    for name in "AB":
        assert list(known.unknown_derives(f"krate::{name}")) == []
    (clone,) = known.trait_impls(CLONE, "krate::A")
    (copy,) = known.trait_impls(COPY, "krate::A")
    of_clone = [(one.subject, one.bound.trait) for one in clone.generics.predicates]
    of_copy = [(one.subject, one.bound.trait) for one in copy.generics.predicates]
    assert (Param("F"), "krate::Family") in of_clone and (Param("F"), COPY) not in of_clone
    assert any(isinstance(subject, Projection) and trait == CLONE for subject, trait in of_clone)
    assert (Param("F"), COPY) in of_copy
    assert sum(isinstance(subject, Projection) for subject, _ in of_copy) == 2
    assert not known.trait_impls(DEFAULT, "krate::A")
    (default,) = known.trait_impls(DEFAULT, "krate::B")
    assert default.generics.predicates == ()
    assert not known.trait_impls(CLONE, "krate::B")


def test_another_trait() -> None:
    known = load(TEXT).program
    assert list(known.unknown_derives("krate::C")) == ["#[derive_where]"]
