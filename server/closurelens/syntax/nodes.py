"""Syntax nodes as the layers above see them: light, slotted, free of tree-sitter.

A tree-sitter tree is walked once with a cursor and copied into `Node` objects. Invariants:

* offsets are bytes relative to the text given (the chunk), never to the file;
* comments and the punctuation in `DROPPED` are not in the tree (except where the parser reports one as missing);
  every other token is: operators, keywords, `;`, `|`, `..`, `&`, `!`, `?`, `<`, `=`, `@`, `_`;
* kinds in `LEAVES` have no children: a `token_tree` is read with `tokens` instead, a string by its text;
* what `repair` blanked for the parser is put back, so a tree looks as if the grammar knew the construct:
  a `closure_expression` may have the children `for_lifetimes`, `const`, `static`, `async`, `gen`, `move`, `use`;
* the tree has no parent links and no cycles.
"""

from __future__ import annotations

from typing import Literal

from closurelens.syntax.materialise import DROPPED, LEAVES, DeferredNode, materialise
from closurelens.syntax.node import Node
from closurelens.syntax.parse import NAMED_KINDS, Parsed, parse, parse_repaired
from closurelens.syntax.repair import PatchKind, shifted
from closurelens.syntax.restore import restore

__all__ = [
    "DROPPED",
    "LEAVES",
    "NAMED_KINDS",
    "DeferredNode",
    "FragmentKind",
    "Node",
    "materialise",
    "tree_of",
    "tree_of_fragment",
]


def tree_of(source: bytes, *, defers: bool = False) -> Node:
    """Parse a text and copy its tree; the root is a `source_file` (or an ERROR).

    `defers`: statements in which nothing had to be repaired are copied when somebody looks into them.
    """
    parsed = parse_repaired(source)
    if defers and not parsed.patches:
        return materialise(parsed.tree.root_node, defers=True)
    return tree_of_parsed(parsed, source)


def tree_of_parsed(parsed: Parsed, source: bytes, base: int = 0) -> Node:
    """The tree of `source`; what it says of offset `base` in it is at offset 0."""
    root = materialise(parsed.tree.root_node, base)
    if parsed.patches:
        attributes = [
            _attribute(source, patch.start, patch.end, base)
            for patch in parsed.patches
            if patch.kind is PatchKind.ATTRIBUTE
        ]
        restore(root, source[base:], shifted(parsed.patches, -base), attributes)
    return root


def tree_of_repaired(text: bytes, source: bytes) -> Node:
    """The tree of `text`, which has the length of `source` and stands for it."""
    return tree_of_parsed(parse_repaired(text), source)


def _attribute(source: bytes, start: int, end: int, base: int) -> Node:
    """A hidden attribute, parsed by itself."""
    root = materialise(parse(source[start:end]).root_node, base - start)
    if len(root.children) == 1 and root.children[0].kind == "attribute_item":
        return root.children[0]
    return Node("attribute_item", start - base, end - base)


FragmentKind = Literal["expr", "stmts", "item", "type", "pat"]

_WRAPPERS: dict[FragmentKind, tuple[bytes, bytes]] = {
    "expr": (b"fn f(){let x=", b"\n;}"),
    "stmts": (b"fn f(){", b"\n}"),
    "item": (b"", b""),
    "type": (b"type T=", b"\n;"),
    "pat": (b"fn f(){match x{", b"\n=>()}}"),
}


def tree_of_fragment(source: bytes, kind: FragmentKind) -> Node | None:
    """Parse a piece of code; offsets are relative to it.

    The answer is the expression, type or pattern itself; for `stmts` a `block` and for `item` a `source_file` that hold
    any number of them. None when the text is not exactly one fragment of this kind.
    """
    prefix, suffix = _WRAPPERS[kind]
    text = prefix + source + suffix
    parsed = parse_repaired(text)
    if parsed.tree.root_node.has_error:
        return None
    root = tree_of_parsed(parsed, text, len(prefix))
    if kind == "item":
        return root
    if len(root.children) != 1:
        return None
    found = _unwrap(root.children[0], kind)
    if found is not None:
        found.field = None
        if kind == "stmts":
            found.start, found.end = 0, len(source)
    return found


def _unwrap(item: Node, kind: FragmentKind) -> Node | None:
    """The fragment inside of its wrapper, or None when the text has escaped from it."""
    if kind == "type":
        return item.child_by_field("type") if len(item.children) == 5 else None
    body = item.child_by_field("body")
    if body is None or kind == "stmts":
        return body
    if len(body.children) != 1:
        return None
    inner = body.children[0]
    if kind == "expr":
        return inner.child_by_field("value") if inner.child_by_field("alternative") is None else None
    while inner.kind == "expression_statement" and inner.children:
        inner = inner.children[0]
    block = inner.child_by_field("body")
    if block is None or len(block.children) != 1:
        return None
    pattern = block.children[0].child_by_field("pattern")
    if pattern is None or len(pattern.children) != 1 or len(block.children[0].children) != 2:
        return None
    return pattern.children[0]
