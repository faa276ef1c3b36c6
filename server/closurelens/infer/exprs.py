"""Expressions: `check_expr` gives each its type and notes the adjustments of its parts.

The structure follows rustc's `expr.rs`. `expected` is the type the context will coerce to, None where it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from closurelens.hir import body as h
from closurelens.hir.body import Expr
from closurelens.infer import calls, closures, names, operators, paths, places
from closurelens.infer.coercion import coerce, demand_coerce, merge
from closurelens.infer.fn_ctxt import Branches, FnCtxt, Frame, Target, with_regions
from closurelens.infer.patterns import check_pat
from closurelens.resolve.answers import AssocValue, CtorValue, NoValue
from closurelens.ty import types as t
from closurelens.ty.types import Ty

MAX_DEPTH = 130
"""Levels of expressions; one takes up to five frames of Python's stack."""


def check_expr(cx: FnCtxt, expr: Expr, expected: Ty | None = None) -> Ty:
    """The type of `expr` before its own adjustments."""
    if cx.depth > MAX_DEPTH:
        return cx.unknown_at(expr, "nested too deeply")
    cx.depth += 1
    if expected.__class__ is t.Unknown:
        outside, cx.unknown_context = cx.unknown_context, expected.why
        ty = _CHECK[expr.__class__](cx, expr, expected)
        cx.unknown_context = outside
    else:
        ty = _CHECK[expr.__class__](cx, expr, expected)
    cx.depth -= 1
    cx.expr_ty[expr.id] = ty
    if ty is t.NEVER:
        cx.diverges = True
    return ty


def check_coerce(cx: FnCtxt, expr: Expr, target: Ty) -> Ty:
    """Check `expr` where it is coerced to `target`."""
    actual = check_expr(cx, expr, target)
    demand_coerce(cx, expr, actual, target)
    return actual


def check_body(cx: FnCtxt, root: Expr, frame: Frame) -> None:
    """The body of a function, closure or async block, which ends in a value of `frame.ret`."""
    saved_targets, cx.targets = cx.targets, []
    saved_diverges, cx.diverges = cx.diverges, False
    outside, cx.unknown_context = cx.unknown_context, ""
    cx.frames.append(frame)
    check_coerce(cx, root, frame.ret if frame.yields is None else t.UNIT)
    cx.frames.pop()
    cx.unknown_context = outside
    cx.targets = saved_targets
    cx.diverges = saved_diverges


def _missing(cx: FnCtxt, expr: h.Missing, expected: Ty | None) -> Ty:
    if expr.perhaps is h.Perhaps.ON or (expr.perhaps is h.Perhaps.OFF and expr.inside):
        return _perhaps(cx, expr, expr.inside[0], expected)

    def inside() -> None:
        for part in expr.inside:
            check_expr(cx, part, t.Unknown(expr.why))
            cx.unknown.setdefault(part.id, expr.why)

    _aside(cx, inside)
    return cx.unknown_at(expr, expr.why)


def _perhaps(cx: FnCtxt, expr: h.Missing, part: Expr, expected: Ty | None) -> Ty:
    """All that may stand in one place has the type that is wanted there."""
    diverges = cx.diverges

    def check() -> None:
        if expected is None:
            check_expr(cx, part)
        else:
            check_coerce(cx, part, expected)

    if expr.perhaps is h.Perhaps.ON:
        check()
    else:
        _aside(cx, check)
    cx.diverges = diverges
    return cx.expr_ty[part.id]


def _lit(cx: FnCtxt, expr: h.Lit, expected: Ty | None) -> Ty:
    kind = expr.kind
    if kind is h.LitKind.INT:
        if expr.suffix is not None:
            return t.PRIMS.get(expr.suffix) or t.I32
        if expected is not None:
            wanted = cx.shallow(expected)
            if isinstance(wanted, t.Prim) and wanted.name in t.INT_NAMES:
                return wanted
        return cx.int_var()
    if kind is h.LitKind.FLOAT:
        if expr.suffix is not None:
            return t.PRIMS.get(expr.suffix) or t.F64
        if expected is not None:
            wanted = cx.shallow(expected)
            if isinstance(wanted, t.Prim) and wanted.name in t.FLOAT_NAMES:
                return wanted
        return cx.float_var()
    if kind is h.LitKind.STR:
        return t.Ref(t.STR, mutable=False, static=True)
    if kind is h.LitKind.BOOL:
        return t.BOOL
    if kind is h.LitKind.CHAR:
        return t.CHAR
    if kind is h.LitKind.BYTE:
        return t.U8
    if kind is h.LitKind.C_STR:
        return t.Ref(t.Adt(names.C_STR), mutable=False, static=True)
    if expected is not None:
        wanted = cx.shallow(expected)
        if isinstance(wanted, t.Ref) and isinstance(cx.shallow(wanted.inner), t.Slice):
            return t.Ref(t.Slice(t.U8), mutable=False, static=True)
    return t.Ref(t.Array(t.U8, t.Const(None)), mutable=False, static=True)


def _block(cx: FnCtxt, expr: h.Block, expected: Ty | None) -> Ty:
    target: Target | None = None
    if expr.label is not None:
        target = Target(expr.label, expected, is_loop=False)
        cx.targets.append(target)
    before = cx.diverges
    cx.diverges = False
    outside, cx.unknown_context = cx.unknown_context, ""
    for stmt in expr.stmts:
        _stmt(cx, stmt)
    cx.unknown_context = outside
    if expr.tail is not None:
        ty = check_expr(cx, expr.tail, expected)
        if target is not None:
            ty = merge(cx, target.merged, expr.tail, ty, expected)
        elif expected is not None:
            wanted = cx.shallow(expected)
            if isinstance(wanted, t.Unknown):
                coerce(cx, expr.tail, ty, wanted)
            elif wanted.__class__ is not t.Infer:
                demand_coerce(cx, expr.tail, ty, wanted)
                if cx.shallow(ty) != t.NEVER:
                    ty = wanted
    else:
        ty = t.NEVER if cx.diverges else t.UNIT
        if target is not None and target.merged.ty is not None:
            ty = target.merged.ty
    if target is not None:
        cx.targets.pop()
        if target.may_break:
            cx.diverges = False
    cx.diverges = cx.diverges or before
    return ty


def _stmt(cx: FnCtxt, stmt: h.Stmt) -> None:
    match stmt:
        case h.LetStmt():
            _let_stmt(cx, stmt)
        case h.ExprStmt():
            ty = check_expr(cx, stmt.expr, None if stmt.has_semi else t.UNIT)
            if not stmt.has_semi:
                demand_coerce(cx, stmt.expr, ty, t.UNIT)
        case h.ItemStmt():
            pass
        case h.Disabled():
            saved = cx.diverges
            _aside(cx, lambda: _stmt(cx, stmt.stmt))
            cx.diverges = saved


def _aside(cx: FnCtxt, check: Callable[[], None]) -> None:
    """Check code that the compiler does not see as it is: its contradictions say nothing, nor do those found later."""
    solver = cx.solver
    known, before = len(solver.contradictions), {id(goal) for goal in solver.pending}
    solved, solver.solved = solver.solved, {}
    check()
    solver.solved = solved
    del solver.contradictions[known:]
    solver.aside.update(goal.origin for goal in solver.pending if id(goal) not in before and goal.origin >= 0)


def _let_stmt(cx: FnCtxt, stmt: h.LetStmt) -> None:
    anchor = stmt.init.id if stmt.init is not None else -1
    if stmt.ty is not None:
        resolver = cx.scopes.resolver_at_pat(stmt.pat.id)
        declared = with_regions(cx.solver.normalize(resolver.lower_type(stmt.ty, cx.var)), stmt.ty)
        if stmt.init is not None:
            cx.solver.origin = anchor
            check_coerce(cx, stmt.init, declared)
        check_pat(cx, stmt.pat, declared)
    elif stmt.init is not None:
        ty = check_expr(cx, stmt.init, None)
        if cx.shallow(ty) == t.NEVER:
            ty = cx.var()
            cx.table.diverging.add(ty.id)
        check_pat(cx, stmt.pat, t.erase_regions(ty))
    else:
        check_pat(cx, stmt.pat, cx.var())
    if stmt.otherwise is not None:
        saved = cx.diverges
        check_expr(cx, stmt.otherwise, t.NEVER)
        cx.diverges = saved


def _let(cx: FnCtxt, expr: h.Let, expected: Ty | None) -> Ty:
    ty = t.erase_regions(check_expr(cx, expr.scrutinee, None))
    check_pat(cx, expr.pat, ty)
    return t.BOOL


def _for_branches(cx: FnCtxt, expected: Ty | None) -> Ty | None:
    """What branches may expect: nothing where the type is open (rustc's adjust_for_branches)."""
    return None if expected is None or cx.resolve(expected).__class__ is t.Infer else expected


def _if(cx: FnCtxt, expr: h.If, expected: Ty | None) -> Ty:
    check_coerce(cx, expr.cond, t.BOOL)
    expected = _for_branches(cx, expected)
    before = cx.diverges
    cx.diverges = False
    if expr.otherwise is None:
        ty = check_expr(cx, expr.then, t.UNIT)
        demand_coerce(cx, expr.then, ty, t.UNIT)
        cx.diverges = before
        return t.UNIT
    then_ty = check_expr(cx, expr.then, expected)
    then_diverges, cx.diverges = cx.diverges, False
    branches = Branches()
    merge(cx, branches, expr.then, then_ty, expected)
    else_ty = check_expr(cx, expr.otherwise, expected)
    merged = merge(cx, branches, expr.otherwise, else_ty, expected)
    cx.diverges = before or (cx.diverges and then_diverges)
    return merged


def _match(cx: FnCtxt, expr: h.Match, expected: Ty | None) -> Ty:
    ty = t.erase_regions(check_expr(cx, expr.scrutinee, None))
    before = cx.diverges
    for arm in expr.arms:
        check_pat(cx, arm.pat, ty)
    expected = _for_branches(cx, expected)
    branches = Branches()
    all_diverge = True
    for arm in expr.arms:
        cx.diverges = False
        if arm.guard is not None:
            check_coerce(cx, arm.guard, t.BOOL)
            cx.diverges = False
        arm_ty = check_expr(cx, arm.body, expected)
        all_diverge = all_diverge and cx.diverges
        merge(cx, branches, arm.body, arm_ty, expected)
    cx.diverges = before or all_diverge
    return branches.ty if branches.ty is not None else t.NEVER


def _loop(cx: FnCtxt, expr: h.Loop, expected: Ty | None) -> Ty:
    target = Target(expr.label, expected)
    cx.targets.append(target)
    check_coerce(cx, expr.body, t.UNIT)
    cx.targets.pop()
    if not target.may_break:
        return t.NEVER
    cx.diverges = False
    return target.merged.ty if target.merged.ty is not None else t.UNIT


def _while(cx: FnCtxt, expr: h.While, expected: Ty | None) -> Ty:
    cx.targets.append(Target(expr.label, None))
    check_coerce(cx, expr.cond, t.BOOL)
    before = cx.diverges
    check_coerce(cx, expr.body, t.UNIT)
    cx.diverges = before
    cx.targets.pop()
    return t.UNIT


def _for(cx: FnCtxt, expr: h.For, expected: Ty | None) -> Ty:
    ty = check_expr(cx, expr.iterable, None)
    cx.solver.origin = expr.id
    if expr.is_await:
        item: Ty = t.Unknown("`for await` is not stable")
    else:
        item = cx.solver.normalize(t.Projection(ty, names.INTO_ITERATOR, (), "Item"))
    cx.targets.append(Target(expr.label, None))
    check_pat(cx, expr.pat, t.erase_regions(item))
    before = cx.diverges
    check_coerce(cx, expr.body, t.UNIT)
    cx.diverges = before
    cx.targets.pop()
    return t.UNIT


def _target(cx: FnCtxt, label: str | None) -> Target | None:
    for target in reversed(cx.targets):
        if target.label == label if label is not None else target.is_loop:
            return target
    return None


def _break(cx: FnCtxt, expr: h.Break, expected: Ty | None) -> Ty:
    target = _target(cx, expr.label)
    if target is not None:
        target.may_break = True
    if expr.value is not None:
        hint = None
        if target is not None:
            hint = target.expected if target.expected is not None else target.merged.ty
        ty = check_expr(cx, expr.value, hint)
        if target is not None:
            merge(cx, target.merged, expr.value, ty, target.expected)
    elif target is not None and target.merged.ty is None:
        target.merged.ty = t.UNIT
    return t.NEVER


def _continue(cx: FnCtxt, expr: h.Continue, expected: Ty | None) -> Ty:
    return t.NEVER


def _return(cx: FnCtxt, expr: h.Return, expected: Ty | None) -> Ty:
    frame = cx.frames[-1]
    if expr.is_yield:
        if expr.value is not None:
            if frame.yields is not None:
                check_coerce(cx, expr.value, frame.yields)
            else:
                check_expr(cx, expr.value, None)
        return t.UNIT
    if expr.value is not None:
        check_coerce(cx, expr.value, frame.ret)
    else:
        cx.try_unify(frame.ret, t.UNIT)
    return t.NEVER


def _assign(cx: FnCtxt, expr: h.Assign, expected: Ty | None) -> Ty:
    target = expr.target
    if isinstance(target, h.TupleExpr | h.ArrayExpr | h.StructExpr | h.Call | h.Underscore):
        ty = check_expr(cx, expr.value, None)
        _destructure(cx, target, ty)
        return t.UNIT
    ty = check_expr(cx, target, None)
    check_coerce(cx, expr.value, ty)
    places.convert_place_derefs_to_mutable(cx, target)
    return t.UNIT


def _destructure(cx: FnCtxt, target: Expr, ty: Ty) -> None:
    """`(a, b.c, _) = value`: each place on the left takes its part's type."""
    match target:
        case h.Underscore():
            cx.expr_ty[target.id] = ty
        case h.TupleExpr():
            rest = next((i for i, e in enumerate(target.elems) if _is_rest(e)), None)
            parts: list[Ty] = []
            known = cx.resolve(ty)
            if isinstance(known, t.Tuple):
                parts = list(known.elems)
                if rest is not None:
                    gap = len(parts) - (len(target.elems) - 1)
                    parts = [*parts[:rest], t.UNIT, *parts[rest + max(gap, 0) :]]
            elif rest is None:
                parts = [cx.var() for _ in target.elems]
                cx.try_unify(known, t.Tuple(tuple(parts)))
            cx.expr_ty[target.id] = ty
            for at, elem in enumerate(target.elems):
                _destructure(cx, elem, parts[at] if at < len(parts) else t.Unknown("a destructuring assignment"))
        case h.ArrayExpr():
            known = cx.resolve(ty)
            elem_ty = known.elem if isinstance(known, t.Array | t.Slice) else cx.var()
            cx.expr_ty[target.id] = ty
            for elem in target.elems:
                _destructure(cx, elem, elem_ty)
        case h.StructExpr():
            struct_ty = _struct_type(cx, target)
            cx.expr_ty[target.id] = struct_ty
            cx.try_unify(struct_ty, ty)
            for name, value in target.fields:
                _destructure(cx, value, _struct_field(cx, target, struct_ty, name))
        case h.Call():
            callee = cx.resolve(check_expr(cx, target.callee, None))
            params: tuple[Ty, ...] = ()
            if isinstance(callee, t.FnPtr):
                cx.try_unify(callee.ret, ty)
                params = callee.params
            cx.expr_ty[target.id] = ty
            for at, arg in enumerate(target.args):
                _destructure(cx, arg, params[at] if at < len(params) else t.Unknown("a destructuring assignment"))
        case h.RangeExpr() if _is_rest(target):
            cx.expr_ty[target.id] = ty
        case _:
            target_ty = check_expr(cx, target, None)
            cx.try_unify(target_ty, ty)
            places.convert_place_derefs_to_mutable(cx, target)


def _is_rest(expr: Expr) -> bool:
    return isinstance(expr, h.RangeExpr) and expr.low is None and expr.high is None


def _tuple(cx: FnCtxt, expr: h.TupleExpr, expected: Ty | None) -> Ty:
    hints: tuple[Ty, ...] = ()
    if expected is not None:
        wanted = cx.resolve(expected)
        if isinstance(wanted, t.Tuple) and len(wanted.elems) == len(expr.elems):
            hints = wanted.elems
    out: list[Ty] = []
    for at, elem in enumerate(expr.elems):
        if hints:
            ty = check_expr(cx, elem, hints[at])
            coerced = coerce(cx, elem, ty, hints[at])
            out.append(hints[at] if coerced else ty)
        else:
            out.append(check_expr(cx, elem, None))
    return t.Tuple(tuple(out))


def _elem_hint(cx: FnCtxt, expected: Ty | None) -> Ty | None:
    if expected is not None:
        wanted = cx.resolve(expected)
        if isinstance(wanted, t.Array | t.Slice):
            return wanted.elem
    return None


def _array(cx: FnCtxt, expr: h.ArrayExpr, expected: Ty | None) -> Ty:
    hint = _elem_hint(cx, expected)
    branches = Branches()
    for elem in expr.elems:
        is_open = hint is None or cx.shallow(hint).__class__ is t.Infer
        ty = check_expr(cx, elem, branches.ty if is_open and branches.ty is not None else hint)
        merge(cx, branches, elem, ty, hint)
    merged = branches.ty
    if merged is None:
        merged = hint if hint is not None else cx.var()
    return t.Array(merged, t.Const(len(expr.elems)))


def _repeat(cx: FnCtxt, expr: h.Repeat, expected: Ty | None) -> Ty:
    hint = _elem_hint(cx, expected)
    ty = check_expr(cx, expr.elem, hint)
    if hint is not None and coerce(cx, expr.elem, ty, hint):
        ty = hint
    check_coerce(cx, expr.len, t.USIZE)
    return t.Array(ty, t.Const(expr.len_value))


def _struct_type(cx: FnCtxt, expr: h.StructExpr) -> Ty:
    resolver = cx.scopes.resolver_at(expr.id)
    found = resolver.resolve_ctor_path(expr.path, cx.var)
    match found:
        case CtorValue():
            cx.path_def[expr.id] = found.item
            cx.solver.origin = expr.id
            places.require_adt(cx, found.ty)
            return found.ty
        case AssocValue():
            return cx.resolve(cx.solver.normalize(found.base))
        case NoValue():
            return cx.unknown_at(expr, found.why)


def _struct_field(cx: FnCtxt, expr: h.StructExpr, ty: Ty, name: str) -> Ty:
    item = cx.path_def.get(expr.id)
    found = places.variant_of(cx, item) if item is not None else None
    if found is None and isinstance(ty, t.Adt):
        adt = cx.db.adt(ty.path)
        found = (adt, adt.variants[0]) if adt is not None and adt.variants else None
    if found is None or not isinstance(ty, t.Adt):
        return t.Unknown(ty.why if isinstance(ty, t.Unknown) else f"the type of field `{name}` is not known")
    adt, variant = found
    for field in variant.fields:
        if field.name == name:
            return places.field_ty(cx, adt, ty.args, field)
    return t.Unknown(f"no field `{name}` is known")


def _struct(cx: FnCtxt, expr: h.StructExpr, expected: Ty | None) -> Ty:
    ty = _struct_type(cx, expr)
    if expected is not None and isinstance(ty, t.Adt):
        wanted = cx.resolve(expected)
        if isinstance(wanted, t.Adt) and wanted.path == ty.path:
            cx.try_unify(ty, wanted)
    for name, value in expr.fields:
        check_coerce(cx, value, _struct_field(cx, expr, ty, name))
    if expr.spread is not None:
        check_coerce(cx, expr.spread, ty)
    return ty


def _range(cx: FnCtxt, expr: h.RangeExpr, expected: Ty | None) -> Ty:
    hint: Ty | None = None
    if expected is not None:
        wanted = cx.resolve(expected)
        if isinstance(wanted, t.Adt) and wanted.args:
            hint = wanted.args[0]
    ends = Branches()
    for end in (expr.low, expr.high):
        if end is not None:
            ty = check_expr(cx, end, hint if hint is not None else ends.ty)
            merge(cx, ends, end, ty, hint)
    elem = ends.ty
    if elem is None:
        return t.Adt(names.RANGE_FULL)
    if expr.low is not None and expr.high is not None:
        path = names.RANGE_INCLUSIVE if expr.inclusive else names.RANGE
    elif expr.low is not None:
        path = names.RANGE_FROM
    else:
        path = names.RANGE_TO_INCLUSIVE if expr.inclusive else names.RANGE_TO
    return t.Adt(path, (elem,))


def _try(cx: FnCtxt, expr: h.Try, expected: Ty | None) -> Ty:
    ty = cx.resolve(check_expr(cx, expr.operand, None))
    if isinstance(ty, t.Adt) and ty.path in (names.OPTION, names.RESULT) and ty.args:
        return ty.args[0]
    if isinstance(ty, t.Unknown):
        return t.Unknown(ty.why)
    cx.solver.origin = expr.id
    return cx.solver.normalize(t.Projection(ty, names.TRY, (), "Output"))


def _await(cx: FnCtxt, expr: h.Await, expected: Ty | None) -> Ty:
    ty = check_expr(cx, expr.operand, None)
    cx.solver.origin = expr.id
    return cx.solver.normalize(t.Projection(ty, names.INTO_FUTURE, (), "Output"))


def _format_args(cx: FnCtxt, expr: h.FormatArgs, expected: Ty | None) -> Ty:
    for arg in expr.args:
        check_expr(cx, arg, None)
    return t.Adt(names.ARGUMENTS)


def _asm(cx: FnCtxt, expr: h.InlineAsm, expected: Ty | None) -> Ty:
    for _, operand in expr.operands:
        check_expr(cx, operand, None)
    return t.UNIT


def _const_block(cx: FnCtxt, expr: h.ConstBlock, expected: Ty | None) -> Ty:
    return check_expr(cx, expr.body, expected)


def _underscore(cx: FnCtxt, expr: h.Underscore, expected: Ty | None) -> Ty:
    return cx.var()


_CHECK: dict[type[Expr], Callable[[FnCtxt, Any, Ty | None], Ty]] = {
    h.Missing: _missing,
    h.Lit: _lit,
    h.PathExpr: paths.check_path,
    h.Underscore: _underscore,
    h.Block: _block,
    h.ConstBlock: _const_block,
    h.AsyncBlock: closures.check_async_block,
    h.Let: _let,
    h.If: _if,
    h.Match: _match,
    h.Loop: _loop,
    h.While: _while,
    h.For: _for,
    h.Break: _break,
    h.Continue: _continue,
    h.Return: _return,
    h.Call: calls.check_call,
    h.MethodCall: calls.check_method_call,
    h.Field: lambda cx, expr, expected: places.check_field(cx, expr),
    h.Index: lambda cx, expr, expected: places.check_index(cx, expr),
    h.Unary: operators.check_unary,
    h.Deref: lambda cx, expr, expected: places.check_deref(cx, expr),
    h.AddrOf: places.check_addr_of,
    h.Binary: operators.check_binary,
    h.Assign: _assign,
    h.AssignOp: operators.check_assign_op,
    h.Cast: lambda cx, expr, expected: places.check_cast(cx, expr),
    h.Try: _try,
    h.Await: _await,
    h.TupleExpr: _tuple,
    h.ArrayExpr: _array,
    h.Repeat: _repeat,
    h.StructExpr: _struct,
    h.RangeExpr: _range,
    h.Closure: closures.check_closure,
    h.FormatArgs: _format_args,
    h.InlineAsm: _asm,
    h.OffsetOf: lambda cx, expr, expected: t.USIZE,
}
