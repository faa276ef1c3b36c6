"""Trees of expansions that differ in their names only: the second one is made from the first, without a parser.

Invariant: the nodes are those that parsing gives. Names are what the grammar takes for an identifier wherever it
stands; all other tokens have to be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from closurelens.hir.macros.tokens import IDENT, words
from closurelens.syntax.node import NO_CHILDREN, Node
from closurelens.ty.types import PRIMS

_MOST_TOKENS: Final = 4_000
_MOST_SHAPES: Final = 2_000

# Keywords of some edition or place, and words that the grammar or our repairs of it look at.
_RESERVED = frozenset(PRIMS) | words("""
    Self _ abstract as async auto await become block box break builtin concat_idents const continue crate default do dyn
    else enum expr expr_2021 extern false final fn for gen ident if impl in item let lifetime literal loop macro
    macro_rules match meta mod move mut override pat pat_param path pin priv pub raw ref reuse return safe self static
    stmt struct super trait true try tt ty type typeof union unsafe unsized use vis virtual where while yield yeet
""")

Shape = tuple[object, ...]


_Step = tuple[str, str | None, int, int, int]
"""A node: kind, field, the tokens it starts and ends with (-1: the text's start or end), the number of its children."""


class _Known:
    """What parsing gave for a shape; `steps` are made when it comes up again, None if that cannot be."""

    __slots__ = ("_ends", "_is_read", "_late", "_length", "_node", "_starts", "late", "steps")

    def __init__(self, node: Node, late: Mapping[int, int], starts: list[int], ends: list[int], length: int) -> None:
        self._node = node
        self._late = late
        self._starts = starts
        self._ends = ends
        self._length = length
        self._is_read = False
        self.steps: list[_Step] | None = None
        self.late: list[tuple[int, int]] = []

    def tree(self, starts: list[int], ends: list[int], length: int) -> tuple[Node, Mapping[int, int]] | None:
        if not self._is_read:
            self._is_read = True
            self._read()
        steps = self.steps
        if steps is None:
            return None
        stack: list[tuple[list[Node], int]] = []
        root: Node | None = None
        children: list[Node] = []
        left = 0
        for kind, field, first, last, count in steps:
            start = 0 if first < 0 else starts[first]
            end = length if last < 0 else ends[last]
            inner: list[Node] = []
            node = Node(kind, start, end, field, inner if count else NO_CHILDREN)
            if root is None:
                root = node
            else:
                children.append(node)
                left -= 1
            if count:
                stack.append((children, left))
                children, left = inner, count
            while not left and stack:
                children, left = stack.pop()
        assert root is not None
        return root, {starts[first]: ends[last] for first, last in self.late}

    def _read(self) -> None:
        starts = {at: index for index, at in reversed(list(enumerate(self._starts))) if at < self._ends[index]}
        ends = {at: index for index, at in enumerate(self._ends) if at > self._starts[index]}
        steps: list[_Step] = []
        work = [self._node]
        while work:
            node = work.pop()
            is_root = node is self._node
            first = -1 if is_root and node.start == 0 else starts.get(node.start)
            last = -1 if is_root and node.end == self._length else ends.get(node.end)
            if first is None or last is None or node.flags or node.__class__ is not Node:
                return
            steps.append((node.kind, node.field, first, last, len(node.children)))
            work.extend(reversed(node.children))
        for start, end in self._late.items():
            first, last = starts.get(start), ends.get(end)
            if first is None or last is None:
                return
            self.late.append((first, last))
        self.steps = steps
        self._node = Node("", 0, 0)


_known: dict[Shape, _Known] = {}


def shape_of(position: str, kinds: list[int], texts: list[str]) -> Shape | None:
    """What the tree of an expansion depends on; None where it is not worth knowing."""
    if len(kinds) > _MOST_TOKENS:
        return None
    reserved = _RESERVED
    shape: list[object] = [
        text if kind != IDENT or text in reserved or text[:2] == "r#" else IDENT
        for kind, text in zip(kinds, texts, strict=True)
    ]
    shape.append(position)
    return tuple(shape)


def tree_like(
    shape: Shape | None, starts: list[int], ends: list[int], length: int
) -> tuple[Node, Mapping[int, int]] | None:
    """Node and blocks left out (`Outline.late`) of an expansion, if one of this shape is known."""
    known = None if shape is None else _known.get(shape)
    return None if known is None else known.tree(starts, ends, length)


def remember(
    shape: Shape | None, node: Node, late: Mapping[int, int], starts: list[int], ends: list[int], length: int
) -> None:
    if shape is None:
        return
    if len(_known) >= _MOST_SHAPES:
        _known.clear()
    _known[shape] = _Known(node, late, starts, ends, length)
