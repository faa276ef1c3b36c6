"""Inference variables and unification.

Invariant: a variable is bound at most once, and only through `unify`; a snapshot undoes all that came after it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar

from closurelens.ty import types as t
from closurelens.ty.types import HAS_INFER, HAS_REGION, HAS_UNKNOWN, Ty, erase_regions

K = TypeVar("K")
V = TypeVar("V")


class VarKind(IntEnum):
    GENERAL = 0
    INT = 1
    FLOAT = 2


_INTS = frozenset(t.INT_NAMES)
_FLOATS = frozenset(t.FLOAT_NAMES)


_UNSETTLED = (t.Unknown, t.Projection, t.Opaque, t.Const, t.Closure, t.Coroutine)
"""Types of which two may be one although they do not look so, and those that no two expressions share."""


class Table:
    """The variables of one body."""

    __slots__ = ("_trail", "binds", "bound", "diverging", "kinds")

    def __init__(self) -> None:
        self.bound: list[Ty | None] = []
        self.kinds: list[VarKind] = []
        self.diverging: set[int] = set()
        self.binds = 0
        """How often a variable was bound, also where that was undone."""
        self._trail: list[int | tuple[dict[Any, Any], object]] = []

    def new_var(self, kind: VarKind = VarKind.GENERAL) -> t.Infer:
        var = t.Infer(len(self.bound))
        self.bound.append(None)
        self.kinds.append(kind)
        return var

    def snapshot(self) -> tuple[int, int]:
        return len(self._trail), len(self.bound)

    def rollback(self, mark: tuple[int, int]) -> None:
        trail, bound = self._trail, self.bound
        while len(trail) > mark[0]:
            done = trail.pop()
            if isinstance(done, int):
                bound[done] = None
            else:
                memo, key = done
                memo.pop(key, None)
        del bound[mark[1] :]
        del self.kinds[mark[1] :]

    def remember(self, memo: dict[K, V], key: K, value: V) -> None:
        """Put an entry into `memo` that a rollback takes out again."""
        memo[key] = value
        self._trail.append((memo, key))

    def shallow(self, ty: Ty) -> Ty:
        """`ty` with a variable at its top followed as far as it is bound."""
        while ty.__class__ is t.Infer:
            found = self.bound[ty.id]
            if found is None:
                return ty
            ty = found
        return ty

    def deep(self, ty: Ty) -> Ty:
        """`ty` with every bound variable replaced."""
        if not ty.flags & HAS_INFER:
            return ty
        if ty.__class__ is t.Infer:
            ty = self.shallow(ty)
            if ty.__class__ is t.Infer or not ty.flags & HAS_INFER:
                return ty
        if ty.__class__ is t.Adt:
            args = tuple([self.deep(arg) if arg.flags & HAS_INFER else arg for arg in ty.args])
            for new, old in zip(args, ty.args, strict=True):
                if new is not old:
                    return t.Adt(ty.path, args)
            return ty
        return ty.map(self.deep)

    def kind_of(self, var: t.Infer) -> VarKind:
        return self.kinds[var.id]

    def _bind(self, var: int, ty: Ty) -> None:
        """A variable takes a type but for its lifetimes (rustc's generalizer), so what meets it later is reborrowed."""
        if ty.flags & HAS_REGION:
            ty = erase_regions(ty)
        self._trail.append(var)
        self.binds += 1
        self.bound[var] = ty

    def _occurs(self, var: int, ty: Ty) -> bool:
        if not ty.flags & HAS_INFER:
            return False
        if ty.__class__ is t.Infer:
            ty = self.shallow(ty)
            if ty.__class__ is t.Infer:
                return ty.id == var
        return any(self._occurs(var, part) for part in ty.parts())

    def unify(self, a: Ty, b: Ty) -> bool:
        """Make `a` and `b` equal. A failure may leave variables bound: take a snapshot where it matters."""
        if a is b:
            return True
        if a.__class__ is t.Infer:
            a = self.shallow(a)
        if b.__class__ is t.Infer:
            b = self.shallow(b)
        if a is b:
            return True
        ca, cb = a.__class__, b.__class__
        if isinstance(a, t.Infer):
            return self._unify_var(a, b)
        if isinstance(b, t.Infer):
            return self._unify_var(b, a)
        if ca is t.Unknown or cb is t.Unknown:
            return True
        if ca is not cb:
            return False
        if (
            not (a.flags | b.flags) & (HAS_INFER | HAS_UNKNOWN)
            and ca is not t.Array
            and ca is not t.Const
            and ca is not t.Adt
        ):
            return a == b
        return self._unify_same(a, b)

    def _unify_var(self, var: t.Infer, other: Ty) -> bool:
        kind = self.kinds[var.id]
        if other.__class__ is t.Infer:
            other_id = other.id
            if other_id == var.id:
                return True
            other_kind = self.kinds[other_id]
            if kind and other_kind and kind != other_kind:
                return False
            if kind and not other_kind:
                self._bind(other_id, var)
            else:
                self._bind(var.id, other)
                if var.id in self.diverging:
                    self.diverging.add(other_id)
            return True
        if kind:
            if other.__class__ is t.Prim:
                if other.name not in (_INTS if kind is VarKind.INT else _FLOATS):
                    return False
            elif other.__class__ is not t.Unknown:
                return False
        elif self._occurs(var.id, other):
            return False
        self._bind(var.id, other)
        return True

    def differ(self, a: Ty, b: Ty) -> bool:
        """Whether nothing that is still open, nor what a projection stands for, can make `a` and `b` one type."""
        work = [(a, b)]
        while work:
            a, b = work.pop()
            a, b = self.shallow(a), self.shallow(b)
            if isinstance(a, t.Infer) or isinstance(b, t.Infer):
                var, other = (a, b) if isinstance(a, t.Infer) else (b, a)
                if isinstance(var, t.Infer) and self.kinds[var.id] is not VarKind.GENERAL:
                    if isinstance(other, t.Infer):
                        if self.kinds[other.id] not in (VarKind.GENERAL, self.kinds[var.id]):
                            return True
                    elif not isinstance(other, t.Prim | t.Unknown | t.Projection | t.Opaque):
                        return True
            elif isinstance(a, _UNSETTLED) or isinstance(b, _UNSETTLED):
                continue
            elif a.__class__ is not b.__class__:
                return True
            elif isinstance(a, t.Adt | t.FnDef) and isinstance(b, t.Adt | t.FnDef):
                if a.path != b.path:
                    return True
                work.extend(zip(a.args, b.args))  # noqa: B905
            elif isinstance(a, t.Ref | t.RawPtr) and isinstance(b, t.Ref | t.RawPtr):
                if a.mutable != b.mutable:
                    return True
                work.append((a.inner, b.inner))
            elif isinstance(a, t.Prim | t.Param):
                if a != b:
                    return True
            elif not isinstance(a, t.Dyn):
                mine, theirs = list(a.parts()), list(b.parts())
                if len(mine) != len(theirs):
                    return True
                work.extend(zip(mine, theirs, strict=True))
        return False

    def unify_all(self, a: tuple[Ty, ...], b: tuple[Ty, ...]) -> bool:
        return len(a) == len(b) and all(self.unify(x, y) for x, y in zip(a, b, strict=True))

    def _unify_same(self, a: Ty, b: Ty) -> bool:
        match a, b:
            case t.Adt(), t.Adt():
                return a.path == b.path and self._args(a.args, b.args)
            case t.Ref(), t.Ref():
                return a.mutable == b.mutable and self.unify(a.inner, b.inner)
            case t.RawPtr(), t.RawPtr():
                return a.mutable == b.mutable and self.unify(a.inner, b.inner)
            case t.Tuple(), t.Tuple():
                return self.unify_all(a.elems, b.elems)
            case t.Slice(), t.Slice():
                return self.unify(a.elem, b.elem)
            case t.Array(), t.Array():
                return self.unify(a.elem, b.elem) and self.unify(a.len, b.len)
            case t.Const(), t.Const():
                return a.value is None or b.value is None or a.value == b.value
            case t.FnPtr(), t.FnPtr():
                return self.unify_all(a.params, b.params) and self.unify(a.ret, b.ret)
            case t.FnDef(), t.FnDef():
                return a.path == b.path and self._args(a.args, b.args)
            case t.Projection(), t.Projection():
                return (
                    a.name == b.name
                    and a.trait == b.trait
                    and self.unify(a.self_ty, b.self_ty)
                    and self._args(a.args, b.args)
                    and self._args(a.own_args, b.own_args)
                )
            case t.Opaque(), t.Opaque():
                return a.owner == b.owner and a.index == b.index and self._args(a.args, b.args)
            case t.Dyn(), t.Dyn():
                return self._unify_bounds(a.bounds, b.bounds)
            case _:
                return a == b

    def _args(self, a: tuple[Ty, ...], b: tuple[Ty, ...]) -> bool:
        """Argument lists; one that lacks trailing defaults matches what it has."""
        ok = True
        for x, y in zip(a, b):  # noqa: B905
            ok = self.unify(x, y) and ok
        return ok

    def _unify_bounds(self, a: tuple[t.Bound, ...], b: tuple[t.Bound, ...]) -> bool:
        by_trait = {bound.trait: bound for bound in b}
        principal = a[0] if a else None
        if principal is None or (b and b[0].trait != principal.trait and principal.trait not in by_trait):
            return not a and not b
        other = by_trait.get(principal.trait)
        if other is None or not self._args(principal.args, other.args):
            return False
        theirs = dict(other.assoc)
        return all(self.unify(ty, theirs[name]) for name, ty in principal.assoc if name in theirs)
