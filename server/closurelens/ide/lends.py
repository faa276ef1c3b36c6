"""What the value of a closure may hold references to: its parameters, what it owns, what it only passes on.

Invariant: this looks at the ways in which values are made, not at lifetimes, which types here do not tell; an answer is
good enough to choose a lifetime or to refuse a repair, never to say what rustc would.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from closurelens.capture.tree import PATTERNS, subpatterns
from closurelens.hir import body as h
from closurelens.ide.spell import borrows
from closurelens.ide.view import ClosureView, exprs, parts
from closurelens.infer.result import BindingMode, BorrowAdjust, DerefAdjust, InferenceResult
from closurelens.records import dataclass, field
from closurelens.ty import types as t
from closurelens.ty.sig import SelfKind

__all__ = ["Finder", "Lent", "bound", "lent", "values_of"]


@dataclass(slots=True)
class Lent:
    """`own`: bindings outside of which the closure's captures are, borrowed where they stand; `outer`: bindings outside
    which hold the references themselves; `params`: numbers of parameters."""

    own: set[int] = field(default_factory=set)
    outer: set[int] = field(default_factory=set)
    params: set[int] = field(default_factory=set)


def lent(closure: ClosureView) -> Lent:
    """What the closure's value may hold references to."""
    finder = Finder(closure.body.result, closure.expr.body)
    if isinstance(closure.expr, h.Closure):
        for number, param in enumerate(closure.expr.params):
            for binding in bound(param.pat):
                finder.params[binding] = number
    for value in values_of(closure.expr):
        finder.value(value)
    finder.run()
    return finder.out


def values_of(closure: h.Closure | h.AsyncBlock) -> Iterator[h.Expr]:
    """The body, and the operand of each `return` in it."""
    yield closure.body
    work: list[h.Expr] = [closure.body]
    while work:
        expr = work.pop()
        if isinstance(expr, h.Return) and not expr.is_yield and expr.value is not None:
            yield expr.value
        work.extend([part for part in parts(expr) if not isinstance(part, h.Closure | h.AsyncBlock)])


class _How(Enum):
    """In which way an expression is part of the closure's value."""

    VALUE = 0  # what it is, after the adjustments implied at its use
    HELD = 1  # the references that it holds by itself
    PLACE = 2  # a reference to where it stands


class Finder:
    """Follows values back to what they may hold references to; `root` is where the variables are declared that count
    as ways, not as ends."""

    def __init__(self, result: InferenceResult, root: h.Expr) -> None:
        self.result = result
        self.out = Lent()
        self.params: dict[int, int] = {}
        self.sources: dict[int, list[tuple[h.Expr, bool]]] = {}
        self.seen: set[tuple[int, _How]] = set()
        self.work: list[tuple[h.Expr, _How]] = []
        for expr in exprs(result.body, root):
            self.declare(expr)

    def declare(self, expr: h.Expr) -> None:
        match expr:
            case h.Block():
                for stmt in expr.stmts:
                    if isinstance(stmt, h.LetStmt) and stmt.init is not None:
                        self._bind(stmt.pat, stmt.init)
            case h.Let() | h.Match():
                for pat in PATTERNS[expr.__class__](expr):
                    self._bind(pat, expr.scrutinee)
            case h.For():
                self._bind(expr.pat, expr.iterable)
            case _:
                pass

    def _bind(self, pat: h.Pat, source: h.Expr) -> None:
        for binding in bound(pat):
            by_ref = self.result.binding_mode[binding] is not BindingMode.MOVE
            self.sources.setdefault(binding, []).append((source, by_ref))

    def value(self, expr: h.Expr) -> None:
        self.add(expr, _How.VALUE)

    def add(self, expr: h.Expr, how: _How) -> None:
        if (expr.id, how) not in self.seen:
            self.seen.add((expr.id, how))
            self.work.append((expr, how))

    def run(self) -> None:
        while self.work:
            expr, how = self.work.pop()
            match how:
                case _How.VALUE:
                    self._value(expr)
                case _How.HELD:
                    self.held(expr)
                case _How.PLACE:
                    self.place(expr)

    def _value(self, expr: h.Expr) -> None:
        adjustments = self.result.adjustments.get(expr.id, ())
        if not any(isinstance(a, BorrowAdjust) for a in adjustments):
            if self.may_hold(self.result.expr_ty[expr.id]):
                self.add(expr, _How.HELD)
        elif any(isinstance(a, DerefAdjust) and not a.overloaded for a in adjustments) and self.is_ref(expr):
            self.add(expr, _How.HELD)
        else:
            self.add(expr, _How.PLACE)

    def is_ref(self, expr: h.Expr) -> bool:
        return isinstance(self.result.expr_ty[expr.id], t.Ref)

    def may_hold(self, ty: t.Ty) -> bool:
        return borrows(ty, self.result.adt)

    def place(self, expr: h.Expr) -> None:
        """What a reference to this place points into."""
        match expr:
            case h.PathExpr():
                binding = self.result.local_of.get(expr.id)
                if binding is None:
                    return
                if binding in self.params:
                    self.out.params.add(self.params[binding])
                elif binding in self.sources:
                    self.add(expr, _How.HELD)
                else:
                    self.out.own.add(binding)
            case h.Field():
                self._through(expr.base)
            case h.Index():
                self._through(expr.base)
            case h.Deref():
                self._through(expr.operand)
            case _:
                # A temporary: what it was adjusted to is this very reference.
                if self.may_hold(self.result.expr_ty[expr.id]):
                    self.add(expr, _How.HELD)

    def _through(self, base: h.Expr) -> None:
        """A place inside of `base`, or of what it points to."""
        if self.is_ref(base):
            self.add(base, _How.HELD)
        else:
            self.add(base, _How.PLACE)

    def held(self, expr: h.Expr) -> None:
        match expr:
            case h.PathExpr():
                binding = self.result.local_of.get(expr.id)
                if binding is not None:
                    self.of_variable(binding)
            case h.AddrOf():
                self.add(expr.operand, _How.PLACE)
            case h.Block():
                if expr.tail is not None:
                    self.value(expr.tail)
            case h.If():
                self.value(expr.then)
                if expr.otherwise is not None:
                    self.value(expr.otherwise)
            case h.Match():
                for arm in expr.arms:
                    self.value(arm.body)
            case h.Field() | h.Index():
                self.add(expr.base, _How.HELD)
            case h.Deref() | h.Try() | h.Cast() | h.Await():
                self.add(expr.operand, _How.HELD)
            case h.MethodCall():
                self._of_call(expr)
            case h.Call():
                for arg in expr.args:
                    self.value(arg)
            case h.TupleExpr() | h.ArrayExpr():
                for elem in expr.elems:
                    self.value(elem)
            case h.StructExpr():
                for _, part in expr.fields:
                    self.value(part)
            case _:
                pass

    def of_variable(self, binding: int) -> None:
        if binding in self.params:
            self.out.params.add(self.params[binding])
        elif binding in self.sources:
            for source, by_ref in self.sources[binding]:
                if by_ref and not self.is_ref(source):
                    self.add(source, _How.PLACE)
                else:
                    self.value(source)
        elif self.may_hold(self.result.binding_ty[binding]):
            self.out.outer.add(binding)

    def _of_call(self, expr: h.MethodCall) -> None:
        callee = self.result.callees.get(expr.id)
        if callee is None:
            self.value(expr.receiver)
            return
        by_ref = callee.sig.self_kind in (SelfKind.REF, SelfKind.MUT)
        if by_ref and self.may_hold(callee.sig.ret):
            self.value(expr.receiver)
            return
        if by_ref:
            self.add(expr.receiver, _How.HELD)
        else:
            self.value(expr.receiver)
        for arg in expr.args:
            self.value(arg)


def bound(pat: h.Pat) -> Iterator[int]:
    """The bindings of a pattern."""
    work = [pat]
    while work:
        pat = work.pop()
        if isinstance(pat, h.BindPat):
            yield pat.binding
        work.extend(subpatterns(pat))
