"""Place expressions: fields, indexing, dereferences, borrows, and casts.

The rules are those of rustc's `place_op.rs`, `expr.rs` and `cast.rs`. Overloaded derefs and indexing start out shared;
`convert_place_derefs_to_mutable` turns them mutable once a mutable use of the place is met.
"""

from __future__ import annotations

from closurelens.hir import body as h
from closurelens.infer import autoderef, names
from closurelens.infer.builtin import is_unsized
from closurelens.infer.coercion import OPEN_REGION, coerce, demand_coerce
from closurelens.infer.fn_ctxt import DeferredCast, FnCtxt
from closurelens.infer.goals import Answer
from closurelens.infer.result import BorrowAdjust, DerefAdjust, MethodCallee, OtherAdjust
from closurelens.infer.table import VarKind
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.sig import AdtKind, AdtSig, Def, DefKind, FieldSig, VariantSig
from closurelens.ty.types import Bound, DefPath, Ty, substitute

# Structs and variants


def variant_of(cx: FnCtxt, target: Def) -> tuple[AdtSig, VariantSig] | None:
    """The type and variant that the path of a pattern or struct expression names; None: no struct or variant."""
    match target.kind:
        case DefKind.STRUCT | DefKind.UNION:
            sig = cx.db.adt(target.path)
            return (sig, sig.variants[0]) if sig is not None and sig.variants else None
        case DefKind.VARIANT:
            parent, _, name = target.path.rpartition("::")
            sig = cx.db.adt(parent)
            variant = None if sig is None else sig.variant(name)
            return None if sig is None or variant is None else (sig, variant)
        case _:
            return None


def field_ty(cx: FnCtxt, sig: AdtSig, args: tuple[Ty, ...], field: FieldSig) -> Ty:
    """The type of a field of `sig<args>`, normalised."""
    ty = field.ty
    if ty.flags & t.HAS_PARAM:
        subst: dict[str, Ty] = {}
        for at, param in enumerate(sig.generics.params):
            if at < len(args):
                subst[param.name] = args[at]
            elif param.default is not None:
                subst[param.name] = substitute(param.default, subst)
        ty = substitute(ty, subst)
    return cx.solver.normalize(ty)


def require_adt(cx: FnCtxt, ty: Ty) -> None:
    """The bounds of a type's parameters hold where a value of it is made: they are what closures in it are to be."""
    if not isinstance(ty, t.Adt) or not ty.args:
        return
    sig = cx.db.adt(ty.path)
    if sig is not None and sig.generics.predicates:
        args = {param.name: arg for param, arg in zip(sig.generics.params, ty.args, strict=False)}
        cx.solver.require_all(sig.generics.predicates, args)


def _is_visible(cx: FnCtxt, sig: AdtSig, field: FieldSig) -> bool:
    return field.is_public or sig.path.partition("::")[0] == cx.resolver.owner.partition("::")[0]


def field_in(cx: FnCtxt, ty: Ty, name: str) -> Ty | None:
    """The type of field `name` of the struct, union or tuple `ty` itself."""
    match ty:
        case t.Adt():
            sig = cx.db.adt(ty.path)
            if sig is None or sig.kind is AdtKind.ENUM or not sig.variants:
                return None
            for field in sig.variants[0].fields:
                if field.name == name and _is_visible(cx, sig, field):
                    found = field_ty(cx, sig, ty.args, field)
                    if isinstance(field.ty, t.Ref) and isinstance(found, t.Ref) and not found.region:
                        return t.Ref(found.inner, mutable=found.mutable, region=OPEN_REGION)
                    return found
            return None
        case t.Tuple():
            if name.isdecimal() and int(name) < len(ty.elems):
                return ty.elems[int(name)]
            return None
        case _:
            return None


def check_field(cx: FnCtxt, expr: h.Field, expected: Ty | None = None) -> Ty:
    from closurelens.infer.exprs import check_expr

    found = autoderef.steps(cx, check_expr(cx, expr.base))
    for at, step in enumerate(found):
        ty = field_in(cx, step.ty, expr.name)
        if ty is not None:
            cx.adjust(expr.base, autoderef.adjustments(cx, found, at))
            return ty
    return cx.unknown_at(expr, _why_no_field(cx, found, expr.name))


def _why_no_field(cx: FnCtxt, found: list[autoderef.Step], name: str) -> str:
    for step in found:
        ty = step.ty
        if isinstance(ty, t.Unknown):
            return ty.why
        if isinstance(ty, t.Infer):
            return f"the type whose field `{name}` is read is not known at this point"
        if isinstance(ty, t.Adt) and cx.db.adt(ty.path) is None:
            return cx.db.why_unknown(ty.path)
        unseen = cx.db.has_unseen_impls(ty)
        if unseen is not None:
            return unseen
    return f"no field `{name}` is known on type `{cx.shown(found[0].ty)}`"


# Overloaded operators


def trait_method(
    cx: FnCtxt, trait: DefPath, method: str, self_ty: Ty, args: tuple[Ty, ...] = ()
) -> MethodCallee | None:
    """The trait's own method with these arguments; nothing is registered. None: the trait is not at hand."""
    sig = cx.db.trait(trait)
    path = sig.methods.get(method) if sig is not None else None
    fn = cx.db.fn(path) if path is not None else None
    return MethodCallee(fn, (self_ty, *args)) if fn is not None else None


def lookup_operator(
    cx: FnCtxt, trait: DefPath, method: str, self_ty: Ty, args: tuple[Ty, ...] = ()
) -> MethodCallee | None:
    """`trait_method` if `self_ty: trait<args>` may hold, which is then required (it may bind `args`)."""
    if cx.solver.holds(self_ty, trait, args) is Answer.NO:
        return None
    callee = trait_method(cx, trait, method, self_ty, args)
    if callee is not None:
        cx.solver.require(self_ty, Bound(trait, args))
        cx.solver.select_where_possible()
    return callee


# Indexing


@dataclass(slots=True)
class DeferredIndex:
    """An index expression on an array or slice that turns out built in if its index is a `usize` in the end."""

    expr: h.Index


def check_index(cx: FnCtxt, expr: h.Index, expected: Ty | None = None) -> Ty:
    from closurelens.infer.exprs import check_expr

    base = check_expr(cx, expr.base)
    index = cx.resolve(check_expr(cx, expr.index))
    cx.solver.origin = expr.id
    found = autoderef.steps(cx, base)
    for at, step in enumerate(found):
        ty = step.ty
        elem = ty.elem if isinstance(ty, t.Array | t.Slice) else None
        if elem is not None and is_usize(cx, index):
            cx.unify(index, t.USIZE)
            cx.adjust(expr.base, autoderef.adjustments(cx, found, at))
            return elem
        if isinstance(ty, t.Unknown):
            return cx.unknown_at(expr, ty.why)
        if isinstance(ty, t.Infer):
            break
        if isinstance(ty, t.Ref) and not isinstance(cx.shallow(ty.inner), t.Infer):
            continue
        if isinstance(index, t.Unknown) and elem is not None:
            # Either built in or a range: the base is borrowed or its element read.
            return cx.unknown_at(expr, index.why)
        result = _overloaded_index(cx, expr, found, at, index)
        if result is not None:
            return result
    return cx.unknown_at(expr, _why_no_index(cx, found))


def _overloaded_index(cx: FnCtxt, expr: h.Index, found: list[autoderef.Step], at: int, index: Ty) -> Ty | None:
    self_ty = found[at].ty
    for unsize in (False, True):
        if unsize:
            if not isinstance(self_ty, t.Array):
                return None
            self_ty = t.Slice(self_ty.elem)
        elif isinstance(self_ty, t.Adt) and not cx.db.trait_impls(names.INDEX, self_ty.path):
            return None
        wanted: Ty = cx.var()
        is_own = isinstance(index, t.Adt) and index.path.partition("::")[0] not in names.STD_CRATES
        if is_own and cx.solver.holds(self_ty, names.INDEX, (index,)) is Answer.YES:
            # A crate may have made its type an index of std's: its impl is looked for by that type.
            wanted = index
        callee = lookup_operator(cx, names.INDEX, "index", self_ty, (wanted,))
        if callee is None:
            continue
        adjustments = autoderef.adjustments(cx, found, at)
        adjustments.append(BorrowAdjust(t.Ref(found[at].ty, mutable=False), False))
        if unsize:
            adjustments.append(OtherAdjust(t.Ref(self_ty, mutable=False), "unsize"))
        cx.adjust(expr.base, adjustments)
        cx.callees[expr.id] = callee
        if isinstance(self_ty, t.Array | t.Slice) and isinstance(index, t.Infer):
            cx.late.append((expr.id, DeferredIndex(expr)))
        output = cx.solver.normalize(t.Projection(self_ty, names.INDEX, (wanted,), "Output"))
        demand_coerce(cx, expr.index, index, wanted)
        cx.solver.select_where_possible()
        return output
    return None


def _why_no_index(cx: FnCtxt, found: list[autoderef.Step]) -> str:
    for step in found:
        if isinstance(step.ty, t.Infer):
            return "the type that is indexed is not known at this point"
        unseen = cx.db.has_unseen_impls(step.ty)
        if unseen is not None:
            return unseen
    return f"`{cx.shown(found[0].ty)}` is not known to implement `Index`"


def is_usize(cx: FnCtxt, ty: Ty) -> bool:
    """`usize`, or an integer literal's type."""
    if ty.__class__ is t.Infer:
        return cx.table.kinds[ty.id] is VarKind.INT
    return ty == t.USIZE


def finish_index(cx: FnCtxt, deferred: DeferredIndex) -> None:
    """Make an index built in whose type is known only now."""
    expr = deferred.expr
    if cx.resolve(cx.expr_ty[expr.index.id]) != t.USIZE or cx.callees.pop(expr.id, None) is None:
        return
    found = cx.adjustments.get(expr.base.id, [])
    if found and isinstance(found[-1], OtherAdjust):
        found.pop()
    pop_borrow(cx, expr.base)


def pop_borrow(cx: FnCtxt, expr: h.Expr) -> None:
    """Take back the autoref that an operator put on its operand."""
    found = cx.adjustments.get(expr.id)
    if found and isinstance(found[-1], BorrowAdjust):
        found.pop()
        if not found:
            del cx.adjustments[expr.id]


# Dereferences and borrows


def check_deref(cx: FnCtxt, expr: h.Deref, expected: Ty | None = None) -> Ty:
    from closurelens.infer.exprs import check_expr

    operand = cx.resolve(check_expr(cx, expr.operand))
    inner = autoderef.deref_builtin(operand)
    if inner is not None:
        return inner
    match operand:
        case t.RawPtr():
            return operand.inner
        case t.Unknown():
            return cx.unknown_at(expr, operand.why)
        case t.Infer():
            return cx.unknown_at(expr, "the type that is dereferenced is not known at this point")
        case _:
            pass
    target = autoderef.deref_overloaded(cx, operand)
    callee = trait_method(cx, names.DEREF, "deref", operand) if target is not None else None
    if target is None or callee is None:
        why = cx.db.has_unseen_impls(operand)
        return cx.unknown_at(expr, why or f"`{cx.shown(operand)}` is not known to implement `Deref`")
    cx.adjust(expr.operand, [BorrowAdjust(t.Ref(operand, mutable=False), False)])
    cx.callees[expr.id] = callee
    return target


def is_syntactic_place(expr: h.Expr) -> bool:
    """What is written as a place: a path, field, index or dereference."""
    return isinstance(expr, h.PathExpr | h.Field | h.Index | h.Deref)


def check_addr_of(cx: FnCtxt, expr: h.AddrOf, expected: Ty | None = None) -> Ty:
    from closurelens.infer.exprs import check_expr

    operand = expr.operand
    hint: Ty | None = None
    if expected is not None:
        known = cx.resolve(expected)
        if isinstance(known, t.Ref | t.RawPtr):
            hint = cx.resolve(known.inner)
            if (
                is_unsized(hint)
                and not is_syntactic_place(operand)
                and not isinstance(operand, h.ArrayExpr | h.Repeat | h.Closure)
            ):
                # A value is never unsized: only what can look into the type makes use of it.
                hint = None
    ty = check_expr(cx, operand, hint)
    if expr.mutable:
        convert_place_derefs_to_mutable(cx, operand)
    if expr.is_raw:
        return t.RawPtr(ty, mutable=expr.mutable)
    return t.Ref(ty, mutable=expr.mutable)


def convert_place_derefs_to_mutable(cx: FnCtxt, expr: h.Expr) -> None:
    """A mutable use of the place `expr`: derefs and indexing on the way to it go through `DerefMut` and `IndexMut`."""
    path = [expr]
    while True:
        last = path[-1]
        if isinstance(last, h.Field | h.Index):
            path.append(last.base)
        elif isinstance(last, h.Deref):
            path.append(last.operand)
        else:
            break
    for here in reversed(path):
        found = cx.adjustments.get(here.id)
        if found:
            source = cx.expr_ty[here.id]
            for adjustment in found:
                if isinstance(adjustment, DerefAdjust):
                    if not adjustment.overloaded:
                        adjustment.mutable = _derefs_mutably(cx, source)
                    elif _implements(cx, source, names.DEREF_MUT):
                        adjustment.mutable = True
                source = adjustment.target
        if isinstance(here, h.Index):
            _convert_op(cx, here, here.base, names.INDEX_MUT, "index_mut")
        elif isinstance(here, h.Deref):
            _convert_op(cx, here, here.operand, names.DEREF_MUT, "deref_mut")


def _derefs_mutably(cx: FnCtxt, ty: Ty) -> bool:
    ty = cx.resolve(ty)
    return not isinstance(ty, t.Ref) or ty.mutable


def _implements(cx: FnCtxt, ty: Ty, trait: DefPath, args: tuple[Ty, ...] = ()) -> bool:
    return cx.solver.holds(ty, trait, args) is not Answer.NO


def _convert_op(cx: FnCtxt, expr: h.Expr, base: h.Expr, trait: DefPath, method: str) -> None:
    callee = cx.callees.get(expr.id)
    if callee is None or callee.sig.container == trait:
        return
    self_ty, args = callee.args[0], callee.args[1:]
    if not _implements(cx, self_ty, trait, args):
        return
    mutable = trait_method(cx, trait, method, self_ty, args)
    if mutable is None:
        return
    cx.callees[expr.id] = mutable
    found = cx.adjustments.get(base.id, [])
    source = cx.expr_ty[base.id]
    for adjustment in found:
        if isinstance(adjustment, BorrowAdjust) and not adjustment.raw:
            adjustment.mutable = True
            adjustment.target = t.Ref(source, mutable=True)
        source = adjustment.target
    if len(found) > 1 and isinstance(found[-1], OtherAdjust) and isinstance(found[-2], BorrowAdjust):
        found[-1].target = t.Ref(self_ty, mutable=True)


# Casts


def check_cast(cx: FnCtxt, expr: h.Cast, expected: Ty | None = None) -> Ty:
    """The target's type. What the cast does to its operand is decided by `finish_casts`, after literals are typed."""
    from closurelens.infer.exprs import check_expr

    target = cx.resolve(cx.lower_type(expr.id, expr.ty))
    source = check_expr(cx, expr.operand, _castable_hint(expr.operand, target))
    cx.casts.append(DeferredCast(expr.id, expr.operand, source, target))
    return target


def _castable_hint(operand: h.Expr, target: Ty) -> Ty | None:
    """What a cast's target tells about its operand: only literals, closures and arrays listen."""
    while isinstance(operand, h.Unary):
        operand = operand.operand
    match operand:
        case h.Lit(kind=h.LitKind.INT):
            if isinstance(target, t.RawPtr | t.FnPtr):
                return t.USIZE
            if target == t.CHAR:
                return t.U8
            return target if isinstance(target, t.Prim) and target.name in t.INT_NAMES else None
        case h.Lit(kind=h.LitKind.FLOAT):
            return target if isinstance(target, t.Prim) and target.name in t.FLOAT_NAMES else None
        case h.Closure():
            return target
        case h.ArrayExpr() | h.Repeat():
            return target if isinstance(target, t.Array | t.Slice) else None
        case _:
            return None


def finish_casts(cx: FnCtxt) -> None:
    """Casts that are coercions adjust their operand; all others use its value. Call after integer fallback."""
    casts, cx.casts = cx.casts, []
    for cast in casts:
        coerce(cx, cast.operand, cast.source, cast.target)
    cx.solver.select_where_possible()
