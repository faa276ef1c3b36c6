"""The closures of a body: which stands in which, and which of them declares each binding.

Invariant: every closure and async block of the body is there once, those of statements that `cfg` disables too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from closurelens.hir import body as h
from closurelens.records import dataclass, field

BODY = -1
"""The owner of bindings that no closure declares."""

Capturing = h.Closure | h.AsyncBlock


@dataclass(slots=True)
class ClosureNode:
    """`parent`: the expression id of the closure around it. `is_off`: a `cfg` within the body switches it off.

    `mentioned`: the upvars named anywhere inside, in order, filled in where editions before 2021 ask for it.
    """

    expr: Capturing
    parent: int | None
    is_off: bool = False
    children: list[ClosureNode] = field(default_factory=list)
    mentioned: dict[int, None] = field(default_factory=dict)


@dataclass(slots=True)
class ClosureTree:
    """`nodes`: by expression id, in the order of their first bytes, outer before inner.

    `owner`: binding id -> expression id of the closure that declares it, or BODY. `missing`: why some part of the body
    cannot be known, which may declare variables.
    """

    nodes: dict[int, ClosureNode]
    owner: list[int]
    outermost: list[ClosureNode] = field(default_factory=list)
    missing: str | None = None

    def around(self, node: ClosureNode) -> ClosureNode | None:
        return None if node.parent is None else self.nodes[node.parent]

    def inner_first(self) -> list[ClosureNode]:
        """Inner before outer, else in the order of evaluation."""
        out: list[ClosureNode] = []
        work = list(self.outermost)
        while work:
            node = work.pop()
            out.append(node)
            work.extend(node.children)
        out.reverse()
        return out


def closure_tree(body: h.Body, local_of: dict[int, int], *, mentions: bool) -> ClosureTree:
    """`mentions`: fill in `ClosureNode.mentioned`."""
    tree = ClosureTree({}, [BODY] * len(body.bindings))
    owner = tree.owner
    undecided = _undecided(body) if mentions else frozenset()
    work: list[tuple[h.Expr, ClosureNode | None, bool]] = [(e, None, False) for e in body.disabled]
    work.append((body.root, None, True))
    while work:
        expr, inside, is_enabled = work.pop()
        kind = expr.__class__
        if kind is h.PathExpr:
            if mentions and is_enabled and inside is not None and expr.id not in undecided:
                _mention(local_of.get(expr.id), inside, tree)
            continue
        if kind is h.Lit:
            continue
        if isinstance(expr, h.Missing) and expr.perhaps is None and tree.missing is None:
            tree.missing = expr.why
        patterns = PATTERNS.get(kind)
        if patterns is not None and inside is not None:
            for pat in patterns(expr):
                _declare(pat, inside.expr.id, owner)
        if isinstance(expr, h.Closure) or (kind is h.AsyncBlock and is_coroutine(expr)):
            assert isinstance(expr, Capturing)
            node = ClosureNode(expr, None if inside is None else inside.expr.id, not is_enabled)
            tree.nodes[expr.id] = node
            (tree.outermost if inside is None else inside.children).append(node)
            work.append((expr.body, node, is_enabled))
            if isinstance(expr, h.Closure):
                for param in expr.params:
                    _declare(param.pat, expr.id, owner)
                work.extend([(e, inside, is_enabled) for e in reversed(expr.explicit)])
            continue
        parts = PARTS.get(kind)
        if parts is not None:
            start = len(work)
            if inside is None and isinstance(expr, h.Block):
                found = _statements(expr, with_plain=False)
            else:
                found = parts(expr)
            for part in found:
                if part is not None:
                    work.append((part, inside, is_enabled))
            work[start:] = work[start:][::-1]
        if isinstance(expr, h.Block):
            work.extend([(e, inside, False) for s in expr.stmts if isinstance(s, h.Disabled) for e in _of_disabled(s)])
    tree.nodes = {n.expr.id: n for n in sorted(tree.nodes.values(), key=_start)}
    return tree


def _undecided(body: h.Body) -> frozenset[int]:
    """The paths in code that may not be there."""
    found: set[int] = set()
    work: list[tuple[h.Expr | None, bool]] = [(body.root, False)]
    while work:
        expr, inside = work.pop()
        if expr is None:
            continue
        if isinstance(expr, h.PathExpr):
            if inside:
                found.add(expr.id)
        elif isinstance(expr, h.Closure):
            work += [(part, inside) for part in (*expr.explicit, expr.body)]
        elif (parts := PARTS.get(expr.__class__)) is not None:
            inside = inside or (isinstance(expr, h.Missing) and expr.perhaps is not None)
            work += [(part, inside) for part in parts(expr)]
    return frozenset(found)


def has_written(body: h.Body, *, coroutines: bool) -> bool:
    """Whether the body has a closure, or with `coroutines` an async block, that not only a macro's own tokens make."""
    if any(not closure.in_macro for closure in body.closures):
        return True
    if not coroutines or body.is_plain:
        return False
    work: list[h.Expr | None] = [body.root, *body.disabled]
    while work:
        expr = work.pop()
        if expr is None:
            continue
        if is_coroutine(expr) and not expr.in_macro:
            return True
        if isinstance(expr, h.Closure):
            work.extend((*expr.explicit, expr.body))
            continue
        parts = PARTS.get(expr.__class__)
        if parts is not None:
            work.extend(parts(expr))
        if isinstance(expr, h.Block):
            work.extend([e for s in expr.stmts if isinstance(s, h.Disabled) for e in _of_disabled(s)])
    return False


def _start(node: ClosureNode) -> int:
    return node.expr.range[0]


def is_coroutine(expr: h.Expr) -> bool:
    """Whether an `AsyncBlock` captures: a try block does not."""
    return isinstance(expr, h.AsyncBlock) and expr.kind != "try"


def _mention(binding: int | None, inside: ClosureNode, tree: ClosureTree) -> None:
    if binding is None:
        return
    node: ClosureNode | None = inside
    while node is not None and tree.owner[binding] != node.expr.id:
        node.mentioned[binding] = None
        node = tree.around(node)


def _declare(pat: h.Pat, owner_id: int, owner: list[int]) -> None:
    work = [pat]
    while work:
        pat = work.pop()
        if isinstance(pat, h.BindPat):
            owner[pat.binding] = owner_id
            if pat.sub is not None:
                work.append(pat.sub)
        else:
            work.extend(subpatterns(pat))


def subpatterns(pat: h.Pat) -> list[h.Pat]:
    """The patterns directly inside, in source order."""
    match pat:
        case h.TuplePat() | h.TupleStructPat() | h.SlicePat():
            return pat.elems
        case h.StructPat():
            return [p for _, p in pat.fields]
        case h.RefPat() | h.BoxPat():
            return [pat.inner]
        case h.OrPat():
            return pat.alternatives
        case h.BindPat():
            return [] if pat.sub is None else [pat.sub]
        case _:
            return []


def _statements(block: h.Block, *, with_plain: bool = True) -> Iterable[h.Expr | None]:
    """`with_plain` False: those without closures are left out, as far as they are known."""
    for stmt in block.stmts:
        if isinstance(stmt, h.ExprStmt):
            if with_plain or not stmt.is_plain:
                yield stmt.expr
        elif isinstance(stmt, h.LetStmt) and (with_plain or not stmt.is_plain):
            yield stmt.init
            yield stmt.otherwise
    yield block.tail


def _of_disabled(stmt: h.Disabled) -> list[h.Expr]:
    inner: h.Stmt = stmt
    while isinstance(inner, h.Disabled):
        inner = inner.stmt
    match inner:
        case h.ExprStmt():
            return [inner.expr]
        case h.LetStmt():
            return [e for e in (inner.init, inner.otherwise) if e is not None]
        case h.ItemStmt():
            return []


def _let_patterns(block: h.Block) -> Iterable[h.Pat]:
    for stmt in block.stmts:
        inner: h.Stmt = stmt
        while isinstance(inner, h.Disabled):
            inner = inner.stmt
        if isinstance(inner, h.LetStmt):
            yield inner.pat


def _arms(expr: h.Match) -> Iterable[h.Expr | None]:
    yield expr.scrutinee
    for arm in expr.arms:
        yield arm.guard
        yield arm.body


PATTERNS: dict[type[h.Expr], Callable[[Any], Iterable[h.Pat]]] = {
    h.Block: _let_patterns,
    h.Let: lambda e: (e.pat,),
    h.For: lambda e: (e.pat,),
    h.Match: lambda e: [arm.pat for arm in e.arms],
}
"""The patterns an expression binds variables with."""

PARTS: dict[type[h.Expr], Callable[[Any], Iterable[h.Expr | None]]] = {
    h.Missing: lambda e: e.inside,
    h.Block: _statements,
    h.ConstBlock: lambda e: (e.body,),
    h.AsyncBlock: lambda e: (e.body,),
    h.Let: lambda e: (e.scrutinee,),
    h.If: lambda e: (e.cond, e.then, e.otherwise),
    h.Match: _arms,
    h.Loop: lambda e: (e.body,),
    h.While: lambda e: (e.cond, e.body),
    h.For: lambda e: (e.iterable, e.body),
    h.Break: lambda e: (e.value,),
    h.Return: lambda e: (e.value,),
    h.Call: lambda e: (e.callee, *e.args),
    h.MethodCall: lambda e: (e.receiver, *e.args),
    h.Field: lambda e: (e.base,),
    h.Index: lambda e: (e.base, e.index),
    h.Unary: lambda e: (e.operand,),
    h.Deref: lambda e: (e.operand,),
    h.AddrOf: lambda e: (e.operand,),
    h.Binary: lambda e: (e.left, e.right),
    h.Assign: lambda e: (e.target, e.value),
    h.AssignOp: lambda e: (e.target, e.value),
    h.Cast: lambda e: (e.operand,),
    h.Try: lambda e: (e.operand,),
    h.Await: lambda e: (e.operand,),
    h.TupleExpr: lambda e: e.elems,
    h.ArrayExpr: lambda e: e.elems,
    h.Repeat: lambda e: (e.elem, e.len),
    h.StructExpr: lambda e: (*[v for _, v in e.fields], e.spread),
    h.RangeExpr: lambda e: (e.low, e.high),
    h.FormatArgs: lambda e: e.args,
    h.InlineAsm: lambda e: [v for _, v in e.operands],
}
"""The expressions directly inside, in source order; closures are looked into by the tree itself."""

LEAVES: frozenset[type[h.Expr]] = frozenset((h.Lit, h.PathExpr, h.Underscore, h.Continue, h.OffsetOf))
