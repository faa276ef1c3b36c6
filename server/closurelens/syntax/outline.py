"""The items of a file with only the heads of its impls, traits and modules; the blocks of these are read one by one.

Invariant: the nodes are those which `item_tree_of` gives for the whole file, except that a block in `late` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from closurelens.records import dataclass, field
from closurelens.syntax.items import ItemSpan, scan_outline, shebang_end
from closurelens.syntax.node import Node
from closurelens.syntax.nodes import tree_of_parsed
from closurelens.syntax.parse import parse_repaired
from closurelens.syntax.skeleton import PLACEHOLDER, item_tree_of

__all__ = ["Outline", "block_of", "outline_of"]

_WRAPPER = (b"mod m{", b"}")
"""What stands around the inside of any block: the grammar has the same items in all of them."""


@dataclass(slots=True)
class Outline:
    """`root`'s children are the items; `late` has start and end of the blocks that were left out."""

    root: Node
    late: Mapping[int, int] = field(default_factory=dict)


def outline_of(source: bytes) -> Outline:
    """A whole file."""
    spans = scan_outline(source, shebang_end(source), len(source))
    if spans is not None:
        root = tree_of_parsed(parse_repaired(_blanked(source, 0, len(source), spans)), source)
        if not root.has_error:
            return _outline(root, spans)
    return Outline(item_tree_of(source))


def block_of(source: bytes, start: int, end: int) -> Outline:
    """The inside of a block that an outline has left out; offsets are those in `source`."""
    spans = scan_outline(source, start, end)
    before, after = _WRAPPER
    if spans is not None:
        parsed = parse_repaired(before + _blanked(source, start, end, spans) + after)
        if not parsed.tree.root_node.has_error:
            by = start - len(before)
            if parsed.patches:
                root = _moved(tree_of_parsed(parsed, before + source[start:end] + after), by)
            else:
                root = tree_of_parsed(parsed, b"", -by)
            block = root.children[0].child_by_field("body") if len(root.children) == 1 else None
            if block is not None:
                return _outline(block, spans)
    return Outline(_moved(item_tree_of(source[start:end]), start))


def _outline(root: Node, spans: list[ItemSpan]) -> Outline:
    return Outline(root, {span.body_start: span.body_end for span in spans if span.kind == "container"})


def _blanked(source: bytes, start: int, end: int, spans: list[ItemSpan]) -> bytes:
    """`source[start:end]` without bodies, blocks and the inside of macro calls."""
    parts: list[bytes] = []
    at = start
    for span in spans:
        first, last = span.body_start, span.body_end
        if first < 0:
            continue
        if span.kind in _MACROS:
            parts += (source[at:first], b" " * (last - first))
        elif last - first < len(PLACEHOLDER):
            continue
        else:
            parts += (source[at:first], b"{", b" " * (last - first - len(PLACEHOLDER)), b"}")
        at = last
    parts.append(source[at:end])
    return b"".join(parts)


_MACROS = frozenset(("macro_rules", "macro_call"))


def _moved(root: Node, by: int) -> Node:
    work = [root]
    while work:
        node = work.pop()
        node.start += by
        node.end += by
        work.extend(node.children)
    return root
