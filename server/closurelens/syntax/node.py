"""The node class that the layers above see: light, slotted, free of tree-sitter.

Invariant: a tree has no parent links and no cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from closurelens.syntax.parse import NAMED_KINDS

__all__ = ["HAS_ERROR", "MISSING", "NO_CHILDREN", "Node"]

HAS_ERROR = 1
MISSING = 2

NO_CHILDREN: tuple[Node, ...] = ()


class Node:
    """One node or token.

    `field` is the name of the role it has in its parent (`child_by_field`), as tree-sitter-rust's grammar calls it.
    """

    __slots__ = ("children", "end", "field", "flags", "kind", "start")

    def __init__(
        self,
        kind: str,
        start: int,
        end: int,
        field: str | None = None,
        children: Sequence[Node] = NO_CHILDREN,
        flags: int = 0,
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.field = field
        self.children = children
        self.flags = flags

    @property
    def has_error(self) -> bool:
        """This node or one below is an ERROR or MISSING."""
        return self.flags != 0

    @property
    def is_missing(self) -> bool:
        """Made up by the parser to go on; it is empty."""
        return self.flags & MISSING != 0

    @property
    def is_error(self) -> bool:
        return self.kind == "ERROR"

    @property
    def is_named(self) -> bool:
        return self.kind in NAMED_KINDS

    @property
    def named_children(self) -> list[Node]:
        return [child for child in self.children if child.kind in NAMED_KINDS]

    def child_by_field(self, name: str) -> Node | None:
        for child in self.children:
            if child.field == name:
                return child
        return None

    def children_by_field(self, name: str) -> list[Node]:
        return [child for child in self.children if child.field == name]

    def child_of_kind(self, kind: str) -> Node | None:
        """The first child of this kind: a rule's name, or a token's spelling such as `move`."""
        for child in self.children:
            if child.kind == kind:
                return child
        return None

    def has(self, kind: str) -> bool:
        return self.child_of_kind(kind) is not None

    def text(self, source: bytes) -> str:
        """`source` is the text this tree was made from; bytes that are no UTF-8 become U+FFFD."""
        return source[self.start : self.end].decode("utf-8", "replace")

    def descendants(self) -> Iterator[Node]:
        """This node and all below it, parents before children, in the order of the text."""
        work = [self]
        while work:
            node = work.pop()
            yield node
            if node.children:
                work.extend(reversed(node.children))

    def path_to(self, start: int, end: int) -> list[Node]:
        """The nodes that cover start..end, from this one to the smallest."""
        path: list[Node] = []
        node: Node | None = self if self.start <= start and end <= self.end else None
        while node is not None:
            path.append(node)
            node = next((child for child in node.children if child.start <= start and end <= child.end), None)
        return path

    def dump(self) -> str:
        """The tree as an S-expression, tokens quoted: for tests and for people."""
        out: list[str] = []
        work: list[Node | str] = [self]
        while work:
            item = work.pop()
            if isinstance(item, str):
                out.append(item)
                continue
            if out and out[-1] != "(":
                out.append(" ")
            if item.field is not None:
                out.append(f"{item.field}: ")
            if item.is_missing:
                out.append("MISSING ")
            if not item.is_named:
                out.append(f'"{item.kind}"')
            elif not item.children:
                out.append(item.kind)
            else:
                out.append(f"({item.kind}")
                work.append(")")
                work.extend(reversed(item.children))
        return "".join(out)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.start}..{self.end}>"
