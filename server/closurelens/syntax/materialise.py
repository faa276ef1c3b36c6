"""Copies a tree-sitter tree into `Node` objects.

Invariants: the cost is one step of a cursor for each node, and depth of nesting takes no stack. A statement that is
copied later has the children it would have had at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from closurelens.syntax.node import HAS_ERROR, MISSING, NO_CHILDREN, Node
from closurelens.syntax.parse import ERROR_KIND_ID, NAMED_KINDS, RawNode, field_names, kind_names
from closurelens.syntax.restore import ASSIGNMENTS, OPEN_ENDED, regroup_assignments, regroup_ranges

__all__ = ["DROPPED", "LEAVES", "DeferredNode", "materialise"]


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

_DROP, _LEAF, _INNER, _OPEN, _ARGUMENTS, _STATEMENT = range(6)
_PLAIN = (_INNER, _STATEMENT)

STATEMENTS = ("expression_statement", "let_declaration")
"""What is often taken over whole from an earlier text, and so may be copied only when somebody looks into it."""

_TAKES_RANGE = OPEN_ENDED | ASSIGNMENTS


def _actions() -> bytes:
    """Kind id -> what the copy does with it, for all ids a cursor can return (ERROR's is the largest)."""
    table = bytearray([_LEAF]) * (ERROR_KIND_ID + 1)
    for index, name in enumerate(kind_names()):
        if name in DROPPED:
            table[index] = _DROP
        elif name in ASSIGNMENTS or name in OPEN_ENDED:
            table[index] = _OPEN
        elif name == "arguments":
            table[index] = _ARGUMENTS
        elif name in STATEMENTS:
            table[index] = _STATEMENT
        elif name in NAMED_KINDS and name not in LEAVES:
            table[index] = _INNER
    table[ERROR_KIND_ID] = _INNER
    return bytes(table)


_ACTION = _actions()
_KIND = {**dict(enumerate(kind_names())), ERROR_KIND_ID: "ERROR"}
_FIELD = field_names()


class DeferredNode(Node):
    """A statement without errors, whose children are copied when they are asked for.

    It keeps the parser's whole tree until then.
    """

    __slots__ = ("_raw",)

    def __init__(self, kind: str, start: int, end: int, field: str | None, raw: RawNode) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.field = field
        self.flags = 0
        self._raw: RawNode | None = raw

    @property
    def children(self) -> Sequence[Node]:
        raw = self._raw
        if raw is not None:
            self._raw = None
            _CHILDREN.__set__(self, materialise(raw, raw.start_byte - self.start, defers=True).children)
        found: Sequence[Node] = _CHILDREN.__get__(self)
        return found

    @children.setter
    def children(self, children: Sequence[Node]) -> None:
        self._raw = None
        _CHILDREN.__set__(self, children)

    @property
    def is_deferred(self) -> bool:
        """Nobody has looked into it yet."""
        return self._raw is not None


_CHILDREN = Node.__dict__["children"]


def materialise(raw: RawNode, base: int = 0, *, defers: bool = False) -> Node:
    """Copy the subtree of `raw`; `base` is the offset in the file that becomes offset 0.

    `defers`: statements become `DeferredNode`s.
    """
    action, kinds, fields = _ACTION, _KIND, _FIELD
    erroneous = raw.has_error
    children: list[Node] = []
    flags = HAS_ERROR if erroneous else 0
    root = Node(kinds[raw.kind_id], raw.start_byte - base, raw.end_byte - base, None, children, flags)
    cursor = raw.walk()
    first_child, next_sibling, parent = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    if action[raw.kind_id] in (_DROP, _LEAF) or not first_child():
        return root
    outer: list[list[Node]] = []
    append = children.append
    flags = 0
    has_open_target = has_odd_call = False
    walking = True
    while walking:
        raw_node = cursor.node
        assert raw_node is not None
        kind_id = raw_node.kind_id
        act = action[kind_id]
        if erroneous:
            flags = (HAS_ERROR if raw_node.has_error else 0) | (MISSING if raw_node.is_missing else 0)
            if act == _DROP and flags:
                act = _LEAF
        if act == _STATEMENT and defers and not flags:
            start, end = raw_node.start_byte - base, raw_node.end_byte - base
            append(DeferredNode(kinds[kind_id], start, end, fields[cursor.field_id], raw_node))
        elif act >= _INNER:
            inner: list[Node] = []
            field = fields[cursor.field_id]
            append(Node(kinds[kind_id], raw_node.start_byte - base, raw_node.end_byte - base, field, inner, flags))
            if act in _PLAIN:
                pass
            elif act == _ARGUMENTS:
                if len(children) == 2 and children[0].kind in _TAKES_RANGE:
                    has_odd_call = True
            elif field == "left":
                has_open_target = True
            if first_child():
                outer.append(children)
                children = inner
                append = inner.append
                continue
        elif act == _LEAF:
            field = fields[cursor.field_id]
            start, end = raw_node.start_byte - base, raw_node.end_byte - base
            append(Node(kinds[kind_id], start, end, field, NO_CHILDREN, flags))
        while not next_sibling():
            if not outer:
                walking = False
                break
            parent()
            children = outer.pop()
            append = children.append
    if has_odd_call:
        regroup_ranges(root)
    if has_open_target:
        regroup_assignments(root)
    return root
