"""The arguments of macro calls that cannot be expanded: the expressions, closures first of all, found in their tokens.

Tried in turn: a list of expressions; statements; single expressions between `,`, `;` and `=>`; and where a piece is no
expression either, the closures in it, the names that may be variables, and what is in its brackets.

Invariant: offsets stay those of the text the call stands in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from closurelens.hir.body import Block, Expr, Lit, LitKind, PathExpr
from closurelens.hir.lower.fragments import expr_list, fragment
from closurelens.hir.lower.leaves import lower_listed
from closurelens.hir.lower.reader import MAX_DEPTH
from closurelens.hir.lower.state import Lowerer
from closurelens.hir.types import Path, Segment
from closurelens.syntax.nodes import FragmentKind, Node
from closurelens.syntax.tokens import Delimited, Token, TokenKind, TokenTree, token_trees, tokenize

_MAX_PARSES = 300
_PARSED_AGAIN = 8
"""Limits of one call, whose tokens may be a language of their own: attempts, and how often all may be parsed again."""

_MAX_NESTING = 100
"""Parsing what is nested deeper can take time in the square of its length where it is no Rust."""

_MAX_SHRINKS = 40
_NAMED = re.compile(rb"\{\s*[A-Za-z_\x80-\xff]")


def lower_arguments(lo: Lowerer, start: int, end: int) -> list[Expr]:
    """text[start:end] is a group with its delimiters."""
    lo.deepest = max(lo.deepest, lo.depth)
    if lo.depth >= MAX_DEPTH:
        return []
    scan = _Scan(lo, lo.text[start:end])
    lo.depth += 6
    scan.run(start, end)
    lo.depth -= 6
    return scan.found


def names_in_strings(text: bytes, inside: Sequence[Expr]) -> bool:
    """A string among the tokens of `text`, or one of these, would use variables if it were a format string."""
    if any(isinstance(e, Lit) and e.kind is LitKind.STR and _NAMED.search(e.text.encode()) for e in inside):
        return True
    if b'"' not in text or _NAMED.search(text) is None:
        return False
    strings = (token.text for token in tokenize(text) if token.kind is TokenKind.STR)
    return any(_NAMED.search(string.encode()) is not None for string in strings)


class _Scan:
    __slots__ = ("budget", "found", "is_markup", "lo", "parses", "work")

    def __init__(self, lo: Lowerer, text: bytes) -> None:
        self.lo = lo
        self.found: list[Expr] = []
        self.work: list[Delimited] = []
        self.parses = _MAX_PARSES
        self.budget = (len(text) + 1000) * _PARSED_AGAIN
        self.is_markup = b"</" in text or b"/>" in text

    def run(self, start: int, end: int) -> None:
        text = self.lo.text
        inside = text[start + 1 : end - 1]
        if not inside.strip():
            return
        is_shallow = sum(map(inside.count, (b"(", b"[", b"{"))) < _MAX_NESTING
        is_tried = is_shallow and not self.is_markup
        if is_tried and self.whole(start + 1, end - 1, is_block=text[start : start + 1] == b"{"):
            return
        self.work = [tree for tree in token_trees(text, start, end) if isinstance(tree, Delimited)]
        if not is_shallow and _nesting(self.work) > _MAX_NESTING:
            self.parses = 0
        while self.work:
            self.group(self.work.pop(), is_tried=is_tried)
            is_tried = False

    def may_parse(self, size: int) -> bool:
        self.parses -= 1
        self.budget -= size
        return self.parses >= 0 and self.budget >= 0

    def parse(self, start: int, end: int, kind: FragmentKind) -> Node | None:
        """The fragment text[start:end], with offsets into the text."""
        if not self.may_parse(end - start):
            return None
        return fragment(self.lo.text, start, end, kind)

    def whole(self, start: int, end: int, *, is_block: bool) -> bool:
        """Everything inside of a group as statements or a list of expressions."""
        return (
            (self.block(start, end) or self.list(start, end))
            if is_block
            else (self.list(start, end) or self.block(start, end))
        )

    def list(self, start: int, end: int) -> bool:
        if not self.may_parse(end - start):
            return False
        node = expr_list(self.lo.text, start, end)
        if node is None:
            return False
        self.found.extend(lower_listed(self.lo, node.children))
        return True

    def block(self, start: int, end: int) -> bool:
        node = self.parse(start, end, "stmts")
        if node is None:
            return False
        lo = self.lo
        stmts = lo.statements(lo, node.children)
        made = Block(lo.expr_id(), (start, end), stmts, None)
        if lo.is_mapped:
            made.range, made.in_macro = lo.source.locate(start, end)
        self.found.append(made)
        return True

    def group(self, group: Delimited, *, is_tried: bool) -> None:
        trees = group.trees
        if not trees:
            return
        if group.close is not None and not is_tried and not self.is_foreign(trees):
            inside = (group.open.end, group.close.start)
            if self.whole(*inside, is_block=group.delimiter == "{"):
                return
        piece: list[TokenTree] = []
        for tree in trees:
            if isinstance(tree, Token) and tree.text in _SEPARATORS:
                self.piece(piece)
                piece = []
            else:
                piece.append(tree)
        self.piece(piece)

    def is_foreign(self, trees: Sequence[TokenTree]) -> bool:
        """Surely no list of expressions or statements: arms, or markup."""
        return any(isinstance(tree, Token) and tree.text == "=>" for tree in trees) or (
            self.is_markup and isinstance(trees[0], Token) and trees[0].text == "<"
        )

    def piece(self, trees: Sequence[TokenTree]) -> None:
        if not trees:
            return
        if not self.is_foreign(trees):
            node = self.parse(trees[0].start, trees[-1].end, "expr")
            if node is not None:
                self.found.append(self.lo.expr(node))
                return
        at = 0
        while at < len(trees):
            tree = trees[at]
            if isinstance(tree, Delimited):
                self.work.append(tree)
            elif _starts_closure(trees, at):
                past = self.closure(trees, at)
                if past is not None:
                    at = past
                    continue
            elif tree.kind is TokenKind.IDENT and _may_be_variable(trees, at):
                self.name(tree)
            at += 1

    def name(self, token: Token) -> None:
        lo = self.lo
        path = Path([Segment(token.text.removeprefix("r#"))])
        path.ctxt = lo.ctxt(token.start)
        made = PathExpr(lo.expr_id(), (token.start, token.end), path)
        if lo.is_mapped:
            made.range, made.in_macro = lo.source.locate(token.start, token.end)
        self.found.append(made)

    def closure(self, trees: Sequence[TokenTree], at: int) -> int | None:
        """Lower the longest closure that starts at trees[at]; the index after it."""
        body = _body_of_closure(trees, at)
        if body is None:
            return None
        stop = len(trees)
        if self.is_markup:
            stop = next((i for i in range(body, stop) if _is_text(trees[i], ">") or _is_text(trees[i], "/")), stop)
        first = trees[body] if body < stop else None
        if isinstance(first, Delimited) and first.delimiter == "{" and not _goes_on(trees, body + 1):
            stop = body + 1
        for end in range(stop, max(body, stop - _MAX_SHRINKS), -1):
            node = self.parse(trees[at].start, trees[end - 1].end, "expr")
            if node is not None and node.kind == "closure_expression":
                self.found.append(self.lo.expr(node))
                return end
        return None


_SEPARATORS = frozenset([",", ";", "=>"])
_PREFIXES = frozenset(["async", "const", "move", "static"])
_BARS = frozenset(["|", "||"])
_OPERATOR_WORDS = frozenset(["break", "else", "if", "in", "let", "match", "return", "while", "yield"])
_KEYWORDS = _PREFIXES | _OPERATOR_WORDS | {
    "as",
    "await",
    "continue",
    "crate",
    "dyn",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "impl",
    "loop",
    "mod",
    "mut",
    "pub",
    "ref",
    "struct",
    "super",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "_",
}  # fmt: skip


def _nesting(groups: Sequence[Delimited]) -> int:
    """How deep groups lie in groups."""
    depth = 0
    level = list(groups)
    while level:
        depth += 1
        level = [tree for group in level for tree in group.trees if isinstance(tree, Delimited)]
    return depth


def _is_text(tree: TokenTree, text: str) -> bool:
    return isinstance(tree, Token) and tree.text == text


def _starts_closure(trees: Sequence[TokenTree], at: int) -> bool:
    """`|`, `||`, `move |`, .. where an expression may start."""
    here = at
    while here < len(trees) and isinstance(tree := trees[here], Token) and tree.text in _PREFIXES:
        here += 1
    if here >= len(trees) or not isinstance(tree := trees[here], Token) or tree.text not in _BARS:
        return False
    if here > at or at == 0:
        return True
    before = trees[at - 1]
    if isinstance(before, Delimited):
        return False
    if before.kind is TokenKind.IDENT:
        return before.text in _OPERATOR_WORDS
    return before.kind is TokenKind.PUNCT and before.text != "?"


def _body_of_closure(trees: Sequence[TokenTree], at: int) -> int | None:
    """The index of the first token after the parameters and a return type."""
    while not (isinstance(tree := trees[at], Token) and tree.text in _BARS):
        at += 1
    if isinstance(tree := trees[at], Token) and tree.text == "|":
        at = next((i for i in range(at + 1, len(trees)) if _is_text(trees[i], "|")), len(trees))
    at += 1
    if at < len(trees) and _is_text(trees[at], "->"):
        blocks = (i for i in range(at, len(trees)) if isinstance(trees[i], Delimited))
        at = next((i for i in blocks if trees[i].start >= 0 and _is_block(trees[i])), len(trees))
    return at if at < len(trees) else None


def _is_block(tree: TokenTree) -> bool:
    return isinstance(tree, Delimited) and tree.delimiter == "{"


def _goes_on(trees: Sequence[TokenTree], at: int) -> bool:
    """A block before trees[at] is only the start of an expression."""
    return at < len(trees) and (_is_text(trees[at], ".") or _is_text(trees[at], "?"))


def _may_be_variable(trees: Sequence[TokenTree], at: int) -> bool:
    token = trees[at]
    assert isinstance(token, Token)
    name = token.text.removeprefix("r#")
    if name in _KEYWORDS or not (name[0].islower() or name[0] == "_"):
        return False
    before = trees[at - 1] if at > 0 else None
    after = trees[at + 1] if at + 1 < len(trees) else None
    if isinstance(before, Token) and before.text in (".", "::", "<", "/", "'", "$"):
        return False
    return not (isinstance(after, Token) and after.text in ("!", "::", ":", "="))
