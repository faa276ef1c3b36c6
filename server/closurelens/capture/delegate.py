"""Receives the uses of upvars from the walk: rustc's `InferBorrowKind`.

Invariant: what is recorded as certain does not rest on a type or callee that is not known.
"""

from __future__ import annotations

from collections.abc import Sequence

from closurelens.capture import guesses
from closurelens.capture.events import Bundle, Doubt, Event, Info, Range, Visit
from closurelens.capture.facts import Facts
from closurelens.capture.model import UseWhy
from closurelens.capture.places import INDEX_EXPR, MUT, SHARED, VALUE, Access, UpvarPlace
from closurelens.capture.precision import cut_at_index, restrict_borrow
from closurelens.hir import body as h
from closurelens.ty.types import Ref, Unknown

Parent = h.Expr | h.LetStmt | None


class Delegate:
    """Of one closure. `expr` is the place expression a use is told at, `parent` what that stands in."""

    __slots__ = ("closure", "facts", "indexed", "perhaps", "suspect", "visit")

    def __init__(self, facts: Facts, closure: int) -> None:
        self.facts = facts
        self.closure = closure
        self.visit = Visit([], [], [])
        self.indexed: set[int] = set()
        """Bases of index expressions whose use has been told."""
        self.suspect = ""
        """Set inside the arguments of an unknown macro, which may do anything with what they use: why it is unknown."""
        self.perhaps: tuple[str, bool] | None = None
        """Set inside code that is there or not: why that is not known, and whether it is likely to be there."""

    def borrow(
        self,
        place: UpvarPlace,
        access: Access,
        expr: h.Expr,
        parent: Parent,
        *,
        why: UseWhy | None = None,
        pat: h.Pat | None = None,
    ) -> None:
        if why is None:
            why = UseWhy.BORROWED_MUT if access is MUT else UseWhy.BORROWED
        if place.known >= 0:
            infos = guesses.borrowed(self.facts, place, access, self.limit(place))
            self.doubtful(place, infos, expr, parent, place.why, why=why, pat=pat)
        else:
            self.certain(place, access, expr, parent, why=why, pat=pat)

    def consume_or_copy(
        self,
        place: UpvarPlace,
        expr: h.Expr,
        parent: Parent,
        *,
        pat: h.Pat | None = None,
        coerces: bool = True,
        likely_moved: bool = False,
    ) -> None:
        """A use by value. `coerces`: where the type is not known it may be a reference that is reborrowed here."""
        copy = self.facts.is_copy(place.ty)
        if copy is not None and place.known < 0:
            if copy:
                self.certain(place, SHARED, expr, parent, why=UseWhy.COPIED, pat=pat)
            else:
                self.certain(place, VALUE, expr, parent, why=UseWhy.MOVED, pat=pat)
            return
        self.unknown_by_value(
            place,
            expr,
            parent,
            "",
            pat=pat,
            coerces=coerces and isinstance(place.ty, Unknown),
            likely_moved=likely_moved,
        )

    def unknown_by_value(
        self,
        place: UpvarPlace,
        expr: h.Expr,
        parent: Parent,
        reason: str,
        *,
        pat: h.Pat | None = None,
        coerces: bool = True,
        likely_moved: bool = False,
    ) -> None:
        """A use by value where the type, or whether a reference is reborrowed, is not known."""
        infos = guesses.by_value(self.facts, place, self.limit(place), coerces=coerces, likely_moved=likely_moved)
        if place.known >= 0:
            reason = place.why
        elif self.facts.is_copy(place.ty) is None:
            reason = self.facts.why_copy(place.ty)
        self.doubtful(place, infos, expr, parent, reason, why=UseWhy.COPIED, pat=pat)

    def argument(self, place: UpvarPlace, expr: h.Expr, parent: Parent, reason: str) -> None:
        """A use by value where it is not known what type is expected: a reference may be reborrowed."""
        if isinstance(place.ty, Ref):
            self.unknown_by_value(place, expr, parent, reason)
        else:
            self.consume_or_copy(place, expr, parent)

    def read_discriminant(self, place: UpvarPlace, expr: h.Expr, parent: Parent, pat: h.Pat) -> None:
        self.borrow(place, SHARED, expr, parent, why=UseWhy.MATCHED, pat=pat)

    def limit(self, place: UpvarPlace) -> Access:
        return self.facts.limit(self.closure, place.binding)

    def certain(
        self,
        place: UpvarPlace,
        access: Access,
        expr: h.Expr,
        parent: Parent,
        *,
        why: UseWhy,
        pat: h.Pat | None = None,
    ) -> None:
        projs = place.projs
        if projs and access is not VALUE:
            projs, access = restrict_borrow(self.facts, place.base_ty, *cut_at_index(projs, access))
        if self.suspect:
            root = UpvarPlace(place.binding, place.base_ty)
            infos = guesses.first((projs, access), guesses.anything(self.facts, root, self.limit(root)))
            self.doubtful(place, infos, expr, parent, self.suspect, why=why, pat=pat)
            return
        if self.perhaps is not None:
            self.doubtful(place, [(projs, access)], expr, parent, "", why=why, pat=pat)
            return
        self.visit.events.append(
            Event(
                place.binding,
                place.base_ty,
                projs,
                access,
                self._range_of(place, expr),
                why,
                expr,
                parent,
                pat=pat,
            )
        )

    def doubtful(
        self,
        place: UpvarPlace,
        infos: Sequence[Info | None],
        expr: h.Expr,
        parent: Parent,
        reason: str,
        *,
        why: UseWhy | None = None,
        pat: h.Pat | None = None,
    ) -> None:
        """One of several uses; None among them: no use. The first is shown."""
        if self.perhaps is not None:
            unknown, is_there = self.perhaps
            infos = [*infos, None] if is_there else [None, *infos]
            reason = reason or unknown
        bundles = self._bundles(place, infos)
        first = bundles[0]
        doubt = self._doubt(place, bundles, reason)
        if first:
            projs, access = first[0]
            if why is UseWhy.COPIED and len(projs) > len(place.projs):
                why = UseWhy.REBORROWED
            self.visit.events.append(
                Event(
                    place.binding,
                    place.base_ty,
                    projs,
                    access,
                    self._range_of(place, expr),
                    why_of(access, why),
                    expr,
                    parent,
                    pat=pat,
                    doubt=doubt,
                )
            )

    def other_uses(self, place: UpvarPlace, infos: Sequence[Info], reason: str) -> None:
        """One of several uses, of which the first is told elsewhere."""
        self._doubt(place, self._bundles(place, infos), reason)

    def _bundles(self, place: UpvarPlace, infos: Sequence[Info | None]) -> list[Bundle]:
        bundles: list[Bundle] = []
        for info in infos:
            if info is None:
                bundles.append(())
            elif info[1] is VALUE:
                bundles.append((info,))
            else:
                bundles.append((restrict_borrow(self.facts, place.base_ty, *cut_at_index(*info)),))
        return bundles

    def _doubt(self, place: UpvarPlace, bundles: list[Bundle], reason: str) -> Doubt | None:
        if len(bundles) < 2:
            return None
        doubt = Doubt(place.binding, place.base_ty, bundles, reason)
        self.visit.doubts.append(doubt)
        return doubt

    def _range_of(self, place: UpvarPlace, expr: h.Expr) -> Range:
        """Of the place expression; where an index ends the place, of what is indexed."""
        told = expr
        if any(p.of == INDEX_EXPR for p in place.projs):
            while isinstance(expr, h.Field | h.Index | h.Deref):
                if isinstance(expr, h.Index):
                    told = expr.base
                expr = expr.operand if isinstance(expr, h.Deref) else expr.base
            self.indexed.add(told.id)
        return told.range


def why_of(access: Access, why: UseWhy | None) -> UseWhy:
    """The word for a guessed use; `why` where that fits what was guessed."""
    match access:
        case Access.VALUE:
            return UseWhy.MOVED
        case Access.MUT | Access.UNIQUE:
            return why if why in (UseWhy.ASSIGNED, UseWhy.REBORROWED) else UseWhy.BORROWED_MUT
        case Access.SHARED:
            return why if why in (UseWhy.COPIED, UseWhy.MATCHED, UseWhy.REBORROWED) else UseWhy.BORROWED
