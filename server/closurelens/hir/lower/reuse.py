"""What lowering a statement gave, for the same statement of the body's next text.

Of a body that is typed into, all but a statement or two stays. Invariant: lowering with what is kept here gives exactly
the body that lowering without it gives; a test compares the two. So something is taken only where all that lowering a
statement depends on agrees: its text and tree, the number of the next macro expansion, and that it is not nested too
deeply. What else lowering can see (the crate, the names of macros) is the same for all texts of a `Statements`, and a
body with macros or imports of its own is lowered without.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from closurelens.hir.body import Binding, Closure, Stmt
from closurelens.hir.lower.moved import Mover, TooDeep
from closurelens.hir.lower.reader import MAX_DEPTH
from closurelens.hir.macros.api import Expanded, Expansions
from closurelens.records import dataclass
from closurelens.syntax.nodes import DeferredNode, Node

if TYPE_CHECKING:
    from closurelens.hir.lower.state import Lowerer

__all__ = ["Before", "Statements"]

_SMALLEST = 12
"""Bytes: what is shorter is lowered as fast as it is found."""

_TEXTS = 4
"""What the last so many texts did not have is forgotten: a syntax error can hide statements for a few of them."""

_Key = tuple[bytes, int]


@dataclass(slots=True)
class Before:
    """What a lowerer had counted before a statement."""

    key: _Key
    deepest: int
    exprs: int
    pats: int
    bindings: int
    closures: int
    problems: int
    items: int
    not_plain: int
    expansions: Expansions | None


@dataclass(slots=True)
class _Kept:
    node: Node
    before: Before
    depth: int
    """How deep the statement itself is."""
    exprs: int
    """How many ids lowering took, of expressions and patterns."""
    pats: int
    not_plain: int
    stmts: list[Stmt]
    bindings: list[Binding]
    closures: list[Closure]
    problems: list[tuple[tuple[int, int], str]]
    expanded: Expanded | None
    last_used: int


class Statements:
    """Kept for one body, over its texts."""

    __slots__ = ("_kept", "_number", "_used")

    def __init__(self) -> None:
        self._kept: dict[_Key, _Kept] = {}
        self._number = 0
        self._used = 0

    def next_text(self) -> Statements | None:
        """To be called for each text. None for the first: most bodies are lowered once."""
        self._number += 1
        if len(self._kept) > self._used + 8:
            oldest = self._number - _TEXTS
            self._kept = {key: kept for key, kept in self._kept.items() if kept.last_used >= oldest}
        self._used = 0
        return self if self._number > 1 else None

    @property
    def is_awaited(self) -> bool:
        """There has been a text already: of the next one most statements will be taken."""
        return self._number > 0

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        self._kept.clear()

    def before(self, lo: Lowerer, node: Node) -> Before | None:
        """To be called before `node`, a statement, is lowered; None when that cannot be kept. Then comes `take`, and
        where that has nothing, `keep` after lowering."""
        if node.flags or lo.is_mapped or node.end - node.start < _SMALLEST:
            return None
        expansions: Expansions | None = None
        ctxt = 0
        text = lo.text[node.start : node.end]
        if b"!" in text and lo.context.expander is not None:
            expansions = lo.context.expander.expansions()
            if expansions is None:
                return None
            ctxt = expansions.ctxt
        return Before(
            (text, ctxt),
            lo.deepest,
            lo.next_expr_id(),
            lo.next_pat_id(),
            len(lo.bindings),
            len(lo.closures),
            len(lo.problems),
            lo.items,
            lo.not_plain,
            expansions,
        )

    def take(self, lo: Lowerer, node: Node, now: Before) -> list[Stmt] | None:
        """What lowering `node` would make, its ids being taken."""
        kept = self._kept.get(now.key)
        if kept is None or lo.depth + kept.depth >= MAX_DEPTH or not _is_same(kept.node, node):
            lo.deepest = lo.depth
            return None
        stmts = self._moved(lo, node, now, kept)
        if stmts is None:
            lo.deepest = lo.depth
            return None
        lo.deepest = max(lo.deepest, lo.depth + kept.depth)
        lo.expr_id = count(now.exprs + kept.exprs).__next__
        lo.pat_id = count(now.pats + kept.pats).__next__
        lo.not_plain += kept.not_plain
        kept.last_used = self._number
        self._used += 1
        return stmts

    def _moved(self, lo: Lowerer, node: Node, now: Before, kept: _Kept) -> list[Stmt] | None:
        """The statements for their new place; what else was made is added to `lo`."""
        then = kept.before
        mover = Mover(
            node.start - kept.node.start,
            now.exprs - then.exprs,
            now.pats - then.pats,
            now.bindings - then.bindings,
            MAX_DEPTH - lo.depth,
        )
        if mover.by or mover.exprs or mover.pats or mover.bindings:
            try:
                stmts = [mover.stmt(stmt) for stmt in kept.stmts]
            except TooDeep:
                return None
            closures = mover.closures
            bindings = [mover.binding(binding) for binding in kept.bindings]
            problems = [(mover.range(at), why) for at, why in kept.problems]
            if len(closures) != len(kept.closures):
                return None
        else:
            stmts, closures, bindings, problems = kept.stmts, kept.closures, kept.bindings, kept.problems
        if kept.expanded is not None:
            assert lo.context.expander is not None
            if not lo.context.expander.expand_again(kept.expanded):
                return None
        lo.closures.extend(closures)
        lo.bindings.extend(bindings)
        lo.problems.extend(problems)
        return stmts

    def keep(self, lo: Lowerer, node: Node, before: Before, made: list[Stmt]) -> None:
        """`made` is all that lowering `node` gave."""
        depth = lo.deepest - lo.depth
        lo.deepest = max(before.deepest, lo.deepest)
        if lo.held or lo.items != before.items or lo.depth + depth >= MAX_DEPTH:
            return
        expanded: Expanded | None = None
        if before.expansions is not None:
            assert lo.context.expander is not None
            expanded = lo.context.expander.expanded_since(before.expansions)
            if expanded is None:
                return
        self._kept[before.key] = _Kept(
            node,
            before,
            depth,
            lo.next_expr_id() - before.exprs,
            lo.next_pat_id() - before.pats,
            lo.not_plain - before.not_plain,
            made,
            lo.bindings[before.bindings :],
            lo.closures[before.closures :],
            lo.problems[before.problems :],
            expanded,
            self._number,
        )
        self._used += 1


def _is_same(one: Node, other: Node) -> bool:
    """The trees of equal texts, wherever they stand. Where nothing had to be repaired, the text decides alone."""
    if isinstance(other, DeferredNode) and other.is_deferred and isinstance(one, DeferredNode):
        return one.kind == other.kind and one.field == other.field
    by = other.start - one.start
    left, right = [one], [other]
    while left:
        a, b = left.pop(), right.pop()
        if a.kind != b.kind or a.end + by != b.end or a.start + by != b.start or a.field != b.field:
            return False
        children = b.children
        if a.flags != b.flags or len(a.children) != len(children):
            return False
        if children:
            left.extend(a.children)
            right.extend(children)
    return True
