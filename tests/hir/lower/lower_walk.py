"""Everything in a lowered body, found with a list so that depth takes no stack."""

from collections.abc import Iterator

from closurelens.hir.body import Arm, Body, ClosureParam, Disabled, Expr, ExprStmt, ItemStmt, LetStmt, Param, Pat
from closurelens.hir.item import ExternBlock, FnItem, ImplItem, Item, Module, TraitItem, ValueItem
from closurelens.hir.lower.body import LowerContext, lower_body
from closurelens.hir.lower.items import ITEMS
from closurelens.hir.macros.api import Source
from closurelens.syntax.nodes import Node

_WALKED = Expr | Pat | LetStmt | ExprStmt | Disabled | ItemStmt | Arm | ClosureParam | Param | list | tuple


def parts(roots: list[object]) -> Iterator[object]:
    work = [*roots]
    while work:
        part = work.pop()
        if isinstance(part, list | tuple):
            work.extend(part)
        elif isinstance(part, _WALKED):
            yield part
            if not isinstance(part, ItemStmt):
                for base in type(part).__mro__:
                    work.extend(getattr(part, name) for name in getattr(base, "__slots__", ()))


def item_node(root: Node, item: Item) -> Node | None:
    """The node that `item` was lowered from."""
    start, end = item.range
    node: Node | None = root
    while node is not None:
        if node.start == start and node.end == end and node.kind in ITEMS:
            return node
        node = next((child for child in node.children if child.start <= start and end <= child.end), None)
    return None


def body_node(root: Node, item: Item) -> Node | None:
    """The block of a function or the initialiser of a const or static, in the tree it was lowered from."""
    node = item_node(root, item)
    return None if node is None else node.child_by_field("body" if isinstance(item, FnItem) else "value")


def all_bodies(items: list[Item], root: Node, source: bytes | Source, context: LowerContext) -> Iterator[Body]:
    """The bodies of these items, and of the items inside of bodies."""
    work: list[tuple[Item, Node, bytes | Source]] = [(item, root, source) for item in items]
    while work:
        item, tree, text = work.pop()
        if isinstance(item, FnItem | ValueItem):
            node = item_node(tree, item)
            assert node is not None
            if body_node(tree, item) is None:
                continue
            body = lower_body(node, text, context)
            yield body
            for part in parts([body.root, *body.disabled]):
                if isinstance(part, ItemStmt):
                    work.append((part.item, part.node, text if part.source is None else part.source))
        elif isinstance(item, Module | ImplItem | TraitItem | ExternBlock):
            work.extend((inner, tree, text) for inner in item.items or [])
