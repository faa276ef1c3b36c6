"""Types of patterns, with default binding modes.

The rules are those of rustc's `pat.rs`: patterns that are no references look through references of what they match, and
bindings under them borrow.
"""

from __future__ import annotations

from typing import assert_never

from closurelens.hir import body as h
from closurelens.hir.types import Path
from closurelens.infer import names
from closurelens.infer.fn_ctxt import FnCtxt
from closurelens.infer.places import field_ty, variant_of
from closurelens.infer.result import BindingMode
from closurelens.resolve.answers import AssocValue, ConstParamValue, CtorValue, ItemValue, NoValue
from closurelens.ty import types as t
from closurelens.ty.display import display
from closurelens.ty.sig import AdtSig, Def, DefKind, VariantSig
from closurelens.ty.types import Ty


def check_pat(cx: FnCtxt, pat: h.Pat, expected: Ty, mode: BindingMode = BindingMode.MOVE) -> None:
    """Type `pat` against a value of type `expected`; `mode` is how bindings without a `ref` of their own bind."""
    cx.pat_ty[pat.id] = _check(cx, pat, expected, mode)


def _check(cx: FnCtxt, pat: h.Pat, expected: Ty, mode: BindingMode) -> Ty:
    match pat:
        case h.WildPat() | h.MissingPat() | h.RestPat():
            return expected
        case h.BindPat():
            return _bind(cx, pat, expected, mode)
        case h.OrPat():
            for alternative in pat.alternatives:
                check_pat(cx, alternative, expected, mode)
            return expected
        case h.RefPat():
            return _ref(cx, pat, expected)
        case h.BoxPat():
            return _box(cx, pat, expected, mode)
        case h.TuplePat():
            return _tuple(cx, pat, expected, mode)
        case h.SlicePat():
            return _slice(cx, pat, expected, mode)
        case h.PathPat():
            return _path(cx, pat, expected, mode)
        case h.TupleStructPat():
            return _tuple_struct(cx, pat, expected, mode)
        case h.StructPat():
            return _struct(cx, pat, expected, mode)
        case h.LitPat():
            return _lit(cx, pat, expected, mode)
        case h.RangePat():
            return _range(cx, pat, expected, mode)
        case _:
            assert_never(pat)


def peel(cx: FnCtxt, pat: h.Pat, expected: Ty, mode: BindingMode) -> tuple[Ty, BindingMode]:
    """Look through the references of `expected`: what is behind them, and how bindings bind there."""
    ty = cx.resolve(expected)
    if not isinstance(ty, t.Ref):
        return ty, mode
    peeled: list[Ty] = []
    while isinstance(ty, t.Ref):
        peeled.append(ty)
        if not ty.mutable:
            mode = BindingMode.REF
        elif mode is BindingMode.MOVE:
            mode = BindingMode.REF_MUT
        ty = cx.resolve(ty.inner)
    cx.pat_adjust[pat.id] = peeled
    return ty, mode


# Bindings


def _bind(cx: FnCtxt, pat: h.BindPat, expected: Ty, mode: BindingMode) -> Ty:
    item = cx.pat_def.get(pat.id)
    if item is not None:
        return _named(cx, pat, item, expected, mode)
    default = mode
    if pat.by_ref:
        mode = BindingMode.REF_MUT if pat.mutable else BindingMode.REF
    elif pat.mutable:
        mode = BindingMode.MOVE
    ty = expected if mode is BindingMode.MOVE else t.Ref(expected, mutable=mode is BindingMode.REF_MUT)
    cx.binding_mode[pat.binding] = mode
    if cx.unify(cx.binding_ty[pat.binding], ty) and ty.flags & t.HAS_REGION:
        cx.binding_ty[pat.binding] = ty  # equal to what it matches, lifetimes included
    if pat.sub is not None:
        check_pat(cx, pat.sub, expected, default)
    return expected


def _named(cx: FnCtxt, pat: h.BindPat, item: Def, expected: Ty, mode: BindingMode) -> Ty:
    """A plain name that is a constant, unit struct or unit variant."""
    match item.kind:
        case DefKind.STRUCT | DefKind.VARIANT:
            ty, _ = peel(cx, pat, expected, mode)
            found = variant_of(cx, item)
            if found is not None:
                sig = found[0]
                cx.try_unify(ty, t.Adt(sig.path, tuple([cx.var() for _ in sig.generics.params])))
            return ty
        case DefKind.CONST | DefKind.STATIC:
            return _constant(cx, item, expected)
        case _:
            why = f"whether `{pat.name}` is a constant or a variable is not known: {cx.db.why_unknown(item.path)}"
            cx.unify(cx.binding_ty[pat.binding], t.Unknown(why))
            return expected


def _constant(cx: FnCtxt, item: Def, expected: Ty) -> Ty:
    value = cx.db.value(item.path)
    if value is not None:
        cx.try_unify(expected, cx.solver.normalize(value.ty))
    return expected


# References and boxes


def _ref(cx: FnCtxt, pat: h.RefPat, expected: Ty) -> Ty:
    ty = cx.resolve(expected)
    inner: Ty
    match ty:
        case t.Ref():
            inner = ty.inner
        case t.Infer():
            inner = cx.var()
            cx.try_unify(ty, t.Ref(inner, mutable=pat.mutable))
        case t.Unknown():
            inner = ty
        case _:
            inner = t.Unknown(f"a reference pattern does not match `{cx.shown(ty)}`")
    check_pat(cx, pat.inner, inner, BindingMode.MOVE)
    return expected


def _box(cx: FnCtxt, pat: h.BoxPat, expected: Ty, mode: BindingMode) -> Ty:
    ty, mode = peel(cx, pat, expected, mode)
    inner: Ty = ty if isinstance(ty, t.Unknown) else cx.var()
    if not cx.try_unify(ty, t.Adt(names.BOX, (inner,))):
        inner = t.Unknown(f"a box pattern does not match `{cx.shown(ty)}`")
    check_pat(cx, pat.inner, inner, mode)
    return ty


# Sequences


def _spread(cx: FnCtxt, elems: list[h.Pat], count: int) -> list[tuple[h.Pat, int]]:
    """Each element pattern with the index of what it matches among `count`; a `..` takes what is left over."""
    rest = next((at for at, elem in enumerate(elems) if isinstance(elem, h.RestPat)), None)
    if rest is None:
        return _numbered(elems, 0)
    cx.pat_ty[elems[rest].id] = t.UNIT
    after = elems[rest + 1 :]
    start = max(count - len(after), rest)
    return [*_numbered(elems[:rest], 0), *_numbered(after, start)]


def _numbered(elems: list[h.Pat], start: int) -> list[tuple[h.Pat, int]]:
    return [(elem, start + at) for at, elem in enumerate(elems)]


def _tuple(cx: FnCtxt, pat: h.TuplePat, expected: Ty, mode: BindingMode) -> Ty:
    ty, mode = peel(cx, pat, expected, mode)
    if isinstance(ty, t.Infer):
        count = sum(not isinstance(elem, h.RestPat) for elem in pat.elems)
        cx.try_unify(ty, t.Tuple(tuple([cx.var() for _ in range(count)])))
        ty = cx.resolve(ty)
    if not isinstance(ty, t.Tuple):
        return _unknown_inside(cx, pat.elems, ty, mode, "a tuple pattern")
    types = ty.elems
    for elem, at in _spread(cx, pat.elems, len(types)):
        known = at < len(types)
        check_pat(cx, elem, types[at] if known else t.Unknown("the tuple has fewer elements"), mode)
    return ty


def _is_rest(pat: h.Pat) -> bool:
    return isinstance(pat, h.RestPat) or (isinstance(pat, h.BindPat) and isinstance(pat.sub, h.RestPat))


def _slice(cx: FnCtxt, pat: h.SlicePat, expected: Ty, mode: BindingMode) -> Ty:
    ty, mode = peel(cx, pat, expected, mode)
    fixed = sum(not _is_rest(elem) for elem in pat.elems)
    has_rest = fixed < len(pat.elems)
    if isinstance(ty, t.Infer) and not has_rest:
        cx.try_unify(ty, t.Array(cx.var(), t.Const(fixed)))
        ty = cx.resolve(ty)
    rest: Ty
    match ty:
        case t.Array():
            length = cx.shallow(ty.len)
            if not has_rest:
                cx.try_unify(length, t.Const(fixed))
            value = length.value if isinstance(length, t.Const) else None
            left_over = value - fixed if isinstance(value, int) and value >= fixed else None
            rest = t.Array(ty.elem, t.Const(left_over))
        case t.Slice():
            rest = ty
        case _:
            return _unknown_inside(cx, pat.elems, ty, mode, "a slice pattern")
    for elem in pat.elems:
        check_pat(cx, elem, rest if _is_rest(elem) else ty.elem, mode)
    return ty


def _unknown_inside(cx: FnCtxt, pats: list[h.Pat], ty: Ty, mode: BindingMode, what: str) -> Ty:
    """What is matched is no such thing, or not known: nothing is known of the patterns inside."""
    match ty:
        case t.Unknown():
            inner = ty
        case t.Infer():
            inner = t.Unknown(f"the type that {what} matches is not known at this point")
        case _:
            inner = t.Unknown(f"{what} does not match `{cx.shown(ty)}`")
    for pat in pats:
        check_pat(cx, pat, inner, mode)
    return ty


# Paths


def _ctor_of_assoc(cx: FnCtxt, found: AssocValue) -> CtorValue | None:
    """A struct or variant through an associated type: `<T as Trait>::Out { .. }`, `T::Out::Variant`."""
    base = cx.resolve(cx.solver.normalize(found.base))
    if not isinstance(base, t.Adt):
        return None
    if not found.name:
        return CtorValue(Def(cx.db.adt_kind(base.path), base.path), base)
    if found.trait is None and cx.db.has_variant(base.path, found.name):
        return CtorValue(Def(DefKind.VARIANT, f"{base.path}::{found.name}"), base)
    return None


def _path(cx: FnCtxt, pat: h.PathPat, expected: Ty, mode: BindingMode) -> Ty:
    found = cx.scopes.resolver_at_pat(pat.id).resolve_value_path(pat.path, cx.var)
    if isinstance(found, AssocValue):
        ctor = _ctor_of_assoc(cx, found)
        if ctor is None:
            cx.pat_def[pat.id] = Def(DefKind.CONST, f"{display(cx.deep(found.base))}::{found.name}")
            return expected
        found = ctor
    match found:
        case CtorValue():
            cx.pat_def[pat.id] = found.item
            ty, _ = peel(cx, pat, expected, mode)
            cx.try_unify(ty, found.ty)
            return ty
        case ItemValue():
            cx.pat_def[pat.id] = found.item
            return _constant(cx, found.item, expected)
        case ConstParamValue():
            cx.try_unify(expected, found.ty)
            return expected
        case NoValue():
            return expected
        case _:
            assert_never(found)


def _fields_of(
    cx: FnCtxt, pat: h.Pat, ctor: CtorValue, ty: Ty
) -> tuple[AdtSig, VariantSig, tuple[Ty, ...]] | t.Unknown:
    """The fields that a struct or tuple struct pattern names, once its type is unified with what it matches."""
    cx.pat_def[pat.id] = ctor.item
    if isinstance(ty, t.Unknown):
        return ty
    fits = cx.try_unify(ty, ctor.ty)
    found = variant_of(cx, ctor.item)
    if found is None:
        return t.Unknown(cx.db.why_unknown(ctor.item.path))
    if not fits:
        return t.Unknown(f"`{cx.shown(ctor.ty)}` does not match `{cx.shown(ty)}`")
    return found[0], found[1], ctor.ty.args


def _as_ctor(cx: FnCtxt, path: Path, found: object) -> CtorValue | t.Unknown:
    if isinstance(found, AssocValue):
        ctor = _ctor_of_assoc(cx, found)
        if ctor is not None:
            return ctor
    if isinstance(found, CtorValue):
        return found
    if isinstance(found, NoValue):
        return t.Unknown(found.why)
    return t.Unknown(f"`{'::'.join(s.name for s in path.segments)}` is not known to be a struct or variant")


def _tuple_struct(cx: FnCtxt, pat: h.TupleStructPat, expected: Ty, mode: BindingMode) -> Ty:
    found = cx.scopes.resolver_at_pat(pat.id).resolve_value_path(pat.path, cx.var)
    ctor = _as_ctor(cx, pat.path, found)
    ty, mode = peel(cx, pat, expected, mode)
    fields = ctor if isinstance(ctor, t.Unknown) else _fields_of(cx, pat, ctor, ty)
    if isinstance(fields, t.Unknown):
        _unknown_inside(cx, pat.elems, fields, mode, "")
        return ty
    sig, variant, args = fields
    for elem, at in _spread(cx, pat.elems, len(variant.fields)):
        if at < len(variant.fields):
            inner = field_ty(cx, sig, args, variant.fields[at])
        else:
            inner = t.Unknown(f"`{variant.name}` has fewer fields")
        check_pat(cx, elem, inner, mode)
    return ty


def _struct(cx: FnCtxt, pat: h.StructPat, expected: Ty, mode: BindingMode) -> Ty:
    found = cx.scopes.resolver_at_pat(pat.id).resolve_ctor_path(pat.path, cx.var)
    ctor = _as_ctor(cx, pat.path, found)
    ty, mode = peel(cx, pat, expected, mode)
    fields = ctor if isinstance(ctor, t.Unknown) else _fields_of(cx, pat, ctor, ty)
    if isinstance(fields, t.Unknown):
        _unknown_inside(cx, [inner for _, inner in pat.fields], fields, mode, "")
        return ty
    sig, variant, args = fields
    by_name = {field.name: field for field in variant.fields}
    for name, inner in pat.fields:
        field = by_name.get(name)
        if field is None:
            check_pat(cx, inner, t.Unknown(f"`{variant.name}` has no field `{name}`"), mode)
        else:
            check_pat(cx, inner, field_ty(cx, sig, args, field), mode)
    return ty


# Constants


def _lit(cx: FnCtxt, pat: h.LitPat, expected: Ty, mode: BindingMode) -> Ty:
    from closurelens.infer.exprs import check_expr

    lit = cx.resolve(check_expr(cx, pat.expr))
    if not isinstance(lit, t.Ref):
        ty, _ = peel(cx, pat, expected, mode)
        cx.try_unify(ty, lit)
        return ty
    ty = cx.resolve(expected)
    if isinstance(pat.expr, h.Lit) and pat.expr.kind is h.LitKind.BYTE_STR and isinstance(ty, t.Ref):
        inner = cx.resolve(ty.inner)
        if isinstance(inner, t.Slice):
            cx.try_unify(inner.elem, t.U8)
            return ty
    cx.try_unify(ty, lit)
    return ty


def _range(cx: FnCtxt, pat: h.RangePat, expected: Ty, mode: BindingMode) -> Ty:
    from closurelens.infer.exprs import check_expr

    ty, _ = peel(cx, pat, expected, mode)
    for bound in (pat.low, pat.high):
        if bound is not None:
            cx.try_unify(ty, check_expr(cx, bound))
    return ty
