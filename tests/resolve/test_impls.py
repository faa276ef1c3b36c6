"""Which impls and traits there are, also those that macros and derives make."""

from __future__ import annotations

import pytest
from resolve_fixture import answer, load

from closurelens.resolve.program import Program
from closurelens.ty.sig import DefKind
from closurelens.ty.types import Adt, Param, Ref

CLONE, COPY, EQ, ADD = "core::clone::Clone", "core::marker::Copy", "core::cmp::PartialEq", "core::ops::arith::Add"
ITERATOR, FROM = "core::iter::traits::iterator::Iterator", "core::convert::From"

TEXT = """
mod types { pub struct A<T>(T); pub enum B { X } pub type Alias = A<u8>; pub trait Local { fn local(&self); } }
mod first; mod second; mod third;
use types::{A, B};
impl<T> A<T> { fn inherent(&self) {} }
impl<T: types::Local> types::Local for Vec<T> { fn local(&self) {} }
impl<T> types::Local for &T { fn local(&self) {} }
impl<T: Fn()> types::Local for T { fn local(&self) {} }
impl types::Local for [u8] { fn local(&self) {} }
impl types::Local for dyn types::Local { fn local(&self) {} }
impl dyn types::Local { fn on_dyn(&self) {} }
impl From<B> for String { fn from(b: B) -> String {} }
const _: () = { impl Default for B { fn default() -> B {} } };
const _: () = unsafe { impl PartialEq for B { fn eq(&self, _: &B) -> bool {} } };
//- /first.rs
use crate::types::A as Renamed;
impl<T> Renamed<T> { fn renamed(&self) {} }
impl Iterator for crate::types::Alias { type Item = u8; fn next(&mut self) -> Option<u8> {} }
//- /second.rs
use crate::types::Alias;
impl Alias { fn through_alias(&self) {} }
#[cfg(test)] impl crate::types::B { fn only_in_tests(&self) {} }
//- /third.rs
macro_rules! locals { ($($t:ty)*) => { $(impl crate::types::Local for $t { fn local(&self) {} })* } }
locals!(u8 crate::types::B);
macro_rules! inherent { ($t:ident) => { impl super::types::$t { fn by_macro(&self) {} } } }
inherent!(B);
#[derive(Clone, Copy, PartialEq, Nonsense)] pub struct D<T, const N: usize>(T, [u8; N]);
#[derive(Clone)] pub struct P<I: Iterator>(I::Item);
#[cfg_attr(not(test), derive(Debug))] pub struct Q;
#[derive(Default)] pub enum E<T> { #[default] None, Some(T) }
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return load(TEXT).program


@pytest.mark.parametrize(
    ("head", "methods"),
    [
        ("krate::types::A", {"inherent", "renamed", "through_alias"}),
        ("krate::types::B", {"by_macro"}),
        ("dyn krate::types::Local", {"on_dyn"}),
        ("krate::third::Q", set()),
    ],
)
def test_inherent_impls(head: str, methods: set[str]) -> None:
    program = load(TEXT).program
    assert {name for impl in program.inherent_impls(head) for name in impl.methods} == methods


def test_inherent_impls_of_std_types(program: Program) -> None:
    assert any("push" in impl.methods for impl in program.inherent_impls("alloc::vec::Vec"))


@pytest.mark.parametrize(
    ("trait", "head", "told"),
    [
        ("krate::types::Local", "alloc::vec::Vec", ["Vec<T, Global>"]),
        ("krate::types::Local", "&", ["&T"]),
        ("krate::types::Local", None, ["T"]),
        ("krate::types::Local", "[]", ["[u8]"]),
        ("krate::types::Local", "dyn krate::types::Local", ["dyn Local"]),
        ("krate::types::Local", "u8", ["u8"]),
        ("krate::types::Local", "krate::types::B", ["B"]),
        ("krate::types::Local", "krate::types::A", []),
        (ITERATOR, "krate::types::A", ["A<u8>"]),
        ("core::default::Default", "krate::types::B", ["B"]),
        (EQ, "krate::types::B", ["B"]),
        (CLONE, "krate::third::D", ["D<T, N>"]),
        (COPY, "krate::third::D", ["D<T, N>"]),
        ("core::fmt::Debug", "krate::third::Q", ["Q"]),
        (CLONE, "krate::third::Q", []),
        (CLONE, "u8", ["u8"]),
    ],
)
def test_trait_impls(trait: str, head: str | None, told: list[str]) -> None:
    program = load(TEXT).program
    assert [repr(impl.self_ty) for impl in program.trait_impls(trait, head)] == told


def test_impls_of_std_traits_for_std_types(program: Program) -> None:
    args = {repr(impl.trait.args[0]) for impl in program.trait_impls(FROM, "alloc::string::String") if impl.trait}
    assert {"B", "char", "&str"} <= args


def test_all_impls_of_a_trait(program: Program) -> None:
    told = {repr(impl.self_ty) for impl in program.all_trait_impls("krate::types::Local")}
    assert told == {"Vec<T, Global>", "&T", "T", "[u8]", "dyn Local", "u8", "B"}
    assert any(repr(impl.self_ty) == "D<T, N>" for impl in program.all_trait_impls(CLONE))


@pytest.mark.parametrize(
    ("trait", "head", "predicates"),
    [
        (CLONE, "krate::third::D", ["T: Clone"]),
        (EQ, "krate::third::D", ["T: PartialEq<T>"]),
        (CLONE, "krate::third::P", ["I: Iterator", "I: Clone", "I::Item: Clone"]),
        ("core::default::Default", "krate::third::E", []),
    ],
)
def test_bounds_of_derives(program: Program, trait: str, head: str, predicates: list[str]) -> None:
    [impl] = program.trait_impls(trait, head)
    assert [f"{p.subject!r}: {p.bound!r}" for p in impl.generics.predicates] == predicates


def test_methods_of_derives_are_the_traits(program: Program) -> None:
    [impl] = program.trait_impls(CLONE, "krate::third::D")
    assert dict(impl.methods) == {"clone": "core::clone::Clone::clone"}
    assert program.impl(impl.path) is impl


def test_derives_that_nobody_knows(program: Program) -> None:
    assert list(program.unknown_derives("krate::third::D")) == ["Nonsense"]
    assert list(program.unknown_derives("krate::third::P")) == []


def test_impls_seen_from_code_that_is_off(program: Program) -> None:
    here = program.off_view().inherent_impls("krate::types::B")
    assert {name for impl in here for name in impl.methods} == {"by_macro", "only_in_tests"}


def test_traits_with_method() -> None:
    program = load(TEXT).program
    assert "krate::types::Local" in program.traits_with_method("local")
    assert list(program.traits_with_method("nowhere")) == []
    assert CLONE in program.traits_with_method("clone")


def test_impls_of_a_dependency_are_found_without_reading_all_of_it() -> None:
    text = """
//# crate krate /lib.rs deps=dep
//# crate dep /dep/lib.rs member=no
use dep::Thing;
//- /dep/lib.rs
pub struct Thing; mod impls; mod other;
//- /dep/impls.rs
impl crate::Thing { pub fn method(&self) {} }
//- /dep/other.rs
pub struct Unrelated; impl Unrelated { pub fn x() {} }
"""
    fixture = load(text)
    assert fixture.resolver("krate").resolve_name("Thing", _types()) is not None
    impls = fixture.program.inherent_impls("dep::Thing")
    assert [list(impl.methods) for impl in impls] == [["method"]]
    other = fixture.program.module("dep::other")
    assert other is not None and other.state.name == "UNREAD"


def test_derive_with_the_name_of_std_from_elsewhere() -> None:
    text = """
//# crate krate /lib.rs deps=educe
use educe::Clone;
#[derive(Clone, std::fmt::Debug)] pub struct S;
"""
    program = load(text).program
    assert list(program.unknown_derives("krate::S")) == ["Clone"]
    assert not program.trait_impls(CLONE, "krate::S")
    assert program.trait_impls("core::fmt::Debug", "krate::S")


def test_attribute_macros_on_a_type() -> None:
    text = """
//# crate krate /lib.rs deps=pin
use pin::pin_project; use serde::Serialize;
#[pin_project] pub struct S;
#[pin::other(x)] pub struct T;
#[derive(Serialize)] #[serde(rename = "x")] #[must_use] #[rustfmt::skip] pub struct U;
"""
    program = load(text).program
    assert list(program.unknown_derives("krate::S")) == ["#[pin_project]"]
    assert list(program.unknown_derives("krate::T")) == ["#[pin::other]"]
    assert list(program.unknown_derives("krate::U")) == []


def _types():  # type: ignore[no-untyped-def]
    from closurelens.ty.sig import Namespace

    return Namespace.TYPES


WASM = """
//# crate krate /lib.rs deps=wasm_bindgen
//# crate wasm_bindgen /wb/lib.rs member=no
mod sys;
//- /sys.rs
use wasm_bindgen::prelude::*;
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = "Node", extends = ::wasm_bindgen::Other, js_name = "Element")]
    #[derive(Clone, Debug)]
    pub type Element;
    #[wasm_bindgen (no_deref)] pub type Node;
    #[wasm_bindgen(catch, method, js_name = "setText")]
    pub fn set_text(this: &Element, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, getter)] pub fn size(this: &Element) -> u32;
    #[wasm_bindgen(catch, constructor)] pub fn new(x: u8) -> Result<Element, JsValue>;
    #[wasm_bindgen(static_method_of = Node, js_name = make)] pub fn make() -> Node;
    pub fn alert(text: &str);
    pub type List<T>;
    #[wasm_bindgen(method)] pub fn map<T, F: Fn(T)>(this: &List<T>, f: F) -> T;
}
//- /wb/lib.rs
pub struct JsValue; pub trait JsCast {} pub struct Other; pub mod prelude { pub use crate::{JsValue, wasm_bindgen}; }
"""


def test_methods_of_wasm_bindgen_types() -> None:
    program = load(WASM).program
    told = {}
    for head in ("krate::sys::Element", "krate::sys::Node", "krate::sys::List"):
        for impl in program.inherent_impls(head):
            for name, path in impl.methods.items():
                sig = program.fn(path)
                assert sig is not None
                told[name] = f"{head[12:]} ({', '.join(map(repr, sig.params))}) -> {sig.ret!r} [{sig.self_kind.value}]"
    assert told == {
        "set_text": "Element (&Element, &str) -> Result<(), JsValue> [&self]",
        "size": "Element (&Element) -> u32 [&self]",
        "new": "Element (u8) -> Result<Element, JsValue> [none]",
        "make": "Node () -> Node [none]",
        "map": "List (&List<T>, F) -> T [&self]",
    }
    alert = program.fn("krate::sys::alert")
    assert alert is not None and repr(alert.params) == "(&str,)"


def test_impls_of_wasm_bindgen_types() -> None:
    program = load(WASM).program
    [deref] = program.trait_impls("core::ops::deref::Deref", "krate::sys::Element")
    assert repr(deref.assoc_types["Target"]) == "Node"
    assert not program.trait_impls("core::ops::deref::Deref", "krate::sys::Node")
    as_ref = program.trait_impls("core::convert::AsRef", "krate::sys::Element")
    assert {repr(impl.trait) for impl in as_ref} == {
        "AsRef<JsValue>",
        "AsRef<Element>",
        "AsRef<Node>",
        "AsRef<Other>",
    }
    assert len(program.trait_impls("wasm_bindgen::JsCast", "krate::sys::Element")) == 1
    assert len(program.trait_impls(CLONE, "krate::sys::Element")) == 1
    assert not program.unknown_derives("krate::sys::Element")


def test_wasm_bindgen_in_an_expansion() -> None:
    text = WASM.replace(
        "//- /wb/lib.rs",
        """macro_rules! arrays { ($($n:ident)*) => { $(#[wasm_bindgen] extern "C" {
    #[wasm_bindgen(extends = Node, typescript_type = "x")] pub type $n;
    #[wasm_bindgen(constructor)] pub fn make(x: u8) -> $n;
    #[wasm_bindgen(method, getter)] pub fn size(this: &$n) -> u32; })* } }
arrays!(Uint8Array);
//- /wb/lib.rs""",
    )
    impls = load(text).program.inherent_impls("krate::sys::Uint8Array")
    assert [list(impl.methods) for impl in impls] == [["make", "size"]]


def test_macros_of_a_procedural_macro_crate() -> None:
    text = """
//# crate krate /lib.rs deps=serde
//# crate serde /serde.rs deps=serde_derive member=no
//# crate serde_derive /derive.rs member=no kind=proc-macro
use serde::Serialize;
#[derive(Serialize)] pub struct S;
#[derive(serde::Other)] #[helper] pub struct T;
//- /serde.rs
pub trait Serialize {}
pub use serde_derive::*;
//- /derive.rs
#[proc_macro_derive(Serialize)] pub fn derive(input: u8) -> u8 { input }
#[proc_macro_derive(Other, attributes(helper))] pub fn derive_other(input: u8) -> u8 { input }
"""
    fixture = load(text)
    assert list(fixture.program.unknown_derives("krate::S")) == []
    assert [impl.self_ty for impl in fixture.program.trait_impls("serde::Serialize", "krate::S")] == [
        Adt("krate::S", ())
    ]
    assert list(fixture.program.unknown_derives("krate::T")) == ["Other"]
    assert answer(fixture, "krate", "macro", "Clone") != "macro serde_derive::Clone"
    assert answer(fixture, "krate", "type", "Serialize") == "trait serde::Serialize"
    assert answer(fixture, "krate", "macro", "Serialize") == "macro serde_derive::Serialize"


def test_projections_and_rules() -> None:
    text = """
//# crate krate /lib.rs deps=pin_project,pest_derive
use pin_project::pin_project;
#[pin_project(project = Proj, PinnedDrop)] pub enum E<T> { A { #[pin] x: T, y: u8 }, B }
#[pin_project] struct S { x: u8 }
#[derive(pest_derive::Parser)] #[grammar_inline = r#"
// no = { rule }
one = { "{" ~ EOI }
_two = _{ one }
"#] struct P;
"""
    program = load(text).program
    (methods,) = [set(impl.methods) for impl in program.inherent_impls("krate::E")]
    assert methods == {"project"}
    (methods,) = [set(impl.methods) for impl in program.inherent_impls("krate::S")]
    assert methods == {"project", "project_ref"}
    projection = program.adt("krate::Proj")
    assert projection is not None
    x, y = projection.variants[0].fields
    assert x.ty == Adt("core::pin::Pin", (Ref(Param("T"), mutable=True),))
    assert isinstance(y.ty, Ref)
    assert len(program.trait_impls("core::ops::drop::Drop", "krate::E")) == 1
    rule = program.adt("krate::Rule")
    assert rule is not None
    assert [variant.name for variant in rule.variants] == ["EOI", "one", "_two"]


def test_components() -> None:
    text = """
//# crate krate /lib.rs deps=leptos
use leptos::prelude::*;
#[component] pub fn Row<F, const N: usize>(
    #[prop(into)] label: String,
    #[prop(default = vec![1, 2], optional)] width: Option<u8>,
    #[prop(optional_no_strip)] height: Option<u8>,
    on_press: impl Fn(u8) + 'static,
    #[prop(name = "both")] (a, b): (F, u8),
    #[prop(marker)] _marker: PhantomData<F>,
) -> impl IntoView where F: FnOnce() { label }
#[component] pub fn list_of_rows() -> u8 { 0 }
pub fn Plain(x: u8) {}
"""
    program = load(text).program
    row = program.fn("krate::Row")
    assert row is not None
    assert [param.name for param in row.generics.params] == ["F", "N", "__P0", "__P1"]
    assert [repr(param) for param in row.params] == ["RowProps<F, N, __P0, __P1>"]
    assert {repr(predicate.subject) for predicate in row.generics.predicates} >= {"F", "__P1"}
    props = program.adt("krate::RowProps")
    assert props is not None
    told = {field.name: repr(field.ty) for field in props.variants[0].fields}
    assert told == {"label": "__P0", "width": "u8", "height": "Option<u8>", "on_press": "__P1", "both": "(F, u8)"}
    none = program.fn("krate::ListOfRows")
    assert none is not None and not none.params
    plain = program.fn("krate::Plain")
    assert plain is not None and len(plain.params) == 1
    written = program.fn(next(path for path, owner in load(text).owners().items() if owner.item.name == "Row"))
    assert written is not None and len(written.params) == 6


def test_what_attributes_make_of_functions() -> None:
    text = """
//# crate krate /lib.rs deps=tokio,async_trait,mystery,maybe_async
//# crate maybe_async /maybe.rs member=no kind=proc-macro SYNC
#[maybe_async::maybe_async] async fn either() -> u8 { 0 }
#[tokio::main] async fn blocking() -> u8 { 0 }
async fn plain() -> u8 { 0 }
#[async_trait::async_trait] trait T { async fn boxed() -> u8; }
#[mystery::attribute] fn rewritten() {}
//- /maybe.rs
#[proc_macro_attribute] pub fn maybe_async(args: TokenStream, item: TokenStream) -> TokenStream { change(item) }
"""
    program = load(text.replace("SYNC", "")).program
    for option, made in (("", "Opaque"), ("cfg=feature:is_sync", "Prim")):
        either = load(text.replace("SYNC", option)).program.fn("krate::either")
        assert either is not None and type(either.ret).__name__ == made
    told = {name: program.fn(f"krate::{name}") for name in ("blocking", "plain", "T::boxed")}
    kinds = {name: None if sig is None else type(sig.ret).__name__ for name, sig in told.items()}
    assert kinds == {"blocking": "Prim", "plain": "Opaque", "T::boxed": "Adt"}
    entries = {name: program.entry(f"krate::{name}", DefKind.FUNCTION) for name in ("blocking", "rewritten")}
    reasons = {name: None if entry is None else program.why_rewritten(entry) for name, entry in entries.items()}
    assert reasons == {"blocking": None, "rewritten": "attribute `mystery::attribute` may rewrite this code"}


def test_enums_of_strings_in_wasm_bindgen() -> None:
    text = WASM.replace("//- /wb/lib.rs", '#[wasm_bindgen] pub enum Mode { On = "on", Off = "off" }\n//- /wb/lib.rs')
    program = load(text).program
    names = {name for impl in program.inherent_impls("krate::sys::Mode") for name in impl.methods}
    assert names == {"from_str", "to_str", "from_js_value"}


def test_impls_in_modules_that_a_macro_declares() -> None:
    text = """
mod root;
root::modules!();
pub struct S;
pub trait T {}
//- /root.rs
macro_rules! modules { () => { mod inner; } }
pub(crate) use modules;
//- /inner/mod.rs
impl crate::T for crate::S {}
"""
    program = load(text).program
    assert len(program.trait_impls("krate::T", "krate::S")) == 1
