"""Calls of item macros that wait change no answer, in whichever order questions are asked."""

from __future__ import annotations

from itertools import permutations

import pytest
from resolve_fixture import load

from closurelens.hir.macros import expander
from closurelens.resolve.bodies import file_bodies
from closurelens.resolve.late_calls import LateCalls
from closurelens.resolve.program import Program
from closurelens.ty.sig import Namespace

TEXT = """
#[macro_use] mod macros {
  macro_rules! local { ($($t:ty),*) => { $(impl crate::Local for $t { fn at(&self) {} })* } }
  macro_rules! inherent { ($t:ident $name:ident) => { impl crate::$t { pub fn $name(&self) { use std::fmt; } } } }
  macro_rules! each { ($m:ident) => { $m!(u8); $m!(u16); $m!(&'static u32); } }
  macro_rules! named { ($name:ident = $value:expr) => { pub const $name: &str = $value; };
    ($name:ident) => { named!($name = stringify!($name)); } }
  macro_rules! fixed { () => { pub struct Fixed; pub fn fixed_fn() {} } }
  macro_rules! derived { ($t:ident) => { #[derive(Clone, Copy)] #[repr(C)] pub struct $t { pub field: u8 } } }
  macro_rules! maker { ($t:ident) => {
    macro_rules! made { ($u:ty) => { impl crate::Other<$u> for crate::$t {} } } made!(u8); made!((u8, u16)); } }
  macro_rules! tuple { ($($p:ident)*) => { impl<$($p),*> crate::Local for ($($p,)*) {} } }
  macro_rules! blanket { ($p:ident) => { impl<$p: Copy> crate::Other<bool> for $p {} } }
  macro_rules! generic { ($($t:ident)*) => { $(impl<'a, X> crate::Other<X> for crate::$t<'a, X> {})* } }
  macro_rules! importing { ($t:ident) => { use crate::A as $t; } }
  macro_rules! alias { ($t:ident) => { impl crate::Local for crate::$t {} } }
  macro_rules! wrong { ($t:ident 1) => { pub struct $t; } }
  macro_rules! closures { ($t:ident $e:expr) => { pub fn $t() { let _ = $e; } } }
  macro_rules! projected { ($t:ty) => { impl crate::Other<char> for $t {} } }
  macro_rules! joined { ($($t:ident)*) => { cfg_if! { if #[cfg(unix)] { $(local!(&'static crate::$t);)* } else {} } } }
  macro_rules! operator { ($t:ident) => { impl crate::Gives for crate::$t { type Out = crate::Given; } } }
  macro_rules! other { ($t:ident) => { impl crate::Other<i8> for crate::$t {} } }
  macro_rules! for_made { ($t:ident) => { impl crate::Other<$t> for <crate::Far as crate::Makes>::New {} } }
  macro_rules! with_const { (const $n:ident; $t:ident) => {
    impl<const $n: usize> crate::Other<[u8; $n]> for crate::$t {} } }
  macro_rules! renamed { ($t:ident) => { impl crate::Renamed for crate::$t {} } }
  macro_rules! makers { ($o:ident $t:ident) => {
    macro_rules! made_inner { ($u:ty) => { impl crate::$o<$u> for crate::$t {} } }
    macro_rules! made_outer { ($u:ident) => { made_inner!([$u; 2]); } } made_outer!(i16); made_inner!(i64); } }
  macro_rules! whole { ($($i:item)*) => { $($i)* } }
}
pub trait Local { fn at(&self) {} }
pub trait Other<T> {}
pub struct A; pub struct B; pub struct G<'a, X>(&'a X);
pub type Short = &'static A;
local!(A, u8, &'static B);
inherent!(A on_a); inherent!(B on_b);
each!(local);
named!(ONE); named!(TWO);
fixed!();
derived!(D); derived!(E);
maker!(A); maker!(B);
tuple!(P Q); blanket!(P); generic!(G);
importing!(Imported);
alias!(Short); projected!((A, B)); projected!(<A as std::borrow::ToOwned>::Owned);
named!(Größe); derived!(Maß); inherent!(Maß länge);
makers!(Other A); makers!(Other Far);
pub struct Given; pub struct AlsoGiven; pub struct Far; pub struct Made;
pub trait Gives { type Out; }
pub trait Makes { type New; }
impl Makes for Far { type New = Made; }
impl Gives for A { type Out = AlsoGiven; }
pub type Through = <A as Gives>::Out;
pub use self::Local as Renamed;
operator!(B); operator!(D);
projected!(<A as Gives>::Out); other!(Through); for_made!(u32); with_const!(const N; A); renamed!(Far);
wrong!(Missing 2);
closures!(with_closure |x: u8| x); closures!(plain 1);
whole! { pub struct Whole; impl crate::Local for Whole {} pub trait InArguments {} }
pub mod inner { pub use super::*; named!(ONE); }
"""
TRAITS = ("krate::Local", "krate::Other", "krate::Gives", "core::clone::Clone", "core::marker::Copy")
HEADS = ("krate::A", "krate::B", "krate::D", "krate::G", "krate::Whole", "krate::Maß", "u8", "u16", "&", "(2)", None)
HEADS += ("krate::Given", "krate::AlsoGiven", "krate::Far", "krate::Made")
NAMES = ["A", "D", "E", "ONE", "TWO", "THREE", "Fixed", "fixed_fn", "Imported", "Missing", "with_closure", "plain"]
NAMES += ["Whole", "InArguments", "field", "P", "Größe", "Maß", "N", "Out", "Through", "Renamed"]


def impls(program: Program, trait: str, head: str | None) -> object:
    return sorted(f"{impl.self_ty} {impl.trait} {sorted(impl.methods)}" for impl in program.trait_impls(trait, head))


def methods(program: Program, head: str) -> object:
    return sorted(name for impl in program.inherent_impls(head) for name in impl.methods)


def name(program: Program, module: str, name: str) -> object:
    found = [(space.name, program.names.in_module(program.module(module), space, name)) for space in Namespace]
    return [(space, binding.definition) for space, binding in found if binding is not None]


def closures(program: Program) -> object:
    return [owner.item.name for owner in file_bodies(program.source_crates()[0], "/w/lib.rs")]


QUESTIONS = [
    *[(impls, trait, head) for trait in TRAITS for head in HEADS],
    *[(methods, head) for head in ("krate::A", "krate::B", "krate::Maß")],
    *[(name, module, word) for module in ("krate", "krate::inner") for word in NAMES],
    (closures,),
]


def answers(program: Program) -> list[object]:
    return [question(program, *arguments) for question, *arguments in QUESTIONS]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The answers where no call waits."""
    with monkeypatch.context() as patch:
        patch.setattr(LateCalls, "put_off", lambda self, here, call: False)
        return answers(load(TEXT).program)


def test_answers_are_those_of_calls_expanded_at_once(at_once: list[object]) -> None:
    assert answers(load(TEXT).program) == at_once
    for (question, *arguments), expected in zip(QUESTIONS, at_once, strict=True):
        assert question(load(TEXT).program, *arguments) == expected, (question.__name__, *arguments)


def test_the_order_of_questions_changes_nothing(at_once: list[object]) -> None:
    backwards = load(TEXT).program
    expected = dict(zip(range(len(QUESTIONS)), at_once, strict=True))
    for at in reversed(range(len(QUESTIONS))):
        question, *arguments = QUESTIONS[at]
        assert question(backwards, *arguments) == expected[at], (question.__name__, *arguments)


def test_paths_do_not_depend_on_the_order() -> None:
    asked = [("krate::Local", "u8"), ("krate::Other", "krate::A"), ("krate::Local", "&")]
    seen = set()
    for order in permutations(asked):
        program = load(TEXT).program
        for trait, head in order:
            program.trait_impls(trait, head)
        seen.add(tuple(impl.path for trait, head in asked for impl in program.trait_impls(trait, head)))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("question", "made"),
    [
        ((name, "krate", "A"), []),
        ((name, "krate", "TWO"), ["named", "named"]),
        ((name, "krate", "fixed_fn"), ["fixed"]),
        ((methods, "krate::B"), ["inherent"]),
        ((impls, "krate::Local", "u16"), ["each", "local"]),
        ((impls, "krate::Other", "krate::G"), ["generic"]),
        ((impls, "krate::Gives", "krate::D"), ["derived", "operator"]),
        ((impls, "krate::Gives", "krate::AlsoGiven"), []),
        ((impls, "krate::Local", "krate::Far"), ["renamed"]),
    ],
)
def test_only_what_may_be_asked_for_is_expanded(
    question: tuple[object, ...], made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    make = expander.make

    def counted(macro, *args):  # type: ignore[no-untyped-def]
        names.append(macro.name)
        return make(macro, *args)

    program = load(TEXT).program
    name(program, "krate", "THREE")
    monkeypatch.setattr(expander, "make", counted)
    ask, *arguments = question
    assert callable(ask)
    ask(program, *arguments)
    assert sorted(names) == sorted(made)


def test_why_a_name_is_not_found_does_not_depend_on_other_questions() -> None:
    first, second = load(TEXT).program, load(TEXT).program
    for word in ("D", "TWO", "Missing"):
        name(second, "krate", word)
    for word in ("THREE", "Missing"):
        assert why_not(first, word) == why_not(second, word)
    assert "wrong!" in why_not(first, "Missing")
    assert "wrong!" not in why_not(first, "THREE")


def why_not(program: Program, word: str) -> str:
    from closurelens.hir.types import Path, Segment

    name(program, "krate", word)
    return program.why_not(program.module("krate"), Path([Segment(word)]), off=False)
