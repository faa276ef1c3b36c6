"""Path expressions: local variables, functions, constants, constructors, associated items."""

from __future__ import annotations

from collections.abc import Sequence

from closurelens.hir.body import PathExpr
from closurelens.infer import doubts, method
from closurelens.infer.fn_ctxt import FnCtxt
from closurelens.infer.generics import Subst
from closurelens.infer.goals import Answer
from closurelens.resolve.answers import AssocValue, ConstParamValue, CtorValue, ItemValue, NoValue
from closurelens.ty import types as t
from closurelens.ty.sig import CtorKind, Def, DefKind, FnSig, Predicate
from closurelens.ty.types import Bound, Ty, substitute


def check_path(cx: FnCtxt, expr: PathExpr, expected: Ty | None) -> Ty:
    binding = cx.scopes.local_of.get(expr.id)
    if binding is not None:
        return cx.binding_ty[binding]
    resolver = cx.scopes.resolver_at(expr.id)
    cx.solver.origin = expr.id
    found = resolver.resolve_value_path(expr.path, cx.var)
    match found:
        case ItemValue():
            cx.path_def[expr.id] = found.item
            if found.item.kind is DefKind.FUNCTION:
                return _fn_item(cx, expr, found.item.path, found.args)
            value = cx.db.value(found.item.path)
            if value is None:
                return cx.unknown_at(expr, f"the type of `{found.item.path}` is not known")
            return cx.solver.normalize(value.ty)
        case CtorValue():
            cx.path_def[expr.id] = found.item
            return _ctor(cx, expr, found, expected)
        case AssocValue():
            return assoc_value(cx, expr, found)
        case ConstParamValue():
            return found.ty
        case NoValue():
            return cx.unknown_at(expr, found.why)


def _fn_item(cx: FnCtxt, expr: PathExpr, path: str, args: tuple[Ty, ...]) -> Ty:
    sig = cx.db.fn(path)
    if sig is None:
        return cx.unknown_at(expr, f"the signature of `{path}` is not known")
    full = cx.solver.generics_of(sig)
    subst: Subst = {}
    for at, param in enumerate(full.params):
        subst[param.name] = args[at] if at < len(args) else cx.var()
    cx.solver.require_all(full.predicates, subst)
    return t.FnDef(path, tuple([subst[name] for name in full.names]))


def _ctor(cx: FnCtxt, expr: PathExpr, found: CtorValue, expected: Ty | None) -> Ty:
    from closurelens.infer.places import field_ty, require_adt, variant_of

    variant = variant_of(cx, found.item)
    ty = found.ty
    if variant is None:
        return cx.unknown_at(expr, f"`{found.item.path}` is not known")
    adt, shape = variant
    require_adt(cx, ty)
    if shape.ctor is not CtorKind.TUPLE:
        return ty
    params = tuple([field_ty(cx, adt, ty.args, field) for field in shape.fields])
    return t.FnPtr(params, ty)


def assoc_value(cx: FnCtxt, expr: PathExpr, found: AssocValue) -> Ty:
    """`base::name`: an inherent function or constant, or one of a trait."""
    base = cx.solver.normalize(_with_own_args(cx, found.base))
    name = found.name
    if found.trait is not None:
        value = _trait_item(cx, expr, base, found.trait, name, found.args)
        return value if value is not None else cx.unknown_at(expr, f"the trait has no `{name}` that is known")
    base = cx.resolve(base)
    if isinstance(base, t.Unknown):
        return cx.unknown_at(expr, base.why)
    if isinstance(base, t.Infer) and not method.heads(cx, base) and not _is_of_one_trait(cx, expr, name):
        return cx.unknown_at(expr, f"the type before `::{name}` is not inferred here")
    for head in method.heads(cx, base):
        found_sigs = [cx.db.fn(path) for _, path in method.inherent_methods(cx, head, name)]
        candidates = [
            sig for sig in found_sigs if sig is not None and (sig.visible_in is None or cx.is_within(sig.visible_in))
        ]
        for sig in candidates:
            value = _inherent_fn(cx, base, sig, found.args, is_only=len(candidates) == 1)
            if value is not None:
                return value
        for impl in cx.db.inherent_impls(head):
            ty = impl.consts.get(name)
            if ty is not None:
                subst: Subst = {p.name: cx.var() for p in impl.generics.params}
                if cx.try_unify(substitute(impl.self_ty, subst), base):
                    subst["Self"] = base
                    return cx.solver.normalize(substitute(ty, subst))
    for bound in method.offering_bounds(cx, base, name):
        value = _trait_item(cx, expr, base, bound, name, found.args)
        if value is not None:
            return value
    value = _from_traits_in_scope(cx, expr, base, found)
    if value is not None:
        return value
    why = cx.db.has_unseen_impls(base) or f"no `{name}` is known for `{cx.shown(base)}`"
    return cx.unknown_at(expr, why)


def _with_own_args(cx: FnCtxt, base: Ty) -> Ty:
    """In an expression the arguments of a generic associated type may be left out: they are inferred."""
    if not isinstance(base, t.Projection) or base.own_args:
        return base
    trait = cx.db.trait(base.trait)
    assoc = None if trait is None else trait.assoc_types.get(base.name)
    if assoc is None or not assoc.generics.params:
        return base
    own = tuple([cx.var() for _ in assoc.generics.params])
    return t.Projection(base.self_ty, base.trait, base.args, base.name, own)


def _is_of_one_trait(cx: FnCtxt, expr: PathExpr, name: str) -> bool:
    """Whether `<_>::name` can be told: one trait alone in scope has the name."""
    return len(method.offering(cx, cx.traits_in_scope(expr.id), name)) == 1


def _inherent_fn(cx: FnCtxt, base: Ty, sig: FnSig, written: tuple[Ty, ...], *, is_only: bool) -> Ty | None:
    """None where the impl is not for `base`; what it requires is looked at where there are others."""
    full = cx.solver.generics_of(sig)
    impl = cx.db.impl(sig.container) if sig.container is not None else None
    if impl is None:
        return None
    solver, table = cx.solver, cx.table
    mark = table.snapshot()
    pending, solver.pending = solver.pending, []
    in_scope = dict(solver.in_scope)
    subst: Subst = {p.name: cx.var() for p in full.params[: full.own_start]}
    fits = cx.unify(solver.normalize(substitute(impl.self_ty, subst)), base)
    if not fits or not (is_only or _may_hold(cx, impl.generics.predicates, subst)):
        solver.pending, solver.in_scope = pending, in_scope
        table.rollback(mark)
        return None
    pending += solver.pending
    solver.pending = pending
    for at, param in enumerate(sig.generics.params):
        subst[param.name] = written[at] if at < len(written) else cx.var()
    subst["Self"] = base
    cx.solver.require_all(full.predicates, subst)
    return t.FnDef(sig.path, tuple([subst[name] for name in full.names]))


def _may_hold(cx: FnCtxt, predicates: Sequence[Predicate], subst: Subst) -> bool:
    solver = cx.solver
    probe = solver.begin_probe()
    solver.require_all(predicates, subst)
    answer = solver.nested_answer(0)
    solver.end_probe(probe)
    return answer is not Answer.NO


def _trait_item(cx: FnCtxt, expr: PathExpr, base: Ty, bound: Bound, name: str, written: tuple[Ty, ...]) -> Ty | None:
    trait = cx.db.trait(bound.trait)
    if trait is None:
        return None
    args = list(bound.args)
    while len(args) < len(trait.generics.params):
        args.append(cx.var())
    for offered in cx.solver.elaborate(base, Bound(bound.trait, tuple(args))):
        value = _own_trait_item(cx, expr, base, offered, name, written)
        if value is not None:
            return value
    return None


def _own_trait_item(
    cx: FnCtxt, expr: PathExpr, base: Ty, bound: Bound, name: str, written: tuple[Ty, ...]
) -> Ty | None:
    """`_trait_item` of what the trait itself declares."""
    trait = cx.db.trait(bound.trait)
    path = None if trait is None else trait.methods.get(name)
    ty = None if trait is None else trait.consts.get(name)
    if trait is None or (path is None and ty is None):
        return None
    subst: Subst = {"Self": base}
    for at, param in enumerate(trait.generics.params):
        subst[param.name] = bound.args[at] if at < len(bound.args) else cx.var()
    sig = cx.db.fn(path) if path is not None else None
    if sig is not None:
        full = cx.solver.generics_of(sig)
        for at, param in enumerate(sig.generics.params):
            subst[param.name] = written[at] if at < len(written) else cx.var()
        cx.solver.require_all(full.predicates, subst)
        cx.path_def[expr.id] = Def(DefKind.FUNCTION, sig.path)
        return t.FnDef(sig.path, tuple([subst[n] for n in full.names]))
    return None if ty is None else cx.solver.normalize(substitute(ty, subst))


def _from_traits_in_scope(cx: FnCtxt, expr: PathExpr, base: Ty, found: AssocValue) -> Ty | None:
    scope = cx.traits_in_scope(expr.id)
    maybe: str | None = None
    for path in method.offering(cx, scope, found.name):
        trait = cx.db.trait(path)
        args = tuple([cx.var() for _ in trait.generics.params]) if trait is not None else ()
        answer = cx.solver.holds(base, path, args)
        if answer is Answer.YES:
            return _trait_item(cx, expr, base, Bound(path, args), found.name, found.args)
        if answer is Answer.MAYBE and maybe is None:
            maybe = path
    if maybe is not None:
        why = doubts.why_unseen(cx.db, base, cx.solver.bounds_of(base))
        if why is not None:
            return cx.unknown_at(expr, why)
        return _trait_item(cx, expr, base, Bound(maybe), found.name, found.args)
    for path in scope:
        trait = cx.db.trait(path)
        if trait is not None and found.name in trait.consts and cx.solver.holds(base, path) is not Answer.NO:
            return _trait_item(cx, expr, base, Bound(path), found.name, found.args)
    return None
