"""Parses a part of the text again that the tree holds as tokens; offsets of the nodes are those of the text."""

from __future__ import annotations

from closurelens.syntax.nodes import FragmentKind, Node, tree_of_fragment


def fragment(text: bytes, start: int, end: int, kind: FragmentKind) -> Node | None:
    """text[start:end] as one fragment; see `tree_of_fragment`."""
    return _shifted(tree_of_fragment(text[start:end], kind), start)


def expr_list(text: bytes, start: int, end: int) -> Node | None:
    """text[start:end] as what may stand between brackets, as an `array_expression`: a list, or `x; n`."""
    node = tree_of_fragment(b"[" + text[start:end] + b"\n]", "expr")
    return _shifted(node, start - 1) if node is not None and node.kind == "array_expression" else None


def _shifted(node: Node | None, by: int) -> Node | None:
    for part in () if node is None else node.descendants():
        part.start += by
        part.end += by
    return node
