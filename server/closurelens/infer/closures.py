"""Closure expressions and async blocks: what their context expects, then their bodies.

The expected signature and kind come from the pending goals on the variable that the closure's type will fill, or from
the bounds of an expected `dyn` or `impl` type (rustc's deduce_closure_signature).
"""

from __future__ import annotations

from closurelens.hir.body import AsyncBlock, Closure
from closurelens.infer import names
from closurelens.infer.fn_ctxt import ClosureState, FnCtxt, Frame
from closurelens.infer.goals import ClosureSig, ProjectionGoal, TraitGoal
from closurelens.infer.result import ClosureKind
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.display import short
from closurelens.ty.types import Bound, DefPath, Ty

KIND_OF: dict[DefPath, ClosureKind] = {
    names.FN: ClosureKind.FN,
    names.FN_MUT: ClosureKind.FN_MUT,
    names.FN_ONCE: ClosureKind.FN_ONCE,
    names.ASYNC_FN: ClosureKind.FN,
    names.ASYNC_FN_MUT: ClosureKind.FN_MUT,
    names.ASYNC_FN_ONCE: ClosureKind.FN_ONCE,
}


@dataclass(slots=True)
class Expected:
    params: tuple[Ty, ...] | None = None
    ret: Ty | None = None
    kind: ClosureKind | None = None
    known: bool = True
    reason: str = ""
    source: int | None = None
    is_async: bool = False


def deduce(cx: FnCtxt, expected: Ty | None) -> Expected:
    """What the context says of a closure before its body is seen."""
    if expected is None:
        return Expected()
    ty = cx.resolve(expected)
    out = Expected()
    match ty:
        case t.Unknown():
            return Expected(known=False, reason=ty.why)
        case t.FnPtr():
            return Expected(ty.params, ty.ret)
        case t.Dyn() | t.Opaque() | t.Param():
            for bound in cx.solver.bounds_of(ty):
                _add_bound(cx, out, bound, None)
        case t.Infer():
            _from_pending(cx, out, ty)
        case _:
            pass
    return out


def _add_bound(cx: FnCtxt, out: Expected, bound: Bound, origin: int | None) -> None:
    kind = KIND_OF.get(bound.trait)
    if kind is None:
        return
    if out.kind is None or kind.rank < out.kind.rank:
        out.kind = kind
        out.reason = f"`{short(bound.trait)}` is expected here"
        out.source = origin
    if bound.args and out.params is None:
        args = cx.resolve(bound.args[0])
        if isinstance(args, t.Tuple):
            out.params = args.elems
            out.is_async = bound.trait in names.ASYNC_FN_TRAITS
    for name, ty in bound.assoc:
        if name == "Output" and out.ret is None:
            out.ret = ty


def _from_pending(cx: FnCtxt, out: Expected, var: t.Infer) -> None:
    table, solver = cx.table, cx.solver
    for goal in list(solver.pending):
        if isinstance(goal, TraitGoal):
            if table.shallow(goal.self_ty) is not var and table.shallow(goal.self_ty) != var:
                continue
            if goal.trait in KIND_OF:
                _add_bound(cx, out, Bound(goal.trait, goal.args), goal.origin)
            else:
                for bound in solver.elaborate(var, Bound(goal.trait, goal.args))[1:]:
                    _add_bound(cx, out, bound, goal.origin)
        elif isinstance(goal, ProjectionGoal):
            projection = goal.projection
            if projection.name == "Output" and projection.trait in KIND_OF:
                self_ty = table.shallow(projection.self_ty)
                if self_ty == var:
                    _add_bound(
                        cx, out, Bound(projection.trait, projection.args, (("Output", goal.target),)), goal.origin
                    )


def check_closure(cx: FnCtxt, expr: Closure, expected: Ty | None) -> Ty:
    from closurelens.infer.exprs import check_body, check_expr
    from closurelens.infer.patterns import check_pat

    for value in expr.explicit:
        check_expr(cx, value, None)
    context = deduce(cx, expected)
    open_kind, cx.open_kind = cx.open_kind, ""
    if open_kind or (context.kind is None and cx.unknown_context):
        context.known, context.reason = False, open_kind or cx.unknown_context
    params: list[Ty] = []
    wanted = context.params
    if wanted is not None and len(wanted) != len(expr.params):
        wanted = None
    for at, param in enumerate(expr.params):
        ty: Ty = wanted[at] if wanted is not None else cx.var()
        if param.ty is not None:
            written = cx.lower_type(expr.id, param.ty)
            if wanted is None or not cx.try_unify(written, ty):
                ty = written
        elif wanted is None and not context.known:
            ty = t.Unknown(context.reason)
        params.append(ty)
    ret: Ty = cx.lower_type(expr.id, expr.ret) if expr.ret is not None else cx.var()
    if context.ret is not None and not (expr.is_async and not context.is_async):
        cx.try_unify(ret, cx.solver.normalize(context.ret))
    body_ret = ret
    if expr.is_async:
        ret = t.Coroutine(expr.id, "async", body_ret)
    state = ClosureState(
        params,
        ret,
        context.kind,
        context.known,
        context.reason if context.kind or not context.known else "",
        context.source,
    )
    cx.closures[expr.id] = state
    ty = t.Closure(expr.id, is_async=expr.is_async)
    cx.solver.closures[expr.id] = ClosureSig(tuple(params), ret, expr.is_async)
    for param, param_ty in zip(expr.params, params, strict=True):
        check_pat(cx, param.pat, param_ty)
    check_body(cx, expr.body, Frame(body_ret))
    return ty


def check_async_block(cx: FnCtxt, expr: AsyncBlock, expected: Ty | None) -> Ty:
    """The block's type; `try` blocks give what the context expects."""
    from closurelens.infer.exprs import check_body

    if expr.kind == "try":
        frame = Frame(cx.var())
        check_body(cx, expr.body, frame)
        return t.Unknown("the type of a `try` block") if expected is None else expected
    output: Ty = cx.var()
    if expected is not None:
        wanted = cx.resolve(expected)
        bounds = cx.solver.bounds_of(wanted) if isinstance(wanted, t.Dyn | t.Opaque) else []
        if isinstance(wanted, t.Infer):
            for goal in cx.solver.pending:
                if isinstance(goal, ProjectionGoal) and goal.projection.name == "Output":
                    self_ty = cx.shallow(goal.projection.self_ty)
                    if self_ty == wanted and goal.projection.trait in (names.FUTURE, names.INTO_FUTURE):
                        bounds = [Bound(names.FUTURE, (), (("Output", goal.target),))]
        for bound in bounds:
            for name, ty in bound.assoc:
                if bound.trait == names.FUTURE and name == "Output":
                    cx.try_unify(output, cx.solver.normalize(ty))
    if expr.kind != "async":
        frame = Frame(t.UNIT, yields=output)
    else:
        frame = Frame(output)
    check_body(cx, expr.body, frame)
    return t.Coroutine(expr.id, expr.kind, output)
