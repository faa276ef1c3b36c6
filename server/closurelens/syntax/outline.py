"""The items of a file with only the heads of its impls, traits and modules; the blocks of these are read one by one.

Invariant: the nodes are those which `item_tree_of` gives for the whole file, except that a block in `late` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from closurelens.records import dataclass, field
from closurelens.syntax.items import OutlineScan, scan_outline, shebang_end
from closurelens.syntax.node import Node
from closurelens.syntax.nodes import tree_of, tree_of_parsed
from closurelens.syntax.parse import parse_skipping
from closurelens.syntax.skeleton import PLACEHOLDER, item_tree_of

__all__ = ["Outline", "block_of", "outline_of", "tree_of_part"]

_WRAPPER = (b"mod m{", b"}")
"""What stands around the inside of any block: the grammar has the same items in all of them."""


@dataclass(slots=True)
class Outline:
    """`root`'s children are the items; `late` has start and end of the blocks that were left out."""

    root: Node
    late: Mapping[int, int] = field(default_factory=dict)


def outline_of(source: bytes) -> Outline:
    """A whole file."""
    if len(source) <= _SMALL and b"{" not in source and b"|" not in source:
        root = tree_of(source)
        if not root.has_error:
            root.start, root.end = 0, len(source)
            return Outline(root)
    scan = scan_outline(source, shebang_end(source), len(source))
    if scan is not None:
        text, gaps = _without_blocks(source, 0, len(source), scan, 0)
        root = tree_of_parsed(parse_skipping(text, gaps), source)
        if not root.has_error:
            root.start, root.end = 0, len(source)
            return _outline(root, scan)
    return Outline(item_tree_of(source))


def block_of(source: bytes, start: int, end: int) -> Outline:
    """The inside of a block that an outline has left out; offsets are those in `source`."""
    scan = scan_outline(source, start, end)
    before, after = _WRAPPER
    by = start - len(before)
    if scan is not None:
        text, gaps = _without_blocks(source, start, end, scan, -by)
        parsed = parse_skipping(before + text + after, gaps)
        if not parsed.tree.root_node.has_error:
            if parsed.patches:
                root = _moved(tree_of_parsed(parsed, before + source[start:end] + after), by)
            else:
                root = tree_of_parsed(parsed, b"", -by)
            block = root.children[0].child_by_field("body") if len(root.children) == 1 else None
            if block is not None:
                return _outline(block, scan)
    return Outline(_moved(item_tree_of(source[start:end]), start))


def tree_of_part(source: bytes, start: int, end: int) -> Node:
    """All of the items in `source[start:end]`; offsets are those in `source`."""
    return _moved(tree_of(source[start:end]), start)


def _outline(root: Node, scan: OutlineScan) -> Outline:
    return Outline(root, {span.body_start: span.body_end for span in scan.found if span.kind == "container"})


def _without_blocks(
    source: bytes, start: int, end: int, scan: OutlineScan, by: int
) -> tuple[bytes, list[tuple[int, int]]]:
    """`source[start:end]` without bodies, blocks and the inside of macro calls; and where nothing is, moved by `by`."""
    parts: list[bytes] = []
    gaps: list[tuple[int, int]] = [(low + by, high + by) for low, high in scan.comments]
    at = start
    for span in scan.found:
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
        if last - first > _SHORT:
            gaps.append((first + 1 + by, last - 1 + by))
    parts.append(source[at:end])
    gaps.sort()
    return b"".join(parts), gaps


_MACROS = frozenset(("macro_rules", "macro_call"))
_SMALL = 2_000
"""Bytes of a text in which it takes longer to find that there are no bodies than to parse it; most are expansions."""
_SHORT = 40
"""Bytes of blanks that the parser runs over as fast as over a gap."""


def _moved(root: Node, by: int) -> Node:
    work = [root]
    while work:
        node = work.pop()
        node.start += by
        node.end += by
        work.extend(node.children)
    return root
