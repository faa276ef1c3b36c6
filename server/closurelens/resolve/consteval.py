"""Evaluates integer constants that are simple enough: literals, other constants, arithmetic.

Invariant: an answer is the value rustc computes; whatever is not understood, or overflows no matter what type, is None.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.records import dataclass
from closurelens.syntax.tokens import Token, TokenKind, tokenize

Lookup = Callable[[list[str]], int | None]
"""The value of a constant by its path as written."""

_INT_TYPES = frozenset(["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"])
_PRECEDENCE = {"|": 1, "^": 2, "&": 3, "<<": 4, ">>": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_DEPTH_LIMIT = 40
_LIMIT = 1 << 64


@dataclass(slots=True)
class _NotSimple(Exception):
    pass


def evaluate(text: bytes, start: int, end: int, lookup: Lookup) -> int | None:
    """The value of the expression at text[start:end], an integer that is not negative."""
    tokens = tokenize(text, start, end)
    if not tokens or len(tokens) > 200:
        return None
    parser = _Parser(tokens, lookup)
    try:
        value = parser.expression(0, 0)
    except _NotSimple:
        return None
    return value if parser.at == len(tokens) else None


class _Parser:
    __slots__ = ("at", "lookup", "tokens")

    def __init__(self, tokens: list[Token], lookup: Lookup) -> None:
        self.tokens = tokens
        self.at = 0
        self.lookup = lookup

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def expression(self, least: int, depth: int) -> int:
        if depth > _DEPTH_LIMIT:
            raise _NotSimple
        left = self.atom(depth)
        while True:
            op = self.peek()
            precedence = _PRECEDENCE.get(op)
            if op == "as":
                if self.at + 1 >= len(self.tokens) or self.tokens[self.at + 1].text not in ("usize", "u64"):
                    raise _NotSimple
                self.at += 2
                continue
            if precedence is None or precedence <= least:
                return left
            self.at += 1
            left = _apply(op, left, self.expression(precedence, depth + 1))

    def atom(self, depth: int) -> int:
        if self.at >= len(self.tokens):
            raise _NotSimple
        token = self.tokens[self.at]
        self.at += 1
        if token.kind is TokenKind.INT:
            return _literal(token.text)
        if token.text in ("(", "{"):
            value = self.expression(0, depth + 1)
            if self.peek() not in (")", "}"):
                raise _NotSimple
            self.at += 1
            return value
        if token.kind is not TokenKind.IDENT:
            raise _NotSimple
        names = [token.text]
        while self.peek() == "::":
            if self.at + 1 >= len(self.tokens) or self.tokens[self.at + 1].kind is not TokenKind.IDENT:
                raise _NotSimple
            names.append(self.tokens[self.at + 1].text)
            self.at += 2
        value_or_none = self.lookup(names)
        if value_or_none is None:
            raise _NotSimple
        return value_or_none


def _literal(text: str) -> int:
    digits = text.replace("_", "")
    for suffix in _INT_TYPES:
        digits = digits.removesuffix(suffix)
    if len(digits) > 40:
        raise _NotSimple
    try:
        return int(digits, 0) if digits[:2] in ("0x", "0o", "0b") else int(digits)
    except ValueError:
        raise _NotSimple from None


def _apply(op: str, left: int, right: int) -> int:
    if op in ("<<", ">>"):
        if right > 64:
            raise _NotSimple
        value = left << right if op == "<<" else left >> right
    elif op in ("/", "%"):
        if right == 0:
            raise _NotSimple
        value = left // right if op == "/" else left % right
    else:
        value = {"+": left + right, "-": left - right, "*": left * right}.get(op, 0)
        if op in "|&^":
            value = left | right if op == "|" else left & right if op == "&" else left ^ right
    if not 0 <= value < _LIMIT:
        raise _NotSimple
    return value
