"""What is not known makes a capture uncertain only where it can change it."""

from __future__ import annotations

from typing import Any

import pytest
from body_builder import I32, STRING, UNKNOWN, VEC, WHY, Builder, borrow, ref, ref_mut

from closurelens.capture import analyze
from closurelens.hir import body as h
from closurelens.infer.result import ClosureKind
from closurelens.ty.sig import SelfKind
from closurelens.ty.types import UNIT, Prim, Tuple


def usually(kind: SelfKind | None) -> Any:
    return lambda name: kind


def test_an_unknown_method_on_an_owned_value_is_guessed() -> None:
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    (closure,) = analyze(b.result(b.closure(b.method(b.use(s), "frob"))))
    assert closure.captures[0].uncertain == "the method `frob` is not known"
    assert closure.uncertain == ["the method `frob` is not known"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [(None, "? Fn [&s]"), (SelfKind.MUT, "? FnMut [&mut s]"), (SelfKind.VALUE, "? FnOnce [s]")],
)
def test_the_usual_receiver_is_the_guess(kind: SelfKind | None, told: str) -> None:
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    assert b.one(b.method(b.use(s), "frob"), guess=usually(kind)) == told


def test_a_binding_that_is_not_mut_is_not_mutated() -> None:
    b = Builder()
    s = b.var("s", STRING)
    assert b.one(b.method(b.use(s), "frob"), guess=usually(SelfKind.MUT)) == "? Fn [&s]"


def test_an_immutable_copy_value_can_only_be_borrowed() -> None:
    b = Builder()
    n = b.var("n", I32)
    assert b.one(b.method(b.use(n), "frob")) == "Fn [&n]"


def test_the_expected_trait_excludes_more() -> None:
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    assert b.one(b.method(b.use(s), "frob"), expected=ClosureKind.FN) == "Fn [&s]"
    b = Builder()
    x = b.var("x", UNKNOWN)
    assert b.one(b.make(h.Unary, UNKNOWN, "-", b.use(x)), expected=ClosureKind.FN_MUT) == "Fn [&x]"


def test_what_an_outer_closure_expects_holds_inside() -> None:
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    inner = b.closure(b.method(b.use(s), "frob"))
    assert b.told(b.closure(inner, expected=ClosureKind.FN)) == ["Fn [&s]", "Fn [&s]"]


def test_an_unknown_value_is_guessed_copy() -> None:
    b = Builder()
    x = b.var("x", UNKNOWN)
    (closure,) = analyze(b.result(b.closure(b.make(h.Unary, UNKNOWN, "-", b.use(x)))))
    assert closure.captures[0].uncertain == WHY
    assert closure.trait is ClosureKind.FN


def test_a_place_behind_a_reference_cannot_be_moved_so_it_is_copy() -> None:
    b = Builder()
    x = b.var("x", ref(UNKNOWN))
    assert b.one(b.make(h.Unary, UNKNOWN, "-", b.deref(b.use(x), UNKNOWN))) == "Fn [&*x]"


def test_a_doubt_that_a_certain_use_covers_is_none() -> None:
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    assert b.one(b.method(b.use(s), "frob"), b.call("drop", b.use(s))) == "FnOnce [s]"


def test_two_doubts_together_do_not_cover_each_other() -> None:
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    assert b.one(b.method(b.use(s), "frob"), b.method(b.use(s), "frob")) == "? Fn [&s]"


def test_unknown_argument_passing_matters_to_references_only() -> None:
    b = Builder()
    s, v = b.var("s", STRING), b.var("v", ref_mut(VEC))
    assert b.one(b.call_unknown(b.use(s))) == "FnOnce [s]"
    b = Builder()
    v = b.var("v", ref_mut(VEC))
    assert b.one(b.call_unknown(b.use(v))) == "? FnMut [&mut *v]"
    b = Builder()
    r = b.var("r", ref(VEC))
    assert b.one(b.call_unknown(b.use(r)), is_move=True) == "Fn [copy r]"


def test_a_field_of_an_unknown_type_may_be_behind_a_deref() -> None:
    b = Builder()
    x = b.var("x", UNKNOWN)
    look = b.make(h.AddrOf, ref(I32), b.field(b.use(x), "n", I32), False)
    assert b.one(look) == "? Fn [&x.n]"
    b = Builder()
    x = b.var("x", UNKNOWN)
    look = b.make(h.AddrOf, ref(I32), b.field(b.use(x), "n", I32), False)
    whole = b.make(h.AddrOf, ref(UNKNOWN), b.use(x), False)
    assert b.one(look, whole) == "Fn [&x]"


def test_comparing_and_conditions_are_certain_whatever_the_type() -> None:
    b = Builder()
    x, y = b.var("x", UNKNOWN), b.var("y", UNKNOWN)
    same = b.make(h.Binary, Prim("bool"), "==", b.use(x), b.use(y))
    assert b.one(b.make(h.Binary, Prim("bool"), "&&", same, b.use(y))) == "Fn [&x, &y]"


def test_an_unknown_pattern_may_capture_what_it_guesses_not_to() -> None:
    b = Builder()
    x = b.var("x", UNKNOWN)
    pat = b.pat(h.TuplePat, Tuple((I32,)), [b.bind("n", I32)])
    assert b.one(b.let(pat, b.use(x))).startswith("? ")


def test_an_unknown_macro_may_do_anything_with_its_arguments() -> None:
    b = Builder()
    s = b.var("s", STRING)
    missing = b.make(h.Missing, UNIT, "macro `m!` is not known", [b.use(s)])
    (closure,) = analyze(b.result(b.closure(missing)))
    assert closure.uncertain == ["macro `m!` is not known"]
    assert closure.captures[0].uncertain == "macro `m!` is not known"


@pytest.mark.parametrize(("names", "told"), [(True, "? Fn []"), (False, "Fn []")])
def test_an_unknown_macro_may_read_a_string_as_a_format(told: str, *, names: bool) -> None:
    b = Builder()
    assert b.one(b.make(h.Missing, UNIT, "macro `m!` is not known", [], names)) == told


def test_what_an_unknown_macro_is_given_is_covered_by_a_certain_move() -> None:
    b = Builder()
    s = b.var("s", STRING)
    length = b.method(b.use(s, borrow(STRING)), "len", SelfKind.REF)
    missing = b.make(h.Missing, UNIT, "macro `m!` is not known", [length])
    assert b.one(missing, b.call("drop", b.use(s))) == "FnOnce [s]"


def test_doubts_travel_to_the_outer_closure_and_vanish_there_when_covered() -> None:
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    inner = b.closure(b.method(b.use(s), "frob"))
    assert b.told(b.closure(inner)) == ["? Fn [&s]", "? Fn [&s]"]
    b = Builder()
    s = b.var("s", STRING, mutable=True)
    inner = b.closure(b.method(b.use(s), "frob"))
    assert b.told(b.closure(inner, b.call("drop", b.use(s)))) == ["FnOnce [s]", "? Fn [&s]"]


def test_calling_a_closure_of_uncertain_trait_is_uncertain() -> None:
    from closurelens.ty.types import Closure

    b = Builder()
    s = b.var("s", STRING, mutable=True)
    first = b.closure(b.method(b.use(s), "frob"))
    c = b.var("c", Closure(first.id), mutable=True)
    call = b.make(h.Call, UNIT, b.use(c), [])
    assert b.told(first, b.closure(call))[1] == "? FnMut [&mut c]"


def test_an_unknown_that_touches_no_upvar_changes_nothing() -> None:
    b = Builder()
    n = b.var("n", I32)
    temporary = b.make(h.Lit, UNKNOWN, h.LitKind.INT, None, "1")
    look = b.make(h.AddrOf, ref(I32), b.use(n, borrow(I32)), False)
    assert b.one(b.method(temporary, "frob"), b.call_unknown(look)) == "Fn [&n]"
