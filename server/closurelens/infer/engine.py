"""Infers one body: from its parameters to `InferenceResult`.

Invariant: the result depends only on the body, its scopes and the signatures of the program.
"""

from __future__ import annotations

from closurelens.hir.body import Body
from closurelens.infer import names, operators, places
from closurelens.infer.exprs import check_body
from closurelens.infer.fn_ctxt import FnCtxt, Frame, with_regions
from closurelens.infer.generics import subst_of
from closurelens.infer.goals import Answer, SharedCache
from closurelens.infer.patterns import check_pat
from closurelens.infer.result import (
    Adjustment,
    BorrowAdjust,
    ClosureTypes,
    DerefAdjust,
    InferenceResult,
    MethodCallee,
    OtherAdjust,
)
from closurelens.infer.table import VarKind
from closurelens.resolve.bodies import BodyOwner
from closurelens.resolve.body_scope import BodyScopes
from closurelens.resolve.program import Program
from closurelens.ty import types as t
from closurelens.ty.sig import AdtSig, Def, VariantSig
from closurelens.ty.types import HAS_INFER, HAS_UNKNOWN, Ty, substitute


def infer_body(
    program: Program, owner: BodyOwner, body: Body, scopes: BodyScopes, shared: SharedCache
) -> InferenceResult:
    """Infer `body` of `owner`; `shared` keeps what bodies of one program have in common."""
    cx = FnCtxt(body, scopes, program, owner.resolver, shared)
    cx.runs_hooks = program.runs_hooks(owner.entry)
    _check_signature(cx, owner, body)
    _finish(cx)
    return _write_back(cx, owner)


def _check_signature(cx: FnCtxt, owner: BodyOwner, body: Body) -> None:
    sig = cx.db.fn(owner.path)
    ret: Ty
    if sig is not None:
        params = [cx.solver.normalize(p) for p in sig.params]
        ret = cx.solver.normalize(_opened(cx, sig.body_ret or sig.ret, is_async=sig.is_async))
    else:
        params = []
        value = cx.db.value(owner.path)
        if value is not None:
            ret = cx.solver.normalize(value.ty)
        else:
            ret = cx.lower_type(-1, body.ret) if body.ret is not None else cx.var()
    for at, param in enumerate(body.params):
        ty: Ty
        if at < len(params):
            ty = params[at] if param.ty is None else with_regions(params[at], param.ty)
        elif param.ty is not None:
            ty = cx.lower_type(-1, param.ty)
        else:
            ty = t.Unknown("a parameter without a type")
        check_pat(cx, param.pat, ty)
    check_body(cx, body.root, Frame(ret))


def _opened(cx: FnCtxt, ret: Ty, *, is_async: bool) -> Ty:
    """The return type as the body sees it: what an `async fn` yields, `impl Trait` as variables with their bounds."""
    if is_async:
        for bound in _bounds_of_future(ret):
            for name, ty in bound.assoc:
                if name == "Output":
                    ret = ty
                    break
    return _open_opaques(cx, ret)


def _bounds_of_future(ret: Ty) -> tuple[t.Bound, ...]:
    """Of `impl Future`, or of the `Pin<Box<dyn Future>>` that an attribute makes of it."""
    if isinstance(ret, t.Opaque):
        return ret.bounds
    for path in (names.PIN, names.BOX):
        if not isinstance(ret, t.Adt) or ret.path != path:
            return ()
        ret = ret.args[0]
    return ret.bounds if isinstance(ret, t.Dyn) else ()


def _open_opaques(cx: FnCtxt, ty: Ty) -> Ty:
    if isinstance(ty, t.Opaque):
        var = cx.var()
        for bound in ty.bounds:
            cx.solver.require(var, bound.map(lambda part: _open_opaques(cx, part)))
        return var
    return ty.map(lambda part: _open_opaques(cx, part))


def _finish(cx: FnCtxt) -> None:
    """Solve what is left, then let literals and diverging variables fall back, as rustc does."""
    cx.solver.select_where_possible()
    operators.finish_ops(cx)
    for _ in range(3):
        changed = False
        for var, bound in enumerate(cx.table.bound):
            if bound is None:
                kind = cx.table.kinds[var]
                if kind is VarKind.INT:
                    cx.table.unify(t.Infer(var), t.I32)
                    changed = True
                elif kind is VarKind.FLOAT:
                    cx.table.unify(t.Infer(var), t.F64)
                    changed = True
                elif var in cx.table.diverging:
                    cx.table.unify(t.Infer(var), t.UNIT)
                    changed = True
        if not changed:
            break
        cx.solver.select_where_possible()
        operators.finish_ops(cx)
    places.finish_casts(cx)


_OPEN = t.Unknown("the type is not inferred")


class _WriteBack:
    def __init__(self, cx: FnCtxt) -> None:
        self.cx = cx
        self.done: dict[Ty, Ty] = {}

    def ty(self, ty: Ty) -> Ty:
        if not ty.flags & HAS_INFER:
            return ty
        found = self.done.get(ty)
        if found is None:
            found = self.done[ty] = self._close(ty)
        return found

    def _close(self, ty: Ty) -> Ty:
        if not ty.flags & HAS_INFER:
            return ty
        ty = self.cx.table.shallow(ty)
        if isinstance(ty, t.Infer):
            return _OPEN
        return ty.map(self._close) if ty.flags & HAS_INFER else ty

    def adjustment(self, adjustment: Adjustment) -> Adjustment:
        target = self.ty(adjustment.target)
        match adjustment:
            case DerefAdjust():
                return DerefAdjust(target, adjustment.overloaded, adjustment.mutable)
            case BorrowAdjust():
                return BorrowAdjust(target, adjustment.mutable, adjustment.raw)
            case OtherAdjust():
                return OtherAdjust(target, adjustment.what)


def _write_back(cx: FnCtxt, owner: BodyOwner) -> InferenceResult:
    back = _WriteBack(cx)
    closures = {}
    for id, state in cx.closures.items():
        closures[id] = ClosureTypes(
            [back.ty(p) for p in state.params],
            back.ty(state.ret),
            state.expected_kind,
            state.kind_known,
            state.kind_reason,
            state.kind_source,
        )
    answers: dict[Ty, bool | None] = {}

    def is_copy(ty: Ty) -> bool | None:
        if ty in answers:
            return answers[ty]
        answer: bool | None
        if ty.flags & HAS_UNKNOWN and not isinstance(ty, t.Ref | t.RawPtr):
            answer = _copy_with_unknown(cx, ty)
        elif _holds_closure(ty):
            answer = None
        else:
            found = cx.solver.holds(ty, names.COPY)
            answer = None if found is Answer.MAYBE else found is Answer.YES
            if answer is False and cx.db.has_unseen_impls(ty, names.COPY):
                answer = None
            if answer is None and _holds_what_is_not_copy(cx, ty):
                answer = False
        answers[ty] = answer
        return answer

    def variant_of(item: Def, ty: Ty) -> VariantSig | None:
        found = places.variant_of(cx, item)
        return found[1] if found is not None else None

    def adt(path: str) -> AdtSig | None:
        return cx.db.adt(path)

    def has_drop_impl(path: str) -> bool:
        return bool(cx.db.trait_impls(names.DROP, path))

    def may_drop(path: str) -> str | None:
        return cx.db.has_unseen_impls(t.Adt(path), names.DROP)

    def may_be_mutable(ty: Ty, by_index: bool) -> bool:
        trait, args = (names.INDEX_MUT, (cx.table.new_var(),)) if by_index else (names.DEREF_MUT, ())
        return cx.solver.holds(ty, trait, args) is not Answer.NO or cx.db.has_unseen_impls(ty, trait) is not None

    return InferenceResult(
        body=cx.body,
        owner=owner.path,
        edition=cx.edition,
        expr_ty=[back.ty(ty) for ty in cx.expr_ty],
        pat_ty=[back.ty(ty) for ty in cx.pat_ty],
        pat_adjust={id: [back.ty(ty) for ty in tys] for id, tys in cx.pat_adjust.items()},
        pat_def=cx.pat_def,
        binding_ty=[back.ty(ty) for ty in cx.binding_ty],
        binding_mode=cx.binding_mode,
        adjustments={id: [back.adjustment(a) for a in found] for id, found in cx.adjustments.items()},
        local_of=cx.scopes.local_of,
        path_def=cx.path_def,
        callees={id: MethodCallee(c.sig, tuple([back.ty(a) for a in c.args])) for id, c in cx.callees.items()},
        closures=closures,
        unknown=cx.unknown,
        is_copy=is_copy,
        adt=adt,
        has_drop_impl=has_drop_impl,
        may_drop=may_drop,
        may_be_mutable=may_be_mutable,
        variant_of=variant_of,
        contradictions=cx.solver.contradictions,
        deferred_calls=cx.deferred_calls,
    )


def _holds_what_is_not_copy(cx: FnCtxt, ty: Ty) -> bool:
    """Whether a field of the type is known not to be Copy: then no impl that anyone adds could make the type so."""
    seen: set[Ty] = set()
    work = [ty]
    while work and len(seen) < _MOST_FIELDS:
        here = work.pop()
        if here in seen or here.flags & (HAS_UNKNOWN | HAS_INFER):
            continue
        seen.add(here)
        answer = cx.solver.holds(here, names.COPY)
        if answer is Answer.NO and not (isinstance(here, t.Adt) and cx.db.has_unseen_impls(here, names.COPY)):
            return True
        if answer is Answer.YES:
            continue
        if not isinstance(here, t.Adt):
            work.extend(here.parts() if isinstance(here, t.Tuple | t.Array) else ())
            continue
        sig = cx.db.adt(here.path)
        if sig is not None and not cx.db.may_change_fields(here.path):
            subst = subst_of(tuple([param.name for param in sig.generics.params]), here.args)
            fields = [field.ty for variant in sig.variants for field in variant.fields]
            work.extend(cx.solver.normalize(substitute(field, subst)) for field in fields)
    return False


_MOST_FIELDS = 300


def _holds_closure(ty: Ty) -> bool:
    return isinstance(ty, t.Closure) or any(_holds_closure(part) for part in ty.parts())


def _copy_with_unknown(cx: FnCtxt, ty: Ty) -> bool | None:
    """A type that is unknown in part may still be known not to be Copy (`Vec<_>`)."""
    match ty:
        case t.Adt():
            if (
                not cx.db.trait_impls(names.COPY, ty.path)
                and cx.db.has_unseen_impls(t.Adt(ty.path), names.COPY) is None
            ):
                return False
            return None
        case t.Tuple():
            parts = [
                _copy_with_unknown(cx, e) if e.flags & HAS_UNKNOWN else cx.solver.holds(e, names.COPY) for e in ty.elems
            ]
            return False if any(p is False or p is Answer.NO for p in parts) else None
        case _:
            return None
