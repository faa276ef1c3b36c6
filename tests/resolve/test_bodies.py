"""Bodies, and what the names in them mean."""

from __future__ import annotations

import re

import pytest
from resolve_fixture import Fixture, load, numbers

from closurelens.hir import body as h
from closurelens.resolve.answers import AssocValue, ConstParamValue, CtorValue, ItemValue, NoValue
from closurelens.resolve.bodies import crate_bodies, lower_owner, scopes_of
from closurelens.resolve.module import State

# Each body is that of `f`. A name followed by `/*n*/` is the n-th of its name: where it is bound, and where that is
# meant. `/*item*/` is an item or nothing at all.
SCOPES: dict[str, str] = {
    "shadowing": "fn f(a/*1*/: u8) { let a/*2*/ = a/*1*/ + 1; a/*2*/; { let a/*3*/ = a/*2*/; a/*3*/; } a/*2*/; }",
    "else of a let": "fn f(x/*1*/: Option<u8>) { let Some(x/*2*/) = x/*1*/ else { x/*1*/; return }; x/*2*/; }",
    "match": """fn f(x/*1*/: Option<u8>) {
        match x/*1*/ { Some(x/*2*/) if x/*2*/ > 1 => x/*2*/, None => x/*1*/, _ => 0 }; }""",
    "or patterns": "fn f(x/*1*/: R) { match x/*1*/ { Ok(v/*1*/) | Err(v/*1*/) => v/*1*/ }; }",
    "guards with let": """fn f(a/*1*/: O) {
        match a/*1*/ { b/*1*/ if let Some(a/*2*/) = b/*1*/ && a/*2*/ => a/*2*/, _ => a/*1*/ }; }""",
    "if let chains": """fn f(a/*1*/: O) {
        if a/*1*/.x() && let Some(a/*2*/) = a/*1*/ && let Some(a/*3*/) = a/*2*/ { a/*3*/; } else { a/*1*/; }
        a/*1*/; }""",
    "while let": "fn f(a/*1*/: O) { while let Some(a/*2*/) = a/*1*/ { a/*2*/; } a/*1*/; }",
    "for": "fn f(a/*1*/: O) { for a/*2*/ in a/*1*/ { a/*2*/; } a/*1*/; }",
    "closures": """fn f(a/*1*/: O) {
        let g/*1*/ = |a/*2*/: u8, (b/*1*/, c/*1*/)| a/*2*/ + b/*1*/ + c/*1*/; g/*1*/(a/*1*/); }""",
    "struct patterns": "fn f(S { x/*1*/, y: z/*1*/ }: S) { x/*1*/; z/*1*/; y/*item*/; }",
    "at patterns": "fn f(a/*1*/ @ (b/*1*/, _): T) { a/*1*/; b/*1*/; }",
    "shorthand fields": "fn f(x/*1*/: u8) { S { x/*1*/ }; S { x: x/*1*/, ..x/*1*/ }; }",
    "format strings": 'fn f(x/*1*/: u8) { let y/*1*/ = 1; println!("{}", y/*1*/ + x/*1*/); }',
    "items in blocks": """fn f(a/*1*/: u8) { a/*1*/;
        { fn b() {} let b/*1*/ = 1; b/*1*/; { fn a() {} a/*item*/; b/*1*/; } } a/*1*/; }""",
    "constants in patterns": """const C: u8 = 1; struct Unit; enum E { V, W(u8) } use E::*; fn func() {}
        fn f(x/*1*/: u8) { match x/*1*/ { C => 1, Unit => 2, V => C/*item*/, func/*1*/ => func/*1*/ };
            let None = x/*1*/; let ref C/*1*/ = x/*1*/; C/*1*/; }""",
    "bounds of patterns are no variables": """const lo: u8 = 1;
        fn f(lo/*1*/: u8) { match 1 { lo/*item*/..=9 => 1, _ => 0 }; }""",
    "hygiene": """macro_rules! m { ($e:expr) => { { let x = 2; $e + x } } }
        fn f(x/*1*/: u8) { m!(x/*1*/); }""",
    "a macro in the body sees locals above it": """fn f(a/*1*/: u8) { let b/*1*/ = 1;
        macro_rules! m { ($e:expr) => { { let a = 0; $e + a } } } let b/*2*/ = 2; m!(a/*1*/ + b/*2*/); }""",
    "what is off sees what is off": """fn f(a/*1*/: u8) { #[cfg(x)] let b/*1*/ = a/*1*/; #[cfg(x)] b/*1*/; b/*item*/;
        let a/*2*/ = 1; #[cfg(x)] a/*2*/; }""",
    "async and loops": "fn f(a/*1*/: u8) { async move { a/*1*/; loop { let a/*2*/ = a/*1*/; break a/*2*/; } }; }",
    "assignments": "fn f(mut a/*1*/: u8, b/*1*/: u8) { a/*1*/ = b/*1*/; a/*1*/ += b/*1*/; (a/*1*/, _) = (b/*1*/, 1); }",
    "self": "struct S; impl S { fn f(self/*1*/) { self/*1*/; let g/*1*/ = || self/*1*/; } }",
}

_MARK = re.compile(r"(\w+)/\*(\w+)\*/")


@pytest.mark.parametrize("case", SCOPES)
def test_scopes(case: str) -> None:
    text = SCOPES[case]
    fixture = load(text)
    [owner] = [owner for path, owner in fixture.owners().items() if path.endswith("::f")]
    lowered = lower_owner(owner)
    assert lowered is not None
    scopes, _ = scopes_of(owner, lowered)
    base = owner.body_base
    bound = {lowered.body.bindings[id].range[0] + base: id for id in range(len(lowered.body.bindings))}
    paths = {expr.range[0] + base: expr.id for expr in expressions(lowered.body) if isinstance(expr, h.PathExpr)}
    numbered: dict[tuple[str, str], int] = {}
    for mark in _MARK.finditer(text):
        key = (mark[1], mark[2])
        at = mark.start()
        if mark[2] == "item":
            assert scopes.local_of.get(paths[at]) is None, key
        elif key not in numbered:
            numbered[key] = bound[at]
        elif at in paths:
            assert scopes.local_of.get(paths[at]) == numbered[key], (key, at)


def expressions(body: h.Body) -> list[h.Expr]:
    """All of a body, found without any walker of ours."""
    out: list[h.Expr] = []
    work: list[object] = [body]
    seen: set[int] = set()
    while work:
        here = work.pop()
        if isinstance(here, list | tuple):
            work.extend(here)
        elif hasattr(type(here), "__dataclass_fields__") and id(here) not in seen:
            seen.add(id(here))
            if isinstance(here, h.Expr):
                out.append(here)
            work.extend(getattr(here, name) for name in type(here).__dataclass_fields__)
    return out


def test_patterns_that_are_items() -> None:
    text = SCOPES["constants in patterns"]
    _, scopes, _ = load(text).body("krate::f")
    assert sorted(found.path for found in scopes.pat_def.values()) == [
        "core::option::Option::None",
        "krate::C",
        "krate::E::V",
        "krate::Unit",
    ]


# Values

VALUES_TEXT = """
struct S<T, U = u8>(T, U); struct R { x: u8 } struct Unit; enum E<T> { A(T), B { x: T }, C }
type Al<T> = E<T>; type AlS = R;
const K: u8 = 1; static ST: u8 = 2;
fn free<T, const N: usize>(t: T, f: impl Fn()) {}
trait Tr<X> { type Out; fn go<Y>(&self); }
impl<T> E<T> { fn f<const M: usize>(self) { PLACE } }
"""

VALUES = [
    ("free", "item krate::free [?, ?, ?]"),
    ("free::<u8, 3>", "item krate::free [u8, 3, ?]"),
    ("free::<_, M>", "item krate::free [?, M, ?]"),
    ("K", "item krate::K []"),
    ("ST", "item krate::ST []"),
    ("S", "ctor struct krate::S S<?, ?>"),
    ("S::<char>", "ctor struct krate::S S<char, u8>"),
    ("Unit", "ctor struct krate::Unit Unit"),
    ("E::A", "ctor variant krate::E::A E<?>"),
    ("E::<u8>::C", "ctor variant krate::E::C E<u8>"),
    ("E::C::<u8>", "ctor variant krate::E::C E<u8>"),
    ("Self::C", "ctor variant krate::E::C E<T>"),
    ("Al::<u8>::A", "ctor variant krate::E::A E<u8>"),
    ("Al::A", "ctor variant krate::E::A E<?>"),
    ("None::<u8>", "ctor variant core::option::Option::None Option<u8>"),
    ("Vec::new", "assoc Vec<?, ?>::new []"),
    ("Vec::<u8>::with_capacity", "assoc Vec<u8, Global>::with_capacity []"),
    ("Self::f", "assoc E<T>::f []"),
    ("T::default", "assoc T::default []"),
    ("<T as Tr<u8>>::go::<char>", "assoc <T as Tr<u8>>::go [char]"),
    ("Tr::<u8>::go", "assoc <? as Tr<u8>>::go []"),
    ("Tr::go", "assoc <? as Tr<?>>::go []"),
    ("Default::default", "assoc <? as Default>::default []"),
    ("<[u8]>::len", "assoc [u8]::len []"),
    ("<u8>::MAX", "assoc u8::MAX []"),
    ("u8::from_str_radix", "assoc u8::from_str_radix []"),
    ("<T as Tr<u8>>::Out::make", "assoc T::Out::make []"),
    ("M", "const M: usize"),
    ("T", "no `T` is a type, not a value"),
    ("missing", "no cannot find `missing`"),
    ("std::mem::missing", "no cannot find `std::mem::missing`"),
    ("std::iter::repeat::<u8>", "item core::iter::sources::repeat::repeat [u8]"),
    ("crate::K", "item krate::K []"),
]


@pytest.mark.parametrize(("written", "told"), VALUES)
def test_value_paths(written: str, told: str) -> None:
    fixture = load(VALUES_TEXT.replace("PLACE", f"let _ = {written};"))
    [owner] = [owner for path, owner in fixture.owners().items() if path.endswith("::f")]
    lowered = lower_owner(owner)
    assert lowered is not None
    [path] = [expr.path for expr in expressions(lowered.body) if isinstance(expr, h.PathExpr)]
    assert tell(owner.resolver.resolve_value_path(path, numbers())) == told  # type: ignore[arg-type]


CTORS = [
    ("R { x: 1 }", "ctor struct krate::R R"),
    ("AlS { x: 1 }", "ctor struct krate::R R"),
    ("E::B { x: 1 }", "ctor variant krate::E::B E<?>"),
    ("Self::B { x: 1 }", "ctor variant krate::E::B E<T>"),
    ("Al::<u8>::B { x: 1 }", "ctor variant krate::E::B E<u8>"),
    ("S::<u8> { 0: 1 }", "ctor struct krate::S S<u8, u8>"),
    ("Unit {}", "ctor struct krate::Unit Unit"),
    ("Missing {}", "no cannot find `Missing`"),
]


@pytest.mark.parametrize(("written", "told"), CTORS)
def test_struct_paths(written: str, told: str) -> None:
    fixture = load(VALUES_TEXT.replace("PLACE", f"let _ = {written};"))
    [owner] = [owner for path, owner in fixture.owners().items() if path.endswith("::f")]
    lowered = lower_owner(owner)
    assert lowered is not None
    [path] = [expr.path for expr in expressions(lowered.body) if isinstance(expr, h.StructExpr)]
    assert tell(owner.resolver.resolve_ctor_path(path, numbers())) == told  # type: ignore[arg-type]


def tell(found: object) -> str:
    match found:
        case ItemValue(item, args):
            return f"item {item.path} [{', '.join(map(plain, args))}]"
        case CtorValue(item, ty):
            return f"ctor {item.kind.value} {item.path} {plain(ty)}"
        case AssocValue(base, name, trait, args):
            if trait is None:
                lead = plain(base)
            else:
                inner = ", ".join(map(plain, trait.args))
                short = trait.trait.rpartition("::")[2]
                lead = f"<{plain(base)} as {short}{f'<{inner}>' if inner else ''}>"
            return f"assoc {lead}::{name} [{', '.join(map(plain, args))}]"
        case ConstParamValue(param, ty):
            return f"const {param!r}: {ty!r}"
        case NoValue(why):
            return f"no {why}"
    raise AssertionError(found)


def plain(ty: object) -> str:
    return repr(ty).replace("_", "?")


# Owners


def owners_of(fixture: Fixture, file: str = "/lib.rs") -> list[tuple[str, str, str | None]]:
    text = fixture.files["/w" + file]
    return [
        (owner.path, text[owner.range[0] : owner.range[1]].decode(), owner.cfg_off)
        for owner in fixture.owners(file).values()
    ]


def test_owners() -> None:
    text = """fn a() { 1 }
const C: u8 = { 2 };
mod m { pub fn b() { 3 } #[cfg(test)] fn off() { 4 } }
trait T { fn required(); fn provided() { 5 } const D: u8 = 6; }
struct S; impl S { fn c() { 7 } }
impl T for S { fn required() { 8 } }
#[cfg(test)] mod tests { #[test] fn t() { 9 } }
#[test] fn top() { 10 }
macro_rules! wrap { ($($t:tt)*) => { $($t)* } }
wrap! { fn in_args() { 11 } }
macro_rules! own { ($n:ident) => { fn $n() { 12 } } }
own!(of_macro);
"""
    assert owners_of(load(text)) == [
        ("krate::a", "{ 1 }", None),
        ("krate::C", "{ 2 }", None),
        ("krate::m::b", "{ 3 }", None),
        ("krate::m::off", "{ 4 }", "test"),
        ("krate::T::provided", "{ 5 }", None),
        ("krate::T::D", "6", None),
        ("krate::{impl#0}::c", "{ 7 }", None),
        ("krate::{impl#1}::required", "{ 8 }", None),
        ("krate::tests::t", "{ 9 }", "test"),
        ("krate::top", "{ 10 }", "test"),
        ("krate::in_args", "{ 11 }", None),
        ("krate::of_macro", "own!(of_macro)", None),
    ]


def test_owners_with_the_same_path_differ() -> None:
    text = (
        "#[cfg(unix)] fn f() { 1 } #[cfg(windows)] fn f() { 2 } fn f() { 3 } impl S { fn f() {} #[cfg(x)] fn f() {} }"
    )
    paths = [path for path, _, _ in owners_of(load(text))]
    assert len(set(paths)) == 5
    assert all(path.endswith("::f") for path in paths)
    assert "krate::f" in paths


def test_all_bodies_of_a_crate() -> None:
    fixture = load("mod a; fn f() {}\n//- /a.rs\nfn g() {} mod b { const C: u8 = 1; }\n")
    index = fixture.program.crate(fixture.crates[0])
    assert [owner.path for owner in crate_bodies(index)] == ["krate::f", "krate::a::g", "krate::a::b::C"]


def test_a_changed_file() -> None:
    """What a file says anew is seen; other crates' indexes stay."""
    fixture = load(
        """
//# crate krate /lib.rs deps=dep
//# crate dep /dep.rs member=no
mod a; use a::*; use dep::D; fn f(x: A, y: B, z: D) {}
//- /a.rs
pub struct A;
//- /dep.rs
pub struct D;
"""
    )
    program = fixture.program

    def told() -> str:
        sig = program.fn("krate::f")
        assert sig is not None
        return repr(sig.params)

    assert told() == "(A, _, D)"
    dep = program.module("dep")
    assert dep is not None
    fixture.files["/w/a.rs"] = b"pub struct B; impl B { fn m(&self) {} }"
    assert told() == "(A, _, D)"
    program.forget("/w/a.rs")
    assert told() == "(_, B, D)"
    assert [list(impl.methods) for impl in program.inherent_impls("krate::a::B")] == [["m"]]
    assert program.module("dep") is dep


def test_items_in_bodies() -> None:
    text = """fn outer() {
    use std::rc::Rc;
    struct Local<T>(Rc<T>);
    impl<T> Local<T> { fn method(&self) -> &Self { inner(); self } }
    fn inner() -> Local<u8> { fn deepest() {} loop {} }
    { const K: u8 = 1; struct Local; Local; }
    let x: Local<u8>;
    macro_rules! mac { () => { fn from_macro() {} } }
    mac!();
}
"""
    fixture = load(text)
    lowered, scopes, nested = fixture.body("krate::outer")
    assert [owner.path for owner in nested] == [
        "krate::outer::{0}::{impl#0}::method",
        "krate::outer::{0}::inner",
        "krate::outer::{1}::K",
        "krate::outer::{0}::from_macro",
    ]
    source = fixture.files["/w/lib.rs"]
    assert source[nested[1].range[0] : nested[1].range[1]] == b"{ fn deepest() {} loop {} }"
    program = fixture.program
    sig = program.fn("krate::outer::{0}::inner")
    assert sig is not None and repr(sig.ret) == "Local<u8>"
    adt = program.adt("krate::outer::{0}::Local")
    assert adt is not None and repr(adt.variants[0].fields[0].ty) == "Rc<T, Global>"
    assert [list(impl.methods) for impl in program.inherent_impls("krate::outer::{0}::Local")] == [["method"]]
    [path] = [e for e in expressions(lowered.body) if isinstance(e, h.PathExpr) and e.path.name() == "Local"]
    found = scopes.resolver_at(path.id).resolve_value_path(path.path)
    assert tell(found) == "ctor struct krate::outer::{1}::Local Local"
    inner = lower_owner(nested[1])
    assert inner is not None
    _, deeper = scopes_of(nested[1], inner)
    assert [owner.path for owner in deeper] == ["krate::outer::{0}::inner::{0}::deepest"]


def test_a_new_text_of_a_body_replaces_its_items() -> None:
    fixture = load("fn f() { struct A; impl A { fn old(&self) {} } }")
    fixture.body("krate::f")
    lowered, _, _ = fixture.body("krate::f")
    assert lowered is not None
    impls = fixture.program.inherent_impls("krate::f::{0}::A")
    assert [list(impl.methods) for impl in impls] == [["old"]]


def test_predicates_in_scope() -> None:
    text = """
trait Tr<A: Clone> where Self: Sized { fn f<F: Fn()>(g: F, h: impl FnMut()) { } }
struct S<T>(T); impl<T: Copy> S<T> where T: Send { fn g<U: Sync>() {} }
"""
    owners = load(text).owners()
    told = [f"{p.subject!r}: {p.bound!r}" for p in owners["krate::Tr::f"].resolver.predicates]
    assert told == ["Self: Tr<A>", "A: Clone", "Self: Sized", "F: Fn()", "impl#0: FnMut()"]
    assert [param.name for param in owners["krate::Tr::f"].resolver.generics] == ["Self", "A", "F", "impl#0"]
    told = [f"{p.subject!r}: {p.bound!r}" for p in owners["krate::{impl#0}::g"].resolver.predicates]
    assert told == ["T: Copy", "T: Send", "U: Sync"]


def test_traits_in_scope() -> None:
    text = """
mod a { pub trait Public { fn x(); } trait Private {} pub use std::fmt::Write as _; }
mod b { use super::a::*; use std::io::Read; fn f() { use std::io::Seek; trait Here {} } }
"""
    fixture = load(text)
    inside = fixture.resolver("krate::b").traits_in_scope()
    assert {"krate::a::Public", "core::fmt::Write", "std::io::Read", "core::clone::Clone"} <= inside
    assert not {"krate::a::Private", "std::io::Seek"} & inside
    _, scopes, _ = fixture.body("krate::b::f")
    [block] = scopes.block_resolver.values()
    assert {"std::io::Seek", "krate::b::f::{0}::Here", "std::io::Read"} <= block.traits_in_scope()


def test_the_trait_around_is_in_scope() -> None:
    text = """
mod m { pub trait Tr { fn f() {} } } struct S;
impl m::Tr for S { fn f() {} } impl std::ops::Deref for S { type Target = u8; fn deref(&self) -> &u8 {} }
"""
    owners = load(text).owners()
    assert "krate::m::Tr" in owners["krate::m::Tr::f"].resolver.traits_in_scope()
    assert "krate::m::Tr" in owners["krate::{impl#0}::f"].resolver.traits_in_scope()
    assert "core::ops::deref::Deref" in owners["krate::{impl#1}::deref"].resolver.traits_in_scope()
    assert "krate::m::Tr" not in owners["krate::{impl#1}::deref"].resolver.traits_in_scope()


def test_macro_in_a_body_by_position() -> None:
    text = """
macro_rules! m { () => { 1u8 } }
fn early() { m!() }
macro_rules! m { () => { "two" } }
fn late() { m!(); { macro_rules! m { () => { 'c' } } m!() } }
"""
    fixture = load(text)
    literals = [
        [expr.text for expr in reversed(expressions(fixture.body(path)[0].body)) if isinstance(expr, h.Lit)]
        for path in ("krate::early", "krate::late")
    ]
    assert literals[0] == ["1u8"]
    assert sorted(literals[1]) == ['"two"', "'c'"]


def test_odd_input_raises_nothing() -> None:
    text = """
fn ( { impl } struct < use ::; use a::{b, ; mod ; impl<T for { type = ; fn f(self: ) -> { x } }
trait { fn } enum E { , } const : = ; macro_rules! { } m!; extern { fn } use self; use super::super::x;
use crate; use *; type A = A; type B = Option<B>; struct S(<S as T>::X); impl T for <Self as T>::X {}
impl<T: T> T for T { fn f(x: T::T) {} }
trait Loop: Loop { type X: Into<Self::X>; fn f(x: Self::X); }
"""
    fixture = load(text)
    index = fixture.program.crate(fixture.crates[0])
    for module in index.all_modules():
        fixture.program.children(module.path)
        fixture.program.names.traits_in_scope(module)
        for entry in module.entries:
            for ask in (fixture.program.fn, fixture.program.adt, fixture.program.trait, fixture.program.alias):
                ask(entry.path)
            fixture.program.inherent_impls(entry.path)
    for owner in fixture.owners().values():
        lowered = lower_owner(owner)
        if lowered is not None:
            scopes_of(owner, lowered)


def test_a_file_declared_twice_is_taken_as_it_is_compiled() -> None:
    fixture = load(
        "#[cfg(x)] mod a;\n#[cfg(not(x))] pub mod a;\n//- /a.rs\npub fn f() {}\n#[cfg(x)] fn g() {}\n",
    )
    owners = fixture.owners("/a.rs").values()
    assert [(owner.path, owner.cfg_off) for owner in owners if owner.item.name == "f"] == [("krate::a::f", None)]
    assert {owner.cfg_off for owner in owners if owner.item.name == "g"} == {"x"}


def test_an_exported_macro_that_a_macro_made_of_a_crate_read_before() -> None:
    fixture = load(
        "//# crate krate /lib.rs deps=dep\n//# crate dep /dep.rs member=no\n"
        "fn f() { dep::made!(1); }\n"
        "//- /dep.rs\n"
        "macro_rules! make { ($i:item) => { $i } }\n"
        "make![ #[macro_export] macro_rules! made { ($e:expr) => { || $e } } ];\n"
    )
    dep = fixture.program.crate(fixture.crates[1])
    dep.populate(dep.root)
    lowered, _, _ = fixture.body("krate::f")
    assert len(lowered.body.closures) == 1


def test_bodies_of_an_included_file_stand_in_the_module_that_includes_it() -> None:
    fixture = load(
        'mod a { struct S; include!("part.rs"); }\n//- /part.rs\nimpl S { fn f(&self) {} }\nfn g() {}\n',
    )
    assert sorted(fixture.owners("/part.rs")) == ["krate::a::g", "krate::a::{impl#0}::f"]
    fixture = load(
        'mod a;\n//- /a.rs\npub struct S; include!("part.rs");\n'
        "//- /part.rs\npub mod inner { fn h() {} }\nimpl S { fn f(&self) {} }\n",
    )
    assert sorted(fixture.owners("/part.rs")) == ["krate::a::inner::h", "krate::a::{impl#0}::f"]


NAMED_BY_MACROS = """
macro_rules! modules { ($($name:ident)*) => { $(mod $name;)* } }
modules! { outer }
mod far;
//- /outer.rs
modules! { inner }
//- /outer/inner/mod.rs
fn in_inner() {} modules! { deep }
//- /outer/inner/deep.rs
fn in_deep() {}
//- /far.rs
modules! { elsewhere }
//- /far/elsewhere.rs
fn in_elsewhere() {}
//- /bin/tool.rs
fn main() {}
"""


@pytest.mark.parametrize(
    ("file", "paths"),
    [
        ("/outer/inner/mod.rs", ["krate::outer::inner::in_inner"]),
        ("/outer/inner/deep.rs", ["krate::outer::inner::deep::in_deep"]),
        ("/far/elsewhere.rs", ["krate::far::elsewhere::in_elsewhere"]),
        ("/bin/tool.rs", []),
    ],
)
def test_files_whose_modules_are_named_in_macro_calls(file: str, paths: list[str]) -> None:
    assert sorted(load(NAMED_BY_MACROS).owners(file)) == paths


def test_a_file_that_is_not_of_the_crate_has_little_of_it_read() -> None:
    fixture = load(NAMED_BY_MACROS)
    assert fixture.owners("/bin/tool.rs") == {}
    crate = fixture.program.source_crates()[0]
    assert [module.path for module in crate.modules.values() if module.state is State.DONE] == []
