"""Which place an expression is: rustc's `cat_expr`.

Invariant: every place that is not rooted in an upvar of the closure (locals, temporaries, statics, and what is behind
an overloaded deref or index) is None, since nothing is captured through it.
"""

from __future__ import annotations

from closurelens.capture.facts import Facts, unknown_in
from closurelens.capture.places import INDEX_EXPR, UpvarPlace, builtin_deref, deref_proj, field_proj, index_proj
from closurelens.hir import body as h
from closurelens.infer.result import DerefAdjust
from closurelens.ty.types import Array, Slice, Tuple, Ty

PLACE_EXPRS = frozenset((h.PathExpr, h.Field, h.Index, h.Deref))
"""The expressions that can be places rooted in a variable."""


class Categorizer:
    """Places of the expressions of one closure's body."""

    __slots__ = ("adjustments", "callees", "closure", "expr_ty", "facts", "local_of", "owner", "result")

    def __init__(self, facts: Facts, closure: int) -> None:
        result = facts.result
        self.facts = facts
        self.closure = closure
        self.result = result
        self.adjustments = result.adjustments
        self.callees = result.callees
        self.expr_ty = result.expr_ty
        self.local_of = result.local_of
        self.owner = facts.tree.owner

    def cat_expr(self, expr: h.Expr) -> UpvarPlace | None:
        """After the expression's own adjustments."""
        place = self.cat_expr_unadjusted(expr)
        return None if place is None else self._adjusted(expr, place)

    def cat_expr_unadjusted(self, expr: h.Expr) -> UpvarPlace | None:
        spine: list[h.Field | h.Index | h.Deref] = []
        root = expr
        while not isinstance(root, h.PathExpr):
            if isinstance(root, h.Field):
                spine.append(root)
                root = root.base
            elif isinstance(root, h.Index):
                if root.id in self.callees:
                    return None
                spine.append(root)
                root = root.base
            elif isinstance(root, h.Deref):
                if root.id in self.callees:
                    return None
                spine.append(root)
                root = root.operand
            else:
                return None
        binding = self.local_of.get(root.id)
        if binding is None or self.owner[binding] == self.closure:
            return None
        place: UpvarPlace | None = UpvarPlace(binding, self.result.binding_ty[binding])
        below: h.Expr = root
        for node in reversed(spine):
            if place is not None:
                place = self._adjusted(below, place)
            if place is None:
                return None
            match node:
                case h.Field():
                    place = self._field(node, place)
                case h.Index():
                    place = self._index(node, place)
                case h.Deref():
                    place = self._deref(node, place)
            below = node
        return place

    def _adjusted(self, expr: h.Expr, place: UpvarPlace) -> UpvarPlace | None:
        for adjustment in self.adjustments.get(expr.id, ()):
            if not isinstance(adjustment, DerefAdjust) or adjustment.overloaded:
                return None
            place = place.deref(adjustment.target)
        return place

    def behind_overloaded(self, expr: h.Expr) -> tuple[UpvarPlace, h.Expr, h.Expr] | None:
        """The place that an overloaded `*` or `[]` on the way to `expr` borrows, if it may do so mutably; the place's
        expression, and the one around that."""
        node = expr
        while isinstance(node, h.Field | h.Index | h.Deref):
            base = node.operand if isinstance(node, h.Deref) else node.base
            place = self.cat_expr_unadjusted(base)
            if place is not None:
                borrowed = self._overloaded(node, base, place)
                return None if borrowed is None else (borrowed, base, node)
            node = base
        return None

    def _overloaded(self, node: h.Expr, base: h.Expr, place: UpvarPlace) -> UpvarPlace | None:
        """What the step from `base` to `node` borrows."""
        for adjustment in self.adjustments.get(base.id, ()):
            if not isinstance(adjustment, DerefAdjust):
                break
            if adjustment.overloaded:
                return place if self.result.may_be_mutable(place.ty, False) else None
            place = place.deref(adjustment.target)
        if node.id in self.callees and self.result.may_be_mutable(place.ty, isinstance(node, h.Index)):
            return place
        return None

    def _field(self, expr: h.Field, base: UpvarPlace) -> UpvarPlace:
        ty = self.expr_ty[expr.id]
        index = self.field_index(base.ty, expr.name)
        if index is None:
            base = base.doubtful(self.why(expr, base.ty, f"where the field `{expr.name}` is found is not known"))
            index = -1
        return base.project(field_proj(expr.name, index, ty))

    def field_index(self, ty: Ty, name: str) -> int | None:
        if isinstance(ty, Tuple):
            return int(name) if name.isdecimal() and int(name) < len(ty.elems) else None
        sig = self.facts.adt_of(ty)
        if sig is None or not sig.variants:
            return None
        for index, field in enumerate(sig.variants[0].fields):
            if field.name == name:
                return index
        return None

    def _index(self, expr: h.Index, base: UpvarPlace) -> UpvarPlace:
        if not isinstance(base.ty, Array | Slice):
            base = base.doubtful(self.why(expr, base.ty, "what `[]` leads to is not known"))
        return base.project(index_proj(self.expr_ty[expr.id], of=INDEX_EXPR))

    def _deref(self, expr: h.Deref, base: UpvarPlace) -> UpvarPlace:
        if builtin_deref(base.ty) is None:
            base = base.doubtful(self.why(expr, base.ty, "what `*` leads to is not known"))
        return base.project(deref_proj(base.ty, self.expr_ty[expr.id]))

    def why(self, expr: h.Expr, ty: Ty, otherwise: str) -> str:
        """Why something about `expr` is not known, where `ty` is the type it depends on."""
        found = self.result.unknown.get(expr.id)
        if found is not None:
            return found
        unknown = unknown_in(ty)
        return unknown.why if unknown is not None else otherwise
