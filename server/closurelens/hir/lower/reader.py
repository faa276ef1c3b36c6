"""The text that nodes refer to.

Invariant: every node handed to a function together with a reader has offsets into `reader.text`.
"""

from __future__ import annotations

from closurelens.hir.macros.api import Chunk, Source
from closurelens.hir.types import Ctxt, ErrorType, TypeRef
from closurelens.syntax.nodes import Node

Range = tuple[int, int]

MAX_DEPTH = 690
"""Python frames that nested syntax may take: what is nested deeper is not lowered, and says so."""

TOO_DEEP = "nested too deeply"


class Reader:
    """Reads names and spans out of one source; `is_mapped`: spans and identifiers must ask the source.

    `deepest` is the greatest depth at which `MAX_DEPTH` was looked at.
    """

    __slots__ = ("deepest", "depth", "is_mapped", "source", "text")

    def __init__(self, source: Source) -> None:
        self.depth = 0
        self.deepest = 0
        self.text = b""
        self.source = source
        self.is_mapped = False
        self.enter(source)

    def enter(self, source: Source) -> None:
        """From here on nodes are those of `source`."""
        self.source = source
        self.text = source.text
        self.is_mapped = not (isinstance(source, Chunk) and source.shift == 0)

    def of(self, node: Node) -> str:
        """The node's text."""
        return self.text[node.start : node.end].decode("utf-8", "replace")

    def name(self, node: Node) -> str:
        """An identifier without `r#`."""
        text = self.text[node.start : node.end].decode("utf-8", "replace")
        return text[2:] if text.startswith("r#") else text

    def span(self, start: int, end: int) -> Range:
        """Where text[start:end] was written."""
        return self.source.locate(start, end)[0] if self.is_mapped else (start, end)

    def ctxt(self, at: int) -> Ctxt:
        return self.source.ctxt_at(at) if self.is_mapped else 0

    def macro_type(self, node: Node) -> TypeRef:
        """The type that a macro call stands for."""
        macro = node.child_by_field("macro")
        return ErrorType(f"macro `{'' if macro is None else self.of(macro)}!` is not expanded")

    def has_trailing_comma(self, node: Node, last: Node) -> bool:
        """A comma stands between `last`, the last child, and the end of its parent: `(T,)`."""
        rest = self.text[last.end : node.end]
        if b"," not in rest:
            return False
        at = 0
        while at < len(rest):
            if rest.startswith(b"//", at):
                newline = rest.find(b"\n", at)
                at = len(rest) if newline < 0 else newline + 1
            elif rest.startswith(b"/*", at):
                close = rest.find(b"*/", at + 2)
                at = len(rest) if close < 0 else close + 2
            elif rest.startswith(b",", at):
                return True
            else:
                at += 1
        return False
