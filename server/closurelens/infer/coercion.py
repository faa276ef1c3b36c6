"""Coercions at the places where Rust coerces: arguments, `let` with a type, fields, returns, branches.

The structure follows rustc's `coercion.rs`: unsizing first, then by the target's head.
"""

from __future__ import annotations

from closurelens.hir.body import AddrOf, Deref, Expr, Field, Index, PathExpr
from closurelens.infer import autoderef, names
from closurelens.infer.fn_ctxt import Branches, FnCtxt
from closurelens.infer.result import Adjustment, BorrowAdjust, DerefAdjust, OtherAdjust
from closurelens.ty import types as t
from closurelens.ty.types import HAS_INFER, HAS_PROJECTION, Ty

SMART_POINTERS = frozenset((names.BOX, names.RC, names.ARC, names.PIN, "alloc::rc::Weak", "alloc::sync::Weak"))


def coerce(cx: FnCtxt, expr: Expr, actual: Ty, target: Ty) -> bool:
    """Make `expr` of type `actual` fit `target`, noting the adjustments. False: it does not fit (a type error)."""
    table = cx.table
    a = cx.resolve(actual)
    b = table.shallow(target)
    if a is b:
        if a.__class__ is t.Ref:
            _reborrow_same(cx, expr, a)
        return True
    if b.__class__ is t.Projection:
        b = cx.resolve(b)
    if a == t.NEVER:
        if b.__class__ is t.Infer:
            table.diverging.add(b.id)
        cx.adjust(expr, [OtherAdjust(b, "never")])
        return True
    if a.__class__ is t.Infer or b.__class__ is t.Infer:
        return cx.try_unify(a, b)
    if isinstance(b, t.Unknown):
        if isinstance(a, t.Ref) and isinstance(expr, PathExpr | Field | Index | Deref):
            cx.unknown.setdefault(expr.id, b.why)
        return True
    if a.__class__ is t.Unknown:
        return True
    unsized = coerce_unsized(cx, a, b) or _unsize_later(cx, expr, a, b)
    if unsized is not None:
        cx.adjust(expr, unsized)
        return True
    match b:
        case t.RawPtr():
            return _coerce_to_ptr(cx, expr, a, b)
        case t.Ref():
            if isinstance(a, t.Ref):
                return _coerce_ref(cx, expr, a, b)
        case t.FnPtr():
            return _coerce_to_fn_ptr(cx, expr, a, b)
        case _:
            pass
    return cx.try_unify(a, b)


def demand_coerce(cx: FnCtxt, expr: Expr, actual: Ty, target: Ty) -> None:
    """`coerce` where code that compiles can always coerce."""
    if not coerce(cx, expr, actual, target):
        cx.mismatch(actual, target)


OPEN_REGION = "?"
"""The lifetime of a reference in a field: an argument of the type that has the field, which types here do not hold."""


def _is_copied(cx: FnCtxt, expr: Expr, a: t.Ref, b: t.Ref) -> bool:
    """Whether a shared reference is left alone, as its very lifetime is wanted."""
    if a.mutable or not a.region or not b.region:
        return False
    if OPEN_REGION in (a.region, b.region):
        if not isinstance(expr, PathExpr | Field | Index | Deref):
            return False
        cx.unknown.setdefault(expr.id, "whether this reference's lifetime is the very one that is wanted is not known")
        return True
    return a.region == b.region


def _reborrow_same(cx: FnCtxt, expr: Expr, ty: Ty) -> None:
    assert isinstance(ty, t.Ref)
    if _is_copied(cx, expr, ty, ty):
        return
    cx.adjust(expr, [DerefAdjust(ty.inner), BorrowAdjust(ty, ty.mutable)])


def _coerce_ref(cx: FnCtxt, expr: Expr, a: t.Ref, b: t.Ref) -> bool:
    if b.mutable and not a.mutable:
        return cx.try_unify(a, b)
    inner = a.inner
    if not inner.flags & (HAS_INFER | HAS_PROJECTION) and cx.try_unify(inner, b.inner):
        # What else it dereferences to need not be found out.
        if b.mutable or not _is_copied(cx, expr, a, b):
            cx.adjust(expr, [DerefAdjust(inner, mutable=b.mutable), BorrowAdjust(b, b.mutable)])
        return True
    found = autoderef.steps(cx, a)
    for at in range(1, len(found)):
        if cx.try_unify(found[at].ty, b.inner):
            if at == 1 and not b.mutable and _is_copied(cx, expr, a, b):
                return True
            path = autoderef.adjustments(cx, found, at)
            if b.mutable:
                path = [DerefAdjust(d.target, d.overloaded, True) if isinstance(d, DerefAdjust) else d for d in path]
            cx.adjust(expr, [*path, BorrowAdjust(b, b.mutable)])
            return True
    return False


def _coerce_to_ptr(cx: FnCtxt, expr: Expr, a: Ty, b: t.RawPtr) -> bool:
    match a:
        case t.Ref():
            if cx.try_unify(a.inner, b.inner):
                cx.adjust(expr, [DerefAdjust(a.inner), BorrowAdjust(b, b.mutable, raw=True)])
                return True
            return False
        case t.RawPtr():
            if cx.try_unify(a.inner, b.inner):
                if a.mutable != b.mutable:
                    cx.adjust(expr, [OtherAdjust(b, "pointer")])
                return True
            return False
        case _:
            return cx.try_unify(a, b)


def _coerce_to_fn_ptr(cx: FnCtxt, expr: Expr, a: Ty, b: t.FnPtr) -> bool:
    if isinstance(a, t.FnDef | t.Closure):
        sig = cx.solver.signature_of(a)
        if sig is None:
            return True
        if not cx.try_unify(t.FnPtr(*sig), b):
            return False
        cx.adjust(expr, [OtherAdjust(b, "fn pointer")])
        return True
    return cx.try_unify(a, b)


def coerce_unsized(cx: FnCtxt, a: Ty, b: Ty) -> list[Adjustment] | None:
    """`&[T; N]` to `&[T]`, `&T` to `&dyn Trait`, and the same in smart pointers; None for anything else."""
    match a, b:
        case t.Ref(), t.Ref() | t.RawPtr():
            if b.mutable and not a.mutable:
                return None
            return _unsizing(a, b) if _unsize(cx, a.inner, b.inner) else None
        case t.RawPtr(), t.RawPtr():
            return [OtherAdjust(b, "unsize")] if _unsize(cx, a.inner, b.inner) else None
        case t.Adt(), t.Adt():
            if a.path != b.path or not a.args or not b.args:
                return None
            if a.path not in SMART_POINTERS and not cx.db.trait_impls("core::ops::unsize::CoerceUnsized", a.path):
                return None
            inner_a, inner_b = cx.resolve(a.args[0]), cx.resolve(b.args[0])
            if a.path == names.PIN or (isinstance(inner_a, t.Adt) and isinstance(inner_b, t.Adt)):
                nested = coerce_unsized(cx, inner_a, inner_b)
                return [OtherAdjust(b, "unsize")] if nested is not None else None
            return [OtherAdjust(b, "unsize")] if _unsize(cx, inner_a, inner_b) else None
        case _:
            return None


def _unsizing(a: t.Ref, b: t.Ref | t.RawPtr) -> list[Adjustment]:
    mid = t.Ref(a.inner, mutable=b.mutable)
    raw = isinstance(b, t.RawPtr)
    return [DerefAdjust(a.inner), BorrowAdjust(mid, b.mutable, raw=raw), OtherAdjust(b, "unsize")]


def _unsize_later(cx: FnCtxt, expr: Expr, a: Ty, b: Ty) -> list[Adjustment] | None:
    """`&x` to `&dyn Trait` where the type of `x` is not known yet: a variable and a value have a sized one.

    rustc asks whether the type variable is known to be sized (`coerce_unsized`).
    """
    if not isinstance(a, t.Ref) or not isinstance(b, t.Ref | t.RawPtr) or not isinstance(expr, AddrOf):
        return None
    source, target = cx.resolve(a.inner), cx.resolve(b.inner)
    if source.__class__ is not t.Infer or not isinstance(target, t.Dyn) or (b.mutable and not a.mutable):
        return None
    operand = expr.operand
    if isinstance(operand, Field | Index | Deref) or (
        isinstance(operand, PathExpr) and operand.id not in cx.scopes.local_of
    ):
        return None
    for bound in target.bounds:
        if bound.trait not in names.AUTO_TRAITS:
            cx.solver.require(source, bound)
    return _unsizing(a, b)


def _unsize(cx: FnCtxt, source: Ty, target: Ty) -> bool:
    source, target = cx.resolve(source), cx.resolve(target)
    match source, target:
        case t.Array(), t.Slice():
            return cx.try_unify(source.elem, target.elem)
        case ((t.Infer() | t.Unknown() | t.Slice()), _):
            return False
        case t.Dyn(), t.Dyn():
            if not source.bounds or not target.bounds:
                return False
            if source.bounds[0].trait == target.bounds[0].trait:
                # Leaving auto traits away is unsizing too.
                return len(source.bounds) > len(target.bounds) and cx.try_unify(
                    t.Dyn(source.bounds[:1]), t.Dyn(target.bounds[:1])
                )
            return any(b.trait == target.bounds[0].trait for b in cx.solver.bounds_of(source))
        case _, t.Dyn():
            if source == t.STR:
                return False
            for bound in target.bounds:
                if bound.trait not in names.AUTO_TRAITS:
                    cx.solver.require(source, bound)
            return True
        case _:
            return False


def merge(cx: FnCtxt, branches: Branches, expr: Expr, ty: Ty, expected: Ty | None) -> Ty:
    """Add one more branch of type `ty` to what the branches before gave (rustc's CoerceMany); what all give now."""
    branches.ty = merged = _merged(cx, branches, expr, ty, expected)
    branches.exprs.append(expr)
    return merged


def _merged(cx: FnCtxt, branches: Branches, expr: Expr, ty: Ty, expected: Ty | None) -> Ty:
    merged = branches.ty
    if expected is not None and isinstance(cx.shallow(expected), t.Unknown):
        coerce(cx, expr, ty, expected)
        expected = None
    if merged is None:
        if expected is not None:
            known = cx.shallow(expected)
            if known.__class__ is not t.Infer or cx.shallow(ty) == t.NEVER:
                demand_coerce(cx, expr, ty, known)
                return known if cx.shallow(ty) != t.NEVER or known.__class__ is not t.Infer else t.NEVER
        return t.erase_regions(ty)
    if cx.shallow(merged) == t.NEVER:
        if expected is not None and cx.shallow(expected).__class__ is not t.Infer:
            demand_coerce(cx, expr, ty, expected)
            return expected
        return t.erase_regions(ty)
    before = cx.resolve(merged)
    now = cx.resolve(ty)
    if isinstance(before, t.FnDef | t.Closure) and isinstance(now, t.FnDef | t.Closure) and before != now:
        sig = cx.solver.signature_of(before)
        other = cx.solver.signature_of(now)
        if sig is not None and other is not None:
            pointer = t.FnPtr(*sig)
            cx.unify(pointer, t.FnPtr(*other))
            return pointer
    if not coerce(cx, expr, now, before):
        if _coerce_earlier(cx, branches.exprs, before, now):
            return t.erase_regions(now)
        cx.mismatch(now, before)
    return before


def _coerce_earlier(cx: FnCtxt, exprs: list[Expr], before: Ty, now: Ty) -> bool:
    """Coerce the branches so far to what a later one is; False where that does not fit.

    That needs branches that were coerced to nothing else: they gave their value, or a reborrow of it.
    """
    kept: list[tuple[Expr, list[Adjustment]]] = []
    for expr in exprs:
        found = cx.adjustments.get(expr.id)
        match found:
            case None | [] | [OtherAdjust(what="never")]:
                pass
            case [DerefAdjust(overloaded=False), BorrowAdjust(raw=False)]:
                kept.append((expr, found))
            case _:
                return False
    for expr, _ in kept:
        del cx.adjustments[expr.id]
    open_to = [e for e in exprs if not cx.adjustments.get(e.id) and cx.shallow(cx.expr_ty[e.id]) != t.NEVER]
    fits = [coerce(cx, expr, before, now) for expr in open_to]
    if all(fits):
        return True
    cx.adjustments.update({expr.id: adjustments for expr, adjustments in kept})
    return False
