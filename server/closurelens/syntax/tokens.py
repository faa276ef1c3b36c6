"""Rust's tokens, for what the grammar does not structure: the token trees of macros.

Tokens are cut as rustc's lexer cuts and glues them: punctuation is greedy (`&&`, `..=`, `>>`), a raw identifier or a
literal with its suffix is one token, `_` and keywords are identifiers. Invariants: tokens do not overlap and stand in
the order of the text; between two tokens there are only white space and comments that are no documentation; any bytes
give tokens (what is no token of Rust has the kind `error`, a string that never ends among it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from closurelens.syntax.lex import WIDE_SPACE

__all__ = ["CLOSE", "Delimited", "Token", "TokenKind", "TokenTree", "is_joint", "token_trees", "tokenize"]


class TokenKind(StrEnum):
    IDENT = "ident"
    LIFETIME = "lifetime"
    INT = "int"
    FLOAT = "float"
    STR = "str"
    BYTE_STR = "byte_str"
    C_STR = "c_str"
    CHAR = "char"
    BYTE = "byte"
    PUNCT = "punct"
    OPEN = "open"
    CLOSE = "close"
    DOC_OUTER = "doc_outer"
    DOC_INNER = "doc_inner"
    ERROR = "error"


class Token:
    """A token; `start` and `end` are bytes."""

    __slots__ = ("end", "kind", "start", "text")

    def __init__(self, kind: TokenKind, start: int, end: int, text: str) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.text = text

    def __repr__(self) -> str:
        return f"<{self.kind.value} {self.text!r} {self.start}..{self.end}>"


class Delimited:
    """A group in `()`, `[]` or `{}`; `close` is None when the text ends before it."""

    __slots__ = ("close", "open", "trees")

    def __init__(self, open_: Token, close: Token | None, trees: list[TokenTree]) -> None:
        self.open = open_
        self.close = close
        self.trees = trees

    @property
    def delimiter(self) -> str:
        """`(`, `[` or `{`."""
        return self.open.text

    @property
    def start(self) -> int:
        return self.open.start

    @property
    def end(self) -> int:
        """The end of the group; where it is not closed, of its last token."""
        group = self
        while group.close is None and group.trees and isinstance(group.trees[-1], Delimited):
            group = group.trees[-1]
        if group.close is not None:
            return group.close.end
        return group.trees[-1].end if group.trees else group.open.end

    def __repr__(self) -> str:
        return f"<{self.delimiter} {len(self.trees)} trees>"


TokenTree = Token | Delimited

CLOSE = {"(": ")", "[": "]", "{": "}"}

_SPACE = rb"[ \t-\r]++|" + WIDE_SPACE + rb"|\A\xef\xbb\xbf"
# Bytes above 0x7f that are no white space can only be of a name.
_WIDE = rb"(?!" + WIDE_SPACE + rb")[\x80-\xff]"
_NAME = rb"(?:[A-Za-z_]|" + _WIDE + rb")[A-Za-z0-9_]*+(?:" + _WIDE + rb"[A-Za-z0-9_]*+)*+"
_SUFFIX = rb"(?:" + _NAME + rb")?+"
_CHAR = rb"""'(?:[^'\\\x80-\xff]|[\xc2-\xf4][\x80-\xbf]{1,3}|\\(?:u\{[^}'"\n]*\}|x[0-9a-fA-F]{2}|[^ux\n]))'"""
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _raw(prefix: bytes, name: bytes) -> bytes:
    return prefix + rb"(?P<" + name + rb">#*+)" + rb'".*?"(?P=' + name + rb")"


_SPACES = rb"(?:" + _SPACE + rb")*+"
_TOKEN = re.compile(
    _SPACES + rb"(?:"
    rb"(?P<ident>(?!(?:[bc]?r#*|[bc])\"|b')(?:r#)?" + _NAME + rb")"
    rb"|(?P<punct>[,;]|\.(?:\.[.=]?)?|::?|=[=>]?|&[&=]?|\|[|=]?|-[>=]?|<(?:<=?|=)?|>(?:>=?|=)?|[+*%^!]=?|[$?#@~]"
    rb"|/(?![/*])=?)"
    rb"|(?P<open>[(\[{])"
    rb"|(?P<close>[)\]}])"
    rb"|(?P<int>(?:0x[0-9a-fA-F_]*+|0o[0-7_]*+|0b[01_]*+|[0-9][0-9_]*+(?!\.(?![.A-Za-z_\x80-\xff])|[eE][+-]?_*[0-9]"
    rb"|f(?:16|32|64|128)\b))" + _SUFFIX + rb")"
    rb"|(?P<float>[0-9][0-9_]*+(?:\.(?:[0-9][0-9_]*+)?+)?+(?:[eE][+-]?_*[0-9][0-9_]*+)?+" + _SUFFIX + rb")"
    rb"|(?P<str>(?:" + _STRING + rb"|" + _raw(rb"r", b"h1") + rb")" + _SUFFIX + rb")"
    rb"|(?P<char>" + _CHAR + _SUFFIX + rb")"
    rb"|(?P<lifetime>'(?:r#)?" + _NAME + rb"(?!'))"
    rb"|(?P<byte_str>(?:b" + _STRING + rb"|" + _raw(rb"br", b"h2") + rb")" + _SUFFIX + rb")"
    rb"|(?P<byte>b" + _CHAR + _SUFFIX + rb")"
    rb"|(?P<c_str>(?:c" + _STRING + rb"|" + _raw(rb"cr", b"h3") + rb")" + _SUFFIX + rb")"
    rb"|(?P<doc_outer>///(?!/)[^\n]*+)"
    rb"|(?P<doc_inner>//![^\n]*+)"
    rb"|(?P<line>//[^\n]*+)"
    rb"|(?P<block>/\*)"
    rb"|(?P<end>\Z)"
    rb"|(?P<error>.))",
    re.DOTALL,
)
_BLOCK_EDGE = re.compile(rb"/\*|\*/")
_KINDS = {kind.value: kind for kind in TokenKind}


def block_comment_end(source: bytes, start: int, end: int) -> int:
    """The end of the block comment that starts at `start`; block comments nest, and one that never ends takes all."""
    depth = 1
    for edge in _BLOCK_EDGE.finditer(source, start + 2, end):
        depth += 1 if edge.group() == b"/*" else -1
        if depth == 0:
            return edge.end()
    return end


def _block_doc_kind(source: bytes, start: int, end: int) -> TokenKind | None:
    """`/** */` and `/*! */` document; `/**/` and `/*** */` do not."""
    if source.startswith(b"/*!", start) and end - start >= 5:
        return TokenKind.DOC_INNER
    if source.startswith(b"/**", start) and end - start >= 5 and source[start + 3] not in b"*":
        return TokenKind.DOC_OUTER
    return None


def tokenize(source: bytes, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of source[start:end]; their offsets are those of `source`."""
    stop = len(source) if end is None else end
    tokens: list[Token] = []
    append = tokens.append
    kinds, match = _KINDS, _TOKEN.match
    at = start
    while at < stop:
        found = match(source, at, stop)
        assert found is not None and found.lastgroup is not None
        name = found.lastgroup
        here, at = found.span(name)
        kind = kinds.get(name)
        if kind is None:
            if name != "block":
                continue
            at = block_comment_end(source, here, stop)
            kind = _block_doc_kind(source, here, at)
            if kind is None:
                continue
        elif kind is TokenKind.ERROR and source[here] == 0x22:
            at = stop
        append(Token(kind, here, at, source[here:at].decode("utf-8", "replace")))
    return tokens


def is_joint(tokens: Sequence[Token], index: int) -> bool:
    """The token at `index` is punctuation that another punctuation follows at once (proc_macro's `Spacing::Joint`)."""
    if index + 1 >= len(tokens):
        return False
    here, after = tokens[index], tokens[index + 1]
    return here.kind is after.kind is TokenKind.PUNCT and here.end == after.start


def token_trees(source: bytes, start: int = 0, end: int | None = None) -> list[TokenTree]:
    """The tokens of source[start:end], nested in their delimiters.

    A closing delimiter closes the innermost group that it fits and with it the groups within; one that fits none
    stays a token of the kind `close`.
    """
    return nest(tokenize(source, start, end))


def nest(tokens: Iterator[Token] | Sequence[Token]) -> list[TokenTree]:
    """Group a flat list of tokens by their delimiters."""
    trees: list[TokenTree] = []
    current = trees
    outer: list[tuple[Delimited, list[TokenTree]]] = []
    for token in tokens:
        kind = token.kind
        if kind is TokenKind.OPEN:
            group = Delimited(token, None, [])
            current.append(group)
            outer.append((group, current))
            current = group.trees
        elif kind is TokenKind.CLOSE:
            depth = len(outer)
            while depth and CLOSE[outer[depth - 1][0].open.text] != token.text:
                depth -= 1
            if depth == 0:
                current.append(token)
                continue
            outer[depth - 1][0].close = token
            current = outer[depth - 1][1]
            del outer[depth - 1 :]
        else:
            current.append(token)
    return trees
