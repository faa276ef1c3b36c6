"""Capture rules where every type is known."""

from __future__ import annotations

import time

import pytest
from body_builder import I32, STRING, VEC, Builder, borrow, reborrow, ref, ref_mut, show, struct

from closurelens.capture import analyze, tree, use_visitor
from closurelens.capture.model import UseWhy
from closurelens.hir import body as h
from closurelens.infer.result import BindingMode, ClosureKind, DerefAdjust
from closurelens.ty import types as t
from closurelens.ty.sig import AdtKind, AdtSig, CtorKind, DefKind, FieldSig, SelfKind, VariantSig
from closurelens.ty.types import UNIT, Adt, Array, Closure, Prim, RawPtr, Slice, Tuple

P = Adt("P")
P_SIG = struct("P", x=I32, s=STRING, r=ref_mut(VEC))
PAIR = Tuple((STRING, I32))


def all_subclasses(kind: type[h.Expr]) -> set[type[h.Expr]]:
    return {kind for kind in vars(h).values() if isinstance(kind, type) and issubclass(kind, h.Expr)} - {kind}


def test_every_expression_is_walked() -> None:
    every = all_subclasses(h.Expr)
    assert every == set(use_visitor.HANDLERS) | set(use_visitor.LEAVES)
    assert every == set(tree.PARTS) | set(tree.LEAVES) | {h.Closure}


def test_copies_borrow_and_others_move() -> None:
    b = Builder()
    n, s = b.var("n", I32), b.var("s", STRING)
    assert b.one(b.use(n), b.call("drop", b.use(s))) == "FnOnce [&n, s]"


def test_move_takes_all_by_value_but_the_trait_stays() -> None:
    b = Builder()
    n, s = b.var("n", I32), b.var("s", STRING)
    body = b.use(n), b.method(b.use(s, borrow(STRING)), "len", SelfKind.REF)
    assert b.one(*body, is_move=True) == "Fn [copy n, s]"


def test_fields_are_captured_apart_and_in_order_of_declaration() -> None:
    b = Builder(P_SIG)
    p = b.var("p", P, mutable=True)
    assign = b.make(h.AssignOp, UNIT, "+", b.field(b.use(p), "x", I32), b.make(h.Lit, I32, h.LitKind.INT, None, "1"))
    assert b.one(b.call("drop", b.field(b.use(p), "s", STRING)), assign) == "FnOnce [&mut p.x, p.s]"


def test_an_ancestor_takes_in_what_is_below() -> None:
    b = Builder(P_SIG)
    p = b.var("p", P, mutable=True)
    assign = b.make(h.Assign, UNIT, b.field(b.use(p), "x", I32), b.make(h.Lit, I32, h.LitKind.INT, None, "1"))
    assert b.one(b.make(h.AddrOf, ref(P), b.use(p), False), assign) == "FnMut [&mut p]"


def test_behind_a_shared_reference_only_the_target_counts() -> None:
    b = Builder(P_SIG)
    p = b.var("self", ref(P))
    assert b.one(b.field(b.use(p, DerefAdjust(P)), "x", I32)) == "Fn [&*self]"


def test_a_mutable_use_cut_at_a_mutable_reference_is_unique() -> None:
    b = Builder()
    v = b.var("v", ref_mut(VEC))
    push = b.method(b.use(v, *reborrow(VEC, mutable=True)), "push", SelfKind.MUT)
    look = b.make(h.AddrOf, ref(ref_mut(VEC)), b.use(v), False)
    assert b.one(push) == "FnMut [&mut *v]"
    b = Builder()
    v = b.var("v", ref_mut(VEC))
    push = b.method(b.use(v, *reborrow(VEC, mutable=True)), "push", SelfKind.MUT)
    look = b.make(h.AddrOf, ref(ref_mut(VEC)), b.use(v), False)
    assert b.one(push, look) == "FnMut [&uniq v]"


def test_by_value_is_cut_at_a_box() -> None:
    b = Builder(P_SIG)
    boxed = Adt("alloc::boxed::Box", (P,))
    p = b.var("p", boxed)
    assert b.one(b.call("drop", b.field(b.use(p, DerefAdjust(P)), "s", STRING))) == "FnOnce [p]"


def test_raw_pointers_unions_and_packed_structs_are_not_looked_into() -> None:
    b = Builder(P_SIG, struct("U", kind=AdtKind.UNION, a=I32), struct("K", packed=True, n=I32, s=STRING))
    r, u, k = b.var("r", RawPtr(P, mutable=True)), b.var("u", Adt("U"), mutable=True), b.var("k", Adt("K"))
    one = b.make(h.Lit, I32, h.LitKind.INT, None, "1")
    write = b.make(h.Assign, UNIT, b.field(b.deref(b.use(r), P), "x", I32), one)
    assert b.one(write, b.field(b.use(u), "a", I32), b.field(b.use(k), "n", I32)) == "Fn [&r, &u, &k]"


def test_moving_out_of_a_packed_struct_takes_only_the_field() -> None:
    b = Builder(struct("K", packed=True, n=I32, s=STRING))
    k = b.var("k", Adt("K"))
    assert b.one(b.call("drop", b.field(b.use(k), "s", STRING))) == "FnOnce [k.s]"


@pytest.mark.parametrize(("name", "ty", "told"), [("s", STRING, "Fn [d]"), ("x", I32, "Fn [copy d.x]")])
def test_move_takes_the_whole_of_a_drop_type(name: str, ty: t.Ty, told: str) -> None:
    b = Builder(struct("D", x=I32, s=STRING), drops=("D",))
    d = b.var("d", Adt("D"))
    field = b.make(h.AddrOf, ref(ty), b.field(b.use(d), name, ty), False)
    assert b.one(field, is_move=True) == told


@pytest.mark.parametrize(
    ("name", "ty", "told"),
    [("s", STRING, "? Fn [d.s]"), ("x", I32, "Fn [copy d.x]")],
)
def test_move_may_take_the_whole_of_what_may_be_a_drop_type(name: str, ty: t.Ty, told: str) -> None:
    b = Builder(struct("D", x=I32, s=STRING))
    b.may_drop["D"] = "derive `Trace` may add methods and impls"
    d = b.var("d", Adt("D"))
    field = b.make(h.AddrOf, ref(ty), b.field(b.use(d), name, ty), False)
    assert b.one(field, is_move=True) == told


def test_what_the_body_moves_out_of_is_no_drop_type() -> None:
    b = Builder(struct("D", x=I32, s=STRING))
    b.may_drop["D"] = "derive `Trace` may add methods and impls"
    d = b.var("d", Adt("D"))
    assert b.one(b.call("drop", b.field(b.use(d), "s", STRING)), is_move=True) == "FnOnce [d.s]"


def test_an_index_is_not_captured() -> None:
    b = Builder()
    a, i = b.var("a", Array(I32, t.Const(3)), mutable=True), b.var("i", Prim("usize"))
    index = b.make(h.Index, I32, b.use(a), b.use(i))
    one = b.make(h.Lit, I32, h.LitKind.INT, None, "1")
    assert b.one(b.make(h.Assign, UNIT, index, one)) == "FnMut [&mut a, &i]"


def test_an_index_borrows_an_array_even_when_the_element_is_not_used() -> None:
    b = Builder()
    a, i = b.var("a", Array(I32, t.Const(3))), b.var("i", Prim("usize"))
    index = b.make(h.Index, I32, b.use(a), b.use(i))
    assert b.one(b.let(b.pat(h.WildPat, I32), index)) == "Fn [&a, &i]"


def test_assigning_behind_a_reference_in_an_array_borrows_the_array_mutably() -> None:
    b = Builder()
    a = b.var("a", Array(ref_mut(I32), t.Const(3)), mutable=True)
    one = b.make(h.Lit, I32, h.LitKind.INT, None, "1")
    index = b.make(h.Index, ref_mut(I32), b.use(a), b.make(h.Lit, Prim("usize"), h.LitKind.INT, None, "0"))
    result = b.result(b.closure(b.make(h.Assign, UNIT, b.deref(index, I32), one)))
    (closure,) = analyze(result)
    assert show(closure) == "FnMut [&mut a]"
    (use,) = closure.captures[0].uses
    assert (use.why, use.place.display(), use.detail) == (UseWhy.ASSIGNED, "a", "assigned")


def test_overloaded_deref_ends_the_place() -> None:
    b = Builder(P_SIG)
    rc = b.var("rc", Adt("alloc::rc::Rc", (P,)))
    assert b.one(b.field(b.use(rc, DerefAdjust(P, overloaded=True)), "x", I32)) == "Fn [&rc]"


def test_comparisons_borrow_and_conditions_copy() -> None:
    b = Builder()
    s, z, q = b.var("s", STRING), b.var("z", STRING), b.var("q", Prim("bool"))
    less = b.make(h.Binary, Prim("bool"), "<", b.use(s), b.use(z))
    assert b.one(b.make(h.If, UNIT, b.use(q), less, None)) == "Fn [&q, &s, &z]"


def test_let_condition_reads_all_but_let_and_match_do_not() -> None:
    for statement, told in (("if", "FnOnce [t]"), ("let", "FnOnce [t.0]"), ("match", "FnOnce [t.0]")):
        b = Builder()
        var = b.var("t", PAIR)
        pat = b.pat(h.TuplePat, PAIR, [b.bind("a", STRING), b.pat(h.WildPat, I32)])
        block = b.make(h.Block, UNIT, [], None)
        match statement:
            case "if":
                part: h.Expr | h.LetStmt = b.make(h.If, UNIT, b.make(h.Let, Prim("bool"), pat, b.use(var)), block, None)
            case "let":
                part = b.let(pat, b.use(var))
            case _:
                part = b.make(h.Match, UNIT, b.use(var), [h.Arm(pat, None, block)])
        assert b.one(part) == told, statement


def test_wildcards_capture_nothing() -> None:
    b = Builder()
    var = b.var("t", PAIR)
    discard = b.make(h.Assign, UNIT, b.make(h.Underscore, PAIR), b.use(var))
    assert b.one(b.let(b.pat(h.WildPat, PAIR), b.use(var)), discard) == "Fn []"


def test_a_discriminant_is_read_only_where_there_are_several_variants() -> None:
    for names, told in ((("A",), "Fn []"), (("A", "B"), "Fn [&e]")):
        variants = tuple([VariantSig(n, CtorKind.TUPLE, (FieldSig("0", STRING),)) for n in names])
        b = Builder(AdtSig("E", AdtKind.ENUM, variants))
        e = b.var("e", Adt("E"))
        pat = b.path_to(b.pat(h.TupleStructPat, Adt("E"), None, [b.pat(h.WildPat, STRING)]), "E::A", DefKind.VARIANT)
        block = b.make(h.Block, UNIT, [], None)
        arms = [h.Arm(pat, None, block), h.Arm(b.pat(h.WildPat, Adt("E")), None, block)]
        assert b.one(b.make(h.Match, UNIT, b.use(e), arms)) == told


def test_a_slice_pattern_reads_the_length_of_slices_only() -> None:
    for ty, told in ((Array(I32, t.Const(2)), "Fn []"), (Slice(I32), "Fn [&*s]")):
        b = Builder()
        s = b.var("s", ref(ty))
        pat = b.pat(h.SlicePat, ty, [b.pat(h.WildPat, I32), b.pat(h.RestPat, ty)])
        block = b.make(h.Block, UNIT, [], None)
        assert b.one(b.make(h.Match, UNIT, b.deref(b.use(s), ty), [h.Arm(pat, None, block)])) == told


def test_binding_modes_and_guards() -> None:
    b = Builder()
    var = b.var("t", PAIR, mutable=True)
    pat = b.pat(h.TuplePat, PAIR, [b.bind("a", STRING, BindingMode.REF_MUT), b.bind("n", I32)])
    assert b.one(b.let(pat, b.use(var))) == "FnMut [&mut t.0, &t.1]"


def test_destructuring_assignment_moves_the_parts_it_assigns() -> None:
    b = Builder()
    pair, a, other = b.var("t", PAIR), b.var("a", STRING, mutable=True), b.var("b", I32, mutable=True)
    target = b.make(h.TupleExpr, PAIR, [b.use(a), b.make(h.Underscore, I32)])
    assert b.one(b.make(h.Assign, UNIT, target, b.use(pair))) == "FnOnce [t.0, &mut a]"
    assert other == 2


def test_struct_update_takes_the_other_fields() -> None:
    b = Builder(P_SIG)
    p, s = b.var("p", P), b.var("s", STRING)
    given = [("s", b.use(s)), ("r", b.make(h.Lit, ref_mut(VEC), h.LitKind.INT, None, ""))]
    assert b.one(b.make(h.StructExpr, P, None, given, b.use(p))) == "FnOnce [s, &p.x]"


def test_an_inner_closure_is_a_use_by_the_outer_one() -> None:
    b = Builder()
    n, s = b.var("n", I32, mutable=True), b.var("s", STRING)
    add = b.make(h.AssignOp, UNIT, "+", b.use(n), b.make(h.Lit, I32, h.LitKind.INT, None, "1"))
    look = b.method(b.use(s, borrow(STRING)), "len", SelfKind.REF)
    inner = b.closure(add)
    taking = b.closure(look, b.use(n), is_move=True)
    assert b.told(b.closure(inner, taking)) == ["FnOnce [&mut n, s]", "FnMut [&mut n]", "Fn [s, copy n]"]


def test_locals_of_the_closure_are_not_captured_by_it() -> None:
    b = Builder()
    pat = b.bind("s", STRING)
    look = b.method(b.use(0, borrow(STRING)), "len", SelfKind.REF)
    let = b.let(pat, b.make(h.Lit, STRING, h.LitKind.STR, None, ""))
    assert b.told(b.closure(let, b.closure(look))) == ["Fn []", "Fn [&s]"]


def test_calling_a_closure_uses_it_as_its_own_captures_need() -> None:
    b = Builder()
    s = b.var("s", VEC, mutable=True)
    first = b.closure(b.method(b.use(s, borrow(VEC, mutable=True)), "push", SelfKind.MUT))
    c = b.var("c", Closure(first.id), mutable=True)
    b.expr_ty[first.id] = Closure(first.id)
    call = b.make(h.Call, UNIT, b.use(c), [])
    assert b.told(first, b.closure(call)) == ["FnMut [&mut s]", "FnMut [&mut c]"]


def test_a_closure_is_copy_when_its_captures_are() -> None:
    for mutable, told in ((False, "Fn [&c]"), (True, "FnOnce [c]")):
        b = Builder()
        s = b.var("s", VEC, mutable=True)
        kind = SelfKind.MUT if mutable else SelfKind.REF
        first = b.closure(b.method(b.use(s, borrow(VEC, mutable=mutable)), "m", kind))
        c = b.var("c", Closure(first.id))
        assert b.told(first, b.closure(b.call("drop", b.use(c))))[1] == told


def test_before_2021_the_variable_is_captured_even_when_only_named() -> None:
    b = Builder(P_SIG, edition=2018)
    p, q = b.var("p", P), b.var("q", STRING)
    named = b.let(b.pat(h.WildPat, STRING), b.use(q))
    push = b.method(b.field(b.use(p), "r", ref_mut(VEC)), "push", SelfKind.MUT)
    b.adjust(push.receiver, *reborrow(VEC, mutable=True))
    assert b.one(named, push) == "FnMut [&uniq p, &q]"


def test_async_closures_own_what_they_borrow_only_when_called_once() -> None:
    for expected, told in ((None, "Fn [s, copy n]"), (ClosureKind.FN_ONCE, "FnOnce [s, copy n]")):
        b = Builder()
        s, n = b.var("s", STRING), b.var("n", I32)
        look = b.method(b.use(s, borrow(STRING)), "len", SelfKind.REF)
        assert b.one(look, b.use(n), is_move=True, is_async=True, expected=expected) == told


def test_uses_say_what_forces_the_mode() -> None:
    b = Builder()
    s = b.var("s", VEC, mutable=True)
    look = b.method(b.use(s, borrow(VEC)), "len", SelfKind.REF)
    push = b.method(b.use(s, borrow(VEC, mutable=True)), "push", SelfKind.MUT)
    (closure,) = analyze(b.result(b.closure(look, push)))
    (capture,) = closure.captures
    assert [(u.why, u.detail, u.forces) for u in capture.uses] == [
        (UseWhy.BORROWED, "receiver of `len(&self)`", False),
        (UseWhy.BORROWED_MUT, "receiver of `push(&mut self)`", True),
    ]
    assert [u.detail for u in closure.trait_uses] == ["receiver of `push(&mut self)`"]


def test_a_chain_of_thousands_of_calls_is_walked() -> None:
    b = Builder()
    chain = b.use(b.var("s", STRING))
    for _ in range(5000):
        chain = b.method(chain, "m", SelfKind.VALUE)
    started = time.perf_counter()
    assert b.one(chain) == "FnOnce [s]"
    assert time.perf_counter() - started < 2


def test_several_closures_come_in_source_order() -> None:
    b = Builder()
    s, n = b.var("s", STRING), b.var("n", I32)
    result = b.result(b.closure(b.use(n)), b.closure(b.closure(b.use(s))))
    assert [show(c) for c in analyze(result)] == ["Fn [&n]", "FnOnce [s]", "FnOnce [s]"]
