"""Tokens are those of rustc's lexer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closurelens.syntax.tokens import Delimited, Token, TokenKind, TokenTree, is_joint, token_trees, tokenize

K = TokenKind

CASES: list[tuple[str, list[tuple[TokenKind, str]]]] = [
    ("a r#fn _ é fn", [(K.IDENT, "a"), (K.IDENT, "r#fn"), (K.IDENT, "_"), (K.IDENT, "é"), (K.IDENT, "fn")]),
    (
        "'a 'b' 'static '\\'' '\\u{1F600}' '日'",
        [
            (K.LIFETIME, "'a"),
            (K.CHAR, "'b'"),
            (K.LIFETIME, "'static"),
            (K.CHAR, "'\\''"),
            (K.CHAR, "'\\u{1F600}'"),
            (K.CHAR, "'日'"),
        ],
    ),
    (
        'b\'x\' b"y\\"" br#"z"# c"w" cr"v"',
        [
            (K.BYTE, "b'x'"),
            (K.BYTE_STR, 'b"y\\""'),
            (K.BYTE_STR, 'br#"z"#'),
            (K.C_STR, 'c"w"'),
            (K.C_STR, 'cr"v"'),
        ],
    ),
    ('"a\\"b" r"\\" r##"x"#y"##', [(K.STR, '"a\\"b"'), (K.STR, 'r"\\"'), (K.STR, 'r##"x"#y"##')]),
    (
        "1 1_0u8 0xfFu8 0b1 0o7 1e",
        [
            (K.INT, "1"),
            (K.INT, "1_0u8"),
            (K.INT, "0xfFu8"),
            (K.INT, "0b1"),
            (K.INT, "0o7"),
            (K.INT, "1e"),
        ],
    ),
    (
        "1. 1.0 1e5 1.5e-3f32 1f64 2.0_f32",
        [
            (K.FLOAT, "1."),
            (K.FLOAT, "1.0"),
            (K.FLOAT, "1e5"),
            (K.FLOAT, "1.5e-3f32"),
            (K.FLOAT, "1f64"),
            (K.FLOAT, "2.0_f32"),
        ],
    ),
    (
        "1..2 1.foo 1.0.1",
        [
            (K.INT, "1"),
            (K.PUNCT, ".."),
            (K.INT, "2"),
            (K.INT, "1"),
            (K.PUNCT, "."),
            (K.IDENT, "foo"),
            (K.FLOAT, "1.0"),
            (K.PUNCT, "."),
            (K.INT, "1"),
        ],
    ),
    (
        "&&=a ..= ... .. :: -> => <<= >>= >>",
        [
            (K.PUNCT, "&&"),
            (K.PUNCT, "="),
            (K.IDENT, "a"),
            (K.PUNCT, "..="),
            (K.PUNCT, "..."),
            (K.PUNCT, ".."),
            (K.PUNCT, "::"),
            (K.PUNCT, "->"),
            (K.PUNCT, "=>"),
            (K.PUNCT, "<<="),
            (K.PUNCT, ">>="),
            (K.PUNCT, ">>"),
        ],
    ),
    (
        "$x:ty ~ @ # ?",
        [
            (K.PUNCT, "$"),
            (K.IDENT, "x"),
            (K.PUNCT, ":"),
            (K.IDENT, "ty"),
            (K.PUNCT, "~"),
            (K.PUNCT, "@"),
            (K.PUNCT, "#"),
            (K.PUNCT, "?"),
        ],
    ),
    (
        "/// a\n//! b\n//// c\n// d\n/** e */ /*! f */ /**/ /*** g */ /* /* */ */",
        [
            (K.DOC_OUTER, "/// a"),
            (K.DOC_INNER, "//! b"),
            (K.DOC_OUTER, "/** e */"),
            (K.DOC_INNER, "/*! f */"),
        ],
    ),
    ("a/b /= /", [(K.IDENT, "a"), (K.PUNCT, "/"), (K.IDENT, "b"), (K.PUNCT, "/="), (K.PUNCT, "/")]),
    (
        "(a)[b]{c}",
        [
            (K.OPEN, "("),
            (K.IDENT, "a"),
            (K.CLOSE, ")"),
            (K.OPEN, "["),
            (K.IDENT, "b"),
            (K.CLOSE, "]"),
            (K.OPEN, "{"),
            (K.IDENT, "c"),
            (K.CLOSE, "}"),
        ],
    ),
    ('a "b c', [(K.IDENT, "a"), (K.ERROR, '"b c')]),
    ("\\ `", [(K.ERROR, "\\"), (K.ERROR, "`")]),
    ("\ufeffa\u2028b\u0085c", [(K.IDENT, "a"), (K.IDENT, "b"), (K.IDENT, "c")]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_tokens(text: str, expected: list[tuple[TokenKind, str]]) -> None:
    source = text.encode()
    tokens = tokenize(source)
    assert [(token.kind, token.text) for token in tokens] == expected
    for token in tokens:
        assert source[token.start : token.end].decode() == token.text


def test_offsets_are_those_of_the_source() -> None:
    source = "é m!(a + b) c".encode()
    start, end = source.index(b"a"), source.index(b")")
    assert [(token.text, token.start) for token in tokenize(source, start, end)] == [("a", 6), ("+", 8), ("b", 10)]


def test_jointness() -> None:
    tokens = tokenize(b"$ + =a< <b>>>c")
    texts = [(token.text, is_joint(tokens, index)) for index, token in enumerate(tokens) if token.kind is K.PUNCT]
    assert texts == [("$", False), ("+", False), ("=", False), ("<", False), ("<", False), (">>", True), (">", False)]


def shape(trees: list[TokenTree]) -> str:
    parts = []
    for tree in trees:
        if isinstance(tree, Token):
            parts.append(tree.text)
        else:
            parts.append(tree.delimiter + shape(tree.trees) + (tree.close.text if tree.close is not None else "?"))
    return " ".join(parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a (b [c] {d}) e", "a (b [c] {d}) e"),
        ("( a", "(a?"),
        ("a ) b", "a ) b"),
        ("( [ a ) b", "([a?) b"),
        ("{ ( } )", "{(?} )"),
        ("", ""),
    ],
)
def test_nesting(text: str, expected: str) -> None:
    assert shape(token_trees(text.encode())) == expected


def test_the_extent_of_a_group() -> None:
    (group,) = token_trees(b" (a (b c")
    assert isinstance(group, Delimited)
    assert (group.start, group.end) == (1, 8)
    (closed,) = token_trees(b"(a )")
    assert (closed.start, closed.end) == (0, 4)


def test_deep_nesting() -> None:
    trees = token_trees(b"(" * 50_000 + b"a" + b")" * 50_000)
    depth = 0
    while trees and isinstance(trees[0], Delimited):
        trees = trees[0].trees
        depth += 1
    assert depth == 50_000
    (group,) = token_trees(b"{" * 50_000)
    assert group.end == 50_000


@given(st.binary(max_size=60) | st.text(alphabet="ab'\"\\r#/*!(){}[]<>=.0e_é\n ", max_size=60).map(str.encode))
def test_any_bytes_give_tokens_in_order(source: bytes) -> None:
    at = 0
    for token in tokenize(source):
        assert at <= token.start < token.end <= len(source)
        at = token.end
    token_trees(source)
