"""Blocks and statements.

Invariant: the tail of a block is its last statement that `cfg` leaves, if that is an expression without `;`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from closurelens.hir.body import (
    Block,
    Disabled,
    Expr,
    ExprStmt,
    For,
    If,
    ItemStmt,
    LetStmt,
    Missing,
    Perhaps,
    Stmt,
    While,
)
from closurelens.hir.lower.broken import own_errors
from closurelens.hir.lower.calls import lower_macro_expr, lower_macro_stmt
from closurelens.hir.lower.fragments import fragment
from closurelens.hir.lower.items import ITEMS, ItemLowerer
from closurelens.hir.lower.pats import lower_binding_mode
from closurelens.hir.lower.state import SYNTAX_ERROR, Lowerer
from closurelens.hir.lower.types import lower_type
from closurelens.syntax.nodes import Node


def lower_block(lo: Lowerer, node: Node) -> Expr:
    stmts, tail = lower_statements(lo, node.children)
    return Block(lo.expr_id(), (node.start, node.end), stmts, tail, lo.label_of(node))


def lower_unsafe(lo: Lowerer, node: Node) -> Expr:
    block = node.child_of_kind("block")
    if block is None:
        return lo.error_expr(lo, node)
    stmts, tail = lower_statements(lo, block.children)
    return Block(lo.expr_id(), (node.start, node.end), stmts, tail, lo.label_of(node), is_unsafe=True)


def lower_statements(lo: Lowerer, nodes: Sequence[Node]) -> tuple[list[Stmt], Expr | None]:
    """The statements among the children of a block, and its tail."""
    stmts = statements(lo, nodes)
    for at in range(len(stmts) - 1, -1, -1):
        last = stmts[at]
        if isinstance(last, Disabled):
            other = _other_tail(lo, last.stmt)
            if other is not None:
                return stmts, other
            continue
        if isinstance(last, ExprStmt) and not last.has_semi:
            del stmts[at]
            return stmts, last.expr
        break
    return stmts, None


def statements(lo: Lowerer, nodes: Sequence[Node]) -> list[Stmt]:
    """Without taking the tail off."""
    outer = lo.held
    lo.held = []
    lo.depth += 3
    stmts: list[Stmt] = []
    attributes: list[Node] = []
    last = len(nodes) - 1
    reuse = None if lo.is_mapped else lo.context.reuse
    for index, node in enumerate(nodes):
        kind = node.kind
        if kind == "attribute_item":
            attributes.append(node)
            continue
        if kind == "empty_statement":
            if stmts and isinstance(stmts[-1], ExprStmt):
                stmts[-1] = ExprStmt(stmts[-1].expr, has_semi=True)
            continue
        start = len(stmts)
        if kind == "expression_statement" or kind == "let_declaration":
            before = None if reuse is None else reuse.before(lo, node)
            if reuse is None or before is None:
                _stmt(lo, node, stmts)
            else:
                made = reuse.take(lo, node, before)
                if made is None:
                    made = []
                    _stmt(lo, node, made)
                    reuse.keep(lo, node, before, made)
                stmts.extend(made)
        elif kind == "macro_invocation":
            if index == last and lo.text[node.end - 1 : node.end] != b"}":
                stmts.append(ExprStmt(lower_macro_expr(lo, node), has_semi=False))
            else:
                lower_macro_stmt(lo, node, stmts, has_semi=False)
        elif kind == "binary_expression" and (first := _ended_statement(node)) is not None:
            _two_statements(lo, first, node, stmts, has_semi=False)
        elif kind in lo.exprs or kind == "ERROR":
            stmts.append(ExprStmt(lo.expr(node), has_semi=kind == "ERROR"))
        elif kind in ITEMS:
            stmts.append(_item(lo, node, attributes))
        else:
            continue
        if attributes:
            is_on = lo.is_on(attributes)
            why = lo.undecided(attributes)
            if why is not None:
                stmts[start:] = [_perhaps(lo, stmt, why, is_on=is_on) for stmt in stmts[start:]]
            elif not is_on:
                stmts[start:] = [Disabled(stmt) for stmt in stmts[start:]]
            attributes = []
        if lo.held:
            made = stmts[start:]
            del stmts[start:]
            lo.flush(stmts)
            stmts.extend(made)
    lo.depth -= 3
    lo.held = outer
    return stmts


def _perhaps(lo: Lowerer, stmt: Stmt, why: str, *, is_on: bool) -> Stmt:
    """A statement that a `cfg` leaves or not. A variable is there in either case: without it nothing could use it."""
    match stmt:
        case ExprStmt():
            half = Perhaps.ON if is_on else Perhaps.OFF
            inner = stmt.expr
            made = ExprStmt(lo.perhaps([inner], inner.range, why, half, in_macro=inner.in_macro), stmt.has_semi)
            return made if is_on else Disabled(made)
        case LetStmt():
            inside = [expr for expr in (stmt.init, stmt.otherwise) if expr is not None]
            init = lo.perhaps(inside, stmt.range, why, Perhaps.LET, in_macro=any(expr.in_macro for expr in inside))
            return LetStmt(stmt.pat, None, init, None, stmt.range)
        case ItemStmt():
            return stmt if is_on else Disabled(stmt)
        case Disabled():
            return stmt
        case _:
            assert_never(stmt)


def _other_tail(lo: Lowerer, stmt: Stmt) -> Expr | None:
    """The value of a block whose last expression may not be there."""
    if not isinstance(stmt, ExprStmt) or stmt.has_semi or not isinstance(stmt.expr, Missing):
        return None
    expr = stmt.expr
    if expr.perhaps is not Perhaps.OFF or any(_has_no_value(inner) for inner in expr.inside):
        return None
    return lo.perhaps([], expr.range, expr.why, Perhaps.OFF, in_macro=expr.in_macro)


def _has_no_value(expr: Expr) -> bool:
    return isinstance(expr, While | For) or (isinstance(expr, If) and expr.otherwise is None)


def _stmt(lo: Lowerer, node: Node, stmts: list[Stmt]) -> None:
    """Add what an `expression_statement` or `let_declaration` stands for."""
    start = len(stmts)
    closures, not_plain = len(lo.closures), lo.not_plain
    if node.kind == "let_declaration":
        stmts.append(_let(lo, node))
    else:
        _expr_stmt(lo, node, stmts)
    if closures == len(lo.closures) and not_plain == lo.not_plain:
        for at in range(start, len(stmts)):
            stmt = stmts[at]
            if isinstance(stmt, LetStmt | ExprStmt):
                stmt.is_plain = True


def _expr_stmt(lo: Lowerer, node: Node, stmts: list[Stmt]) -> None:
    children = node.children
    if not children:
        return
    inner = children[0]
    has_semi = children[-1].kind == ";"
    if node.flags and inner.kind not in lo.exprs:
        inner = next((child for child in children if child.kind in lo.exprs), inner)
    if inner.kind == "macro_invocation":
        lower_macro_stmt(lo, inner, stmts, has_semi=has_semi)
        return
    if inner.kind == "binary_expression" and not node.flags:
        first = _ended_statement(inner)
        if first is not None:
            _two_statements(lo, first, inner, stmts, has_semi=has_semi)
            return
    expr = lo.expr(inner)
    if node.flags:
        errors = [child for child in children if child.kind == "ERROR" and child is not inner]
        if errors:
            expr = lo.missing(node, SYNTAX_ERROR, [expr, *map(lo.expr, errors)])
    stmts.append(ExprStmt(expr, has_semi))


def _ended_statement(node: Node) -> Node | None:
    """The `if a {}` of `if a {} || b`, which the grammar takes for an operand: in a statement rustc ends it there."""
    left: Node | None = node
    while left is not None and left.kind == "binary_expression":
        left = left.child_by_field("left")
    return left if left is not None and left.kind in _BLOCK_LIKE and left.start == node.start else None


_BLOCK_LIKE = frozenset(
    [
        "block",
        "for_expression",
        "if_expression",
        "loop_expression",
        "match_expression",
        "unsafe_block",
        "while_expression",
    ]
)


def _two_statements(lo: Lowerer, first: Node, node: Node, stmts: list[Stmt], *, has_semi: bool) -> None:
    rest = fragment(lo.text, first.end, node.end, "expr")
    if rest is None:
        stmts.append(ExprStmt(lo.expr(node), has_semi))
        return
    stmts.append(ExprStmt(lo.expr(first), has_semi=False))
    stmts.append(ExprStmt(lo.expr(rest), has_semi))


def _let(lo: Lowerer, node: Node) -> Stmt:
    pattern = ty = value = otherwise = None
    mutable = False
    for child in node.children:
        field = child.field
        if field == "pattern":
            pattern = child
        elif field == "type":
            ty = child
        elif field == "value":
            value = child
        elif field == "alternative":
            otherwise = child
        elif child.kind == "mutable_specifier":
            mutable = True
    init = None if value is None else lo.expr(value)
    if node.flags:
        errors = own_errors(node)
        if errors:
            init = lo.missing(node, SYNTAX_ERROR, ([] if init is None else [init]) + [lo.expr(e) for e in errors])
    if mutable and pattern is not None:
        pat = lower_binding_mode(lo, pattern, mutable=True)
    else:
        pat = lo.pattern(pattern, node)
    return LetStmt(
        pat,
        None if ty is None else lower_type(lo, ty),
        init,
        None if otherwise is None else lo.expr(otherwise),
        lo.span(node.start, node.end),
    )


def _item(lo: Lowerer, node: Node, attributes: list[Node]) -> Stmt:
    lo.items += 1
    low = ItemLowerer(lo.source)
    low.depth = lo.depth
    item = low.item(node, ITEMS[node.kind], attributes)
    return ItemStmt(item, node, lo.source if lo.source.depth else None)
