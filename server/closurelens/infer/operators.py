"""Unary, binary and compound assignment operators.

The rules are those of rustc's `op.rs`: every operator is a trait's method, but those on scalars are built in, which for
operands typed late is decided by `finish_ops`.
"""

from __future__ import annotations

from closurelens.hir import body as h
from closurelens.infer import names
from closurelens.infer.coercion import coerce, demand_coerce
from closurelens.infer.fn_ctxt import FnCtxt
from closurelens.infer.places import (
    DeferredIndex,
    convert_place_derefs_to_mutable,
    finish_index,
    pop_borrow,
    trait_method,
)
from closurelens.infer.result import BorrowAdjust
from closurelens.infer.table import VarKind
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.types import Bound, DefPath, Ty

_BITWISE = frozenset(("&", "|", "^"))
_SHIFTS = frozenset(("<<", ">>"))
_LAZY = frozenset(("&&", "||"))
_INTS = frozenset(t.INT_NAMES)
_FLOATS = frozenset(t.FLOAT_NAMES)


@dataclass(slots=True)
class DeferredOp:
    """An operator noted as overloaded while an operand's type was open."""

    expr: h.Unary | h.Binary | h.AssignOp


# What is built in


def is_integral(cx: FnCtxt, ty: Ty) -> bool:
    if ty.__class__ is t.Infer:
        return cx.table.kinds[ty.id] is VarKind.INT
    return ty.__class__ is t.Prim and ty.name in _INTS


def is_floating(cx: FnCtxt, ty: Ty) -> bool:
    if ty.__class__ is t.Infer:
        return cx.table.kinds[ty.id] is VarKind.FLOAT
    return ty.__class__ is t.Prim and ty.name in _FLOATS


def is_scalar(cx: FnCtxt, ty: Ty) -> bool:
    """Numbers, `bool`, `char`, raw and function pointers."""
    if ty.__class__ is t.Infer:
        return cx.table.kinds[ty.id] is not VarKind.GENERAL
    if ty.__class__ is t.Prim:
        return ty != t.STR and ty != t.NEVER
    return isinstance(ty, t.RawPtr | t.FnPtr | t.FnDef)


def _is_open(cx: FnCtxt, ty: Ty) -> bool:
    return ty.__class__ is t.Infer and cx.table.kinds[ty.id] is VarKind.GENERAL


def _peel(cx: FnCtxt, ty: Ty) -> Ty:
    """One reference fewer: operators on references to numbers are typed like those on numbers."""
    return cx.resolve(ty.inner) if isinstance(ty, t.Ref) else ty


def _is_builtin(cx: FnCtxt, op: str, left: Ty, right: Ty) -> bool:
    if op in names.COMPARISONS:
        return is_scalar(cx, left) and is_scalar(cx, right)
    if is_integral(cx, left) and is_integral(cx, right):
        return True
    if op in _SHIFTS:
        return False
    if is_floating(cx, left) and is_floating(cx, right):
        return True
    return op in _BITWISE and left == t.BOOL and right == t.BOOL


def _enforce_builtin(cx: FnCtxt, op: str, left: Ty, right: Ty) -> Ty:
    """The result's type; both sides of all but shifts are of one type."""
    if op not in _SHIFTS:
        cx.try_unify(left, right)
    return t.BOOL if op in names.COMPARISONS else left


# Binary operators


def check_binary(cx: FnCtxt, expr: h.Binary, expected: Ty | None = None) -> Ty:
    """`a + b + c` leans left as deep as it is long: the operands on the left are walked in a loop."""
    from closurelens.infer.exprs import check_expr

    spine = [expr]
    while isinstance(spine[-1].left, h.Binary):
        spine.append(spine[-1].left)
    ty = check_expr(cx, spine[-1].left)
    while spine:
        here = spine.pop()
        ty = _lazy(cx, here, ty) if here.op in _LAZY else _binary(cx, here, ty)
        cx.expr_ty[here.id] = ty
    return ty


def _lazy(cx: FnCtxt, expr: h.Binary, left: Ty) -> Ty:
    from closurelens.infer.exprs import check_coerce

    demand_coerce(cx, expr.left, left, t.BOOL)
    diverges = cx.diverges
    check_coerce(cx, expr.right, t.BOOL)
    cx.diverges = diverges
    return t.BOOL


def _operands(cx: FnCtxt, expr: h.Expr, op: str, trait: DefPath, left: Ty, right_expr: h.Expr) -> Ty:
    """Check the right operand against what the impls of `trait` for `left` ask; gives its type after coercions."""
    from closurelens.infer.exprs import check_coerce, check_expr

    if isinstance(left, t.Unknown) or (
        is_scalar(cx, _peel(cx, left)) and (op not in names.COMPARISONS or isinstance(right_expr, h.Lit))
    ):
        # Arithmetic of a number has impls for values and references: no single type to expect.
        right = cx.resolve(check_expr(cx, right_expr))
        if right == t.NEVER:
            var = cx.var()
            coerce(cx, right_expr, right, var)
            right = cx.resolve(var)
        if not isinstance(left, t.Unknown | t.Ref) and _is_builtin(cx, op, left, _peel(cx, right)):
            return right
        if not isinstance(left, t.Unknown):
            cx.solver.origin = expr.id
            cx.solver.require(left, Bound(trait, (right,)))
        return right
    cx.solver.origin = expr.id
    wanted = cx.var()
    cx.solver.require(left, Bound(trait, (wanted,)))
    cx.solver.select_where_possible()
    check_coerce(cx, right_expr, wanted)
    return cx.resolve(wanted)


def _binary(cx: FnCtxt, expr: h.Binary, left: Ty) -> Ty:
    op = expr.op
    trait, method = names.BINARY_TRAITS[op]
    left = cx.resolve(left)
    if left == t.NEVER:
        var = cx.var()
        coerce(cx, expr.left, left, var)
        left = cx.resolve(var)
    right = _operands(cx, expr, op, trait, left, expr.right)
    left = cx.resolve(left)
    cx.solver.origin = expr.id
    by_ref = op in names.COMPARISONS
    result = _result(cx, expr, op, trait, left, right)
    own_left, own_right = cx.resolve(cx.expr_ty[expr.left.id]), cx.resolve(cx.expr_ty[expr.right.id])
    if is_scalar(cx, own_left) and is_scalar(cx, own_right):
        return result
    callee = trait_method(cx, trait, method, left, (right,))
    if callee is not None and not isinstance(left, t.Unknown):
        cx.callees[expr.id] = callee
    if by_ref:
        cx.adjust(expr.left, [BorrowAdjust(t.Ref(left, mutable=False), False)])
        cx.adjust(expr.right, [BorrowAdjust(t.Ref(right, mutable=False), False)])
    if _is_open(cx, own_left) or _is_open(cx, own_right):
        cx.late.append((expr.id, DeferredOp(expr)))
    return result


def _result(cx: FnCtxt, expr: h.Binary, op: str, trait: DefPath, left: Ty, right: Ty) -> Ty:
    bare_left, bare_right = _peel(cx, left), _peel(cx, right)
    if not _is_open(cx, left) and not _is_open(cx, right) and _is_builtin(cx, op, bare_left, bare_right):
        return _enforce_builtin(cx, op, bare_left, bare_right)
    if op in names.COMPARISONS:
        return t.BOOL
    for side in (left, right):
        if isinstance(side, t.Unknown):
            return cx.unknown_at(expr, side.why)
    return cx.solver.normalize(t.Projection(left, trait, (right,), "Output"))


def check_assign_op(cx: FnCtxt, expr: h.AssignOp, expected: Ty | None = None) -> Ty:
    """`target op= value`: always `()`. The target is written or borrowed mutably, whatever its type is."""
    from closurelens.infer.exprs import check_expr

    op = expr.op
    trait, method = names.ASSIGN_TRAITS[op]
    left = cx.resolve(check_expr(cx, expr.target))
    right = _operands(cx, expr, op, trait, left, expr.value)
    left = cx.resolve(left)
    convert_place_derefs_to_mutable(cx, expr.target)
    if not _is_open(cx, left) and not _is_open(cx, right):
        bare_left, bare_right = _peel(cx, left), _peel(cx, right)
        if _is_builtin(cx, op, bare_left, bare_right):
            _enforce_builtin(cx, op, bare_left, bare_right)
    own_right = cx.resolve(cx.expr_ty[expr.value.id])
    if is_scalar(cx, left) and is_scalar(cx, own_right):
        return t.UNIT
    callee = trait_method(cx, trait, method, left, (right,))
    if callee is not None and not isinstance(left, t.Unknown):
        cx.callees[expr.id] = callee
    cx.adjust(expr.target, [BorrowAdjust(t.Ref(left, mutable=True), True)])
    if _is_open(cx, left) or _is_open(cx, own_right):
        cx.late.append((expr.id, DeferredOp(expr)))
    return t.UNIT


# Unary operators


def check_unary(cx: FnCtxt, expr: h.Unary, expected: Ty | None = None) -> Ty:
    from closurelens.infer.exprs import check_expr

    ty = cx.resolve(check_expr(cx, expr.operand, expected))
    if isinstance(ty, t.Unknown):
        return cx.unknown_at(expr, ty.why)
    if is_integral(cx, ty) or (ty == t.BOOL if expr.op == "!" else is_floating(cx, ty)):
        return ty
    trait, method = names.UNARY_TRAITS[expr.op]
    cx.solver.origin = expr.id
    cx.solver.require(ty, Bound(trait))
    output = cx.solver.normalize(t.Projection(ty, trait, (), "Output"))
    callee = trait_method(cx, trait, method, ty)
    if callee is not None:
        cx.callees[expr.id] = callee
    if _is_open(cx, ty):
        cx.late.append((expr.id, DeferredOp(expr)))
    return output


# Late decisions


def finish_ops(cx: FnCtxt) -> None:
    """Make built in what has turned out to be on scalars by now; to be called again when more is known."""
    for _, late in cx.late:
        match late:
            case DeferredOp():
                _finish_op(cx, late.expr)
            case DeferredIndex():
                finish_index(cx, late)
            case _:
                pass


def _finish_op(cx: FnCtxt, expr: h.Unary | h.Binary | h.AssignOp) -> None:
    match expr:
        case h.Unary():
            operands = [expr.operand]
            borrowed: list[h.Expr] = []
        case h.Binary():
            operands = [expr.left, expr.right]
            borrowed = operands if expr.op in names.COMPARISONS else []
        case h.AssignOp():
            operands = [expr.target, expr.value]
            borrowed = [expr.target]
    if all(is_scalar(cx, cx.resolve(cx.expr_ty[operand.id])) for operand in operands):
        if cx.callees.pop(expr.id, None) is None:
            return
        for operand in borrowed:
            pop_borrow(cx, operand)
