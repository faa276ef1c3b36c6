"""What the grammar cannot parse is in the tree all the same, at its own offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closurelens.syntax.nodes import Node, tree_of, tree_of_fragment
from closurelens.syntax.parse import parse_repaired
from closurelens.syntax.repair import repair_known, repair_near, repair_silent

CLOSURES = {
    "for<'a> |x: &'a u8| -> u8 { 1 }": ["for_lifetimes"],
    "const |x| x": ["const"],
    "const move || 1": ["const", "move"],
    "static move || 1": ["static", "move"],
    "async move |x| x": ["async", "move"],
    "async gen || 1": ["async", "gen"],
    "gen move || 1": ["gen", "move"],
    "use |x| y": ["use"],
    "use || y": ["use"],
    "move(a.clone(), f((b))) |x| x": ["move", "capture_list"],
    "for<'a, 'b> const async move |x: &'a u8| -> u8 { 1 }": ["for_lifetimes", "const", "async", "move"],
    "static const move |y| y": ["static", "const", "move"],
}


def closure_of(root: Node) -> Node:
    return next(node for node in root.descendants() if node.kind == "closure_expression")


@pytest.mark.parametrize("text", CLOSURES)
@pytest.mark.parametrize("around", ["{}", "f({}, 1)", "let x = {};", "f(|a| {})", "#[cold] {}", "g(#[a] #[b(c)] {})"])
def test_the_words_before_a_closure(text: str, around: str) -> None:
    source = f"fn main() {{ {around.format(text)} }}".encode()
    root = tree_of(source)
    assert not root.has_error
    closures = [node for node in root.descendants() if node.kind == "closure_expression"]
    closure = closures[-1]
    assert closure.text(source) == text
    words = [child for child in closure.children if child.start < source.index(b"|", closure.start)]
    words = [word for word in words if word.kind != "closure_parameters"]
    assert [word.kind for word in words] == CLOSURES[text]
    for word in words:
        if not word.is_named:
            assert word.text(source) == word.kind


@pytest.mark.parametrize("around", ["f({} || 1)", "let x = {} || 1;", "f(a, {} |x| x)", "return {} || 1", "a + {} f()"])
def test_an_attribute_on_an_expression(around: str) -> None:
    text = '#[cfg(feature = "a")]'
    source = f"fn main() {{ {around.format(text)} }}".encode()
    root = tree_of(source)
    assert not root.has_error
    attribute = next(node for node in root.descendants() if node.kind == "attribute_item")
    assert attribute.text(source) == text
    path = root.children[0].child_by_field("body")
    assert path is not None
    assert "arguments: token_tree" in path.dump()


def test_attributes_of_closure_parameters_and_fields_of_patterns() -> None:
    source = b"fn main() { let S { #[cfg(a)] x, .. } = f(|#[cfg(b)] y, #[c] z: u8,| y); }"
    root = tree_of(source)
    assert not root.has_error
    found = [
        (parent.kind, child.text(source))
        for parent in root.descendants()
        for child in parent.children
        if child.kind == "attribute_item"
    ]
    assert found == [
        ("struct_pattern", "#[cfg(a)]"),
        ("closure_parameters", "#[cfg(b)]"),
        ("closure_parameters", "#[c]"),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("return || a || b", "return_expression", ["return"]),
        ("return || { 1 }", "return_expression", ["return"]),
        ("break || 1", "break_expression", ["break"]),
        ("break |x| x", "break_expression", ["break"]),
        ("break 'a |x| x", "break_expression", ["break", "label"]),
    ],
)
def test_a_closure_that_is_returned(text: str, kind: str, words: list[str]) -> None:
    source = f"fn main() {{ match x {{ A => {text}, B => return 1 }} }}".encode()
    root = tree_of(source)
    jump = next(node for node in root.descendants() if node.kind == kind)
    assert jump.text(source) == text
    assert [child.kind for child in jump.children] == [*words, "closure_expression"]
    for child in jump.children[:-1]:
        assert child.text(source) in text.split()


def test_or_after_a_returned_name_stays_an_or() -> None:
    root = tree_of(b"fn f() { return_ || x; self.return || y; r#use || z }")
    assert not any(node.kind == "closure_expression" for node in root.descendants())


def test_assignments_group_to_the_right() -> None:
    node = tree_of_fragment(b"a = b += c = d", "expr")
    assert node is not None
    assert node.dump() == (
        '(assignment_expression left: identifier "=" right: (compound_assignment_expr left: identifier '
        'operator: "+=" right: (assignment_expression left: identifier "=" right: identifier)))'
    )
    assert [(child.start, child.end) for child in node.descendants() if "assign" in child.kind] == [
        (0, 14),
        (4, 14),
        (9, 14),
    ]


@pytest.mark.parametrize(
    ("text", "dump"),
    [
        (
            "return a |= b",
            '(return_expression "return" (compound_assignment_expr left: identifier operator: "|=" right: identifier))',
        ),
        (
            "break 'x a = b",
            '(break_expression "break" label (assignment_expression left: identifier "=" right: identifier))',
        ),
        (
            "a = return b = c",
            '(assignment_expression left: identifier "=" right: (return_expression "return" '
            '(assignment_expression left: identifier "=" right: identifier)))',
        ),
    ],
)
def test_a_jump_takes_the_assignment_after_it(text: str, dump: str) -> None:
    node = tree_of_fragment(text.encode(), "expr")
    assert node is not None
    assert node.dump() == dump


@pytest.mark.parametrize(
    ("text", "kind", "children"),
    [
        (
            'extern "C" { pub(crate) type Foo; }',
            "associated_type",
            ["visibility_modifier", "type", "type_identifier", ";"],
        ),
        (
            'unsafe extern "C" { safe fn f(); }',
            "function_signature_item",
            ["safe", "fn", "identifier", "parameters", ";"],
        ),
        (
            'extern "C" { pub safe static X: u8; }',
            "static_item",
            ["visibility_modifier", "safe", "static", "identifier", "primitive_type", ";"],
        ),
        ("gen fn f() {}", "function_item", ["gen", "fn", "identifier", "parameters", "block"]),
        (
            "pub const trait A {}",
            "trait_item",
            ["visibility_modifier", "const", "trait", "type_identifier", "declaration_list"],
        ),
        ("auto trait A {}", "trait_item", ["auto", "trait", "type_identifier", "declaration_list"]),
        ("trait A = B + C;", "trait_alias_item", ["trait", "type_identifier", "=", "bounded_type", ";"]),
        ("mod m { pub macro a($x:expr) { $x } fn g() {} }", "macro_definition", ["identifier"]),
        ("fn f() { async gen { 1 } }", "async_block", ["async", "gen", "block"]),
    ],
)
def test_words_of_items_and_blocks(text: str, kind: str, children: list[str]) -> None:
    source = text.encode()
    root = tree_of(source)
    assert not root.has_error
    node = next(node for node in root.descendants() if node.kind == kind)
    assert [child.kind for child in node.children] == children


def test_names_that_the_grammar_reserves_keep_their_text() -> None:
    source = b"fn f() { try!(x); u16!(y); f32::<u8>(z); raw.x(); 1_f16; }"
    root = tree_of(source)
    assert not root.has_error
    texts = [node.text(source) for node in root.descendants() if node.kind in ("identifier", "integer_literal")]
    assert {"try", "u16", "f32", "raw", "1_f16"} <= set(texts)


@pytest.mark.parametrize(
    "text",
    [
        'fn f() { let s = "return || x"; }',
        "fn f() { // return || x\n }",
        "fn f() { /* use |x| x */ }",
        'fn f() { let s = r#"" return || x"#; }',
        "fn f() { m(b'|', '\\'', \"use |\"); }",
    ],
)
def test_strings_and_comments_are_never_rewritten(text: str) -> None:
    assert repair_silent(text.encode()) is None
    for tail in ("", "\nfn g() { const || 1; }"):
        repaired = repair_known((text + tail).encode())
        assert repaired is None or repaired.text.startswith(text.encode())


PIECES = st.sampled_from(
    [
        "for<'a>",
        "const",
        "static",
        "async",
        "gen",
        "move",
        "use",
        "|x|",
        "||",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "#[cfg(a)]",
        "#[",
        '"a"',
        "'a'",
        "'b",
        "//",
        "/*",
        "*/",
        "\n",
        "return",
        "break",
        "'l",
        "=",
        "=>\n",
        "",
        "",
        "",
        ",",
        ";",
        ":",
        "::",
        "<",
        ">",
        "!",
        "macro_rules!",
        "m",
        "try",
        "u8",
        "f16",
        "1.0",
        "1f16",
        "fn",
        "type",
        "pub",
        "trait",
        "impl",
        "dyn",
        "&",
        "_",
        "x",
        "Foo",
        "where",
        "-",
        "+",
        "~const",
        "[const]\n",
        "",
        "",
        "",
        "safe",
        "extern",
        '"C"',
        'r#"',
        '"#',
        "é",
        "let",
        "match",
        "if",
        "struct",
    ]
)


@given(
    st.lists(PIECES, max_size=30).map(" ".join), st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=3)
)
def test_repair_keeps_the_length(text: str, errors: list[tuple[int, int]]) -> None:
    source = text.encode()
    known = repair_known(source)
    silent = repair_silent(source)
    for repaired in (known, silent):
        assert repaired is None or len(repaired.text) == len(source)
    if known is not None:
        near = repair_near(source, known, errors)
        assert near is None or len(near.text) == len(source)


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_trees_of_anything_are_well_formed(text: str) -> None:
    source = text.encode()
    root = tree_of(source)
    parse_repaired(source)
    for node in root.descendants():
        at = node.start
        for child in node.children:
            assert at <= child.start <= child.end <= node.end
            at = child.start
    root.dump()


def test_blanks_before_the_mark_of_a_definition() -> None:
    root = tree_of(b"macro_rules  ! t { [;] => { 1 }; } fn f() -> bool { macro_rules != 1 }")
    assert [node.kind for node in root.named_children] == ["macro_definition", "function_item"]
    assert not root.has_error


@pytest.mark.parametrize("text", ["b'\\0'", "'\\0'", '"a\\0"', 'r"\\0"', "1 /* \\0 */", "1 // \\0\n"])
def test_zero_bytes_in_what_is_no_code(text: str) -> None:
    text = text.replace("\\0", "\0")
    source = f"fn main() {{ f(|b| b == {text}); }}".encode()
    root = tree_of(source)
    assert not root.has_error
    closure = closure_of(root)
    assert closure.text(source).startswith(f"|b| b == {text.split()[0]}")
    assert tree_of(source.replace(b"b ==", b"b \0")).has_error


def test_the_path_of_a_type_keeps_its_arguments() -> None:
    source = b"fn f() { let x: (P::Item::<u8>, u8) = y::<u8>(a::b::<u8>); }"
    root = tree_of(source)
    assert not root.has_error
    kinds = [node.kind for node in root.descendants() if node.kind.startswith("generic_")]
    assert sorted(kinds) == ["generic_function", "generic_function", "generic_type"]
