"""A glance at a crate's text leaves out no file whose impls are asked for."""

from __future__ import annotations

import pytest
from resolve_fixture import load

from closurelens.resolve.impl_files import ImplFiles
from closurelens.resolve.macro_gist import Gists
from closurelens.resolve.sketch import FileSketch, ImplKind, header_of, headers_in

TEXT = """
pub struct A<T>(T); pub struct B; pub trait Local<X = u8> {} pub trait Other {}
pub type Pair = (B, B); pub type Short = A<u8>;
#[macro_use] mod macros { macro_rules! outer { ($t:ident) => { inner!{$t} } }
  macro_rules! inner { ($t:ident) => { impl crate::Local for crate::$t {} impl crate::$t { fn made(&self) {} } } }
  macro_rules! head { ($($head:tt)*) => { impl $($head)* {} } }
  macro_rules! attr { ($imp:tt $t:ident) => { $imp crate::Other for crate::$t {} } }
  macro_rules! doc { ($t:ident) => { impl crate::Local<u16> for crate::$t {} } }
  macro_rules! key { ([impl] => $t:ident) => { unsafe impl crate::Other for crate::A<crate::$t> {} } }
  macro_rules! declare { ($t:ident) => { #[derive(Clone)] pub struct $t; } }
  macro_rules! fixed { () => { inner!{B} #[derive(Clone)] pub struct Fixed; } }
  macro_rules! rooted { ($t:ident) => { impl $crate::Other for $crate::$t {} } }
  macro_rules! given { ($x:ty) => { impl crate::Local<$x> for crate::B {} } } }
mod bounds; mod blanket; mod shapes; mod aliases; mod called; mod tokens; mod defaults; mod keywords; mod groups;
mod derived; mod fixed; mod rooted; mod given;
//- /bounds.rs
use crate::*; impl<T: Local> Other for A<T> where T: for<'a> Fn(&'a u8) {}
//- /blanket.rs
use crate::*; impl<T> Local for T where T: Other {}
//- /shapes.rs
use crate::*; impl Local for (u8, A<u8>) {} impl<T> Local for &mut [T] {} impl Other for dyn Local {}
impl Other for fn(B) {} impl Local for <B as Iterator>::Item {}
//- /aliases.rs
use crate::{Local, Other as Renamed, Pair, Short, B as C}; impl Local for Pair {} impl Renamed for Short {}
impl C { fn on_renamed(&self) {} } impl<X> Local<X> for
  C {}
//- /called.rs
outer!(B);
//- /tokens.rs
head!(crate::Local<u64> for crate::B); attr!(impl B);
//- /defaults.rs
use crate::*; unsafe /* why */ impl Local<bool> for B {} /* note */ impl /* for */ Other for /* x */ B {}
//- /keywords.rs
/// text
doc!(B);
//- /groups.rs
key!([impl] => B);
//- /derived.rs
declare!(D);
//- /fixed.rs
fixed!();
//- /rooted.rs
rooted!(B);
//- /given.rs
given!(i8);
"""
TRAITS = ("krate::Local", "krate::Other", "core::ops::deref::Deref", "core::clone::Clone")
HEADS = (
    "krate::A",
    "krate::B",
    "krate::derived::D",
    "krate::fixed::Fixed",
    "u8",
    "&",
    "&mut",
    "(2)",
    "fn",
    "dyn krate::Local",
    None,
)


def _ask(trait: str | None, head: str | None) -> list[list[str]]:
    """By a crate that has not been asked for anything else."""
    impls = load(TEXT).program.source_crates()[0].impls
    if trait is None:
        assert head is not None
        found = impls.inherent_impls(head, off=False)
    else:
        found = impls.trait_impls(trait, head, off=False)
    return [[impl.path, str(impl.self_ty)] for impl in found]


def _answers() -> dict[tuple[str | None, str | None], list[list[str]]]:
    questions = [(trait, head) for trait in TRAITS for head in HEADS]
    inherent = [(None, head) for head in ("krate::A", "krate::B", "dyn krate::Local")]
    return {question: _ask(*question) for question in (*questions, *inherent)}


def _every_file(self: ImplFiles, *_: object) -> bool:
    return True


def test_answers_are_those_of_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _answers()
    monkeypatch.setattr(ImplFiles, "_may_have", _every_file)
    monkeypatch.setattr(ImplFiles, "_may_have_impl", _every_file)
    assert found == _answers()
    assert sum(map(len, found.values())) > 18
    assert found["core::clone::Clone", "krate::derived::D"]
    assert found["core::clone::Clone", "krate::fixed::Fixed"]


@pytest.mark.parametrize(
    ("text", "kind", "trait", "name"),
    [
        (b" A ", ImplKind.INHERENT, b"", b"A"),
        (b"<T: Local> crate::Other for crate::A<T> where T: Copy ", ImplKind.OF_TRAIT, b"Other crate", b"A"),
        (b"<T> Local for T ", ImplKind.OF_TRAIT, b"Local", None),
        (b"<F: Fn(u8) -> A<u8>> Local for &F ", ImplKind.OF_TRAIT, b"Local", None),
        (b" Local for <B as C>::D ", None, None, None),
        (b" $($head)* ", None, None, None),
        (b" Local for $t ", ImplKind.OF_TRAIT, b"Local", None),
        (b" $crate::Local<$x> for $t ", ImplKind.OF_TRAIT, b"Local crate", None),
        (b" $($path)::* for A ", ImplKind.OF_TRAIT, None, b"A"),
    ],
)
def test_a_head(text: bytes, kind: ImplKind | None, trait: bytes | None, name: bytes | None) -> None:
    header = header_of(text)
    words = None if header.trait is None else b" ".join(sorted(header.trait))
    assert (header.kind, words, header.self_name) == (kind, trait, name)


def test_an_impl_in_a_comment_is_none() -> None:
    found = headers_in(b"// impl A {}\n  /// impl B {}\nimpl C {}\nfn f() {}\nimpl D {}")
    assert sorted(str(header.self_name) for header in found) == [str(b"C"), str(b"D")]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        (b"impl<T> A<T>\nwhere\n    T: Copy,\n{\n    fn f() {}\n}", ImplKind.INHERENT, b"A"),
        (b"impl<F> A<F> where F: Fn() -> u8, {}", ImplKind.INHERENT, b"A"),
        (b"impl Local<u8, { 1 + 1 }> for A {}", ImplKind.OF_TRAIT, b"A"),
        (b"impl Local for // a { \n A /* { */ {}", ImplKind.OF_TRAIT, b"A"),
        (b"/* for */ impl /* for */ A {}", ImplKind.INHERENT, b"A"),
        (b"impl Local for [u8; { 2 }] {}", ImplKind.OF_TRAIT, None),
    ],
)
def test_where_a_head_ends(text: bytes, kind: ImplKind, name: bytes | None) -> None:
    (header,) = headers_in(text)
    assert (header.kind, header.self_name) == (kind, name)
    assert b"f" not in (header.self_words or b"")


def test_a_long_comment_is_one() -> None:
    assert headers_in(b"/// " + b"word; " * 40 + b"impl A {}\n") == []


@pytest.mark.parametrize(
    ("name", "given", "may_be"),
    [
        (b"BorderProperty", {b"Border"}, True),
        (b"border_property", {b"Border"}, True),
        (b"BorderWidthProperty", {b"Border", b"width"}, True),
        (b"BorderStyle", {b"Border"}, False),
        (b"Border", {b"Border"}, False),
    ],
)
def test_names_of_several_words(name: bytes, given: set[bytes], may_be: bool) -> None:
    text = b"macro_rules! m { ($n:ident) => { paste! { impl [<$n:camel Property>] {} } } }"
    gists = Gists([FileSketch("lib.rs", text, None)], set())
    assert gists.joining == {b"m"}
    assert gists.may_be_joined(name, given) is may_be


def test_words_that_macros_are_given() -> None:
    text = b"//! m!(A);\nm!(B [C]); n!(D m); n!(E m!(F)); fn f() { m! { G } }"
    found = FileSketch("lib.rs", text, None).words_given_to({b"m"})
    assert found == {b"B", b"C", b"D", b"m", b"F", b"G"}


def test_names_of_types() -> None:
    text = b"type A = crate::B<C>;\n// type for = D;\ntype E<T> where T: F = [G; 2];\ntrait T { type H; }"
    found = [(name, sorted(of)) for _, name, of in FileSketch("lib.rs", text, None).aliases()]
    assert found == [(b"A", [b"B"]), (b"E", [b"G"]), (b"H", [])]
