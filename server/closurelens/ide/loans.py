"""Which loans of a variable are in the way when a closure takes it: those that others still use where the closure is
made, and those that its own body gives away.

Invariant: as `lends`, this follows values, not lifetimes; what is not known is taken to hold no loan. It may refuse
what rustc would allow, and is never shown as a fact about the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from closurelens.capture.model import ByRef, Capture, ClosureCaptures, DerefProj, FieldProj
from closurelens.hir import body as h
from closurelens.ide.destructors import is_used_by_drop
from closurelens.ide.later_uses import TakenKey, around, in_frame, other_branches
from closurelens.ide.lends import Finder, bound
from closurelens.ide.spell import lifetimes_of
from closurelens.ide.view import ClosureView, exprs
from closurelens.infer.result import BorrowAdjust, InferenceResult
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.sig import SelfKind

__all__ = ["Loan", "given_away", "may_hold", "still_used"]


@dataclass(slots=True)
class Loan:
    """`place` is lent to the variable `holder` ("": to what stands before the closure in the same expression); `at` is
    where the loan is used, an offset in the body, None: by the holder's destructor."""

    place: TakenKey
    holder: str
    at: int | None


def still_used(closure: ClosureView, places: set[TakenKey], concerned: set[int]) -> Loan | None:
    """A loan of one of the places that was made before the closure and is used after it or in it. `concerned`: the
    closures that are to take what they capture, and so lend nothing to others."""
    result = closure.body.result
    above = around(result.body, closure.expr)
    # What those around it capture changes with it: they would own the place, too.
    outer = {expr.id for expr in above if isinstance(expr, h.Closure | h.AsyncBlock)}
    loans = _Loans(result, closure.body.captures, concerned | outer)
    for sibling in _pending([*above, closure.expr]):
        place = _met(loans.of(sibling), places)
        if place is not None:
            return Loan(place, "", sibling.range[0])
    uses = _uses(result, closure.expr, above)
    for binding in result.body.bindings:
        if binding.range[0] >= closure.expr.range[0] or binding.id not in loans.sources:
            continue
        ty = result.binding_ty[binding.id]
        if not may_hold(ty, result):
            continue
        at = closure.expr.range[0] if binding.id in loans.left_with else uses.get(binding.id)
        if at is None and not (
            is_used_by_drop(ty, result)
            and _is_in_scope(binding.range[0], above)
            and not _is_given_up(binding.id, closure.expr, above, result)
        ):
            continue
        place = _met(loans.of_binding(binding.id), {place for place in places if place[0] != binding.id})
        if place is not None:
            return Loan(place, binding.name, at)
    return None


def given_away(closure: ClosureView, places: set[TakenKey]) -> Loan | None:
    """A loan of one of the places that the closure's body leaves in a parameter, or in another thing from outside: by
    an assignment, or by a method of what can keep it, as `Scope::spawn`."""
    result = closure.body.result
    loans = _Loans(result, closure.body.captures, set())
    start, end = closure.expr.range
    params = _params(closure)
    for expr in exprs(result.body, closure.expr.body):
        match expr:
            case h.Assign():
                kept, values = expr.target, [expr.value]
            case h.MethodCall():
                kept, values = expr.receiver, expr.args
            case _:
                continue
        root = _root(kept, result)
        if root is None:
            continue
        declared = result.body.bindings[root].range[0]
        if start <= declared < end and root not in params:
            continue
        for number, value in enumerate(values):
            if isinstance(expr, h.MethodCall) and not _may_keep(expr, number, result, is_param=root in params):
                continue
            place = _met(loans.of(value), places)
            if place is not None and place[0] != root:
                return Loan(place, result.body.bindings[root].name, expr.range[0])
    return None


class _Loans(Finder):
    """Finds the places that a value holds loans of, with the names of fields up to the first dereference."""

    def __init__(self, result: InferenceResult, captures: Iterable[ClosureCaptures], concerned: set[int]) -> None:
        self.params_of_closures = {b for c in result.body.closures for param in c.params for b in bound(param.pat)}
        self.left_with: set[int] = set()
        """Of these the ones in which methods leave something: somebody outside of the closure uses that."""
        super().__init__(result, result.body.root)
        self.captured = {c.id: c.captures for c in captures if c.id not in concerned}
        self.places: set[TakenKey] = set()

    def of(self, value: h.Expr) -> set[TakenKey]:
        self._clear()
        self.value(value)
        self.run()
        return self.places

    def of_binding(self, binding: int) -> set[TakenKey]:
        self._clear()
        self.of_variable(binding)
        self.run()
        return self.places

    def _clear(self) -> None:
        self.places = set()
        self.seen.clear()

    def declare(self, expr: h.Expr) -> None:
        super().declare(expr)
        match expr:
            case h.Assign():
                self._reaches(_root(expr.target, self.result), expr.value)
            case h.MethodCall():
                root = _root(expr.receiver, self.result) if expr.args else None
                if root is not None:
                    is_param = root in self.params_of_closures
                    for number, arg in enumerate(expr.args):
                        if _may_keep(expr, number, self.result, is_param=is_param):
                            self._reaches(root, arg)
                            if is_param:
                                self.left_with.add(root)
                self._calls_back([expr.receiver, *expr.args])
            case h.Call():
                self._calls_back(expr.args)
            case _:
                pass

    def _calls_back(self, args: list[h.Expr]) -> None:
        """What a function gets may come to the closures that it gets as well, as their parameters."""
        for closure in args:
            if isinstance(closure, h.Closure):
                for binding in [b for param in closure.params for b in bound(param.pat)]:
                    for arg in args:
                        if not isinstance(arg, h.Closure):
                            self._reaches(binding, arg)

    def _reaches(self, binding: int | None, value: h.Expr) -> None:
        if binding is not None:
            self.sources.setdefault(binding, []).append((value, False))

    def may_hold(self, ty: t.Ty) -> bool:
        return may_hold(ty, self.result)

    def place(self, expr: h.Expr) -> None:
        path, fields = _fields(expr)
        binding = self.result.local_of.get(path.id)
        if binding is None or any(self.is_ref(base) for base in _bases(expr)):
            super().place(expr)
            return
        self.places.add((binding, fields))
        if self.may_hold(self.result.expr_ty[expr.id]):
            self.of_variable(binding)

    def of_variable(self, binding: int) -> None:
        ty = self.result.binding_ty[binding]
        if isinstance(ty, t.Ref) and ty.mutable:
            # What is reached through it is borrowed from it: it cannot be copied.
            self.places.add((binding, ()))
        super().of_variable(binding)

    def held(self, expr: h.Expr) -> None:
        match expr:
            case h.Closure() | h.AsyncBlock():
                for capture in self.captured.get(expr.id, ()):
                    self._captured(capture)
            case h.Call() | h.MethodCall() if not self._may_borrow_from(expr):
                for arg in expr.args:
                    if any(isinstance(part, _ERASABLE) for part in _deep(self.result.expr_ty[arg.id])):
                        self.value(arg)
            case h.Call():
                super().held(expr)
                if expr.callee.id in self.result.local_of:
                    self.value(expr.callee)
            case _:
                super().held(expr)

    def _may_borrow_from(self, call: h.Call | h.MethodCall) -> bool:
        """Not where a trait object is all that could hold a loan: one that a function returns is `'static`, unless it
        says otherwise, and is then mostly made of what it was given."""
        return any(
            not isinstance(part, t.Dyn) and _holds_by_itself(part, self.result)
            for part in _deep(self.result.expr_ty[call.id])
        )

    def _captured(self, capture: Capture) -> None:
        place = capture.place
        fields: list[str] = []
        for projection in place.projections:
            if isinstance(projection, DerefProj) and projection.of != "Box":
                self.of_variable(place.binding)
                return
            if not isinstance(projection, FieldProj):
                break
            fields.append(projection.name)
        if isinstance(capture.mode, ByRef):
            self.places.add((place.binding, tuple(fields)))
        if self.may_hold(place.ty):
            self.of_variable(place.binding)


def _met(loans: set[TakenKey], places: set[TakenKey]) -> TakenKey | None:
    """One of `places` that overlaps with a place that is lent."""
    for binding, fields in sorted(places):
        for lent, inside in loans:
            if lent == binding and all(a == b for a, b in zip(fields, inside, strict=False)):
                return binding, fields
    return None


def _pending(above: list[h.Expr]) -> Iterator[h.Expr]:
    """What was evaluated before the last of these expressions and is used after it; each is around the next."""
    for outer, inner in pairwise(above):
        before: list[h.Expr] = []
        match outer:
            case h.MethodCall():
                before = [outer.receiver, *outer.args]
            case h.Call():
                before = [outer.callee, *outer.args]
            case h.TupleExpr() | h.ArrayExpr():
                before = outer.elems
            case h.StructExpr():
                before = [value for _, value in outer.fields]
            case h.Binary():
                before = [outer.left]
            case _:
                pass
        for sibling in before:
            if sibling is inner:
                break
            yield sibling


def _uses(result: InferenceResult, target: h.Expr, above: list[h.Expr]) -> dict[int, int]:
    """By binding: where it is used first from the start of the closure on."""
    low, high = target.range[0], result.body.root.range[1]
    for outer in in_frame(above):
        if isinstance(outer, h.Return) and not outer.is_yield:
            high = outer.range[1]
    excluded = other_branches(in_frame(above), target)
    out: dict[int, int] = {}
    for expr in exprs(result.body):
        start = expr.range[0]
        if not isinstance(expr, h.PathExpr) or not low <= start < high:
            continue
        binding = result.local_of.get(expr.id)
        if binding is None or any(a <= start < b for a, b in excluded):
            continue
        out[binding] = min(start, out.get(binding, start))
    return out


def _is_in_scope(declared: int, above: list[h.Expr]) -> bool:
    inner = [e for e in above if isinstance(e, h.Block) and e.range[0] <= declared < e.range[1]]
    if not inner:
        return True
    return any(isinstance(stmt, h.LetStmt) and stmt.range[0] <= declared < stmt.range[1] for stmt in inner[-1].stmts)


def _is_given_up(binding: int, target: h.Expr, above: list[h.Expr], result: InferenceResult) -> bool:
    """Whether the variable's value has in any case gone into a call before the closure is made: as in `drop(guard)`."""
    for expr in exprs(result.body):
        match expr:
            case h.Call():
                values = expr.args
            case h.MethodCall():
                values = [expr.receiver, *expr.args]
            case _:
                continue
        for value in values:
            is_lent = any(isinstance(a, BorrowAdjust) for a in result.adjustments.get(value.id, ()))
            if result.local_of.get(value.id) != binding or is_lent or value.range[0] > target.range[0]:
                continue
            ways = [e for e in around(result.body, value) if isinstance(e, _CONDITIONAL)]
            if all(any(way is e for e in above) for way in ways):
                return True
    return False


_CONDITIONAL = (h.If, h.Match, h.While, h.Loop, h.For, h.Closure, h.AsyncBlock, h.Binary)


def _root(expr: h.Expr, result: InferenceResult) -> int | None:
    """The variable that a place is in, or is reached from by methods: `v` in `v.borrow_mut()[0]`."""
    while True:
        match expr:
            case h.Field() | h.Index():
                expr = expr.base
            case h.Deref() | h.AddrOf():
                expr = expr.operand
            case h.MethodCall():
                expr = expr.receiver
            case _:
                return result.local_of.get(expr.id)


def _fields(expr: h.Expr) -> tuple[h.Expr, tuple[str, ...]]:
    names: list[str] = []
    while isinstance(expr, h.Field):
        names.append(expr.name)
        expr = expr.base
    return expr, tuple(reversed(names))


def _bases(expr: h.Expr) -> Iterator[h.Expr]:
    while isinstance(expr, h.Field):
        expr = expr.base
        yield expr


def _params(closure: ClosureView) -> set[int]:
    """The bindings of the closure's parameters."""
    if not isinstance(closure.expr, h.Closure):
        return set()
    return {binding for param in closure.expr.params for binding in bound(param.pat)}


def _may_keep(call: h.MethodCall, number: int, result: InferenceResult, *, is_param: bool) -> bool:
    """Whether the method may leave an argument in its receiver."""
    callee = result.callees.get(call.id)
    if callee is None or callee.sig.self_kind not in (SelfKind.REF, SelfKind.MUT):
        return False
    ty = result.expr_ty[call.receiver.id]
    while isinstance(ty, t.Ref):
        ty = ty.inner
    if is_param and isinstance(ty, t.Adt) and _has_lifetime(ty.path, result):
        return True
    if callee.sig.self_kind is not SelfKind.MUT or not may_hold(ty, result):
        return False
    declared = callee.sig.params[number + 1] if number + 1 < len(callee.sig.params) else None
    own = {param.name for param in callee.sig.generics.params}
    return not (isinstance(declared, t.Param) and declared.name in own)


_ERASABLE = (t.Closure, t.Coroutine, t.Dyn, t.Opaque)
"""Types that hold what was captured, which they do not name."""


def may_hold(ty: t.Ty, result: InferenceResult) -> bool:
    """Whether a value of this type may hold a loan of a variable of the body."""
    return any(_holds_by_itself(part, result) for part in _deep(ty))


def _holds_by_itself(part: t.Ty, result: InferenceResult) -> bool:
    return (
        (isinstance(part, t.Ref) and not part.static)
        or isinstance(part, _ERASABLE)
        or (isinstance(part, t.Adt) and _has_lifetime(part.path, result))
    )


def _has_lifetime(path: t.DefPath, result: InferenceResult) -> bool:
    """Whether the type is declared with a lifetime; or, where that is not told, may be: a field of another trait's type
    (`P::Searcher<'a>` in std's `Split`) can have one."""
    if lifetimes_of(path, result.adt):
        return True
    work, seen = [path], {path}
    while work:
        sig = result.adt(work.pop())
        if sig is None or sig.generics.lifetimes is not None:
            continue
        for variant in sig.variants:
            for part in [p for f in variant.fields for p in _deep(f.ty)]:
                if isinstance(part, t.Projection):
                    return True
                if isinstance(part, t.Adt) and part.path not in seen:
                    seen.add(part.path)
                    work.append(part.path)
    return False


def _deep(ty: t.Ty) -> Iterator[t.Ty]:
    """The type and what it is made of; of a function's type, and of a bound, nothing."""
    work = [ty]
    while work:
        part = work.pop()
        yield part
        if not isinstance(part, t.FnPtr | t.FnDef | t.Dyn | t.Opaque | t.Closure | t.Coroutine):
            work.extend(part.parts())
