"""Which part of a tree a syntax error hurts: the smallest expression, pattern or type around it."""

from __future__ import annotations

from closurelens.syntax.nodes import Node

_CONTAINERS = frozenset(
    [
        "arguments",
        "base_field_initializer",
        "bracketed_type",
        "else_clause",
        "field_initializer",
        "field_initializer_list",
        "field_pattern",
        "let_chain",
        "let_condition",
        "match_pattern",
        "parameters",
        "qualified_type",
        "shorthand_field_initializer",
        "trait_bounds",
        "type_arguments",
        "type_binding",
    ]
)


def own_errors(node: Node) -> list[Node]:
    """The ERROR nodes that belong to `node` itself, not to an expression, pattern or type below it."""
    errors: list[Node] = []
    work = list(reversed(node.children))
    while work:
        child = work.pop()
        if child.flags == 0:
            continue
        if child.kind == "ERROR":
            if not _is_rest(child, node):
                errors.append(child)
        elif child.kind in _CONTAINERS:
            work.extend(reversed(child.children))
    return errors


def _is_rest(error: Node, around: Node) -> bool:
    """The `..` of `S { x, .. } = value`, which the grammar does not know."""
    return around.kind == "struct_expression" and len(error.children) == 1 and error.children[0].kind == ".."


def is_hurt(node: Node) -> bool:
    """`node` was made up by the parser, or has an error of its own."""
    return node.is_missing or bool(own_errors(node))
