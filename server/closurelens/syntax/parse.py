"""The one place that touches tree-sitter's parser.

Invariant: the bytes given to the parser have exactly the length of the bytes the caller has, so every offset in a
tree is an offset in the text (constructs the grammar lacks are blanked first, see `repair`).
"""

from __future__ import annotations

from collections.abc import Sequence

import tree_sitter_rust
from tree_sitter import Language, Parser, Range, Tree
from tree_sitter import Node as RawNode

from closurelens.records import dataclass, field
from closurelens.syntax.repair import Patch, Repaired, repair_known, repair_near, repair_silent

__all__ = [
    "ERROR_KIND_ID",
    "LANGUAGE",
    "NAMED_KINDS",
    "Parsed",
    "ParsedText",
    "RawNode",
    "Tree",
    "field_names",
    "kind_names",
    "parse",
    "parse_again",
    "parse_repaired",
    "parse_skipping",
]

LANGUAGE = Language(tree_sitter_rust.language())

ERROR_KIND_ID = 65535
"""tree-sitter's kind id of an ERROR node, outside of the grammar's own range of ids."""


def kind_names() -> list[str]:
    """Kind id -> kind; what the library calls None (ids it never returns) is the empty string."""
    return [LANGUAGE.node_kind_for_id(index) or "" for index in range(LANGUAGE.node_kind_count)]


def field_names() -> dict[int | None, str | None]:
    """Field id -> field; the cursor says None where a node has no field."""
    names: dict[int | None, str | None] = {
        index: LANGUAGE.field_name_for_id(index) for index in range(1, LANGUAGE.field_count + 1)
    }
    names[None] = None
    return names


NAMED_KINDS = frozenset(
    name
    for index, name in enumerate(kind_names())
    if LANGUAGE.node_kind_is_named(index) and LANGUAGE.node_kind_is_visible(index)
) | {"ERROR", "capture_list", "trait_alias_item"}
"""Kinds of nodes that are rules of the grammar or that `restore` makes; every other kind is the spelling of a token."""

_parser = Parser(LANGUAGE)
_skipping = Parser(LANGUAGE)


def parse(source: bytes, old_tree: Tree | None = None) -> Tree:
    """Parse repaired bytes; `old_tree` must have been told of every edit with `Tree.edit`."""
    if old_tree is None:
        return _parser.parse(source)
    return _parser.parse(source, old_tree)


@dataclass(slots=True)
class Parsed:
    """A tree, and what the parser did not get to see."""

    tree: Tree
    patches: list[Patch] = field(default_factory=list)


_ROUNDS = 5
"""How often errors are looked at again: hiding one thing can show the next."""


def parse_repaired(source: bytes) -> Parsed:
    """Parse, and where the parser fails for want of grammar, repair and parse again.

    The answer depends on the text alone.
    """
    repaired = repair_silent(source)
    parsed = Parsed(_parser.parse(source)) if repaired is None else _parsed(repaired)
    if not parsed.tree.root_node.has_error:
        return parsed
    repaired = repair_known(source)
    if repaired is None:
        repaired = Repaired(source, [])
    else:
        parsed = _parsed(repaired)
    for _ in range(_ROUNDS):
        root = parsed.tree.root_node
        if not root.has_error:
            break
        further = repair_near(source, repaired, *_errors(root))
        if further is None:
            break
        repaired = further
        parsed = _parsed(repaired)
    return parsed


def parse_skipping(source: bytes, gaps: Sequence[tuple[int, int]]) -> Parsed:
    """`parse_repaired`, where the parser need not run over what is white space and comments, `gaps` in their order."""
    if gaps:
        repaired = repair_silent(source)
        ranges = []
        at = 0
        for start, end in gaps:
            if start > at:
                ranges.append(Range(_NOWHERE, _NOWHERE, at, start))
            at = end
        if at < len(source):
            ranges.append(Range(_NOWHERE, _NOWHERE, at, len(source)))
        if ranges:
            _skipping.included_ranges = ranges
            text, patches = (source, []) if repaired is None else (repaired.text, repaired.patches)
            parsed = Parsed(_skipping.parse(text), patches)
            if not parsed.tree.root_node.has_error:
                return parsed
    return parse_repaired(source)


_NOWHERE = (0, 0)
"""Lines and columns, which nobody asks for."""


@dataclass(slots=True)
class ParsedText:
    """A parse and its text, to parse a similar text from."""

    text: bytes
    parsed: Parsed


def parse_again(source: bytes, before: ParsedText | None) -> ParsedText:
    """`parse_repaired`, faster where `before` is the parse of nearly the same text.

    A tree with errors depends on the way to it, so only one without errors is taken from the shorter way.
    """
    if before is not None and not before.parsed.patches and repair_silent(source) is None:
        tree = before.parsed.tree.copy()
        tree.edit(*_difference(before.text, source))
        parsed = Parsed(_parser.parse(source, tree))
        if not parsed.tree.root_node.has_error:
            return ParsedText(source, parsed)
    return ParsedText(source, parse_repaired(source))


def _difference(old: bytes, new: bytes) -> tuple[int, int, int, Point, Point, Point]:
    """The one edit that makes `new` of `old`, as `Tree.edit` wants it."""
    start = _common_start(old, new)
    limit = min(len(old), len(new)) - start
    tail = min(_common_end(old, new), limit)
    old_end, new_end = len(old) - tail, len(new) - tail
    return start, old_end, new_end, _point(old, start), _point(old, old_end), _point(new, new_end)


def _common_start(old: bytes, new: bytes) -> int:
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(old: bytes, new: bytes) -> int:
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low


Point = tuple[int, int]


def _point(text: bytes, at: int) -> Point:
    return text.count(b"\n", 0, at), at - (text.rfind(b"\n", 0, at) + 1)


def _parsed(repaired: Repaired) -> Parsed:
    return Parsed(_parser.parse(repaired.text), repaired.patches)


def _errors(root: RawNode) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The ranges of ERROR and MISSING nodes, without those inside of others, and of paths `a::b::<T>` alone in them."""
    ranges: list[tuple[int, int]] = []
    paths: list[tuple[int, int]] = []
    work = [(root, False)]
    while work:
        node, is_within = work.pop()
        is_error = node.is_error or node.is_missing
        if is_error:
            paths += [(one.start_byte, one.end_byte) for one in node.children if one.type == _TURBOFISH_PATH]
            if not is_within:
                ranges.append((node.start_byte, node.end_byte))
        work.extend((child, is_error or is_within) for child in node.children if child.has_error)
    return ranges, paths


_TURBOFISH_PATH = "generic_type_with_turbofish"
