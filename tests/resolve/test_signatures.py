"""Signatures of source items: types resolved, aliases expanded, generics, `impl Trait`, associated types."""

from __future__ import annotations

import pytest
from resolve_fixture import load

from closurelens.ty.sig import Predicate
from closurelens.ty.types import Unknown

# A crate's text, and lines of `question => answer` (see `ask`).
CASES: dict[str, tuple[str, str]] = {
    "plain": (
        """
        use std::collections::HashMap;
        struct S<T, const N: usize = 4> { a: Vec<T>, b: [u8; N] }
        fn f(x: &mut u8, y: &'static str, z: *const i32, w: (u8, char), v: [u8; 3], u: &[S<u8>]) -> ! {}
        fn map() -> HashMap<String, u8> {}
        fn g(h: fn(u8) -> u8, d: Box<dyn Fn(u8) -> u8 + Send>, e: &dyn std::fmt::Debug) {}
        fn array(a: [u8; SIZE], b: [u8; SIZE * 2 + 1], c: [u8; other()]) {}
        const SIZE: usize = 1 << 4;
        """,
        """
        fn f => (&mut u8, &'static str, *const i32, (u8, char), [u8; 3], &[S<u8, 4>]) -> !
        fn map => () -> HashMap<String, u8, RandomState, Global>
        fn g => (fn(u8) -> u8, Box<dyn Fn(u8) -> u8 + Send, Global>, &dyn Debug) -> ()
        fn array => ([u8; 16], [u8; _], [u8; _]) -> ()
        adt S => struct S { a: Vec<T, Global>, b: [u8; N] }
        """,
    ),
    "dyn puts its auto traits last": (
        "fn f(x: Box<dyn Send + Sync + FnMut()>) {}",
        "fn f => (Box<dyn FnMut() + Send + Sync, Global>) -> ()",
    ),
    "aliases": (
        """
        type Pair<T, U = T> = (T, U);
        type Res<T> = std::result::Result<T, Error>; struct Error;
        type Loop = Loop2; type Loop2 = Loop;
        fn f(a: Pair<u8>, b: Pair<u8, char>, c: Res<()>, d: std::io::Result<u8>) {}
        fn g(a: Loop) {}
        """,
        """
        fn f => ((u8, u8), (u8, char), Result<(), Error>, Result<u8, Error>) -> ()
        fn g => (_) -> ()
        """,
    ),
    "bounds": (
        """
        use std::fmt::Debug;
        fn f<T: Debug + ?Sized, F>(x: &T, f: F) where F: Fn(&T) -> bool, Vec<T>: Clone, for<'a> &'a T: Copy {}
        fn assoc<I: Iterator<Item: Debug>, J>(i: I) where J: IntoIterator<Item = u8> {}
        fn eq<T: PartialEq, U: PartialEq<T>>(t: T) {}
        fn unit<F: FnOnce()>(f: F) {}
        async fn over<F: AsyncFn(u8) -> u8>(f: F) {}
        """,
        """
        bounds f => T: Debug; F: Fn(&T) -> bool; Vec<T, Global>: Clone; &T: Copy
        bounds assoc => I::Item: Debug; I: Iterator; J: IntoIterator<Item = u8>
        bounds eq => T: PartialEq<T>; U: PartialEq<T>
        bounds unit => F: FnOnce()
        bounds over => F: AsyncFn(u8) -> u8
        """,
    ),
    "impl Trait": (
        """
        fn arg(f: impl Fn(u8) -> u8, g: &mut impl Iterator<Item = impl Clone>) {}
        fn ret<T>(t: T) -> impl Iterator<Item = impl Fn(T) -> u8> + Send {}
        async fn later(x: u8) -> String {}
        async fn both() -> impl Clone {}
        """,
        """
        fn arg => (impl#0, &mut impl#1) -> ()
        bounds arg => impl#0: Fn(u8) -> u8; impl#2: Clone; impl#1: Iterator<Item = impl#2>
        generics arg => impl#0, impl#1, impl#2
        fn ret => (T) -> impl Iterator<Item = impl Fn(T) -> u8> + Send
        fn later => (u8) -> impl Future<Output = String>
        fn both => () -> impl Future<Output = impl Clone>
        """,
    ),
    "methods": (
        """
        struct S<T>(T);
        impl<T: Clone> S<T> {
            pub fn by_ref(&self) -> &T {} fn by_mut(&mut self) {} fn by_value(self) -> Self {} fn none(x: Self) {}
            fn typed(self: std::rc::Rc<Self>) {} fn typed_ref(self: &Self) {} fn typed_value(mut self: Self) {}
            fn more<U>(&self, f: impl Fn(U)) {}
        }
        """,
        """
        method S by_ref => (&S<T>) -> &T [&self]
        method S by_mut => (&mut S<T>) -> () [&mut self]
        method S by_value => (S<T>) -> S<T> [self]
        method S none => (S<T>) -> () [none]
        method S typed => (Rc<S<T>, Global>) -> () [self: T]
        method S typed_ref => (&S<T>) -> () [&self]
        method S typed_value => (S<T>) -> () [self]
        method S more => (&S<T>, impl#0) -> () [&self]
        """,
    ),
    "traits": (
        """
        trait Base { type Out; const N: usize; }
        trait Mid<X>: Base { fn mid(&self) -> Self::Out; }
        trait Tr<A, B = Self>: Mid<u8, Out = A> + Sized where A: Clone {
            type Assoc: Default + Iterator<Item = Self::Out>; type Gat<T>: Clone;
            fn f(self, a: Self::Assoc, g: Self::Gat<u8>) -> <Self as Base>::Out { }
            fn g<T: Base>(t: T::Out) -> Self::Out;
        }
        """,
        """
        fn Tr::f => (Self, Self::Assoc, Self::Gat<u8>) -> Self::Out
        fn Tr::g => (T::Out) -> Self::Out
        fn Mid::mid => (&Self) -> Self::Out
        bounds Tr => Self: Mid<u8, Out = A>; Self: Sized; A: Clone
        assoc Tr => Assoc: Default + Iterator<Item = Self::Out>; Gat: Clone
        """,
    ),
    "associated types in impls": (
        """
        struct S; struct Wrap<I>(I);
        impl Iterator for S { type Item = Vec<u8>; fn next(&mut self) -> Option<Self::Item> {} }
        impl<I: Iterator> Iterator for Wrap<I> {
            type Item = (I::Item, Self::Other); fn next(&mut self) -> Option<I::Item> {}
        }
        fn f<I>(i: I, x: I::Item, y: <Vec<u8> as IntoIterator>::Item) where I: DoubleEndedIterator {}
        fn g<T: Unknown>(x: T::Thing, y: T::Nothing) {}
        """,
        """
        fn f => (I, I::Item, <Vec<u8, Global> as IntoIterator>::Item) -> ()
        fn g => (_, _) -> ()
        method S next => (&mut S) -> Option<Vec<u8, Global>> [&mut self]
        method Wrap next => (&mut Wrap<I>) -> Option<I::Item> [&mut self]
        """,
    ),
    "an alias of a trait's type through several supertraits": (
        """
        trait A<X> { type T; } trait B<Y>: A<Vec<Y>> {} trait C: B<u8> { fn f(x: Self::T); }
        fn g<Z: C>(x: Z::T) {}
        """,
        """
        through g => krate::A [Vec<u8, Global>]
        through C::f => krate::A [Vec<u8, Global>]
        """,
    ),
    "a supertrait's argument may need an associated type": (
        "trait H { type S; } trait G: H + K<Self::S> { fn f(x: Self::S); } trait K<X> {}",
        """
        bounds G => Self: H; Self: K<Self::S>
        fn G::f => (Self::S) -> ()
        """,
    ),
    "unknown types say why": (
        """
        //# crate krate /lib.rs deps=gone
        use gone::Thing; use gone::prelude::*;
        macro_rules! x { () => {} }
        fn a(x: Thing) {} fn b(x: Missing) {} fn c(x: crate::No) {} fn d(x: _) {}
        """,
        """
        why a => `gone::Thing` is not known: the source of crate `gone` is not at hand
        why b => cannot find `Missing`; it may come from `use gone::prelude::*`, which is not known
        why c => cannot find `No`; it may come from `use gone::prelude::*`, which is not known
        why d => `_` stands in a signature
        """,
    ),
    "macros where a type stands": (
        """
        macro_rules! ty { ($t:ty) => { Vec<$t> }; (nest $t:ty) => { Option<ty!($t)> } }
        fn f(a: ty!(u8), b: &[ty!(nest char)]) -> nothing!() {}
        macro_rules! item { ($t:ty) => { struct Made { x: ty!($t) } } }
        item!(u8);
        """,
        """
        fn f => (Vec<u8, Global>, &[Option<Vec<char, Global>>]) -> _
        adt Made => struct Made { x: Vec<u8, Global> }
        """,
    ),
    "constructors are functions": (
        "struct P<T>(T, u8); enum E<T> { A(T), B { x: T }, C }",
        """
        fn P => (T, u8) -> P<T>
        fn E::A => (T) -> E<T>
        fn E::B => nothing
        fn Some => nothing
        """,
    ),
    "attributes": (
        """
        #[repr(C, packed(2))] struct P { #[cfg(test)] gone: u8, x: u32 }
        #[non_exhaustive] enum N { A, #[cfg(test)] B }
        """,
        """
        adt P => packed struct P { x: u32 }
        adt N => non_exhaustive enum N { A }
        """,
    ),
}


def ask(fixture, question: str) -> str:  # type: ignore[no-untyped-def]
    what, _, rest = question.partition(" ")
    program = fixture.program
    if what == "fn":
        sig = program.fn(f"krate::{rest}")
        return "nothing" if sig is None else told_fn(sig)
    if what == "why":
        return program.fn(f"krate::{rest}").params[0].why
    if what == "through":
        projection = program.fn(f"krate::{rest}").params[0]
        return f"{projection.trait} {list(projection.args)}"
    if what == "generics":
        return ", ".join(param.name for param in program.fn(f"krate::{rest}").generics.params)
    if what == "bounds":
        sig = program.fn(f"krate::{rest}") or program.trait(f"krate::{rest}")
        return "; ".join(told_predicate(predicate) for predicate in sig.generics.predicates)
    if what == "assoc":
        sig = program.trait(f"krate::{rest}")
        return "; ".join(
            f"{name}: {' + '.join(repr(bound) for bound in assoc.bounds)}" for name, assoc in sig.assoc_types.items()
        )
    if what == "adt":
        return told_adt(program.adt(f"krate::{rest}"))
    type_name, method = rest.split()
    head = f"krate::{type_name}"
    impls = [*program.inherent_impls(head), *program.trait_impls("core::iter::traits::iterator::Iterator", head)]
    path = next(impl.methods[method] for impl in impls if method in impl.methods)
    sig = program.fn(path)
    return f"{told_fn(sig)} [{sig.self_kind.value}]"


def told_fn(sig) -> str:  # type: ignore[no-untyped-def]
    return f"({', '.join(repr(param) for param in sig.params)}) -> {sig.ret!r}"


def told_predicate(predicate: Predicate) -> str:
    return f"{predicate.subject!r}: {predicate.bound!r}"


def told_adt(sig) -> str:  # type: ignore[no-untyped-def]
    lead = ("packed " if sig.is_packed else "") + ("non_exhaustive " if sig.is_non_exhaustive else "")
    name = sig.path.rpartition("::")[2]
    if sig.kind.value == "enum":
        return f"{lead}enum {name} {{ {', '.join(variant.name for variant in sig.variants)} }}"
    fields = ", ".join(f"{field.name}: {field.ty!r}" for field in sig.variants[0].fields)
    return f"{lead}{sig.kind.value} {name} {{ {fields} }}"


def _questions() -> list[tuple[str, str]]:
    return [(name, line.strip()) for name, (_, lines) in CASES.items() for line in lines.strip().splitlines()]


@pytest.mark.parametrize(("case", "line"), _questions(), ids=lambda value: value)
def test_signature(case: str, line: str) -> None:
    question, expected = line.split(" => ")
    text = "\n".join(row.strip() for row in CASES[case][0].splitlines())
    assert ask(load(text), question) == expected


def test_methods_that_a_build_script_decides_about() -> None:
    program = load("""
//# crate krate /lib.rs script=/out
pub struct S;
impl S {
    #[cfg(x)] pub fn other(self) {}
    #[cfg(not(x))] pub fn other(&self) {}
    #[cfg(x)] pub fn same(&self) -> u8 { 1 }
    #[cfg(not(x))] pub fn same(&self) -> u8 { 2 }
    #[cfg(not(x))] pub fn alone(&self) {}
}
""").program
    (found,) = program.inherent_impls("krate::S")
    assert sorted(found.methods) == ["alone", "same"]


def test_fields_that_a_build_script_decides_about() -> None:
    program = load("""
//# crate krate /lib.rs script=/out
pub struct Named { #[cfg(x)] a: u8, #[cfg(not(x))] a: String, #[cfg(not(x))] b: u16, c: u32 }
pub struct Tuple(u8, #[cfg(x)] String, u16);
""").program
    told = [
        [(field.name, isinstance(field.ty, Unknown)) for field in found.variants[0].fields]
        for found in (program.adt("krate::Named"), program.adt("krate::Tuple"))
        if found is not None
    ]
    assert told == [[("a", True), ("b", False), ("c", False)], [("0", False), ("1", True)]]
