"""What is shared while one body is lowered: ids, bindings, closures, and the tables of handlers.

Invariants: ids are dense; a handler never raises on any tree; while the text of a macro expansion is entered, ranges
and hygiene come from its source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from closurelens.hir.body import (
    Binding,
    Closure,
    Disabled,
    Expr,
    ExprStmt,
    Missing,
    MissingPat,
    Pat,
    Perhaps,
    Stmt,
)
from closurelens.hir.lower.attrs import is_enabled, lower_attrs, undecided
from closurelens.hir.lower.broken import is_hurt
from closurelens.hir.lower.reader import MAX_DEPTH, TOO_DEEP, Range, Reader
from closurelens.hir.lower.reuse import Statements
from closurelens.hir.macros.api import ExpanderApi, Source
from closurelens.hir.types import Ctxt, TypeRef
from closurelens.records import dataclass
from closurelens.syntax.nodes import Node

SYNTAX_ERROR = "syntax error"


@dataclass(slots=True)
class LowerContext:
    """Of one body. `cfg` decides the text inside `cfg(..)`; without an `expander` macro calls stay `Missing`.

    `decided`: as `cfg`, None where that is not known; left out where all is.
    `reuse`: what lowering earlier texts of the body in the same context gave.
    """

    edition: int = 2021
    cfg: Callable[[str], bool] = lambda text: False
    expander: ExpanderApi | None = None
    reuse: Statements | None = None
    decided: Callable[[str], bool | None] | None = None


@dataclass(slots=True)
class Tables:
    """How each kind of node is lowered, and what is done about the others."""

    exprs: dict[str, ExprHandler]
    pats: dict[str, PatHandler]
    broken_expr: Callable[[Lowerer, Node, ExprHandler], Expr]
    """Lowers an expression that has, or has below it, an ERROR or MISSING node."""
    error_expr: ExprHandler
    """Lowers an ERROR, or anything else that stands where an expression should."""
    macro_type: Callable[[Lowerer, Node], TypeRef]
    statements: Callable[[Lowerer, Sequence[Node]], list[Stmt]]
    """The children of a block, its tail being the last one."""
    placed: frozenset[str]
    """Kinds of expressions and patterns whose handlers call `place` themselves: they may hand on a part as it is."""


class Lowerer(Reader):
    """An open list `held` collects what `cfg` switches off until the statement it stands in is finished."""

    __slots__ = (
        "binding_names",
        "bindings",
        "broken_expr",
        "closures",
        "context",
        "error_expr",
        "expr_id",
        "exprs",
        "held",
        "items",
        "not_plain",
        "pat_id",
        "pats",
        "placed",
        "problems",
        "statements",
        "type_handler",
    )

    def __init__(self, source: Source, context: LowerContext, tables: Tables) -> None:
        super().__init__(source)
        self.context = context
        self.exprs = tables.exprs
        self.pats = tables.pats
        self.broken_expr = tables.broken_expr
        self.error_expr = tables.error_expr
        self.type_handler = tables.macro_type
        self.statements = tables.statements
        self.placed = tables.placed
        self.expr_id: Callable[[], int] = count().__next__
        self.pat_id: Callable[[], int] = count().__next__
        self.bindings: list[Binding] = []
        self.binding_names: dict[tuple[str, Ctxt], int] = {}
        self.closures: list[Closure] = []
        self.held: list[Expr] = []
        self.not_plain = 0
        """How many async blocks and missing expressions there are so far."""
        self.items = 0
        """How many items of blocks were lowered."""
        self.problems: list[tuple[Range, str]] = []

    def next_expr_id(self) -> int:
        """The id that the next expression gets."""
        found = self.expr_id()
        self.expr_id = count(found).__next__
        return found

    def next_pat_id(self) -> int:
        found = self.pat_id()
        self.pat_id = count(found).__next__
        return found

    def expr(self, node: Node) -> Expr:
        handler = self.exprs.get(node.kind, self.error_expr)
        depth = self.depth
        if depth > self.deepest:
            self.deepest = depth
        if depth >= MAX_DEPTH:
            return self.missing(node, TOO_DEEP)
        self.depth = depth + 3
        result = handler(self, node) if node.flags == 0 else self.broken_expr(self, node, handler)
        self.depth = depth
        if self.is_mapped and node.kind not in self.placed:
            self.place(result, node)
        return result

    def optional(self, node: Node | None) -> Expr | None:
        return None if node is None else self.expr(node)

    def required(self, node: Node | None, parent: Node) -> Expr:
        """A part of `parent` that the grammar promises."""
        return self.missing(parent, SYNTAX_ERROR) if node is None else self.expr(node)

    def place(self, made: Expr | Pat, node: Node) -> None:
        """Give what was made from a node of an expansion its range in the chunk."""
        made.range, made.in_macro = self.source.locate(node.start, node.end)

    def missing(self, node: Node, why: str, inside: list[Expr] | None = None) -> Missing:
        self.not_plain += 1
        made = Missing(self.expr_id(), (node.start, node.end), why, [] if inside is None else inside)
        if self.is_mapped:
            self.place(made, node)
        self.problems.append((made.range, why))
        return made

    def pattern(self, node: Node | None, parent: Node) -> Pat:
        """A whole pattern: within it a name is one binding however often it stands there (or-patterns)."""
        if node is None:
            return self.missing_pat(parent, SYNTAX_ERROR)
        outer = self.binding_names
        self.binding_names = {}
        made = self.pat(node)
        self.binding_names = outer
        return made

    def pat(self, node: Node) -> Pat:
        handler = self.pats.get(node.kind)
        if handler is None or (node.flags and is_hurt(node)):
            return self.missing_pat(node, SYNTAX_ERROR)
        depth = self.depth
        if depth > self.deepest:
            self.deepest = depth
        if depth >= MAX_DEPTH:
            return self.missing_pat(node, TOO_DEEP)
        self.depth = depth + 3
        made = handler(self, node)
        self.depth = depth
        if self.is_mapped and node.kind not in self.placed:
            self.place(made, node)
        return made

    def missing_pat(self, node: Node, why: str) -> MissingPat:
        made = MissingPat(self.pat_id(), (node.start, node.end), why)
        if self.is_mapped:
            self.place(made, node)
        self.problems.append((made.range, why))
        return made

    def macro_type(self, node: Node) -> TypeRef:
        return self.type_handler(self, node)

    def is_on(self, attributes: Sequence[Node]) -> bool:
        """No attribute among these nodes says that what follows is switched off."""
        if not attributes or not any(b"cfg" in self.text[node.start : node.end] for node in attributes):
            return True
        return is_enabled(lower_attrs(self, attributes), self.context.cfg)

    def undecided(self, attributes: Sequence[Node]) -> str | None:
        """Why it is not known whether these attributes leave what follows."""
        decided = self.context.decided
        if decided is None or not any(b"cfg" in self.text[node.start : node.end] for node in attributes):
            return None
        cfg = undecided(lower_attrs(self, attributes), decided)
        return None if cfg is None else f"`cfg({cfg})` decides about it"

    def perhaps(self, inside: list[Expr], range_: Range, why: str, perhaps: Perhaps, *, in_macro: bool) -> Missing:
        """What stands there or not."""
        self.not_plain += 1
        return Missing(self.expr_id(), range_, why, inside, perhaps=perhaps, in_macro=in_macro)

    def hold(self, expr: Expr) -> None:
        """Keep an expression that is switched off."""
        self.held.append(expr)

    def flush(self, stmts: list[Stmt]) -> None:
        """Put what was held before the statement that is about to be added."""
        if self.held:
            stmts.extend(Disabled(ExprStmt(expr, has_semi=True)) for expr in self.held)
            self.held = []

    def label_of(self, node: Node) -> str | None:
        """The label among a node's children; a macro's own labels are told apart by their hygiene."""
        for child in node.children:
            if child.kind == "label":
                name = self.of(child).lstrip("'").removeprefix("r#")
                ctxt = self.ctxt(child.start)
                return f"{name}#{ctxt}" if ctxt else name
        return None


ExprHandler = Callable[[Lowerer, Node], Expr]
PatHandler = Callable[[Lowerer, Node], Pat]
