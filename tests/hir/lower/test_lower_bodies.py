"""What a printed tree of a body does not show: ids, ranges, literals, items in it, and functions torn by an error."""

from collections.abc import Iterator

import pytest
from lower_text import body_of, is_on, show
from lower_walk import body_node, item_node, parts

from closurelens.hir.body import Block, Body, Expr, ItemStmt, Lit, LitKind, Missing, Pat
from closurelens.hir.item import FnItem, ImplItem
from closurelens.hir.lower.body import LowerContext, lower_body
from closurelens.hir.lower.items import lower_file_attrs, lower_items
from closurelens.hir.macros.api import Chunk
from closurelens.syntax.nodes import tree_of

SAMPLE = """
fn f<T>(mut self: &mut Self, (a, b): (u8, T)) -> u8 {
    let c = a.map(|x| move |y: u8| x + y).0.1;
    match c { A(d) | B(d) if let Some(e) = d => { println!("{}", |z| z); } ref f @ .. => (g, [h; 2]), _ => {} }
    if a && let Some(i) = b { return 1 } else if c { async move { j } } else { S { k, l: m, ..n } }
    #[cfg(off)] let o = || p;
    q(#[cfg(off)] |r| r, &mut *s[1..]);
    a = (b, _, ..) = c;
    0..*n + 1
}
"""


def nodes(body: Body) -> Iterator[Expr | Pat]:
    for part in parts([*body.params, body.root, *body.disabled]):
        if isinstance(part, Expr | Pat):
            yield part


def test_ids_are_dense() -> None:
    body = body_of(SAMPLE)
    found = list(nodes(body))
    exprs = sorted(node.id for node in found if isinstance(node, Expr))
    pats = sorted(node.id for node in found if isinstance(node, Pat))
    assert len(exprs) == len(set(exprs)) and len(pats) == len(set(pats))
    assert exprs == list(range(body.expr_count))
    assert pats == list(range(body.pat_count))
    assert [binding.id for binding in body.bindings] == list(range(len(body.bindings)))


def test_ranges_are_of_the_text() -> None:
    body = body_of(SAMPLE)
    source = SAMPLE.encode()
    for node in nodes(body):
        text = source[node.range[0] : node.range[1]].decode()
        if isinstance(node, Lit) or type(node).__name__ == "PathExpr":
            assert text == show(node)
    for binding in body.bindings:
        assert source[slice(*binding.range)].decode() == binding.name


def test_closures_in_source_order() -> None:
    body = body_of(SAMPLE)
    texts = [SAMPLE[slice(*closure.range)] for closure in body.closures]
    assert texts == ["|x| move |y: u8| x + y", "move |y: u8| x + y", "|z| z", "|| p", "|r| r"]
    assert [SAMPLE[slice(*closure.bars)] for closure in body.closures] == ["|x|", "|y: u8|", "|z|", "||", "|r|"]
    assert [closure.move_at and SAMPLE[slice(*closure.move_at)] for closure in body.closures] == [
        None, "move", None, None, None,
    ]  # fmt: skip


def test_shifted_chunk() -> None:
    source = SAMPLE.strip().encode()
    root = tree_of(source)
    plain = lower_body(root, source, LowerContext(cfg=is_on))
    shifted = lower_body(root, Chunk(source, shift=100), LowerContext(cfg=is_on))
    assert [(e.range[0] + 100, e.range[1] + 100) for e in nodes(plain)] == [e.range for e in nodes(shifted)]
    assert [c.bars[0] + 100 for c in plain.closures] == [c.bars[0] for c in shifted.closures]
    assert show(plain.root) == show(shifted.root)


@pytest.mark.parametrize(
    ("text", "kind", "suffix"),
    [
        ("1", LitKind.INT, None),
        ("1_0u8", LitKind.INT, "u8"),
        ("0xffusize", LitKind.INT, "usize"),
        ("0x1f32", LitKind.INT, None),
        ("0b1_i128", LitKind.INT, "i128"),
        ("2f64", LitKind.FLOAT, "f64"),
        ("1.5f32", LitKind.FLOAT, "f32"),
        ("1e5", LitKind.FLOAT, None),
        ("2.", LitKind.FLOAT, None),
        ('"a"', LitKind.STR, None),
        ('r#"a"#', LitKind.STR, None),
        ('b"a"', LitKind.BYTE_STR, None),
        ('br"a"', LitKind.BYTE_STR, None),
        ('c"a"', LitKind.C_STR, None),
        ("'a'", LitKind.CHAR, None),
        ("b'a'", LitKind.BYTE, None),
        ("true", LitKind.BOOL, None),
    ],
)
def test_literals(text: str, kind: LitKind, suffix: str | None) -> None:
    body = body_of(f"fn f() {{ {text} }}")
    assert isinstance(body.root, Block) and isinstance(body.root.tail, Lit)
    assert (body.root.tail.kind, body.root.tail.suffix, body.root.tail.text) == (kind, suffix, text)


def test_initialisers() -> None:
    source = b"const A: fn() = || 1; static B: u8 = f(#[cfg(off)] |x| x);"
    root = tree_of(source)
    a, b = lower_items(root, source)
    bodies = []
    for item in (a, b):
        node = item_node(root, item)
        assert node is not None and body_node(root, item) is node.child_by_field("value")
        bodies.append(lower_body(node, source, LowerContext(cfg=is_on)))
    assert [show(body.root) for body in bodies] == ["(Closure 1)", "(Call f)"]
    assert [show(body.ret) for body in bodies] == ["(FnPtrType)", "u8"]
    assert show(bodies[1].disabled) == "[(Closure [(ClosureParam x:0)] x)]"
    assert len(bodies[1].closures) == 1


def test_items_in_bodies_are_lowered_from_their_nodes() -> None:
    source = b"fn f() { impl S { fn g() { fn h() { || 1; } } } }"
    root = tree_of(source)
    outer = lower_body(root, source, LowerContext())
    assert isinstance(outer.root, Block)
    stmt = outer.root.stmts[0]
    assert isinstance(stmt, ItemStmt) and isinstance(stmt.item, ImplItem) and stmt.source is None
    method = stmt.item.items[0]
    node = item_node(stmt.node, method)
    assert isinstance(method, FnItem) and node is not None
    inner = lower_body(node, source, LowerContext())
    assert isinstance(inner.root, Block)
    nested = inner.root.stmts[0]
    assert isinstance(nested, ItemStmt)
    assert len(lower_body(nested.node, source, LowerContext()).closures) == 1


def test_file_attributes() -> None:
    source = b"//! doc\n#![cfg(a)]\n#![cfg_attr(b, no_std)]\nfn f() {}"
    assert show(lower_file_attrs(tree_of(source), source)) == "#[cfg=[a] conditional=[b:#[others=[no_std]]]]"


def test_a_torn_function_keeps_its_parameters_and_statements() -> None:
    source = b"fn f(a: A, mut b: B) { let c = a; c.map(|x| x + b); d.e(|y| y."
    body = lower_body(tree_of(source), source, LowerContext())
    assert show(body.params) == "[(Param a:0 ty=A) (Param mut b:1 ty=B)]"
    assert isinstance(body.root, Missing)
    assert "{let c:2 = a; (MethodCall c map [(Closure [(ClosureParam x:3)] (Binary + x b))]);" in show(body.root)
    assert body.problems


def test_an_error_after_the_function_does_not_hurt_it() -> None:
    source = b"#[test] fn f(a: A) { a.map(|x| x) } }"
    body = lower_body(tree_of(source), source, LowerContext())
    assert show(body.root) == "{(MethodCall a map [(Closure [(ClosureParam x:1)] x)])}" and not body.problems


def test_problems_say_where_and_why() -> None:
    body = body_of("fn f() { m!(a); let b = ; }")
    assert body.problems[0] == ((9, 14), "macro `m!` is not expanded")
    assert {why for _, why in body.problems[1:]} == {"syntax error"}
    assert not body_of(SAMPLE.replace("println!", "println")).problems
