"""Puts back into a tree what `repair` hid from the parser, and what the grammar's precedences get wrong.

Invariant: afterwards parents still cover their children, and children stand in the order of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import assert_never

from closurelens.syntax.node import Node
from closurelens.syntax.repair import Patch, PatchKind

__all__ = ["ASSIGNMENTS", "JUMPS", "OPEN_ENDED", "regroup_assignments", "regroup_ranges", "restore"]

_CLOSURE = frozenset(("closure_expression",))
_BLOCK = frozenset(("async_block",))
_FUNCTION = frozenset(("function_item", "function_signature_item", "static_item"))
_ITEM = _FUNCTION | {"impl_item", "trait_item", "mod_item", "const_item", "type_item", "associated_type"}
_TYPE = frozenset(("associated_type",))
JUMPS = frozenset(("return_expression", "break_expression", "yield_expression"))
OPEN_ENDED = JUMPS | {"closure_expression"}
ASSIGNMENTS = frozenset(("assignment_expression", "compound_assignment_expr"))


def restore(root: Node, source: bytes, patches: Iterable[Patch], attributes: Iterable[Node]) -> None:
    """`source` is the text before the repair; `attributes` are the nodes of the hidden attributes."""
    for patch in patches:
        start, end = patch.start, patch.end
        match patch.kind:
            case PatchKind.BINDER:
                _insert(root, Node("for_lifetimes", start, end), patch.anchor, _CLOSURE)
            case PatchKind.CAPTURES:
                _insert(root, Node("capture_list", start, end), patch.anchor, _CLOSURE)
            case PatchKind.CLOSURE_TOKEN:
                _insert(root, _token(source, patch), patch.anchor, _CLOSURE)
            case PatchKind.BLOCK_TOKEN:
                _insert(root, _token(source, patch), patch.anchor, _BLOCK)
            case PatchKind.ITEM_TOKEN:
                _insert(root, _token(source, patch), patch.anchor, _ITEM)
            case PatchKind.VISIBILITY:
                _insert(root, Node("visibility_modifier", start, end), patch.anchor, _TYPE)
            case PatchKind.MACRO:
                _insert_anywhere(root, _macro(source, patch))
            case PatchKind.JUMP:
                _restore_jump(root, source, patch)
            case PatchKind.RANGE:
                for node in _path(root, start, end - 1):
                    if node.kind == "..":
                        node.kind, node.end = "..=", end
            case PatchKind.AT_MOST:
                for node in _path(root, start, end):
                    if node.kind == ">=":
                        node.kind = "<="
            case PatchKind.STATEMENT_END:
                _restore_statement(root, patch)
            case PatchKind.TRAIT_ALIAS:
                _restore_trait_alias(root, patch)
            case PatchKind.ATTRIBUTE:
                pass
            case _:
                assert_never(patch.kind)
    for attribute in attributes:
        _insert_anywhere(root, attribute)


def _token(source: bytes, patch: Patch) -> Node:
    return Node(source[patch.start : patch.end].decode(), patch.start, patch.end)


_MACRO_NAME = re.compile(rb"\bmacro\s+(\w+)")


def _macro(source: bytes, patch: Patch) -> Node:
    """`macro name(..) {..}`."""
    found = _MACRO_NAME.search(source, patch.start, patch.end)
    names = [] if found is None else [Node("identifier", *found.span(1), field="name")]
    return Node("macro_definition", patch.start, patch.end, None, names)


def _path(root: Node, start: int, end: int) -> list[Node]:
    """The nodes which cover start..end, outermost first; the root counts as covering everything."""
    path = [root]
    while True:
        for child in path[-1].children:
            if child.start <= start and end <= child.end and child.end > child.start:
                path.append(child)
                break
        else:
            return path


def _add(parent: Node, child: Node) -> None:
    children = list(parent.children)
    index = len(children)
    while index > 0 and children[index - 1].start > child.start:
        index -= 1
    children.insert(index, child)
    parent.children = children


def _insert(root: Node, child: Node, anchor: int, kinds: frozenset[str]) -> None:
    """Give `child` to the node of these kinds that starts at `anchor`, else to the smallest that covers it.

    The node and its ancestors grow to cover it. Where the text is in error there may be no such node.
    """
    if anchor >= 0:
        path = _path(root, anchor, anchor + 1)
        for index, node in enumerate(path):
            if node.kind in kinds and node.start == anchor:
                _add(node, child)
                for ancestor in path[: index + 1]:
                    ancestor.start = min(ancestor.start, child.start)
                return
    for node in reversed(_path(root, child.start, child.end)):
        if node.kind in kinds:
            _add(node, child)
            return


def _insert_anywhere(root: Node, child: Node) -> None:
    """Give `child` to the smallest node that covers it."""
    parent = _path(root, child.start, child.end)[-1]
    _add(parent, child)
    parent.start, parent.end = min(parent.start, child.start), max(parent.end, child.end)


def _restore_jump(root: Node, source: bytes, patch: Patch) -> None:
    """The assignment that stands for `return || x` becomes what it was."""
    for node in _path(root, patch.start, patch.start + 1):
        if node.kind == "assignment_expression" and node.start == patch.start and len(node.children) == 3:
            words = source[patch.start : patch.end].split(None, 1)
            word = words[0].decode()
            if "'" in word:
                word = word[: word.index("'")]
            children = [Node(word, patch.start, patch.start + len(word))]
            label = source.find(b"'", patch.start, patch.end)
            if label >= 0:
                children.append(Node("label", label, label + len(source[label : patch.end].rstrip())))
            value = node.children[2]
            value.field = None
            children.append(value)
            node.kind = f"{word}_expression"
            node.children = children
            return


def _restore_statement(root: Node, patch: Patch) -> None:
    """The call ends where it was written to end."""
    for node in _path(root, patch.start, patch.end):
        children = node.children
        if len(children) == 2 and children[1].kind == ";" and children[1].start == patch.start:
            node.children = [children[0]]
            node.end = children[0].end
            return


def _restore_trait_alias(root: Node, patch: Patch) -> None:
    for node in _path(root, patch.start, patch.start + 4):
        for child in node.children:
            if node.kind == "type_item" and child.kind == "type" and child.start == patch.start:
                node.kind = "trait_alias_item"
                child.kind, child.end = "trait", patch.end
                return


def regroup_assignments(root: Node) -> None:
    """`a = b = c` groups to the right in Rust, to the left in the grammar; `return a = b` returns the assignment, and
    `|| _ = a` is a closure.
    """
    for outer in root.descendants():
        if outer.kind not in ASSIGNMENTS:
            continue
        while len(outer.children) == 3 and outer.children[0].kind in ASSIGNMENTS:
            inner, operator, right = outer.children
            if len(inner.children) != 3:
                break
            target, inner_operator, middle = inner.children
            outer.kind, inner.kind = inner.kind, outer.kind
            middle.field = "left"
            inner.start, inner.end, inner.field = middle.start, right.end, "right"
            inner.children = [middle, operator, right]
            outer.children = [target, inner_operator, inner]
        _regroup_jump(outer)
        _regroup_closure(outer)


def _regroup_jump(outer: Node) -> None:
    if len(outer.children) != 3 or outer.children[0].kind not in JUMPS:
        return
    jump, operator, right = outer.children
    *words, target = jump.children
    if not words or target.kind == "label":
        return
    outer.kind, jump.kind = jump.kind, outer.kind
    target.field = "left"
    jump.start, jump.end, jump.field = target.start, right.end, None
    jump.children = [target, operator, right]
    outer.children = [*words, jump]


def _regroup_closure(outer: Node) -> None:
    if len(outer.children) != 3 or outer.children[0].kind != "closure_expression":
        return
    closure, operator, right = outer.children
    head = [child for child in closure.children if child.kind != "_"]
    end = closure.end
    target = Node("identifier", end - 1, end, "left")
    closure.kind, closure.start, closure.end, closure.field = outer.kind, end - 1, right.end, "body"
    closure.children = [target, operator, right]
    outer.kind = "closure_expression"
    outer.children = [*head, closure]


_POSTFIX = ("call_expression", "field_expression", "index_expression", "try_expression", "await_expression")
_AROUND_OPERAND = frozenset((*_POSTFIX, "type_cast_expression", "binary_expression"))


def regroup_ranges(root: Node) -> None:
    """`|x| x..(y).f()` ends the range in `(y).f()`; the grammar calls the closure up to `..` with `(y)`.

    It does so with `return`, `break` and assignments too, and it calls the `break` of `break (x, y).f()`.
    """
    work = [root]
    while work:
        node = work.pop()
        chain = [node]
        while chain[-1].kind in _AROUND_OPERAND and chain[-1].children:
            chain.append(chain[-1].children[0])
        for at, inner in enumerate(chain):
            spine = _open_range(inner)
            if spine:
                _end_range(chain[: at + 1], spine)
                break
        work.extend(node.children)


def _open_range(call: Node) -> list[Node]:
    """From the function of a call to what the call's arguments belong to: a range without an end at the end of it, or a
    `break` without a value; empty where there is none."""
    if call.kind != "call_expression" or len(call.children) != 2 or call.children[1].kind != "arguments":
        return []
    spine = [call.children[0]]
    if spine[0].kind not in OPEN_ENDED and spine[0].kind not in ASSIGNMENTS:
        return []
    if spine[0].kind == "break_expression" and spine[0].children[-1].kind in ("break", "label"):
        return spine
    while spine[-1].children and spine[-1].kind != "range_expression":
        spine.append(spine[-1].children[-1])
    last = spine[-1]
    return spine if last.kind == "range_expression" and last.children[-1].kind == ".." else []


def _end_range(chain: list[Node], spine: list[Node]) -> None:
    """`chain` leads from the outermost expression around a call to the call, `spine` is `_open_range` of that."""
    top, call = chain[0], chain[-1]
    arguments = call.children[1]
    kinds = ("unit_expression", "parenthesized_expression", "tuple_expression")
    call.kind = kinds[min(len(arguments.children), 2)]
    call.children = arguments.children
    for node in chain:
        node.start = arguments.start
    operand = Node(top.kind, top.start, top.end, None, top.children, top.flags)
    spine[-1].children = [*spine[-1].children, operand]
    for node in spine:
        node.end = operand.end
    top.kind, top.start, top.children = spine[0].kind, spine[0].start, spine[0].children
