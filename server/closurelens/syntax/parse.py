"""The one place that touches tree-sitter's parser.

Invariant: the bytes given to the parser have exactly the length of the bytes the caller has, so every offset in a
tree is an offset in the text (constructs the grammar lacks are blanked first, see `repair`).
"""

from __future__ import annotations

import tree_sitter_rust
from tree_sitter import Language, Parser, Tree
from tree_sitter import Node as RawNode

__all__ = ["ERROR_KIND_ID", "LANGUAGE", "NAMED_KINDS", "RawNode", "Tree", "field_names", "kind_names", "parse"]

LANGUAGE = Language(tree_sitter_rust.language())

ERROR_KIND_ID = 65535
"""tree-sitter's kind id of an ERROR node, outside of the grammar's own range of ids."""


def kind_names() -> list[str]:
    """Kind id -> kind; what the library calls None (ids it never returns) is the empty string."""
    return [LANGUAGE.node_kind_for_id(index) or "" for index in range(LANGUAGE.node_kind_count)]


def field_names() -> dict[int | None, str | None]:
    """Field id -> field; the cursor says None where a node has no field."""
    names: dict[int | None, str | None] = {
        index: LANGUAGE.field_name_for_id(index) for index in range(1, LANGUAGE.field_count + 1)
    }
    names[None] = None
    return names


NAMED_KINDS = frozenset(
    name
    for index, name in enumerate(kind_names())
    if LANGUAGE.node_kind_is_named(index) and LANGUAGE.node_kind_is_visible(index)
) | {"ERROR"}
"""Kinds of nodes that are grammar rules; every other kind is the spelling of a token."""

_parser = Parser(LANGUAGE)


def parse(source: bytes, old_tree: Tree | None = None) -> Tree:
    """Parse repaired bytes; `old_tree` must have been told of every edit with `Tree.edit`."""
    if old_tree is None:
        return _parser.parse(source)
    return _parser.parse(source, old_tree)
