"""Which binding or item each name in a body means.

Scopes are a linked list that only grows, so an expression is visited with the scope it stands in, in any order.
Invariant: only names are looked at, never types; a name is a local variable only if both its text and its hygiene say
so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from closurelens.hir import body as h
from closurelens.hir.item import Item, MacroRulesItem
from closurelens.hir.macros.api import ExpanderApi, MacroDef, Source
from closurelens.hir.types import Ctxt, Path
from closurelens.records import dataclass, field
from closurelens.resolve.resolver import Resolver
from closurelens.ty.sig import Def, DefKind, Namespace

OpenBlock = Callable[[Resolver, int, Sequence[tuple[Item, Source | None]]], Resolver]
"""Makes the resolver for the inside of a block that declares items: around it, the block's number, its items."""


@dataclass(slots=True)
class BodyScopes:
    """`resolver` is the owner's; blocks that declare items have their own in `block_resolver` (by Block expression id).

    `resolvers` and `pat_resolvers` have the expressions and patterns inside of such blocks; use `resolver_at` and
    `resolver_at_pat`.
    """

    resolver: Resolver
    local_of: dict[int, int] = field(default_factory=dict)
    """Path expression id -> binding id."""
    pat_def: dict[int, Def] = field(default_factory=dict)
    """BindPat id -> the const, static, unit struct or unit variant that it is instead of a binding."""
    block_resolver: dict[int, Resolver] = field(default_factory=dict)
    resolvers: dict[int, Resolver] = field(default_factory=dict)
    pat_resolvers: dict[int, Resolver] = field(default_factory=dict)

    def resolver_at(self, expr_id: int) -> Resolver:
        return self.resolvers.get(expr_id, self.resolver)

    def resolver_at_pat(self, pat_id: int) -> Resolver:
        return self.pat_resolvers.get(pat_id, self.resolver)


class _Scope:
    """One step of the list: a binding, a block that declares items, or a macro that a statement declares."""

    __slots__ = ("binding", "ctxt", "is_block", "macro", "name", "outer", "resolver")

    def __init__(
        self,
        outer: _Scope | None,
        resolver: Resolver,
        *,
        name: str = "",
        ctxt: Ctxt = 0,
        binding: int = -1,
        is_block: bool = False,
        macro: MacroRulesItem | None = None,
    ) -> None:
        self.outer = outer
        self.resolver = resolver
        self.name = name
        self.ctxt = ctxt
        self.binding = binding
        self.is_block = is_block
        self.macro = macro


def for_body(
    body: h.Body,
    resolver: Resolver,
    *,
    expander: ExpanderApi | None = None,
    open_block: OpenBlock | None = None,
    self_alias: str | None = None,
) -> BodyScopes:
    """The names of one body. `expander` is the one it was lowered with, if any; `self_alias` also means `self`.

    Without `open_block` the items of blocks are not known. `bodies.scopes_of` gives both.
    """
    walker = _Walker(body, resolver, expander, open_block)
    scope = _Scope(None, resolver)
    for param in body.params:
        scope = walker.bind(param.pat, scope)
        if self_alias is not None and scope.name == "self":
            walker.names.add(self_alias)
            scope = _Scope(scope, resolver, name=self_alias, binding=scope.binding)
    walker.work.append((body.root, scope))
    walker.work.extend((expr, walker.switched_off(scope)) for expr in body.disabled)
    walker.run()
    return walker.scopes


class _Walker:
    def __init__(
        self, body: h.Body, resolver: Resolver, expander: ExpanderApi | None, open_block: OpenBlock | None
    ) -> None:
        self.scopes = BodyScopes(resolver)
        self.owner = resolver
        self.expander = expander
        self.open_block = open_block
        self.names = {binding.name for binding in body.bindings}
        self.blocks = 0
        self.work: list[tuple[h.Expr, _Scope]] = []

    def run(self) -> None:
        work = self.work
        owner = self.owner
        resolvers = self.scopes.resolvers
        while work:
            expr, scope = work.pop()
            if scope.resolver is not owner:
                resolvers[expr.id] = scope.resolver
            self.visit(expr, scope)

    def push(self, exprs: Sequence[h.Expr], scope: _Scope) -> None:
        """In reverse, so that they are visited in order: blocks are numbered as they stand."""
        for expr in reversed(exprs):
            self.work.append((expr, scope))

    def visit(self, expr: h.Expr, scope: _Scope) -> None:
        match expr:
            case h.PathExpr():
                self.path(expr.id, expr.path, scope)
            case h.Lit() | h.Underscore() | h.Continue() | h.OffsetOf():
                pass
            case h.MethodCall():
                self.push([expr.receiver, *expr.args], scope)
            case h.Call():
                self.push([expr.callee, *expr.args], scope)
            case h.Field():
                self.work.append((expr.base, scope))
            case h.Block():
                self.block(expr, scope)
            case h.AddrOf() | h.Deref() | h.Unary() | h.Cast() | h.Try() | h.Await():
                self.work.append((expr.operand, scope))
            case h.Binary():
                self.work.extend(reversed(self.chain(expr, scope)[1]))
            case h.If():
                inner, pending = self.chain(expr.cond, scope)
                if expr.otherwise is not None:
                    self.work.append((expr.otherwise, scope))
                self.work.append((expr.then, inner))
                self.work.extend(reversed(pending))
            case h.Match():
                for arm in reversed(expr.arms):
                    inner = self.bind(arm.pat, scope)
                    guard = inner
                    pending = []
                    if arm.guard is not None:
                        guard, pending = self.chain(arm.guard, inner)
                    self.work.append((arm.body, guard))
                    self.work.extend(reversed(pending))
                self.work.append((expr.scrutinee, scope))
            case h.Let():
                self.work.append((expr.scrutinee, scope))
                self.bind(expr.pat, scope)
            case h.While():
                inner, pending = self.chain(expr.cond, scope)
                self.work.append((expr.body, inner))
                self.work.extend(reversed(pending))
            case h.Loop() | h.ConstBlock() | h.AsyncBlock():
                self.work.append((expr.body, scope))
            case h.For():
                self.work.append((expr.body, self.bind(expr.pat, scope)))
                self.work.append((expr.iterable, scope))
            case h.Break() | h.Return():
                if expr.value is not None:
                    self.work.append((expr.value, scope))
            case h.Index():
                self.push([expr.base, expr.index], scope)
            case h.Assign() | h.AssignOp():
                self.push([expr.target, expr.value], scope)
            case h.TupleExpr() | h.ArrayExpr():
                self.push(expr.elems, scope)
            case h.Repeat():
                self.push([expr.elem, expr.len], scope)
            case h.StructExpr():
                values = [value for _, value in expr.fields]
                self.push(values if expr.spread is None else [*values, expr.spread], scope)
            case h.RangeExpr():
                self.push([part for part in (expr.low, expr.high) if part is not None], scope)
            case h.Closure():
                inner = scope
                for param in expr.params:
                    inner = self.bind(param.pat, inner)
                self.work.append((expr.body, inner))
                self.push(expr.explicit, scope)
            case h.FormatArgs():
                self.push(expr.args, scope)
            case h.InlineAsm():
                self.push([operand for _, operand in expr.operands], scope)
            case h.Missing():
                self.push(expr.inside, scope)
            case _:
                assert_never(expr)

    # Conditions

    def chain(self, cond: h.Expr, scope: _Scope) -> tuple[_Scope, list[tuple[h.Expr, _Scope]]]:
        """The operands of `a && let p = b && c`, each with its scope, and the scope behind it."""
        operands: list[h.Expr] = []
        work = [cond]
        while work:
            part = work.pop()
            if isinstance(part, h.Binary) and part.op == "&&":
                self.note(part, scope)
                work.append(part.right)
                work.append(part.left)
            else:
                operands.append(part)
        pending: list[tuple[h.Expr, _Scope]] = []
        for part in operands:
            if isinstance(part, h.Let):
                self.note(part, scope)
                pending.append((part.scrutinee, scope))
                scope = self.bind(part.pat, scope)
            elif isinstance(part, h.Binary):
                self.note(part, scope)
                pending.append((part.left, scope))
                pending.append((part.right, scope))
            else:
                pending.append((part, scope))
        return scope, pending

    def note(self, expr: h.Expr, scope: _Scope) -> None:
        if scope.resolver is not self.owner:
            self.scopes.resolvers[expr.id] = scope.resolver

    # Blocks

    def block(self, block: h.Block, scope: _Scope) -> None:
        items: list[tuple[Item, Source | None]] = []
        has_disabled = False
        for stmt in block.stmts:
            inner = stmt
            while isinstance(inner, h.Disabled):
                has_disabled = True
                inner = inner.stmt
            if isinstance(inner, h.ItemStmt):
                items.append((inner.item, inner.source))
        if items:
            index = self.blocks
            self.blocks += 1
            if self.open_block is not None:
                resolver = self.open_block(scope.resolver, index, items)
                self.scopes.block_resolver[block.id] = resolver
                scope = _Scope(scope, resolver, is_block=True)
        pending: list[tuple[h.Expr, _Scope]] = []
        on, off = scope, scope
        for stmt in block.stmts:
            if isinstance(stmt, h.Disabled):
                off = self.statement(stmt, self.switched_off(off), pending)
                continue
            before = on
            on = self.statement(stmt, on, pending)
            if not has_disabled:
                off = on
            elif on is not before:
                off = self.statement(stmt, off, None)
        if block.tail is not None:
            pending.append((block.tail, on))
        self.work.extend(reversed(pending))

    def switched_off(self, scope: _Scope) -> _Scope:
        """The same scope for code that a `cfg` switches off."""
        return scope if scope.resolver.off else _Scope(scope, scope.resolver.switched_off())

    def statement(self, stmt: h.Stmt, scope: _Scope, pending: list[tuple[h.Expr, _Scope]] | None) -> _Scope:
        """The scope after a statement; its expressions go to `pending`."""
        while isinstance(stmt, h.Disabled):
            stmt = stmt.stmt
        match stmt:
            case h.LetStmt():
                if pending is not None:
                    if stmt.init is not None:
                        pending.append((stmt.init, scope))
                    if stmt.otherwise is not None:
                        pending.append((stmt.otherwise, scope))
                return self.bind(stmt.pat, scope)
            case h.ExprStmt():
                if pending is not None:
                    pending.append((stmt.expr, scope))
                return scope
            case h.ItemStmt():
                if isinstance(stmt.item, MacroRulesItem):
                    return _Scope(scope, scope.resolver, macro=stmt.item)
                return scope
            case _:
                assert_never(stmt)

    # Patterns

    def bind(self, pat: h.Pat, scope: _Scope) -> _Scope:
        """`scope` with the bindings of a pattern."""
        resolver = scope.resolver
        around = scope
        is_inner = resolver is not self.owner
        work = [pat]
        seen: set[int] = set()
        while work:
            here = work.pop()
            if is_inner:
                self.scopes.pat_resolvers[here.id] = resolver
            match here:
                case h.BindPat():
                    if here.sub is not None:
                        work.append(here.sub)
                    elif not here.by_ref and not here.mutable:
                        item = self.item_of(here.name, resolver)
                        if item is not None:
                            self.scopes.pat_def[here.id] = item
                            continue
                    if here.binding not in seen:
                        seen.add(here.binding)
                        scope = _Scope(scope, resolver, name=here.name, ctxt=here.ctxt, binding=here.binding)
                case h.TuplePat() | h.SlicePat() | h.TupleStructPat():
                    work.extend(reversed(here.elems))
                case h.StructPat():
                    work.extend(inner for _, inner in reversed(here.fields))
                case h.RefPat() | h.BoxPat():
                    work.append(here.inner)
                case h.OrPat():
                    work.extend(reversed(here.alternatives))
                case h.LitPat():
                    self.constant(here.expr, around)
                case h.RangePat():
                    for bound in (here.low, here.high):
                        if bound is not None:
                            self.constant(bound, around)
                case h.WildPat() | h.RestPat() | h.MissingPat() | h.PathPat():
                    pass
                case _:
                    assert_never(here)
        return scope

    def constant(self, expr: h.Expr, scope: _Scope) -> None:
        """An expression in a pattern: its paths are never local variables."""
        self.work.append((expr, _Scope(None, scope.resolver)))

    def item_of(self, name: str, resolver: Resolver) -> Def | None:
        """What a plain name in a pattern is when it is no binding: a constant, unit struct or unit variant."""
        found = resolver.resolve_name(name, Namespace.VALUES)
        if found is None:
            if name[:1].isupper() and resolver.has_unknown_globs():
                return Def(DefKind.UNKNOWN, name)
            return None
        match found.kind:
            case DefKind.CONST | DefKind.STATIC:
                return found
            case DefKind.STRUCT | DefKind.VARIANT:
                return found if resolver.program.is_unit(found) else None
            case DefKind.UNKNOWN:
                return found if name[:1].isupper() else None
            case _:
                return None

    # Paths

    def path(self, id: int, path: Path, scope: _Scope) -> None:
        name = path.name()
        if name is None or name not in self.names:
            return
        binding = self.local(name, path.ctxt, scope)
        if binding is not None:
            self.scopes.local_of[id] = binding

    def local(self, name: str, ctxt: Ctxt, scope: _Scope) -> int | None:
        """The innermost binding with this name and hygiene, unless an item of a block on the way hides it."""
        at: _Scope | None = scope
        while at is not None:
            if at.name == name and at.ctxt == ctxt:
                return at.binding
            if at.is_block and ctxt == 0:
                module = at.resolver.module
                if at.resolver.program.names.in_module(module, Namespace.VALUES, name, off=at.resolver.off) is not None:
                    return None
            if at.macro is not None and ctxt and self.expander is not None:
                origin = self.expander.ctxt_origin(ctxt)
                if _declares(at.macro, origin.definition):
                    ctxt = origin.parent
            at = at.outer
        return None


def _declares(item: MacroRulesItem, definition: MacroDef) -> bool:
    return getattr(definition, "rules", None) == item.rules and getattr(definition, "name", None) == item.name
