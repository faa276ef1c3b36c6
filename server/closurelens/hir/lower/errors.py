"""What is saved of a piece of syntax that does not parse.

Invariant: every closure expression in an ERROR is lowered, with the statements before it that may bind its names.
"""

from __future__ import annotations

from collections.abc import Sequence

from closurelens.hir.body import Block, Expr
from closurelens.hir.lower.blocks import lower_statements
from closurelens.hir.lower.broken import own_errors
from closurelens.hir.lower.items import ITEMS
from closurelens.hir.lower.state import SYNTAX_ERROR, ExprHandler, Lowerer
from closurelens.syntax.nodes import Node

_KEEPS_ITS_ERRORS = frozenset(
    [
        "ERROR",
        "await_expression",
        "binary_expression",
        "block",
        "call_expression",
        "closure_expression",
        "field_expression",
        "index_expression",
        "match_expression",
        "parenthesized_expression",
        "try_expression",
        "type_cast_expression",
        "unsafe_block",
    ]
)
"""Kinds whose handlers look after ERROR nodes among their own parts."""


def lower_broken(lo: Lowerer, node: Node, handler: ExprHandler) -> Expr:
    """An expression with its own error is `Missing`, and what there is of it stands inside."""
    if node.is_missing:
        return lo.missing(node, SYNTAX_ERROR)
    lo.depth += 2  # the caller puts it back
    made = handler(lo, node)
    errors = [] if node.kind in _KEEPS_ITS_ERRORS else own_errors(node)
    if not errors:
        return made
    if lo.is_mapped:
        lo.place(made, node)
    return lo.missing(node, SYNTAX_ERROR, [made, *map(lo.expr, errors)])


def lower_error(lo: Lowerer, node: Node) -> Expr:
    return lo.missing(node, SYNTAX_ERROR, salvage(lo, node.children))


_STATEMENTS = frozenset(["let_declaration", "expression_statement"])
_PASSED_OVER = frozenset(
    ["attribute_item", "inner_attribute_item", "type_arguments", "type_parameters", "where_clause"]
)


def salvage(lo: Lowerer, nodes: Sequence[Node]) -> list[Expr]:
    """The expressions among these nodes and, where they are none, in the nodes below.

    From the first statement or item on everything is one block, so that later names see what it binds.
    """
    parts = _parts(lo, nodes)
    found: list[Expr] = []
    for index, node in enumerate(parts):
        if node.kind not in lo.exprs and node.kind != "ERROR":
            rest = parts[index:]
            stmts, tail = lower_statements(lo, rest)
            block = Block(lo.expr_id(), (node.start, rest[-1].end), stmts, tail)
            if lo.is_mapped:
                block.range, block.in_macro = lo.source.locate(node.start, rest[-1].end)
            found.append(block)
            break
        found.append(lo.expr(node))
    return found


def _parts(lo: Lowerer, nodes: Sequence[Node]) -> list[Node]:
    """Expressions, statements and items, the topmost ones, in the order of the text."""
    parts: list[Node] = []
    work = list(reversed(nodes))
    while work:
        node = work.pop()
        kind = node.kind
        if kind in lo.exprs or kind in _STATEMENTS or kind in ITEMS or kind == "ERROR":
            if not node.is_missing:
                parts.append(node)
        elif kind not in _PASSED_OVER:
            work.extend(reversed(node.children))
    return parts
