"""Conditions, matches, loops, and the blocks that are bodies of their own."""

from __future__ import annotations

from closurelens.hir.body import (
    Arm,
    AsyncBlock,
    Binary,
    ConstBlock,
    Expr,
    For,
    If,
    Let,
    Loop,
    Match,
    Missing,
    Pat,
    Perhaps,
    While,
    WildPat,
)
from closurelens.hir.lower.leaves import last_expr
from closurelens.hir.lower.state import SYNTAX_ERROR, ExprHandler, Lowerer
from closurelens.syntax.nodes import Node


def lower_if(lo: Lowerer, node: Node) -> Expr:
    """A chain of `else if` is walked with a list."""
    parts: list[tuple[Node, Expr, Expr]] = []
    here: Node | None = node
    otherwise: Expr | None = None
    while here is not None:
        cond = condition(lo, here.child_by_field("condition"), here)
        then = lo.required(here.child_by_field("consequence"), here)
        parts.append((here, cond, then))
        clause = here.child_by_field("alternative")
        here = None if clause is None else last_expr(lo, clause)
        if here is not None and (here.kind != "if_expression" or here.flags):
            otherwise = lo.expr(here)
            here = None
    made: Expr | None = otherwise
    for part, cond, then in reversed(parts):
        made = If(lo.expr_id(), (part.start, part.end), cond, then, made)
        if lo.is_mapped:
            lo.place(made, part)
    assert made is not None
    return made


def condition(lo: Lowerer, node: Node | None, parent: Node) -> Expr:
    """Of an `if`, `while` or guard: an expression in which `let` may stand."""
    if node is None:
        return lo.missing(parent, SYNTAX_ERROR)
    if node.kind != "let_chain":
        return lo.expr(node)
    made: Expr | None = None
    for child in node.children:
        if child.kind not in lo.exprs:
            continue
        right = lo.expr(child)
        if made is None:
            made = right
        else:
            made = Binary(lo.expr_id(), (node.start, child.end), "&&", made, right)
            if lo.is_mapped:
                made.range, made.in_macro = lo.source.locate(node.start, child.end)
    return lo.missing(node, SYNTAX_ERROR) if made is None else made


def _let_chain(lo: Lowerer, node: Node) -> Expr:
    return condition(lo, node, node)


def _let_condition(lo: Lowerer, node: Node) -> Expr:
    scrutinee = lo.required(node.child_by_field("value"), node)
    pat = lo.pattern(node.child_by_field("pattern"), node)
    return Let(lo.expr_id(), (node.start, node.end), pat, scrutinee)


def _match(lo: Lowerer, node: Node) -> Expr:
    lo.depth += 1
    scrutinee = lo.required(node.child_by_field("value"), node)
    body = node.child_by_field("body")
    arms: list[Arm] = []
    for child in () if body is None else body.children:
        if child.kind == "match_arm":
            _arm(lo, child, arms)
        elif child.kind == "ERROR":
            pat = WildPat(lo.pat_id(), (child.start, child.end))
            if lo.is_mapped:
                lo.place(pat, child)
            arms.append(Arm(pat, None, lo.expr(child)))
    lo.depth -= 1
    made = Match(lo.expr_id(), (node.start, node.end), scrutinee, arms)
    errors = [child for child in node.children if child.kind == "ERROR"] if node.flags else []
    if errors:
        lo.place(made, node)
        return lo.missing(node, SYNTAX_ERROR, [made, *map(lo.expr, errors)])
    return made


def _arm(lo: Lowerer, node: Node, arms: list[Arm]) -> None:
    pattern: Node | None = None
    guard: Expr | None = None
    attributes: list[Node] = []
    errors: list[Node] = []
    value: Node | None = None
    pat: Pat
    for child in node.children:
        if child.field == "pattern":
            pattern = child
        elif child.field == "value":
            value = child
        elif child.kind == "attribute_item":
            attributes.append(child)
        elif child.kind == "ERROR":
            errors.append(child)
    inner = pattern.children[0] if pattern is not None and pattern.children else None
    if errors or (pattern is not None and any(child.kind == "ERROR" for child in pattern.children)):
        pat = lo.missing_pat(node if pattern is None else pattern, SYNTAX_ERROR)
    else:
        pat = lo.pattern(inner, node)
    if pattern is not None:
        guarded = pattern.child_by_field("condition")
        guard = None if guarded is None else condition(lo, guarded, pattern)
    body = lo.required(value, node)
    if errors:
        body = lo.missing(node, SYNTAX_ERROR, [body, *map(lo.expr, errors)])
    is_on = lo.is_on(attributes)
    why = lo.undecided(attributes)
    if why is not None:
        half = Perhaps.ON if is_on else Perhaps.OFF
        body = lo.perhaps([body], body.range, why, half, in_macro=body.in_macro)
    arm = Arm(pat, guard, body)
    if is_on or why is not None:
        arms.append(arm)
    else:
        lo.not_plain += 1
        scrutinee = Missing(lo.expr_id(), body.range, "switched off by `cfg`", [])
        lo.hold(Match(lo.expr_id(), body.range, scrutinee, [arm]))


def _while(lo: Lowerer, node: Node) -> Expr:
    cond = condition(lo, node.child_by_field("condition"), node)
    body = lo.required(node.child_by_field("body"), node)
    return While(lo.expr_id(), (node.start, node.end), cond, body, lo.label_of(node))


def _loop(lo: Lowerer, node: Node) -> Expr:
    body = lo.required(node.child_by_field("body"), node)
    return Loop(lo.expr_id(), (node.start, node.end), body, lo.label_of(node))


def _for(lo: Lowerer, node: Node) -> Expr:
    iterable = lo.required(node.child_by_field("value"), node)
    pat = lo.pattern(node.child_by_field("pattern"), node)
    body = lo.required(node.child_by_field("body"), node)
    return For(lo.expr_id(), (node.start, node.end), pat, iterable, body, lo.label_of(node), node.has("await"))


def _const_block(lo: Lowerer, node: Node) -> Expr:
    body = lo.required(node.child_by_field("body"), node)
    return ConstBlock(lo.expr_id(), (node.start, node.end), body)


_BLOCK_WORDS = frozenset(["async", "gen", "try"])


def _async_block(lo: Lowerer, node: Node) -> Expr:
    words = [child.kind for child in node.children if child.kind in _BLOCK_WORDS]
    body = lo.required(node.child_of_kind("block"), node)
    lo.not_plain += 1
    return AsyncBlock(lo.expr_id(), (node.start, node.end), " ".join(words), node.has("move"), body)


CONTROL: dict[str, ExprHandler] = {
    "if_expression": lower_if,
    "let_condition": _let_condition,
    "let_chain": _let_chain,
    "match_expression": _match,
    "while_expression": _while,
    "loop_expression": _loop,
    "for_expression": _for,
    "const_block": _const_block,
    "async_block": _async_block,
    "gen_block": _async_block,
    "try_block": _async_block,
}
