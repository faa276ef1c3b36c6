"""Literals, names, and the expressions around one or a few others that are not chains."""

from __future__ import annotations

import re
from collections.abc import Sequence

from closurelens.hir.body import (
    AddrOf,
    ArrayExpr,
    Assign,
    AssignOp,
    Break,
    Continue,
    Deref,
    Expr,
    Lit,
    LitKind,
    PathExpr,
    Perhaps,
    RangeExpr,
    Repeat,
    Return,
    StructExpr,
    TupleExpr,
    Unary,
    Underscore,
)
from closurelens.hir.lower.state import ExprHandler, Lowerer
from closurelens.hir.lower.types import int_value, lower_path
from closurelens.hir.types import Path, Segment
from closurelens.syntax.nodes import Node


def lower_identifier(lo: Lowerer, node: Node) -> Expr:
    start, end = node.start, node.end
    name = lo.text[start:end].decode("utf-8", "replace")
    if name == "_":
        return Underscore(lo.expr_id(), (start, end))
    path = Path([Segment(name[2:] if name.startswith("r#") else name)])
    if lo.is_mapped:
        path.ctxt = lo.source.ctxt_at(start)
    return PathExpr(lo.expr_id(), (start, end), path)


def lower_path_expr(lo: Lowerer, node: Node) -> Expr:
    return PathExpr(lo.expr_id(), (node.start, node.end), lower_path(lo, node))


_INT_SUFFIX = re.compile(r"[iu](?:8|16|32|64|128|size)$")
_FLOAT_SUFFIX = re.compile(r"f(?:16|32|64|128)$")


def lower_integer(lo: Lowerer, node: Node) -> Expr:
    text = lo.of(node)
    kind = LitKind.INT
    suffix: str | None = None
    if not text[-1:].isdigit() or "i" in text or "u" in text or "f" in text:
        found = _INT_SUFFIX.search(text)
        if found is not None:
            suffix = found.group()
        elif text[:2] not in ("0x", "0b", "0o"):
            found = _FLOAT_SUFFIX.search(text)
            if found is not None:
                kind, suffix = LitKind.FLOAT, found.group()
    return Lit(lo.expr_id(), (node.start, node.end), kind, suffix, text)


def lower_float(lo: Lowerer, node: Node) -> Expr:
    text = lo.of(node)
    found = _FLOAT_SUFFIX.search(text)
    suffix = None if found is None else found.group()
    return Lit(lo.expr_id(), (node.start, node.end), LitKind.FLOAT, suffix, text)


_STRINGS = {"b": LitKind.BYTE_STR, "c": LitKind.C_STR}


def lower_string(lo: Lowerer, node: Node) -> Expr:
    text = lo.of(node)
    return Lit(lo.expr_id(), (node.start, node.end), _STRINGS.get(text[:1], LitKind.STR), None, text)


def lower_char(lo: Lowerer, node: Node) -> Expr:
    text = lo.of(node)
    kind = LitKind.BYTE if text.startswith("b") else LitKind.CHAR
    return Lit(lo.expr_id(), (node.start, node.end), kind, None, text)


def lower_bool(lo: Lowerer, node: Node) -> Expr:
    return Lit(lo.expr_id(), (node.start, node.end), LitKind.BOOL, None, lo.of(node))


def _negative(lo: Lowerer, node: Node) -> Expr:
    """A `negative_literal` of a pattern."""
    return Unary(lo.expr_id(), (node.start, node.end), "-", lo.required(node.children[-1], node))


def _unary(lo: Lowerer, node: Node) -> Expr:
    op = node.children[0].kind
    operand = lo.required(last_expr(lo, node), node)
    if op == "*":
        return Deref(lo.expr_id(), (node.start, node.end), operand)
    return Unary(lo.expr_id(), (node.start, node.end), op, operand)


def last_expr(lo: Lowerer, node: Node) -> Node | None:
    """The last child that is an expression."""
    exprs = lo.exprs
    for child in reversed(node.children):
        if child.kind in exprs:
            return child
    return None


def _reference(lo: Lowerer, node: Node) -> Expr:
    mutable = is_raw = False
    for child in node.children:
        if child.kind == "mutable_specifier":
            mutable = True
        elif child.kind == "raw":
            is_raw = True
    operand = lo.required(node.child_by_field("value"), node)
    return AddrOf(lo.expr_id(), (node.start, node.end), operand, mutable, is_raw)


def _assignment(lo: Lowerer, node: Node) -> Expr:
    left, right = node.child_by_field("left"), node.child_by_field("right")
    if left is not None and _is_full_range(left) and lo.text[left.start : left.end + 1] == b"..=":
        high = lo.required(right, node)
        return RangeExpr(lo.expr_id(), (node.start, node.end), None, high, inclusive=True)
    target = lo.required(left, node)
    value = lo.required(right, node)
    return Assign(lo.expr_id(), (node.start, node.end), target, value)


def _is_full_range(node: Node) -> bool:
    return node.kind == "range_expression" and len(node.children) == 1 and node.children[0].kind == ".."


def _compound_assignment(lo: Lowerer, node: Node) -> Expr:
    operator = node.child_by_field("operator")
    target = lo.required(node.child_by_field("left"), node)
    value = lo.required(node.child_by_field("right"), node)
    op = "" if operator is None else operator.kind.removesuffix("=")
    return AssignOp(lo.expr_id(), (node.start, node.end), op, target, value)


def _range(lo: Lowerer, node: Node) -> Expr:
    low: Expr | None = None
    high: Expr | None = None
    op = ""
    for child in node.children:
        if child.kind in ("..", "..=", "..."):
            op = child.kind
        elif child.kind in lo.exprs:
            if op:
                high = lo.expr(child)
            else:
                low = lo.expr(child)
    return RangeExpr(lo.expr_id(), (node.start, node.end), low, high, inclusive=op != "..")


def _return(lo: Lowerer, node: Node) -> Expr:
    value = lo.optional(last_expr(lo, node))
    return Return(lo.expr_id(), (node.start, node.end), value, is_yield=node.kind == "yield_expression")


def _break(lo: Lowerer, node: Node) -> Expr:
    value = lo.optional(last_expr(lo, node))
    return Break(lo.expr_id(), (node.start, node.end), lo.label_of(node), value)


def _continue(lo: Lowerer, node: Node) -> Expr:
    return Continue(lo.expr_id(), (node.start, node.end), lo.label_of(node))


def lower_listed(lo: Lowerer, nodes: Sequence[Node]) -> list[Expr]:
    """The elements of a list in which attributes stand before what they belong to."""
    lowered: list[Expr] = []
    attributes: list[Node] = []
    exprs = lo.exprs
    for child in nodes:
        kind = child.kind
        if kind in exprs:
            if attributes:
                element = _kept(lo, lo.expr(child), attributes)
                if element is not None:
                    lowered.append(element)
                attributes = []
            else:
                lowered.append(lo.expr(child))
        elif kind == "attribute_item":
            attributes.append(child)
    return lowered


def _kept(lo: Lowerer, expr: Expr, attributes: Sequence[Node]) -> Expr | None:
    """An element of a list, unless `cfg` leaves it out; then it is held."""
    if not attributes:
        return expr
    is_on = lo.is_on(attributes)
    why = lo.undecided(attributes)
    if why is not None:
        half = Perhaps.ON if is_on else Perhaps.OFF
        return lo.perhaps([expr], expr.range, why, half, in_macro=expr.in_macro)
    if is_on:
        return expr
    lo.hold(expr)
    return None


def _tuple(lo: Lowerer, node: Node) -> Expr:
    return TupleExpr(lo.expr_id(), (node.start, node.end), lower_listed(lo, node.children))


def _unit(lo: Lowerer, node: Node) -> Expr:
    return TupleExpr(lo.expr_id(), (node.start, node.end), [])


def _array(lo: Lowerer, node: Node) -> Expr:
    length = node.child_by_field("length")
    if length is None:
        return ArrayExpr(lo.expr_id(), (node.start, node.end), lower_listed(lo, node.children))
    elem = next((child for child in node.children if child.kind in lo.exprs and child is not length), None)
    value = lo.required(elem, node)
    len_value = int_value(lo.of(length)) if length.kind == "integer_literal" else None
    return Repeat(lo.expr_id(), (node.start, node.end), value, lo.expr(length), len_value)


def _struct(lo: Lowerer, node: Node) -> Expr:
    name = node.child_by_field("name")
    body = node.child_by_field("body")
    if name is None or body is None:
        return lo.error_expr(lo, node)
    path = lower_path(lo, name)
    fields: list[tuple[str, Expr]] = []
    spread: Expr | None = None
    for child in body.children:
        kind = child.kind
        if kind == "field_initializer":
            field = child.child_by_field("field")
            value = lo.required(child.child_by_field("value"), child)
            kept = _kept(lo, value, [part for part in child.children if part.kind == "attribute_item"])
            if kept is not None:
                fields.append(("" if field is None else lo.name(field), kept))
        elif kind == "shorthand_field_initializer":
            named = child.child_of_kind("identifier")
            if named is not None:
                kept = _kept(lo, lo.expr(named), [part for part in child.children if part.kind == "attribute_item"])
                if kept is not None:
                    fields.append((lo.name(named), kept))
        elif kind == "base_field_initializer":
            base = last_expr(lo, child)
            spread = None if base is None else lo.expr(base)
    return StructExpr(lo.expr_id(), (node.start, node.end), path, fields, spread)


def _generic_function(lo: Lowerer, node: Node) -> Expr:
    """`f::<T>`; `x.f::<T>` without a call is an error."""
    function = node.child_by_field("function")
    if function is None or function.kind == "field_expression":
        return lo.error_expr(lo, node)
    return lower_path_expr(lo, node)


def _metavariable(lo: Lowerer, node: Node) -> Expr:
    return lo.missing(node, f"`{lo.of(node)}` is outside of its macro")


LEAVES: dict[str, ExprHandler] = {
    "identifier": lower_identifier,
    "self": lower_identifier,
    "_": lower_identifier,
    "crate": lower_path_expr,
    "super": lower_path_expr,
    "scoped_identifier": lower_path_expr,
    "generic_function": _generic_function,
    "integer_literal": lower_integer,
    "float_literal": lower_float,
    "string_literal": lower_string,
    "raw_string_literal": lower_string,
    "char_literal": lower_char,
    "boolean_literal": lower_bool,
    "negative_literal": _negative,
    "unary_expression": _unary,
    "reference_expression": _reference,
    "assignment_expression": _assignment,
    "compound_assignment_expr": _compound_assignment,
    "range_expression": _range,
    "return_expression": _return,
    "yield_expression": _return,
    "break_expression": _break,
    "continue_expression": _continue,
    "tuple_expression": _tuple,
    "unit_expression": _unit,
    "array_expression": _array,
    "struct_expression": _struct,
    "metavariable": _metavariable,
}
