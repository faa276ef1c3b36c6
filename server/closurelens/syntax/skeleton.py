"""A file without the bodies of its functions: what other files and other bodies can depend on.

Invariant: the text of a skeleton changes only when something outside of bodies and comments changes; white space counts
for nothing.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from closurelens.syntax.items import scan_items, shebang_end
from closurelens.syntax.lex import CHARACTER, SPACE, STRING
from closurelens.syntax.node import Node
from closurelens.syntax.nodes import tree_of, tree_of_repaired

__all__ = ["PLACEHOLDER", "Skeleton", "item_tree_of", "offset_in_gap"]

PLACEHOLDER = b"{}"
"""What stands for a body."""

# White space and comments, then code up to the next of these; at the end of a text the code may be empty.
_RUN = re.compile(
    SPACE + rb"((?:[^ \t-\r\"'/]++|" + STRING + rb"|" + CHARACTER + rb"|'|/(?![/*]))++|(?s:(?:/\*|\").*+)|/|\Z)"
)


def _compact(gap: bytes) -> bytes:
    return b" ".join(_RUN.findall(gap)).rstrip(b" ")


class Skeleton:
    """`text` is the key; `bodies[i]` is where the placeholder of the i-th body starts."""

    __slots__ = ("_compacted", "_root", "_starts", "bodies", "text")

    def __init__(self, gaps: Sequence[bytes], before: Skeleton | None = None) -> None:
        """`gaps` is what stands before, between and after the bodies; `before` is a skeleton with many of them."""
        known = {} if before is None else before._compacted
        self._compacted: dict[bytes, bytes] = {}
        parts: list[bytes] = []
        starts: list[int] = []
        at = 0
        for gap in gaps:
            starts.append(at)
            compact = known.get(gap)
            if compact is None:
                compact = _compact(gap)
            self._compacted[gap] = compact
            parts.append(compact)
            at += len(compact) + len(PLACEHOLDER)
        self.text = PLACEHOLDER.join(parts)
        self._starts = starts
        self.bodies = [start - len(PLACEHOLDER) for start in starts[1:]]
        self._root: Node | None = None

    def tree(self) -> Node:
        """The items; a body is an empty block."""
        if self._root is None:
            self._root = tree_of(self.text)
        return self._root

    def body_at(self, offset: int) -> int | None:
        """The number of the body whose placeholder starts at `offset`."""
        index = bisect_left(self.bodies, offset)
        return index if index < len(self.bodies) and self.bodies[index] == offset else None

    def gap_of(self, offset: int) -> tuple[int, int]:
        """Which gap an offset is in, and how far from its start; a placeholder counts to the gap before it."""
        gap = bisect_right(self._starts, offset) - 1
        return gap, offset - self._starts[gap]


def offset_in_gap(gap: bytes, compact: int, *, is_end: bool) -> int:
    """Where in a gap the offset `compact` of its compacted text is.

    Between two runs of code there are two answers: the end of the one before (`is_end`) and the start of the one after.
    """
    at = end = 0
    for found in _RUN.finditer(gap):
        start, after = found.span(1)
        if start == after:
            break
        end = after
        if compact < at + end - start or (is_end and compact == at + end - start):
            return start + max(compact - at, 0)
        at += end - start + 1
    return end if is_end else len(gap)


def item_tree_of(source: bytes, bodies: Sequence[tuple[int, int]] | None = None) -> Node:
    """The tree of a file's items with offsets in the file; bodies are empty blocks.

    What is in bodies and comments has no part in it. `bodies` is where they are, if it is known. A body is the block of
    a function, or the initialiser of a const or static if there is a `{` or `|` in it.
    """
    if bodies is None:
        bodies = [(span.body_start, span.body_end) for span in scan_items(source).found if span.body_start >= 0]
    out = bytearray(source)
    for start, end in bodies:
        if end - start >= len(PLACEHOLDER):
            out[start:end] = b"{" + b" " * (end - start - len(PLACEHOLDER)) + b"}"
    root = tree_of_repaired(bytes(out), source)
    return _tree_of_broken(source, bodies) if root.has_error else root


def _tree_of_broken(source: bytes, bodies: Sequence[tuple[int, int]]) -> Node:
    """The tree of the skeleton: where the parser mends an error, it weighs how much it skips, be it white space."""
    first = shebang_end(source)
    at = first
    gaps: list[bytes] = []
    offsets: list[int] = []
    for start, end in bodies:
        gaps.append(source[at:start])
        offsets += (at, start)
        at = end
    gaps.append(source[at:])
    offsets += (at, len(source))
    skeleton = Skeleton(gaps)
    root = tree_of(skeleton.text)
    _move(root, skeleton, _runs(gaps, offsets))
    root.start, root.end = 0, len(source)
    return root


_Runs = tuple["array[int]", "array[int]", "array[int]"]
"""Of each run of code, or body: its start in the skeleton, its start and its end in the file."""


def _runs(gaps: Sequence[bytes], offsets: Sequence[int]) -> _Runs:
    starts, lows, highs = array("q"), array("q"), array("q")
    at = 0
    for number, gap in enumerate(gaps):
        base = offsets[2 * number]
        end = at
        for found in _RUN.finditer(gap):
            start, after = found.span(1)
            if start == after:
                break
            starts.append(at)
            lows.append(base + start)
            highs.append(base + after)
            end = at + after - start
            at = end + 1
        at = end
        if number + 1 < len(gaps):
            starts.append(at)
            lows.append(offsets[2 * number + 1])
            highs.append(offsets[2 * number + 2])
            at += len(PLACEHOLDER)
    return starts, lows, highs


def _move(root: Node, skeleton: Skeleton, runs: _Runs) -> None:
    """Turn the offsets of a skeleton's tree into those of the file."""
    starts, lows, highs = runs
    if not starts:
        return
    bodies = frozenset(skeleton.bodies)
    last = len(starts) - 1
    work = [root]
    while work:
        node = work.pop()
        start, end = node.start, node.end
        index = max(bisect_right(starts, start) - 1, 0)
        inside = start - starts[index]
        low, high = lows[index], highs[index]
        if starts[index] in bodies:
            if inside == 1:
                low = high - 1
            elif inside > 1:
                low = lows[index + 1] if index < last else high
        elif inside > 0:
            if low + inside < high or index == last:
                low = min(low + inside, high)
            else:
                low = lows[index + 1]
        node.start = low
        if end == start:
            node.end = low
        else:
            index = max(bisect_left(starts, end) - 1, 0)
            inside = end - starts[index]
            low, high = lows[index], highs[index]
            if starts[index] in bodies:
                node.end = low + 1 if inside == 1 else high
            else:
                node.end = min(low + inside, high)
        if node.children:
            work.extend(node.children)
