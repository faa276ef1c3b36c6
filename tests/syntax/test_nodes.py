"""The tree as the layers above see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closurelens.syntax.materialise import DROPPED, materialise
from closurelens.syntax.nodes import DeferredNode, FragmentKind, Node, tree_of, tree_of_fragment
from closurelens.syntax.parse import NAMED_KINDS, parse
from closurelens.syntax.skeleton import item_tree_of

from .corpus import DEMO, texts


def test_a_tree() -> None:
    source = b"fn f(mut x: u8) { x += 1; /* c */ move |y| x && y }"
    assert tree_of(source).dump() == (
        '(source_file (function_item "fn" name: identifier parameters: (parameters (parameter mutable_specifier '
        "pattern: identifier type: primitive_type)) body: (block (expression_statement (compound_assignment_expr "
        'left: identifier operator: "+=" right: integer_literal) ";") (closure_expression "move" parameters: '
        '(closure_parameters "|" identifier "|") body: (binary_expression left: identifier operator: "&&" '
        "right: identifier)))))"
    )


def test_ways_to_children() -> None:
    source = "fn f() { é(move |x| 1) }".encode()
    call = next(node for node in tree_of(source).descendants() if node.kind == "call_expression")
    function = call.child_by_field("function")
    assert function is not None
    assert function.text(source) == "é"
    closure = call.children[1].children[0]
    assert closure.has("move")
    assert not closure.has("async")
    assert [node.kind for node in closure.named_children] == ["closure_parameters", "integer_literal"]
    assert closure.children_by_field("body") == [closure.children[-1]]
    at = source.index(b"1")
    path = tree_of(source).path_to(at, at + 1)
    assert [node.kind for node in path][-3:] == ["arguments", "closure_expression", "integer_literal"]
    assert tree_of(source).path_to(99, 100) == []


def test_errors_are_visible() -> None:
    root = tree_of(b"fn f() { let x = ; } fn g( {")
    assert root.has_error
    assert any(node.is_error for node in root.descendants())
    missing = tree_of(b"fn f() { g(1 }")
    assert any(node.is_missing for node in missing.descendants())
    fine = next(node for node in tree_of(b"fn f() { a; b(; }").descendants() if node.kind == "parameters")
    assert not fine.has_error


FRAGMENTS: list[tuple[str, FragmentKind, str | None]] = [
    ("a + b // c", "expr", '(binary_expression left: identifier operator: "+" right: identifier)'),
    (" |x| x", "expr", '(closure_expression parameters: (closure_parameters "|" identifier "|") body: identifier)'),
    (
        "const |x| x",
        "expr",
        '(closure_expression "const" parameters: (closure_parameters "|" identifier "|") body: identifier)',
    ),
    ("return", "expr", '(return_expression "return")'),
    ("1; 2", "expr", None),
    ("x else {}", "expr", None),
    ("1;} fn g(){ 2", "expr", None),
    ("", "expr", None),
    ("a; b", "stmts", '(block (expression_statement identifier ";") identifier)'),
    ("", "stmts", "block"),
    ("a;} fn g(){ b", "stmts", None),
    ("A | B", "pat", '(or_pattern identifier "|" identifier)'),
    ("mut x", "pat", "(mut_pattern mutable_specifier identifier)"),
    ("_", "pat", '"_"'),
    ("x if y", "pat", None),
    ("x => y, z", "pat", None),
    (
        "impl Fn(u8) + 'a",
        "type",
        '(bounded_type (abstract_type "impl" trait: (function_type trait: type_identifier parameters: '
        '(parameters primitive_type))) "+" lifetime)',
    ),
    ("T where U: V", "type", None),
    ("T; type X = U", "type", None),
    (
        "fn f(); struct S;",
        "item",
        '(source_file (function_signature_item "fn" name: identifier parameters: parameters ";") '
        '(struct_item "struct" name: type_identifier ";"))',
    ),
    ("fn", "item", None),
]


@pytest.mark.parametrize(("text", "kind", "expected"), FRAGMENTS)
def test_fragments(text: str, kind: FragmentKind, expected: str | None) -> None:
    node = tree_of_fragment(text.encode(), kind)
    assert (node.dump() if node is not None else None) == expected
    if node is not None and kind == "expr":
        assert node.text(text.encode()) == text.split("//")[0].strip()


DEEP = 10_000


@pytest.mark.parametrize(
    "source",
    [
        b"fn f() { " + b"(" * DEEP + b"1" + b")" * DEEP + b" }",
        b"fn f() { a" + b".a().b()" * 5_000 + b" }",
        b"fn f() { " + b"|x| " * DEEP + b"1 }",
        b"fn f() { " + b"a = " * DEEP + b"1; }",
        b"fn f() { " + b"(" * DEEP,
        b"mod a { " * 2_000 + b"}" * 2_000,
        b"fn f() " + b"{" * DEEP + b"}" * DEEP,
        b"fn f() { g(" + b"#[a] " * 1_000 + b"1) }",
        b"fn f() { 1" + b" + 1" * DEEP + b"; }",
        b"/*" * DEEP,
    ],
    ids=range(10),
)
def test_depth_takes_no_stack(source: bytes) -> None:
    root = tree_of(source)
    root.dump()
    assert sum(1 for _ in root.descendants()) >= 1
    root.path_to(20, 21)
    item_tree_of(source)


NOT_COPIED = {"token_tree", "string_literal", "raw_string_literal", "lifetime", "label", "token_tree_pattern"}


def raw_nodes(source: bytes) -> list[tuple[str, int, int]]:
    """Named nodes as tree-sitter has them, without comments and what is in leaves."""
    found = []
    work = [parse(source).root_node]
    while work:
        node = work.pop()
        found.append((node.type, node.start_byte, node.end_byte))
        if node.type not in NOT_COPIED:
            work.extend(child for child in reversed(node.children) if child.is_named and child.type not in DROPPED)
    return found


def test_the_copy_is_faithful() -> None:
    for text in [*texts(10), DEMO[:1500], DEMO[700:]]:
        copy = materialise(parse(text).root_node)
        assert [(node.kind, node.start, node.end) for node in copy.descendants() if node.is_named] == raw_nodes(text)


def test_kinds() -> None:
    assert {"closure_expression", "ERROR", "capture_list"} <= NAMED_KINDS
    assert "move" not in NAMED_KINDS


@given(st.integers(0, len(DEMO)), st.integers(0, len(DEMO)))
def test_any_part_of_a_file_gives_a_tree(start: int, end: int) -> None:
    part = DEMO[min(start, end) : max(start, end)]
    root = tree_of(part)
    assert isinstance(root, Node)
    for kind in ("expr", "stmts", "item", "type", "pat"):
        tree_of_fragment(part[:60], kind)


def _listed(root: Node) -> list[tuple[str, int, int, str | None, int]]:
    return [(node.kind, node.start, node.end, node.field, node.flags) for node in root.descendants()]


@given(st.integers(0, len(DEMO)), st.integers(0, len(DEMO)))
def test_statements_copied_later_are_the_same(start: int, end: int) -> None:
    part = DEMO[min(start, end) : max(start, end)]
    assert _listed(tree_of(part, defers=True)) == _listed(tree_of(part))


def test_a_statement_is_copied_when_it_is_looked_into() -> None:
    source = b"fn f() { a = b = c; g((x..)(y)); let z = { h(); 1 }; }"
    block = next(node for node in tree_of(source, defers=True).descendants() if node.kind == "block")
    fresh = next(node for node in tree_of(source, defers=True).children[0].children if node.kind == "block")
    assert [isinstance(node, DeferredNode) and node.is_deferred for node in fresh.children] == [True, True, True]
    assert [node.dump() for node in fresh.children] == [node.dump() for node in block.children]
    assert not any(isinstance(node, DeferredNode) and node.is_deferred for node in fresh.children)
    with_error = next(n for n in tree_of(b"fn f() { a(; b(); }", defers=True).descendants() if n.kind == "block")
    assert not any(isinstance(node, DeferredNode) and node.has_error for node in with_error.children)
