"""Closures."""

from __future__ import annotations

from closurelens.hir.body import Closure, ClosureParam, Expr
from closurelens.hir.lower.broken import own_errors
from closurelens.hir.lower.fragments import expr_list
from closurelens.hir.lower.leaves import lower_listed
from closurelens.hir.lower.pats import lower_binding_mode
from closurelens.hir.lower.state import SYNTAX_ERROR, Lowerer
from closurelens.hir.lower.types import lower_type
from closurelens.syntax.nodes import Node


def lower_closure(lo: Lowerer, node: Node) -> Expr:
    """Also a closure with errors in it stays one; its id is smaller than those of what it contains."""
    expr_id = lo.expr_id()
    start, end = node.start, node.end
    params: list[ClosureParam] = []
    bars = (start, start)
    move_at: tuple[int, int] | None = None
    is_async = is_static = is_const = is_use = has_binder = False
    ret: Node | None = None
    body: Node | None = None
    explicit: list[Expr] = []
    for child in node.children:
        field = child.field
        if field == "parameters":
            bars = (child.start, child.end)
            params = _params(lo, child)
        elif field == "body":
            body = child
        elif field == "return_type":
            ret = child
        elif child.kind == "move":
            move_at = (child.start, child.end)
        elif child.kind == "async":
            is_async = True
        elif child.kind == "static":
            is_static = True
        elif child.kind == "const":
            is_const = True
        elif child.kind == "use":
            is_use = True
        elif child.kind == "for_lifetimes":
            has_binder = True
        elif child.kind == "capture_list":
            captures = expr_list(lo.text, child.start + 1, child.end - 1)
            explicit = [] if captures is None else lower_listed(lo, captures.children)
    at = (start, end)
    in_macro = False
    if lo.is_mapped:
        at, in_macro = lo.source.locate(start, end)
        bars = lo.span(*bars)
        move_at = None if move_at is None else lo.span(*move_at)
    closure = Closure(
        expr_id,
        at,
        params,
        None if ret is None else lower_type(lo, ret),
        lo.required(body, node),
        move_at is not None,
        is_async,
        bars,
        move_at,
        is_static,
        is_const,
        has_binder,
        explicit,
        is_use,
        in_macro=in_macro,
    )
    if node.flags:
        errors = own_errors(node)
        if errors:
            closure.body = lo.missing(node, SYNTAX_ERROR, [closure.body, *map(lo.expr, errors)])
    lo.closures.append(closure)
    return closure


def _params(lo: Lowerer, node: Node) -> list[ClosureParam]:
    params: list[ClosureParam] = []
    attributes: list[Node] = []
    for child in node.children:
        kind = child.kind
        if kind == "parameter":
            pattern = child.child_by_field("pattern")
            if pattern is not None and child.has("mutable_specifier"):
                pat = lower_binding_mode(lo, pattern, mutable=True)
            else:
                pat = lo.pattern(pattern, child)
            param = ClosureParam(pat, lower_type(lo, child.child_by_field("type")))
        elif kind in lo.pats:
            param = ClosureParam(lo.pattern(child, node), None)
        elif kind == "ERROR":
            param = ClosureParam(lo.missing_pat(child, SYNTAX_ERROR), None)
        else:
            if kind == "attribute_item":
                attributes.append(child)
            continue
        if lo.is_on(attributes):
            params.append(param)
        attributes = []
    return params
