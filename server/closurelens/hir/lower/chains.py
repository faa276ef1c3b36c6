"""Chains: calls, fields, indexing, `?`, `.await`, casts and binary operators, whose first operand nests to the left.

Invariant: such a chain is walked with a list, so that one of thousands of links takes no stack.
"""

from __future__ import annotations

from closurelens.hir.body import Await, Binary, Call, Cast, Expr, Field, Index, MethodCall, RangeExpr, Try
from closurelens.hir.lower.broken import own_errors
from closurelens.hir.lower.leaves import last_expr, lower_listed
from closurelens.hir.lower.state import SYNTAX_ERROR, ExprHandler, Lowerer
from closurelens.hir.lower.types import lower_generic_args, lower_type
from closurelens.syntax.nodes import Node

Link = tuple[Node, Node | None]
"""A node of the chain; for a method call also the field, or the field with its turbofish."""


def lower_chain(lo: Lowerer, node: Node) -> Expr:
    """`node` is of a kind in `CHAINS`."""
    links: list[Link] = []  # outermost first
    here: Node | None = node
    while here is not None:
        kind = here.kind
        if kind == "call_expression":
            function = here.child_by_field("function")
            method = _method(function)
            links.append((here, method))
            here = function if method is None else _receiver(method)
        elif kind == "field_expression" or kind == "type_cast_expression":
            links.append((here, None))
            here = here.child_by_field("value")
        elif kind == "binary_expression":
            links.append((here, None))
            here = here.child_by_field("left")
        elif kind in CHAINS:
            links.append((here, None))
            exprs = lo.exprs
            inner: Node | None = None
            for child in here.children:
                if child.kind in exprs:
                    inner = child
                    break
            here = inner
        else:
            break
    if here is None:
        value: Expr = lo.missing(links[-1][0], SYNTAX_ERROR)
    elif here.kind == "range_expression" and _is_cut_short(here, links[-1][0]):
        value = _open_range(lo, here, links)
    else:
        value = lo.expr(here)
    lo.depth += 1
    for link, method in reversed(links):
        value = _link(lo, link, method, value)
    lo.depth -= 1
    return value


def _method(function: Node | None) -> Node | None:
    """The called thing if it makes a method call: `x.f`, `x.f::<T>`; what `x.0(..)` calls is a value."""
    if function is None:
        return None
    if function.kind == "field_expression":
        name = function.child_by_field("field")
        return None if name is not None and name.kind == "integer_literal" else function
    if function.kind == "generic_function":
        inner = function.child_by_field("function")
        if inner is not None and inner.kind == "field_expression":
            return function
    return None


def _receiver(method: Node) -> Node | None:
    if method.kind == "generic_function":
        field = method.child_by_field("function")
        return None if field is None else field.child_by_field("value")
    return method.child_by_field("value")


def _link(lo: Lowerer, node: Node, method: Node | None, value: Expr) -> Expr:
    kind = node.kind
    errors = own_errors(node) if node.flags else []
    made: Expr
    if kind == "call_expression":
        arguments = node.child_by_field("arguments")
        args = [] if arguments is None else lower_listed(lo, arguments.children)
        if errors:
            return lo.missing(node, SYNTAX_ERROR, [value, *args, *map(lo.expr, errors)])
        if method is None:
            made = Call(lo.expr_id(), (node.start, node.end), value, args)
        else:
            made = _method_call(lo, node, method, value, args)
    elif kind == "parenthesized_expression":
        if not errors:
            return value
        made = value
    elif kind == "field_expression":
        made = _field(lo, node, value)
    elif kind == "binary_expression":
        operator = node.child_by_field("operator")
        right = lo.required(node.child_by_field("right"), node)
        op = "" if operator is None else operator.kind
        made = Binary(lo.expr_id(), (node.start, node.end), op, value, right)
    elif kind == "try_expression":
        made = Try(lo.expr_id(), (node.start, node.end), value)
    elif kind == "await_expression":
        made = Await(lo.expr_id(), (node.start, node.end), value)
    elif kind == "type_cast_expression":
        made = Cast(lo.expr_id(), (node.start, node.end), value, lower_type(lo, node.child_by_field("type")))
    elif kind == "index_expression":
        index = lo.required(last_expr(lo, node), node)
        made = Index(lo.expr_id(), (node.start, node.end), value, index)
    else:
        made = value  # `f::<T>` of what is no path
    if lo.is_mapped and made is not value:
        lo.place(made, node)
    return lo.missing(node, SYNTAX_ERROR, [made, *map(lo.expr, errors)]) if errors else made


def _method_call(lo: Lowerer, node: Node, method: Node, receiver: Expr, args: list[Expr]) -> Expr:
    generic_args = None
    field: Node | None = method
    if method.kind == "generic_function":
        field = method.child_by_field("function")
        type_arguments = method.child_by_field("type_arguments")
        if type_arguments is not None:
            generic_args = lower_generic_args(lo, type_arguments)
    name = None if field is None else field.child_by_field("field")
    if name is None or name.flags:
        return lo.missing(node, SYNTAX_ERROR, [receiver, *args])
    name_range = lo.span(name.start, name.end) if lo.is_mapped else (name.start, name.end)
    return MethodCall(lo.expr_id(), (node.start, node.end), receiver, lo.name(name), name_range, generic_args, args)


def _field(lo: Lowerer, node: Node, base: Expr) -> Expr:
    name = node.child_by_field("field")
    if name is None or name.flags:
        return lo.missing(node, SYNTAX_ERROR, [base])
    name_range = lo.span(name.start, name.end) if lo.is_mapped else (name.start, name.end)
    return Field(lo.expr_id(), (node.start, node.end), base, lo.name(name), name_range)


_PREFIXES = frozenset(["*", "-", "&", "&&"])


def _is_cut_short(node: Node, around: Node) -> bool:
    """`a..*b`: the grammar reads `(a..) * b`."""
    if around.kind != "binary_expression" or len(node.children) != 2 or node.children[1].kind not in ("..", "..="):
        return False
    operator = around.child_by_field("operator")
    return operator is not None and operator.kind in _PREFIXES and around.child_by_field("right") is not None


def _open_range(lo: Lowerer, node: Node, links: list[Link]) -> Expr:
    """Read `(a..) * b + c` as `a..((*b) + c)`; the links that belong to the range are taken off."""
    innermost = links.pop()[0]
    last = innermost
    inside: list[Node] = []
    while links and links[-1][0].kind in ("binary_expression", "type_cast_expression"):
        last = links.pop()[0]
        inside.append(last)
    operator, right = innermost.child_by_field("operator"), innermost.child_by_field("right")
    low = lo.expr(node.children[0])
    if operator is None or right is None:
        return low
    high = lo.expr(_prefixed(operator, right))
    for link in inside:
        high = _link(lo, link, None, high)
        high.range, high.in_macro = lo.source.locate(operator.start, link.end)
    made = RangeExpr(lo.expr_id(), (node.start, last.end), low, high, inclusive=node.children[1].kind == "..=")
    if lo.is_mapped:
        lo.place(made, last)
    return made


def _prefixed(operator: Node, operand: Node) -> Node:
    """The tree of `operator operand`, where a prefix binds tighter than the operators in `operand`."""
    spine: list[Node] = []
    here = operand
    while here.kind in ("binary_expression", "type_cast_expression"):
        left = here.child_by_field("left") or here.child_by_field("value")
        if left is None:
            break
        spine.append(here)
        here = left
    for op in reversed(operator.kind if operator.kind == "&&" else [operator.kind]):
        kind = "reference_expression" if op == "&" else "unary_expression"
        token = Node(op, operator.start, operator.end)
        value = Node(here.kind, here.start, here.end, "value" if op == "&" else None, here.children, here.flags)
        here = Node(kind, operator.start, here.end, None, [token, value], here.flags)
    for parent in reversed(spine):
        role = "left" if parent.kind == "binary_expression" else "value"
        first = Node(here.kind, here.start, here.end, role, here.children, here.flags)
        rest = [child for child in parent.children if child.field != role]
        here = Node(parent.kind, operator.start, parent.end, None, [first, *rest], parent.flags)
    return here


CHAINS: dict[str, ExprHandler] = {
    "call_expression": lower_chain,
    "field_expression": lower_chain,
    "await_expression": lower_chain,
    "try_expression": lower_chain,
    "index_expression": lower_chain,
    "type_cast_expression": lower_chain,
    "binary_expression": lower_chain,
    "parenthesized_expression": lower_chain,
}
