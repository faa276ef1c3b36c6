"""What is read from stored crates is what their sources say."""

import re
from typing import Any

import pytest
from resolve_fixture import Fixture, load

from closurelens.project.model import Crate, CrateGraph
from closurelens.resolve.dependencies import Absent, Route
from closurelens.resolve.packing import pack_crate
from closurelens.resolve.program import Program
from closurelens.resolve.stored import OFTEN_DERIVED, PackedMacros, StoredCrate, is_current
from closurelens.resolve.unseen import may_derive
from closurelens.ty.sig import Def, DefKind, Namespace
from closurelens.ty.types import Adt

TEXT = r"""
//# crate krate /lib.rs deps=outer,inner
//# crate outer /outer.rs member=no deps=inner,macros,gone cfg=feature:on
//# crate inner /inner.rs member=no
//# crate macros /macros.rs member=no kind=proc-macro
//- /lib.rs
use outer::prelude::*;
pub struct Local;
//- /outer.rs
#[macro_use] extern crate inner;
use gone::Lost;
pub mod prelude {
    pub use crate::shapes::*;
    pub use crate::Named as _;
    pub use inner::{Deep, extra::*};
}
pub mod shapes {
    use crate::Named;
    #[derive(Clone, Debug, PartialEq)]
    pub struct Point<T = i32> { pub x: T, y: T }
    #[derive(Clone, macros::Magic)] #[magic(Drop)]
    pub enum Shape<'a, const N: usize> { Dot, At(Point), Many { points: [Point; N], names: &'a [&'a str] } }
    pub union Bits { pub a: u32, pub b: f32 }
    impl<T: Clone> Point<T> {
        pub const ORIGIN: i32 = 2 * 3;
        pub fn new(x: T, y: T) -> Self { todo!() }
        pub fn map<U, F: FnMut(T) -> U>(self, f: F) -> Point<U> { todo!() }
        pub fn name<'a>(&'a self, other: &str) -> &'a str { todo!() }
        #[cfg(feature = "off")] pub fn off(&self) {}
        #[cfg(feature = "on")] pub async fn on(&self) -> u8 { 1 }
    }
    impl<T> From<inner::Deep> for Point<T> { fn from(d: inner::Deep) -> Self { todo!() } }
    impl From<Point> for inner::Deep { fn from(p: Point) -> Self { todo!() } }
    impl<T: Iterator> Named for T { type Id = T::Item; }
    #[cfg(feature = "off")] impl Copy for Point {}
    impl std::ops::Deref for Bits { type Target = u32; fn deref(&self) -> &u32 { todo!() } }
    impl std::ops::Add for Bits { type Output = inner::Deep; fn add(self, o: Self) -> inner::Deep { todo!() } }
    pub fn lost() -> crate::Lost { todo!() }
    pub fn both(f: impl Fn(&Bits) -> bool + 'static, g: Box<dyn Named<Id = u8>>) -> impl Iterator<Item = u8> {}
    made!(Made);
}
pub trait Named: Sized + AsRef<str> { type Id: Default; const LEN: usize = 3; fn id(&self) -> Self::Id { todo!() } }
pub type Short = shapes::Point<u8>;
pub const SIZE: usize = 4 + 4;
pub static mut COUNT: u64 = 0;
pub use macros::attribute;
impl dyn Plain { pub fn plain(&self) {} }
pub trait Plain {}
const _: () = { impl crate::Plain for crate::shapes::Bits {} };
#[macro_export] macro_rules! point { ($x:expr) => { $crate::shapes::Point::new($x, $x) } }
inner::define!(defined $);
//- /inner.rs
pub struct Deep(pub u8);
pub mod extra { pub struct Extra; pub fn helper() {} }
#[macro_export] macro_rules! made { ($name:ident) => { pub struct $name { inner: $crate::Deep } } }
#[macro_export]
macro_rules! define { ($n:ident $d:tt) => { #[macro_export] macro_rules! $n { () => { $d crate::SIZE } } } }
//- /macros.rs
#[proc_macro_derive(Magic, attributes(magic))] pub fn magic(input: TokenStream) -> TokenStream { input }
"""


def stored_fixture(text: str = TEXT) -> Fixture:
    """`load`, with the dependencies stored."""
    fixture = load(text)
    program = fixture.program

    def stored(graph: CrateGraph, crate: Crate, route: Route | None = None) -> bytes:
        own = Program(graph, program.std, lambda path: fixture.files.get(path), stored=stored)
        data = pack_crate(own.crate(crate))
        assert is_current(data)
        return data

    fixture.program = Program(program.graph, program.std, lambda path: fixture.files.get(path), stored=stored)
    for crate in fixture.crates:
        if crate.is_member:
            fixture.program.crate(crate)
    return fixture


def opened(fixture: Fixture) -> Program:
    program = fixture.program
    for crate in ("outer", "inner"):
        assert program.dependency(fixture.crates[0], crate) == Def(DefKind.MODULE, crate)
    return program


MODULES = ["outer", "outer::prelude", "outer::shapes", "outer::shapes::Shape", "inner", "inner::extra"]
TRAITS = [
    *(f"core::clone::{name}" for name in ("Clone",)),
    "core::convert::From",
    "core::ops::deref::Deref",
    "core::ops::arith::Add",
    "core::fmt::Debug",
    "core::marker::Copy",
    "outer::Named",
    "outer::Plain",
]
HEADS = ["outer::shapes::Point", "outer::shapes::Bits", "outer::shapes::Shape", "inner::Deep", "dyn outer::Plain", None]


def without_span(sig: Any) -> str:
    if hasattr(sig, "span"):
        sig.span = None
    return repr(sig)


def public(children: Any) -> dict[Any, Any]:
    return {key: found for key, found in children.items() if not key[1].startswith("_#")}


@pytest.fixture(scope="module")
def programs() -> tuple[Program, Program]:
    return opened(load(TEXT)), opened(stored_fixture())


@pytest.mark.parametrize("module", MODULES)
def test_names(programs: tuple[Program, Program], module: str) -> None:
    source, stored = (public(program.children(module)) for program in programs)
    exported = {(Namespace.MACROS, name) for name in ("point", "made", "define", "defined")}
    assert source.items() <= stored.items()
    assert stored.keys() - source.keys() <= exported


@pytest.mark.parametrize("module", MODULES)
def test_items(programs: tuple[Program, Program], module: str) -> None:
    source, stored = programs
    asked = 0
    for definition in source.children(module).values():
        path = definition.path
        for question in (Program.adt, Program.fn, Program.trait, Program.value, Program.alias):
            told = question(source, path)
            assert without_span(question(stored, path)) == without_span(told), path
            asked += told is not None
        assert stored.const_value(definition) == source.const_value(definition)
        assert list(stored.unknown_derives(path)) == list(source.unknown_derives(path))
        if stored.unknown_derives(path):
            told = [[may_derive(program, path, trait) for trait in OFTEN_DERIVED] for program in programs]
            assert told[0] == told[1] != [True] * len(OFTEN_DERIVED)
        assert stored.has_variant(path, "Dot") == source.has_variant(path, "Dot")
        if definition.kind in (DefKind.STRUCT, DefKind.ENUM, DefKind.UNION, DefKind.TRAIT):
            assert stored.params_of(definition) == source.params_of(definition)
    assert asked


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("trait", TRAITS)
def test_impls_of_traits(programs: tuple[Program, Program], trait: str, head: str | None) -> None:
    source, stored = programs
    told = source.trait_impls(trait, head)
    assert repr(list(stored.trait_impls(trait, head))) == repr(list(told))
    for impl in told:
        assert repr(stored.impl(impl.path)) == repr(source.impl(impl.path))
        for path in impl.methods.values():
            assert without_span(stored.fn(path)) == without_span(source.fn(path))


def test_some_impls_were_asked_for(programs: tuple[Program, Program]) -> None:
    assert len([impl for trait in TRAITS for head in HEADS for impl in programs[1].trait_impls(trait, head)]) > 9


@pytest.mark.parametrize("head", HEADS[:-1])
def test_inherent_impls(programs: tuple[Program, Program], head: str) -> None:
    source, stored = programs
    told = source.inherent_impls(head)
    assert repr(list(stored.inherent_impls(head))) == repr(list(told))
    for impl in told:
        for path in impl.methods.values():
            assert without_span(stored.fn(path)) == without_span(source.fn(path))


def test_what_is_switched_off_is_not_there(programs: tuple[Program, Program]) -> None:
    methods = [name for impl in programs[1].inherent_impls("outer::shapes::Point") for name in impl.methods]
    assert "on" in methods
    assert "off" not in methods
    assert not programs[1].trait_impls("core::marker::Copy", "outer::shapes::Point")


def test_unnamed_traits_come_with_a_glob() -> None:
    for fixture in (load(TEXT), stored_fixture()):
        found = fixture.resolver("krate").traits_in_scope()
        assert "outer::Named" in found
        assert "outer::Plain" not in found


BODY = """
fn f() { let p = outer::point!(1u8); let d = outer::defined!(); let x = |q: outer::shapes::Point| q; }
"""


def test_macros_expand_alike() -> None:
    told = []
    for fixture in (load(TEXT + "//- /lib.rs\n" + BODY), stored_fixture(TEXT + "//- /lib.rs\n" + BODY)):
        lowered, _, _ = fixture.body("krate::f")
        told.append(re.sub(r"ctxt=[1-9]\d*", "ctxt=made", repr(lowered.body)))  # contexts are numbered as they come
        assert "outer" in told[-1]
        assert "SIZE" in told[-1]
    assert told[0] == told[1]


def test_a_crate_of_procedural_macros_exports_what_its_root_tells() -> None:
    fixture = stored_fixture()
    program = opened(fixture)
    outer = next(crate for crate in fixture.crates if crate.name == "outer")
    assert program.dependency(outer, "macros").kind is DefKind.MODULE
    assert isinstance(program.packed("macros"), PackedMacros)
    found = program.names.member(Def(DefKind.MODULE, "macros"), Namespace.MACROS, "Magic")
    assert found == Def(DefKind.MACRO, "macros::Magic")
    assert program.names.member(Def(DefKind.MODULE, "macros"), Namespace.MACROS, "vec") is None
    assert program.names.member(Def(DefKind.MODULE, "macros"), Namespace.VALUES, "magic") is None


def test_packing_is_deterministic() -> None:
    fixture = load(TEXT)
    outer = next(crate for crate in fixture.crates if crate.name == "outer")

    def packed() -> bytes:
        program = Program(fixture.program.graph, fixture.program.std, lambda path: fixture.files.get(path))
        return pack_crate(program.crate(outer))

    assert packed() == packed()


def test_names_of_crates_are_the_programs_own() -> None:
    text = """
//# crate krate /lib.rs deps=outer,twin
//# crate outer /outer.rs member=no deps=other
//# crate other /other.rs member=no
//- /lib.rs
//- /outer.rs
pub struct A(pub other::B);
//- /other.rs
pub struct B;
"""
    fixture = stored_fixture(text)
    program = fixture.program
    other = next(crate for crate in fixture.crates if crate.name == "other")
    program._crates_by_name["other"] = fixture.crates[0]  # as if another crate had the name
    assert program.dependency(fixture.crates[0], "outer").path == "outer"
    adt = program.adt("outer::A")
    assert adt is not None
    assert adt.variants[0].fields[0].ty == Adt("other@2::B")
    assert program.adt("other@2::B") is not None
    assert isinstance(program.packed("other@2"), StoredCrate)
    assert program.name_of(other) == "other@2"


def test_what_is_absent_is_unknown_until_it_comes() -> None:
    fixture = stored_fixture()
    there = stored_fixture()
    is_there = False

    def stored(graph: CrateGraph, crate: Crate, route: Route) -> bytes | Absent:
        if crate.name == "inner" and not is_there:
            return Absent("crate `inner` is being indexed")
        own = Program(graph, there.program.std, lambda path: fixture.files.get(path))
        return pack_crate(own.crate(crate))

    program = Program(fixture.program.graph, there.program.std, lambda path: fixture.files.get(path), stored=stored)
    member = fixture.crates[0]
    program.crate(member)
    assert program.dependency(member, "inner") == Def(DefKind.UNKNOWN, "inner")
    assert "is being indexed" in program.why_unknown("inner::Deep")
    assert program.is_waiting
    program.dependency(member, "outer")
    [impl] = program.trait_impls("core::ops::arith::Add", "outer::shapes::Bits")
    assert "is being indexed" in repr(impl.assoc_types["Output"].why)  # type: ignore[attr-defined]
    is_there = True
    program.dependencies_changed()
    assert not program.is_waiting
    program.dependency(member, "outer")
    [impl] = program.trait_impls("core::ops::arith::Add", "outer::shapes::Bits")
    assert impl.assoc_types["Output"] == Adt("inner::Deep")


def test_a_route_leads_to_every_crate() -> None:
    fixture = stored_fixture()
    program = opened(fixture)
    routes: dict[str, Route] = {}

    def stored(graph: CrateGraph, crate: Crate, route: Route) -> None:
        routes[crate.name] = route

    program = Program(program.graph, program.std, lambda path: fixture.files.get(path), stored=stored)
    member = fixture.crates[0]
    program.crate(member)
    program.dependency(member, "outer")
    program.dependency(next(crate for crate in fixture.crates if crate.name == "outer"), "inner")
    assert routes == {"outer": Route(member.id, ("outer",)), "inner": Route(member.id, ("outer", "inner"))}
