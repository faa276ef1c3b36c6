"""Calls: functions, constructors, methods, and values of closure types.

Arguments are checked in rustc's two rounds: closures after all others, so that what the others fix reaches them.
"""

from __future__ import annotations

from closurelens.hir.body import Call, Closure, Expr, MethodCall, PathExpr
from closurelens.infer import autoderef, method, names
from closurelens.infer.coercion import coerce, demand_coerce
from closurelens.infer.fn_ctxt import FnCtxt
from closurelens.infer.goals import Answer, TraitGoal
from closurelens.infer.result import Adjustment, BorrowAdjust, ClosureKind, MethodCallee
from closurelens.infer.table import Table, VarKind
from closurelens.ty import types as t
from closurelens.ty.types import HAS_INFER, Ty


def check_args(
    cx: FnCtxt, args: list[Expr], formal: tuple[Ty, ...], ret: Ty, expected: Ty | None, doubt: str = ""
) -> None:
    """Check `args` against the parameters `formal`; `expected` is what the call's result should be.

    `doubt`: why another function may be meant, which may want closures of another kind.
    """
    from closurelens.infer.exprs import check_expr

    hints = _hints_from_result(cx, formal, ret, expected)
    cx.solver.select_where_possible()
    in_result = _open_vars(cx, (ret,)) if isinstance(expected, t.Unknown) else set()
    for closures in (False, True):
        if closures:
            if not any(arg.__class__ is Closure for arg in args):
                break
            cx.solver.select_where_possible()
        for at, arg in enumerate(args):
            if (arg.__class__ is Closure) != closures:
                continue
            if at >= len(formal):
                check_expr(cx, arg, None)
                continue
            hint = hints[at] if hints is not None else formal[at]
            own = cx.table.shallow(formal[at]) if in_result else None
            if closures and isinstance(own, t.Infer) and own.id in in_result and isinstance(expected, t.Unknown):
                # What is wanted of the result may say more of the closure than the function does.
                cx.open_kind = expected.why
            if closures and doubt:
                cx.open_kind = doubt
            actual = check_expr(cx, arg, hint)
            if hints is not None and hint is not formal[at]:
                mark = cx.table.snapshot()
                pending = list(cx.solver.pending)
                saved = len(cx.adjustments.get(arg.id, ()))
                if coerce(cx, arg, actual, hint):
                    cx.unify(formal[at], hint)
                    continue
                cx.table.rollback(mark)
                # What the attempt left to be solved, or to be waited for, may speak of variables that are gone.
                cx.solver.pending = pending
                for goal in pending:
                    goal.stalled = []
                if arg.id in cx.adjustments:
                    del cx.adjustments[arg.id][saved:]
            demand_coerce(cx, arg, actual, formal[at])


def _hints_from_result(cx: FnCtxt, formal: tuple[Ty, ...], ret: Ty, expected: Ty | None) -> tuple[Ty, ...] | None:
    """What the expected result says of the arguments, without binding anything (rustc's fudge)."""
    if expected is None or not ret.flags & HAS_INFER or not formal:
        return None
    wanted = cx.table.shallow(expected)
    if isinstance(wanted, t.Infer | t.Unknown):
        return None
    table = cx.table
    mark = table.snapshot()
    fresh_from = len(table.bound)
    pending = list(cx.solver.pending)
    found: dict[int, Ty] | None = None
    own = _open_vars(cx, formal)
    if table.unify(ret, wanted):
        found = {var: table.deep(t.Infer(var)) for var in own}
    table.rollback(mark)
    cx.solver.pending = pending
    if found is None:
        return None
    renewed = _Renewed(table, fresh_from)
    known = {var: t.erase_regions(renewed.ty(ty)) for var, ty in found.items() if ty.__class__ is not t.Infer}
    filled = _Filled(table, known)
    return tuple([filled.ty(f) for f in formal])


class _Renewed:
    """Open parts become variables of their own: that one type is to be a subtype of another does not bind them."""

    __slots__ = ("fresh_from", "replaced", "table")

    def __init__(self, table: Table, fresh_from: int) -> None:
        self.table = table
        self.fresh_from = fresh_from
        self.replaced: dict[int, Ty] = {}

    def ty(self, ty: Ty) -> Ty:
        if not ty.flags & HAS_INFER:
            return ty
        if ty.__class__ is t.Infer:
            if ty.id < self.fresh_from and self.table.kinds[ty.id] is not VarKind.GENERAL:
                return ty
            return self.replaced.setdefault(ty.id, self.table.new_var())
        return ty.map(self.ty)


class _Filled:
    """Types in which the variables that `known` has are replaced."""

    __slots__ = ("known", "table")

    def __init__(self, table: Table, known: dict[int, Ty]) -> None:
        self.table = table
        self.known = known

    def ty(self, ty: Ty) -> Ty:
        if not ty.flags & HAS_INFER:
            return ty
        if ty.__class__ is t.Infer:
            ty = self.table.shallow(ty)
            if ty.__class__ is t.Infer:
                return self.known.get(ty.id, ty)
        return ty.map(self.ty)


def _open_vars(cx: FnCtxt, types: tuple[Ty, ...]) -> set[int]:
    out: set[int] = set()
    work = list(types)
    while work:
        ty = work.pop()
        if ty.flags & HAS_INFER:
            ty = cx.table.shallow(ty)
            if isinstance(ty, t.Infer):
                out.add(ty.id)
            else:
                work.extend(ty.parts())
    return out


def check_unknown_args(cx: FnCtxt, args: list[Expr], why: str) -> None:
    """Arguments of a callee that is not known: what is passed and how is not known either."""
    from closurelens.infer.exprs import check_expr

    for arg in args:
        check_expr(cx, arg, t.Unknown(why))
        cx.unknown.setdefault(arg.id, why)


def check_method_call(cx: FnCtxt, expr: MethodCall, expected: Ty | None) -> Ty:
    from closurelens.infer.exprs import check_expr
    from closurelens.infer.places import convert_place_derefs_to_mutable

    receiver_ty = check_expr(cx, expr.receiver, None)
    pick, found, why = method.lookup(cx, expr.id, receiver_ty, expr.name)
    if pick is None:
        base = cx.resolve(receiver_ty)
        if not isinstance(base, t.Unknown | t.Infer):
            unseen = cx.db.has_unseen_impls(base)
            why = unseen if unseen is not None else f"no method `{expr.name}` is known for `{cx.shown(base)}`"
        unknown = cx.unknown_at(expr, why)
        check_unknown_args(cx, expr.args, why)
        return unknown
    path = method.receiver_adjustments(cx, found, pick)
    cx.adjust(expr.receiver, path)
    if pick.autoref:
        convert_place_derefs_to_mutable(cx, expr.receiver)
    adjusted = path[-1].target if path else found[0].ty
    resolver = cx.scopes.resolver_at(expr.id)
    turbofish = resolver.lower_generic_args(expr.generic_args, cx.var) if expr.generic_args is not None else ()
    confirmed = method.confirm(cx, expr, pick, adjusted, turbofish)
    if isinstance(confirmed.ret, t.Ref) and isinstance(expected, t.Ref):
        _take_expected(cx, confirmed.ret, expected)
    doubt = ""
    if pick.doubtful:
        last = found[-1].ty
        doubt = last.why if isinstance(last, t.Unknown) else f"several methods `{expr.name}` may be meant"
    if doubt:
        cx.unknown_at(expr, doubt)
    cx.callees[expr.id] = confirmed.callee
    check_args(cx, expr.args, confirmed.params, confirmed.ret, expected, doubt)
    return confirmed.ret


_STD = tuple([f"{crate}::" for crate in names.STD_CRATES])


def _take_expected(cx: FnCtxt, ret: t.Ref, expected: t.Ref) -> None:
    """`let b: &BStr = bytes.as_ref()`: that bstr has an impl for it makes std's own not the only one.

    Impls of crates that no type in a goal names yet are not looked for, so it is the expected type that brings them in.
    """
    table = cx.table
    var, inner = table.shallow(ret.inner), table.shallow(expected.inner)
    if not isinstance(var, t.Infer) or not isinstance(inner, t.Adt) or inner.path.startswith(_STD):
        return
    for goal in cx.solver.pending:
        if isinstance(goal, TraitGoal) and goal.args and table.shallow(goal.args[0]) is var:
            if cx.solver.holds(goal.self_ty, goal.trait, (inner, *goal.args[1:])) is Answer.YES:
                table.unify(var, inner)
            return


def check_call(cx: FnCtxt, expr: Call, expected: Ty | None) -> Ty:
    from closurelens.infer.exprs import check_expr

    callee_ty = check_expr(cx, expr.callee, None)
    if isinstance(callee_ty, t.FnDef | t.FnPtr):
        return _call_fn(cx, expr, callee_ty, [], expected)
    found = autoderef.steps(cx, callee_ty)
    for at, step in enumerate(found):
        ty = step.ty
        if isinstance(ty, t.FnDef | t.FnPtr):
            return _call_fn(cx, expr, ty, autoderef.adjustments(cx, found, at), expected)
        if isinstance(ty, t.Closure):
            return _call_closure(cx, expr, ty, autoderef.adjustments(cx, found, at), expected)
        if isinstance(ty, t.Unknown | t.Infer):
            why = ty.why if isinstance(ty, t.Unknown) else "the type of the callee is not inferred here"
            check_unknown_args(cx, expr.args, why)
            return cx.unknown_at(expr, why)
        called = _call_overloaded(cx, expr, ty, autoderef.adjustments(cx, found, at), expected)
        if called is not None:
            return called
    why = f"`{cx.shown(callee_ty)}` is not known to be callable"
    check_unknown_args(cx, expr.args, why)
    return cx.unknown_at(expr, why)


def _call_fn(cx: FnCtxt, expr: Call, ty: Ty, path: list[Adjustment], expected: Ty | None) -> Ty:
    cx.adjust(expr.callee, path)
    sig = cx.solver.signature_of(ty)
    if sig is None:
        why = "the function's signature is not known"
        check_unknown_args(cx, expr.args, why)
        return cx.unknown_at(expr, why)
    params, ret = sig
    run = _run_hook(cx, expr, ret) if cx.runs_hooks else None
    check_args(cx, expr.args, params, ret, expected if run is None else None)
    return ret if run is None else run


def _run_hook(cx: FnCtxt, expr: Call, hook: Ty) -> Ty | None:
    """What yew's `Hook::run` gives of the hook that `use_it()` is; None where the call gives no hook."""
    callee = expr.callee
    hook = cx.resolve(hook)
    if not isinstance(callee, PathExpr) or not isinstance(hook, t.Opaque):
        return None
    if not callee.path.segments[-1].name.startswith("use_"):
        return None
    for bound in hook.bounds:
        if bound.trait.startswith("yew::") and bound.trait.endswith("::Hook"):
            return cx.solver.normalize(t.Projection(hook, bound.trait, bound.args, "Output"))
    return None


def _call_closure(cx: FnCtxt, expr: Call, ty: t.Closure, path: list[Adjustment], expected: Ty | None) -> Ty:
    state = cx.closures[ty.id]
    cx.adjust(expr.callee, path)
    if state.expected_kind is None:
        cx.deferred_calls[expr.id] = ty.id
    elif state.expected_kind is not ClosureKind.FN_ONCE:
        mutable = state.expected_kind is ClosureKind.FN_MUT
        cx.adjust(expr.callee, [BorrowAdjust(t.Ref(ty, mutable=mutable), mutable)])
    check_args(cx, expr.args, tuple(state.params), state.ret, expected)
    return state.ret


_CALL_ORDER = (
    (names.FN, "call", False),
    (names.FN_MUT, "call_mut", True),
    (names.FN_ONCE, "call_once", None),
    (names.ASYNC_FN, "async_call", False),
    (names.ASYNC_FN_MUT, "async_call_mut", True),
    (names.ASYNC_FN_ONCE, "async_call_once", None),
)


def _call_overloaded(cx: FnCtxt, expr: Call, ty: Ty, path: list[Adjustment], expected: Ty | None) -> Ty | None:
    """A call through Fn, FnMut or FnOnce, in that order (rustc's try_overloaded_call_traits)."""
    from closurelens.infer.places import convert_place_derefs_to_mutable

    if isinstance(ty, t.Prim | t.Tuple | t.Slice | t.Array | t.RawPtr | t.Ref):
        return None
    for trait, name, mutable in _CALL_ORDER:
        args_var = t.Tuple(tuple([cx.var() for _ in expr.args]))
        if cx.solver.holds(ty, trait, (args_var,)) is Answer.NO:
            continue
        cx.solver.origin = expr.id
        cx.solver.require(ty, t.Bound(trait, (args_var,)))
        cx.solver.select_where_possible()
        ret = cx.solver.normalize(t.Projection(ty, trait, (args_var,), "Output"))
        if trait in names.ASYNC_FN_TRAITS:
            # The trait's `CallRefFuture` or `CallOnceFuture`, of which nothing more is known.
            ret = t.Opaque(trait, 0, (ty, args_var), (t.Bound(names.FUTURE, (), (("Output", ret),)),))
        cx.adjust(expr.callee, path)
        if mutable is not None:
            cx.adjust(expr.callee, [BorrowAdjust(t.Ref(ty, mutable=mutable), mutable)])
            if mutable:
                convert_place_derefs_to_mutable(cx, expr.callee)
        found = cx.db.trait(trait)
        sig = cx.db.fn(found.methods[name]) if found is not None and name in found.methods else None
        if sig is not None:
            cx.callees[expr.id] = MethodCallee(sig, (ty, args_var))
        check_args(cx, expr.args, args_var.elems, ret, expected)
        return ret
    return None
