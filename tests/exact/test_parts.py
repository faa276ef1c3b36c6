"""The parts of the exact tier that need no compiler."""

import pytest

from closurelens.exact.instrument import ATTRIBUTE, instrument
from closurelens.exact.mir import is_copy, parse_mir
from closurelens.exact.model import Deref, Field, Flavour, Mode, Place, Trait
from closurelens.exact.places import (
    UnreadablePlace,
    display_capture,
    display_place,
    names_from_source,
    names_from_symbol,
    parse_capture,
    share_names,
)
from closurelens.exact.sites import sites_of


def place(message: str) -> Place:
    parsed = parse_capture(message)
    assert parsed is not None
    return parsed[0]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Capturing p[] -> ByValue", "p"),
        ("Min Capture p[(0, 0)] -> Mutable", "&mut p.#0"),
        ("Min Capture p[Deref] -> UniqueImmutable", "&uniq *p"),
        ("Min Capture p[Deref,(2, 0),(0, 0)] -> Immutable", "&(*p).#2.#0"),
        ("Min Capture p[(1, 0),Deref] -> Immutable", "&*p.#1"),
        ("Min Capture p[Deref,(0, 0),Deref,(3, 1)] -> Immutable", "&(*(*p).#0).#3"),
        ("Min Capture p[Deref,Deref] -> Immutable", "&**p"),
        ("Capturing p[OpaqueCast,(0, 0)] -> Immutable", "&p.#0"),
        ("Capturing p[Deref,Index,(0, 0)] -> Mutable", "&mut (*p)[_].#0"),
        ("Capturing p[Subslice] -> ByUse", "p[..]"),
    ],
)
def test_places_are_read_and_shown(message: str, shown: str) -> None:
    parsed = parse_capture(message)
    assert parsed is not None
    assert display_capture(*parsed) == shown


def test_other_messages_are_no_captures() -> None:
    assert parse_capture("this closure borrows p[]") is None


@pytest.mark.parametrize(
    "message", ["Capturing p[Hop] -> Mutable", "Capturing p[] -> Sideways", "Capturing p[Deref Deref] -> Mutable"]
)
def test_what_a_newer_rustc_prints_is_not_guessed(message: str) -> None:
    with pytest.raises(UnreadablePlace):
        parse_capture(message)


def test_fields_get_their_names_from_the_symbol() -> None:
    bare = place("Min Capture p[Deref,(2, 0),(0, 0)] -> Mutable")
    assert display_place(names_from_symbol("p__q__s", bare)) == "(*p).q.s"
    assert names_from_symbol("p__a__b__c", bare) == bare
    one = place("Min Capture p[(0, 0)] -> Mutable")
    assert display_place(names_from_symbol("p__a__b", one)) == "p.a__b"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("p.q.s", "(*p).q.s"),
        ("&mut (*p).q.s", "(*p).q.s"),
        ("p\n    .q\n    .s", "(*p).q.s"),
        ("p.q.len()", "(*p).q.len"),
        ("other.q.s", "(*p).#2.#0"),
        ("p", "(*p).#2.#0"),
    ],
)
def test_fields_get_their_names_from_the_source(source: str, shown: str) -> None:
    bare = place("Capturing p[Deref,(2, 0),(0, 0)] -> Mutable")
    assert display_place(names_from_source(source, bare)) == shown


def test_names_are_shared_between_places_with_the_same_beginning() -> None:
    named = Place("p", (Deref(), Field(2, 0, "q")))
    longer = place("Capturing p[Deref,(2, 0),(0, 0)] -> Mutable")
    elsewhere = place("Capturing p[(2, 0)] -> Mutable")
    assert [display_place(p) for p in share_names([longer, named, elsewhere])] == ["(*p).q.#0", "(*p).q", "p.#2"]


def test_fields_and_derefs_of_a_place() -> None:
    told = Place("p", (Deref(), Field(2, 0, "q"), Field(1, 0)))
    assert told.fields == ["q", "#1"]
    assert told.has_deref


def test_offsets_map_back() -> None:
    source = b"let c = || x; let d = || y;"
    marks = [8, 22]
    marked = instrument(source, marks)
    assert marked.text == b"let c = " + ATTRIBUTE + b"|| x; let d = " + ATTRIBUTE + b"|| y;"
    for offset in range(len(source) + 1):
        shift = sum(len(ATTRIBUTE) for mark in marks if mark <= offset)
        assert marked.original_offset(offset + shift) == offset
    assert marked.original_offset(10) == 8


MIR = """\
fn f::{closure#0}(_1: &mut {closure@lib.rs:1:5: 1:7}, _2: (u8, u8)) -> () {
    debug p__x => (*((*_1).0: &mut i32));
    debug t => ((*_1).1: (String, Vec<(u8, u8)>));
    debug n => ((*_1).2: u8);
    debug _2 => _2;
    let mut _0: ();
        debug inner => ((*_1).7: u8);
}

fn f(_1: i32) -> () {
    bb0: {
        _6 = {closure@lib.rs:1:5: 1:7} { p: move _5, t: copy ((_3.1: P<(A, B)>).2: Q) };
    }
}

fn f::{closure#1}(_1: {closure@lib.rs:2:1: 2:3}) -> () {
}

fn f::{closure#1}(_1: {closure@lib.rs:2:1: 2:3}) -> () {
}

fn f::{closure#2}(_1: &{closure@lib.rs:3:1: 3:3}) -> () {
}

fn f::{closure#2}(_1: {closure@lib.rs:3:1: 3:3}) -> () {
}

fn g::{closure#0}(_1: Pin<&mut {async block@lib.rs:4:1: 4:6}>, _2: &mut Context<'_>) -> Poll<()> {
    debug _task_context => _2;
    debug s => (*((*_7).0: &String));
    debug other => (((*_26) as variant#3).0: P);
}
"""


def test_mir_tells_kind_names_types_and_copies() -> None:
    told = parse_mir(MIR, lambda path, line, column: (path, line * 100 + column))
    first = told["lib.rs", 105]
    assert first.kind is Trait.FN_MUT
    assert {i: (u.symbol, u.ty) for i, u in first.upvars.items()} == {
        0: ("p__x", "&mut i32"),
        1: ("t", "(String, Vec<(u8, u8)>)"),
        2: ("n", "u8"),
    }
    assert [is_copy(first, i) for i in range(4)] == [False, True, True, False]
    assert told["lib.rs", 201].kind is Trait.FN_ONCE
    assert told["lib.rs", 301].kind is None, "two bodies of one closure disagree"
    assert told["lib.rs", 401].kind is None
    assert [u.symbol for u in told["lib.rs", 401].upvars.values()] == ["s"]


SITES = b"""
fn f(a: i32) {
    let c = move |x: i32| x + a;
    let d = async move { a };
    let e = async |x| x;
    vec![|| a, || 1];
    select! { a = b => { run(|| a) } }
    clone!(a, b => move || a);
    #[doc(|x|)]
    println!("|| {}", a);
}
macro_rules! m { ($e:expr) => { || $e } }
"""


def test_sites_are_found_in_macro_arguments_but_not_in_macros() -> None:
    found = [(SITES[s.start : s.end].decode(), s.flavour) for s in sites_of(SITES)]
    assert found == [
        ("move |x: i32| x + a", Flavour.CLOSURE),
        ("async move { a }", Flavour.ASYNC_BLOCK),
        ("async |x| x", Flavour.ASYNC_CLOSURE),
        ("|| a", Flavour.CLOSURE),
        ("|| 1", Flavour.CLOSURE),
        ("|| a", Flavour.CLOSURE),
        ("move || a", Flavour.CLOSURE),
    ]


def test_modes_are_named_as_in_oracles() -> None:
    assert [m.value for m in Mode] == ["ref", "uniq", "mut", "copy", "move"]
