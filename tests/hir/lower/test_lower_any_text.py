"""Lowering never raises: prefixes, damaged and deeply nested texts; and what it loses of them."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lower_text import body_of
from lower_walk import all_bodies, parts
from test_lower_bodies import SAMPLE

from closurelens.hir.body import Missing
from closurelens.hir.lower.body import LowerContext, lower_body
from closurelens.hir.lower.items import lower_items
from closurelens.syntax.nodes import tree_of

ITEMS = """
#![cfg(a)]
use a::{self, b::{c as _, *}, super::d};
pub(crate) trait T<A: B + 'a, const N: usize = 3>: C where A: D { type E: F; const G: u8 = 1; fn h(&self) -> impl I; }
impl<'a, A> !T<A> for &'a [u8; N] where A: Fn(u8) -> B { #[cfg(x)] fn f(mut self: Rc<Self>, (a, _): (u8, _)) { || 1; } }
#[derive(A, B)] pub enum E<T = u8> { A, #[b] B(pub T), C { d: dyn X + Y } = 3 }
macro_rules! m { ($x:expr) => { |y| $x } }
extern "C" { static mut X: *const fn(A, ...) -> !; }
static S: Box<dyn Fn()> = Box::new(|| m! { <a b={|c| c}> d => e });
const C: <A as B>::C = match x { box y | 1..=2 => async move |z| {}, [.., a @ ..] if let b = c => 'd: loop {} };
"""


def lower_all(source: bytes) -> set[int]:
    """Lower whatever is there; where its closures start."""
    root = tree_of(source)
    context = LowerContext(cfg=lambda text: text != "off")
    bodies = list(all_bodies(lower_items(root, source), root, source, context))
    bodies.append(lower_body(root, source, context))
    return {closure.range[0] for body in bodies for closure in body.closures}


@pytest.mark.parametrize("text", [SAMPLE, ITEMS], ids=["bodies", "items"])
def test_every_prefix(text: str) -> None:
    source = text.encode()
    for end in range(len(source)):
        lower_all(source[:end])


@pytest.mark.parametrize("text", [SAMPLE, ITEMS], ids=["bodies", "items"])
def test_every_suffix(text: str) -> None:
    source = text.encode()
    for start in range(0, len(source), 3):
        lower_all(source[start:])


TOKENS = r"""
fn f ( ) { } [ ] < > | || & && * - .. ..= = == => -> :: : , ; . ? ! # $ ' 'a _ a b C 1 1.0 "s" let mut ref move async
static const for in if else match while loop break return yield as dyn impl where struct enum trait use pub self Self
super crate macro_rules m! #[cfg(off)] unsafe box @ é |x| |x|x f(){ x. #! // /* */ r#" b' { } ( )
""".split()  # noqa: SIM905


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(st.lists(st.sampled_from(TOKENS), max_size=60))
def test_any_tokens(tokens: list[str]) -> None:
    lower_all(" ".join(tokens).encode())
    lower_all(f"fn f() {{ {' '.join(tokens)} }}".encode())


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(st.binary(max_size=80))
def test_any_bytes(source: bytes) -> None:
    lower_all(source)
    lower_all(b"fn f() { m!(" + source + b") }")


def test_closures_that_the_parser_still_sees_are_lowered() -> None:
    functions = [f"fn f{i}(a: u8) {{ let b = a.map(|x| x + {i}); if b {{ c(|| b) }} }}\n" for i in range(20)]
    source = "".join(functions).encode()
    assert len(lower_all(source)) == 40
    chooser = random.Random(1)
    for _ in range(150):
        at = chooser.randrange(len(source))
        wrong = chooser.choice([b"{", b"}", b"(", b")", b"|", b";", b"let ", b"x.", b"match "])
        damaged = source[:at] + wrong + source[at:]
        seen = {node.start for node in tree_of(damaged).descendants() if node.kind == "closure_expression"}
        assert seen <= lower_all(damaged), damaged[max(0, at - 20) : at + 20]


N = 3000
DEEP: dict[str, Callable[[], str]] = {
    "arrays": lambda: "[" * N + "x" + "]" * N,
    "assignments": lambda: "a = " * N + "b",
    "blocks": lambda: "{" * N + "x" + "}" * N,
    "calls": lambda: "f(" * N + "x" + ")" * N,
    "closures": lambda: "|x| " * N + "x",
    "closures in calls": lambda: "f(|x| { " * N + "x" + "})" * N,
    "errors": lambda: "f(|x| " * N,
    "functions": lambda: "fn f() {" * N + "}" * N,
    "if": lambda: "if " * N + "a" + " {}" * N,
    "lets": lambda: "{ let x = " * N,
    "macros": lambda: "m!{ < a b=" * N + "|x| x" + "}" * N,
    "match": lambda: "match x { _ => " * N + "x" + "}" * N,
    "or in parentheses": lambda: "if let " + "(A | " * N + "x" + ")" * N + " = y {}",
    "patterns": lambda: "if let " + "Some(" * N + "x" + ")" * N + " = y {}",
    "prefixes": lambda: "!& " * N + "x",
    "qualified": lambda: "<" * N + "a" + ">::b" * N,
    "ranges": lambda: "0..*" * N + "x",
    "right operands": lambda: "1 + (" * N + "x" + ")" * N,
    "structs": lambda: "S { a: " * N + "x" + "}" * N,
    "types": lambda: "x as " + "Vec<" * N + "u8" + ">" * N,
    "dyn types": lambda: "x as &dyn " + "Fn(&dyn " * N + "u8" + ")" * N,
}


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_too_deeply_is_missing(name: str) -> None:
    lower_all(f"fn f() {{ {DEEP[name]()} }}".encode())


LONG: dict[str, tuple[Callable[[], str], int]] = {
    "binary": (lambda: " + ".join("x" * N), 0),
    "casts": (lambda: "x" + " as u8" * N, 0),
    "else if": (lambda: "if a {} " + "else if b { || 1 } " * N, N),
    "fields": (lambda: "x" + ".0" * N, 0),
    "indices": (lambda: "x" + "[0]" * N, 0),
    "let chain": (lambda: "if " + " && ".join(["let A(x) = y"] * N) + " {}", 0),
    "method chain": (lambda: "x" + ".m(|a| a)" * N, N),
    "or-pattern": (lambda: "if let " + " | ".join("A" * N) + " = y {}", 0),
    "parentheses": (lambda: "(" * N + "|x| x" + ")" * N, 1),
    "path": (lambda: "::".join("a" * N), 0),
    "statements": (lambda: "f(|x| x);" * N, N),
    "try": (lambda: "x" + "?" * N, 0),
}


@pytest.mark.parametrize("name", LONG)
def test_long_chains_are_lowered_whole(name: str) -> None:
    make, closures = LONG[name]
    body = body_of(f"fn f() {{ {make()} }}")
    assert not body.problems
    assert len(body.closures) == closures
    assert not any(isinstance(part, Missing) for part in parts([body.root]))


def test_deeply_nested_items() -> None:
    for source in (b"mod a {" * N + b"}" * N, b"use a::{" * N + b"b" + b"}" * N + b";", b"impl A { fn f() {" * N):
        lower_all(source)
    use = b"use a::{" + b"b::{" * N + b"c" + b"}" * N + b"};"
    imports = lower_items(tree_of(use), use)
    assert len(imports) == 1


def test_a_level_that_is_allowed_is_lowered() -> None:
    body = body_of("fn f() { " + "f(|x| { " * 40 + "x" + " })" * 40 + " }")
    assert not body.problems and len(body.closures) == 40
