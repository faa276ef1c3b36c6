"""Expansions: what they are lowered to, where it stands, and whose names it uses."""

import pytest
from lower_text import cases, check, is_on, show
from lower_walk import item_node, parts

from closurelens.hir.body import Block, Body, Closure, Expr, ItemStmt
from closurelens.hir.item import FnItem, MacroRulesItem
from closurelens.hir.lower.body import LowerContext, lower_body
from closurelens.hir.lower.items import ItemLowerer, lower_items
from closurelens.hir.macros.api import Chunk, Expansion, MacroCall, MacroDef
from closurelens.hir.macros.definition import macro_rules
from closurelens.hir.macros.expander import Expander
from closurelens.hir.macros.std_macros import std_macro
from closurelens.hir.types import Path, Segment
from closurelens.syntax.nodes import tree_of
from closurelens.syntax.outline import tree_of_part


class Macros:
    """The macros of one file by name, and std's."""

    def __init__(self, source: Chunk) -> None:
        self.defined: dict[str, MacroDef] = {}
        for item in lower_items(tree_of(source.text), source.text):
            if isinstance(item, MacroRulesItem):
                self.defined[item.name] = macro_rules(item.name, source, item.rules, "mine", 2021)

    def lookup(self, call: MacroCall) -> MacroDef | None:
        name = call.path.segments[-1].name
        return self.defined.get(name) or std_macro(name)


def lower(code: str) -> Body:
    source = Chunk(code.encode())
    root = tree_of(source.text)
    item = lower_items(root, source.text)[-1]
    node = item_node(root, item)
    assert node is not None
    return lower_body(node, source, LowerContext(2021, is_on, Expander(Macros(source))))


def lower_file(code: str) -> str:
    return show(lower(code).root)


@pytest.mark.parametrize("case", [pytest.param(case, id=case[0]) for case in cases("macros.md")])
def test_expansions(case: tuple[str, list[str], list[str]]) -> None:
    check(case[1], case[2], lower_file)


def test_arguments_keep_their_range_and_the_rest_has_the_calls() -> None:
    code = "macro_rules! m { ($x:expr, $y:expr) => { f(|a| $x + $y) } } fn f() { (m!(b.c(|d| d), e)) }"
    body = lower(code)
    call = (code.index("m!(b"), code.index(")) }") + 1)
    for part in parts([body.root]):
        if isinstance(part, Expr):
            text = code[slice(*part.range)]
            if part.in_macro:
                assert part.range == call
            elif not isinstance(part, Block):
                assert text in ("b", "e", "d", "|d| d", "b.c(|d| d)")
    outer, inner = body.closures
    assert outer.in_macro and outer.range == outer.bars == call
    assert not inner.in_macro and code[slice(*inner.range)] == "|d| d" and code[slice(*inner.bars)] == "|d|"


def test_a_nested_expansion_has_the_range_of_the_outermost_call() -> None:
    code = "macro_rules! a { ($e:expr) => { |x| $e } } macro_rules! b { ($e:expr) => { a!($e) } } fn f() { b!(y) }"
    body = lower(code)
    assert [code[slice(*closure.range)] for closure in body.closures] == ["b!(y)"]
    assert isinstance(body.closures[0].body, Expr) and not body.closures[0].body.in_macro
    assert code[slice(*body.closures[0].body.range)] == "y"


def test_bindings_of_a_macro_are_told_apart() -> None:
    code = "macro_rules! m { ($x:ident) => { let y = $x; } } fn f() { let y = 1; m!(y); m!(y); y }"
    body = lower(code)
    assert [(binding.name, binding.ctxt) for binding in body.bindings] == [("y", 0), ("y", 1), ("y", 2)]


def test_items_of_an_expansion() -> None:
    code = "macro_rules! m { ($e:expr) => { fn g() -> u8 { h(|x| $e) } } } fn f() { m!(a.b(|c| c)); }"
    body = lower(code)
    assert isinstance(body.root, Block)
    stmt = body.root.stmts[0]
    assert isinstance(stmt, ItemStmt) and isinstance(stmt.item, FnItem) and stmt.source is not None
    assert stmt.item.name == "g" and stmt.source.text[slice(*stmt.item.range)].startswith(b"fn g")
    inner = lower_body(stmt.node, stmt.source, LowerContext())
    assert [(code[slice(*c.range)], c.in_macro) for c in inner.closures] == [("m!(a.b(|c| c))", True), ("|c| c", False)]


def test_items_of_a_call_between_items() -> None:
    code = "macro_rules! m { ($e:expr) => { fn g() { || $e; } const C: u8 = 1; } } m! { |c| c }"
    source = Chunk(code.encode())
    at = code.index("m! {")
    call = MacroCall(Path([Segment("m")]), source, (at + 4, len(code) - 1), "{", "item", (at, len(code)))
    expansion = Expander(Macros(source)).expand(call)
    assert isinstance(expansion, Expansion)
    function, constant = ItemLowerer(expansion).items(expansion.node.children)
    assert (function.name, constant.name) == ("g", "C")
    (node,) = tree_of_part(expansion.text, *function.range).children
    inner = lower_body(node, expansion, LowerContext()).closures
    assert [closure.in_macro for closure in inner] == [True, False]
    assert all(isinstance(closure, Closure) for closure in inner) and code[slice(*inner[1].range)] == "|c| c"
