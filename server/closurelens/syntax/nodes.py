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

from collections.abc import Iterator, Sequence
from typing import Literal

from closurelens.syntax.parse import ERROR_KIND_ID, NAMED_KINDS, RawNode, field_names, kind_names, parse

__all__ = ["DROPPED", "LEAVES", "NAMED_KINDS", "FragmentKind", "Node", "materialise", "tree_of", "tree_of_fragment"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DROPPED = _words("( ) [ ] { } , : :: . -> => # \" ' line_comment block_comment")

LEAVES = _words("""
    boolean_literal char_literal crate empty_statement escape_sequence field_identifier float_literal fragment_specifier
    identifier integer_literal label lifetime metavariable mutable_specifier never_type primitive_type
    raw_string_literal remaining_field_pattern self shebang shorthand_field_identifier string_content string_literal
    super token_repetition token_repetition_pattern token_tree token_tree_pattern type_identifier unit_expression
    unit_type
""")

HAS_ERROR = 1
MISSING = 2

_NO_CHILDREN: tuple[Node, ...] = ()


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
        children: Sequence[Node] = _NO_CHILDREN,
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


_DROP, _LEAF, _INNER, _ERROR = range(4)


def _actions() -> bytes:
    """Kind id -> what the copy does with it, for all ids a cursor can return (ERROR's is the largest)."""
    table = bytearray([_LEAF]) * (ERROR_KIND_ID + 1)
    for index, name in enumerate(kind_names()):
        if name in DROPPED:
            table[index] = _DROP
        elif name in NAMED_KINDS and name not in LEAVES:
            table[index] = _INNER
    table[ERROR_KIND_ID] = _ERROR
    return bytes(table)


_ACTION = _actions()
_KIND = kind_names()
_FIELD = field_names()


def materialise(raw: RawNode, base: int = 0) -> Node:
    """Copy the subtree of `raw`; `base` is the offset in the file that becomes offset 0."""
    action, kinds, fields = _ACTION, _KIND, _FIELD
    erroneous = raw.has_error
    kind_id = raw.kind_id
    children: list[Node] = []
    root = Node(
        "ERROR" if kind_id == ERROR_KIND_ID else kinds[kind_id],
        raw.start_byte - base,
        raw.end_byte - base,
        None,
        children,
        HAS_ERROR if erroneous else 0,
    )
    cursor = raw.walk()
    first_child, next_sibling, parent = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    if action[kind_id] in (_DROP, _LEAF) or not first_child():
        root.children = _NO_CHILDREN
        return root
    outer: list[list[Node]] = []
    append = children.append
    flags = 0
    while True:
        node = cursor.node
        assert node is not None
        kind_id = node.kind_id
        act = action[kind_id]
        if erroneous:
            flags = (HAS_ERROR if node.has_error else 0) | (MISSING if node.is_missing else 0)
            if act == _DROP and flags:
                act = _LEAF
        if act == _INNER:
            inner: list[Node] = []
            append(
                Node(
                    kinds[kind_id], node.start_byte - base, node.end_byte - base, fields[cursor.field_id], inner, flags
                )
            )
            if first_child():
                outer.append(children)
                children = inner
                append = inner.append
                continue
        elif act == _LEAF:
            append(
                Node(
                    kinds[kind_id],
                    node.start_byte - base,
                    node.end_byte - base,
                    fields[cursor.field_id],
                    _NO_CHILDREN,
                    flags,
                )
            )
        elif act == _ERROR:
            inner = []
            append(Node("ERROR", node.start_byte - base, node.end_byte - base, fields[cursor.field_id], inner, flags))
            if first_child():
                outer.append(children)
                children = inner
                append = inner.append
                continue
        while not next_sibling():
            if not outer:
                return root
            parent()
            children = outer.pop()
            append = children.append


def tree_of(source: bytes) -> Node:
    """Parse a text and copy its tree; the root is a `source_file` (or an ERROR)."""
    return materialise(parse(source).root_node)


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
    raw = parse(prefix + source + suffix).root_node
    if raw.has_error:
        return None
    root = materialise(raw, len(prefix))
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
