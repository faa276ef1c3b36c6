"""How patterns use the place they are matched against: rustc's `walk_pat` and `cat_pattern`.

Rules of rustc 1.95: only a discriminant, a literal, a range, a constant or the length of a slice is read; a wildcard
uses nothing.
"""

from __future__ import annotations

from typing import TypeVar

from closurelens.capture import guesses
from closurelens.capture.categorize import Categorizer
from closurelens.capture.delegate import Delegate, Parent
from closurelens.capture.facts import unknown_in
from closurelens.capture.model import UseWhy
from closurelens.capture.places import (
    MUT,
    SHARED,
    Proj,
    UpvarPlace,
    builtin_deref,
    field_proj,
    index_proj,
    subslice_proj,
)
from closurelens.hir import body as h
from closurelens.infer.result import BindingMode
from closurelens.ty.sig import AdtKind, DefKind, VariantSig
from closurelens.ty.types import Adt, Array, Ref, Slice, Tuple, Ty, Unknown

T = TypeVar("T")

_CONSTS = frozenset((DefKind.CONST, DefKind.STATIC))


class PatternWalker:
    """Walks the patterns of one closure's body."""

    __slots__ = ("categorizer", "delegate", "facts", "result")

    def __init__(self, categorizer: Categorizer, delegate: Delegate) -> None:
        self.categorizer = categorizer
        self.delegate = delegate
        self.facts = categorizer.facts
        self.result = categorizer.result

    def walk_pat(
        self,
        place: UpvarPlace,
        pat: h.Pat,
        scrutinee: h.Expr,
        parent: Parent,
        *,
        has_guard: bool = False,
        coerces: bool = False,
    ) -> None:
        """Uses are told at `scrutinee`, the expression that `place` belongs to.

        `coerces`: a type is written down for the pattern, so that a reference of unknown type may be reborrowed.
        """
        if coerces and isinstance(pat, h.BindPat):
            if isinstance(place.ty, Unknown):
                self.delegate.consume_or_copy(place, scrutinee, parent, pat=pat)
                return
            reason = self.result.unknown.get(scrutinee.id)
            if reason is not None and isinstance(place.ty, Ref) and not pat.by_ref:
                self.delegate.unknown_by_value(place, scrutinee, parent, reason, pat=pat)
                return
        work: list[tuple[UpvarPlace, h.Pat]] = [(place, pat)]
        while work:
            at, sub = work.pop()
            for ty in self.result.pat_adjust.get(sub.id, ()):
                at = at.deref(builtin_deref(ty))
            start = len(work)
            self._visit(at, sub, scrutinee, parent, work, has_guard=has_guard)
            if len(work) - start > 1:
                work[start:] = work[start:][::-1]

    def _visit(
        self,
        place: UpvarPlace,
        pat: h.Pat,
        scrutinee: h.Expr,
        parent: Parent,
        work: list[tuple[UpvarPlace, h.Pat]],
        *,
        has_guard: bool,
    ) -> None:
        match pat:
            case h.BindPat():
                if pat.id in self.result.pat_def:
                    self._path(place, pat, scrutinee, parent)
                else:
                    self._binding(place, pat, scrutinee, parent, has_guard=has_guard)
                    if pat.sub is not None and not isinstance(pat.sub, h.RestPat):
                        work.append((place, pat.sub))
            case h.PathPat():
                self._path(place, pat, scrutinee, parent)
            case h.LitPat() | h.RangePat():
                self.delegate.read_discriminant(place, scrutinee, parent, pat)
            case h.TupleStructPat() | h.StructPat():
                self._variant(place, pat, scrutinee, parent, work)
            case h.TuplePat():
                if isinstance(place.ty, Tuple):
                    elems = place.ty.elems
                    for index, sub in with_rest(pat.elems, len(elems)):
                        if index < len(elems):
                            work.append((place.project(field_proj(str(index), index, elems[index])), sub))
                elif pat.elems:
                    self._unknown(place, pat, scrutinee, parent)
            case h.SlicePat():
                self._slice(place, pat, scrutinee, parent, work)
            case h.RefPat() | h.BoxPat():
                if builtin_deref(place.ty) is None:
                    self._unknown(place, pat, scrutinee, parent)
                else:
                    work.append((place.deref(), pat.inner))
            case h.OrPat():
                work.extend([(place, alternative) for alternative in pat.alternatives])
            case h.MissingPat():
                self.delegate.visit.blind.append(pat.why)
                self._unknown(place, pat, scrutinee, parent)
            case _:
                pass

    def _binding(
        self, place: UpvarPlace, pat: h.BindPat, scrutinee: h.Expr, parent: Parent, *, has_guard: bool
    ) -> None:
        delegate = self.delegate
        if has_guard:
            # The guard looks at the binding through a shared borrow, lest it change what is matched.
            delegate.read_discriminant(place, scrutinee, parent, pat)
        match self.result.binding_mode[pat.binding]:
            case BindingMode.REF:
                delegate.borrow(place, SHARED, scrutinee, parent, pat=pat)
            case BindingMode.REF_MUT:
                delegate.borrow(place, MUT, scrutinee, parent, pat=pat)
            case BindingMode.MOVE:
                delegate.consume_or_copy(place, scrutinee, parent, pat=pat, coerces=False)

    def _path(self, place: UpvarPlace, pat: h.Pat, scrutinee: h.Expr, parent: Parent) -> None:
        found = self.result.pat_def.get(pat.id)
        if found is not None and found.kind in _CONSTS:
            self.delegate.read_discriminant(place, scrutinee, parent, pat)
        else:
            self._read_variant(place, pat, scrutinee, parent)

    def _read_variant(self, place: UpvarPlace, pat: h.Pat, scrutinee: h.Expr, parent: Parent) -> None:
        multivariant = self.facts.is_multivariant(self._matched_ty(place, pat))
        if multivariant is None:
            reason = self._why(place.ty, "the type that the pattern belongs to is not known")
            self.delegate.doubtful(
                place, guesses.read_or_not(place), scrutinee, parent, reason, why=UseWhy.MATCHED, pat=pat
            )
        elif multivariant:
            self.delegate.read_discriminant(place, scrutinee, parent, pat)

    def _matched_ty(self, place: UpvarPlace, pat: h.Pat) -> Ty:
        return self.result.pat_ty[pat.id] if isinstance(place.ty, Unknown) else place.ty

    def _variant(
        self,
        place: UpvarPlace,
        pat: h.TupleStructPat | h.StructPat,
        scrutinee: h.Expr,
        parent: Parent,
        work: list[tuple[UpvarPlace, h.Pat]],
    ) -> None:
        ty = self._matched_ty(place, pat)
        found = self.result.pat_def.get(pat.id)
        variant = None if found is None else self.result.variant_of(found, ty)
        if variant is None or not isinstance(ty, Adt):
            self._unknown(place, pat, scrutinee, parent)
            return
        if isinstance(place.ty, Unknown):
            # Whether the pattern looks through a reference is then not known either.
            place = place.doubtful(place.ty.why)
        self._read_variant(place, pat, scrutinee, parent)
        sig = self.facts.adt_of(ty)
        name = variant.name if sig is not None and sig.kind is AdtKind.ENUM and len(sig.variants) > 1 else ""
        match pat:
            case h.TupleStructPat():
                for index, sub in with_rest(pat.elems, len(variant.fields)):
                    if index < len(variant.fields):
                        work.append((place.project(field_proj(str(index), index, self._sub_ty(sub), name)), sub))
            case h.StructPat():
                for field, sub in pat.fields:
                    index = _index_of(variant, field)
                    work.append((place.project(field_proj(field, index, self._sub_ty(sub), name)), sub))

    def _sub_ty(self, pat: h.Pat) -> Ty:
        """What a pattern is matched against, before its implicit derefs."""
        adjusted = self.result.pat_adjust.get(pat.id)
        return adjusted[0] if adjusted else self.result.pat_ty[pat.id]

    def _slice(
        self,
        place: UpvarPlace,
        pat: h.SlicePat,
        scrutinee: h.Expr,
        parent: Parent,
        work: list[tuple[UpvarPlace, h.Pat]],
    ) -> None:
        ty = place.ty
        if not isinstance(ty, Array | Slice):
            self._unknown(place, pat, scrutinee, parent)
            return
        only_rest = len(pat.elems) == 1 and is_rest(pat.elems[0])
        if isinstance(ty, Slice) and not only_rest:
            self.delegate.read_discriminant(place, scrutinee, parent, pat)
        for sub in pat.elems:
            if is_rest(sub):
                work.append((place.project(subslice_proj(self._sub_ty(sub))), sub))
            else:
                work.append((place.project(index_proj(ty.elem)), sub))

    def _unknown(self, place: UpvarPlace, pat: h.Pat, scrutinee: h.Expr, parent: Parent) -> None:
        """A pattern on a place of unknown type, or a pattern that is not known itself."""
        reason = self._why(place.ty, "what the pattern matches is not known")
        limit = self.delegate.limit(place)
        infos = guesses.anything(self.facts, place, limit)
        self.delegate.doubtful(place, infos, scrutinee, parent, reason, why=UseWhy.MATCHED, pat=pat)

    def _why(self, ty: Ty, otherwise: str) -> str:
        unknown = unknown_in(ty)
        return unknown.why if unknown is not None else otherwise

    # Assignments to several places at once

    def destructure(self, place: UpvarPlace | None, target: h.Expr, value: h.Expr, parent: h.Expr) -> list[h.Expr]:
        """The places that `target = value` assigns; the parts of `place` (the value's) that go there are used."""
        leaves: list[h.Expr] = []
        work: list[tuple[UpvarPlace | None, h.Expr]] = [(place, target)]
        while work:
            at, part = work.pop()
            if isinstance(part, h.Underscore):
                continue
            parts = self._parts_of_target(at, part)
            if parts is not None:
                work.extend(reversed(parts))
                continue
            leaves.append(part)
            if at is not None:
                self.delegate.consume_or_copy(at, value, parent, coerces=False)
        return leaves

    def _parts_of_target(
        self, place: UpvarPlace | None, target: h.Expr
    ) -> list[tuple[UpvarPlace | None, h.Expr]] | None:
        if not is_destructuring(target):
            return None
        if place is None:
            return [(None, part) for part in _target_parts(target) if not _is_rest_expr(part)]
        ty = place.ty
        match target:
            case h.TupleExpr(elems=elems) if isinstance(ty, Tuple):
                return [
                    (place.project(field_proj(str(i), i, ty.elems[i])), e)
                    for i, e in _with_rest_expr(elems, len(ty.elems))
                ]
            case h.ArrayExpr(elems=elems) if isinstance(ty, Array | Slice):
                return [(place.project(index_proj(ty.elem)), e) for e in elems if not _is_rest_expr(e)]
            case h.Call() | h.StructExpr() if isinstance(ty, Adt):
                found = self.result.path_def.get(target.callee.id if isinstance(target, h.Call) else target.id)
                variant = None if found is None else self.result.variant_of(found, ty)
                if variant is not None:
                    if isinstance(target, h.Call):
                        named = [(str(i), e) for i, e in _with_rest_expr(target.args, len(variant.fields))]
                    else:
                        named = target.fields
                    return [(place.project(self._target_field(variant, n, e)), e) for n, e in named]
            case _:
                pass
        infos = guesses.anything(self.facts, place, self.delegate.limit(place))
        self.delegate.doubtful(place, infos, target, target, self._why(ty, "what is assigned is not known"))
        return [(None, part) for part in _target_parts(target) if not _is_rest_expr(part)]

    def _target_field(self, variant: VariantSig, name: str, target: h.Expr) -> Proj:
        return field_proj(name, _index_of(variant, name), self.result.expr_ty[target.id])


def is_destructuring(target: h.Expr) -> bool:
    """Whether the left of an `=` is a pattern written as an expression."""
    return isinstance(target, h.TupleExpr | h.ArrayExpr | h.StructExpr | h.Underscore) or (
        isinstance(target, h.Call) and isinstance(target.callee, h.PathExpr)
    )


def _target_parts(target: h.Expr) -> list[h.Expr]:
    match target:
        case h.TupleExpr() | h.ArrayExpr():
            return target.elems
        case h.StructExpr():
            return [v for _, v in target.fields]
        case h.Call():
            return target.args
        case _:
            return []


def _is_rest_expr(expr: h.Expr) -> bool:
    return isinstance(expr, h.RangeExpr) and expr.low is None and expr.high is None


def _with_rest_expr(elems: list[h.Expr], total: int) -> list[tuple[int, h.Expr]]:
    rest = next((i for i, e in enumerate(elems) if _is_rest_expr(e)), None)
    return [(i, e) for i, e in _numbered(elems, rest, total) if i < total]


def is_rest(pat: h.Pat) -> bool:
    """`..`, also with a name: `rest @ ..`."""
    return isinstance(pat, h.RestPat) or (isinstance(pat, h.BindPat) and isinstance(pat.sub, h.RestPat))


def with_rest(pats: list[h.Pat], total: int) -> list[tuple[int, h.Pat]]:
    """Sub-patterns with the fields they match; `..` stands for those in the middle."""
    rest = next((i for i, p in enumerate(pats) if isinstance(p, h.RestPat)), None)
    return _numbered(pats, rest, total)


def _numbered(elems: list[T], rest: int | None, total: int) -> list[tuple[int, T]]:
    if rest is None:
        return list(enumerate(elems))
    after = len(elems) - rest - 1
    return [*enumerate(elems[:rest]), *zip(range(total - after, total), elems[rest + 1 :], strict=True)]


def _index_of(variant: VariantSig, name: str) -> int:
    return next((i for i, f in enumerate(variant.fields) if f.name == name), -1)
