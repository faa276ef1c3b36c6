"""What two trait goals have in common that differ only in which variables stand where.

Invariant: goals of one canonical form have one answer, as long as no closure is in them: what is known of a variable is
its kind, and which of the others it is.
"""

from __future__ import annotations

from closurelens.infer.table import Table
from closurelens.ty import types as t
from closurelens.ty.types import HAS_INFER, Ty

_PLACES: list[tuple[t.Infer, t.Infer, t.Infer]] = []
"""The variables of canonical forms: the n-th that is met, by its kind. No table has such numbers."""


def _place(number: int, kind: int) -> t.Infer:
    while number >= len(_PLACES):
        low = -1 - 3 * len(_PLACES)
        _PLACES.append((t.Infer(low), t.Infer(low - 1), t.Infer(low - 2)))
    return _PLACES[number][kind]


def canonical(table: Table, types: tuple[Ty, ...]) -> tuple[Ty, ...]:
    """`types` with what is bound replaced, and with the n-th variable among what is not by the n-th of all forms."""
    met: dict[int, t.Infer] = {}
    return tuple([_canonical(table, ty, met) if ty.flags & HAS_INFER else ty for ty in types])


def _canonical(table: Table, ty: Ty, met: dict[int, t.Infer]) -> Ty:
    if ty.__class__ is t.Infer:
        ty = table.shallow(ty)
        if ty.__class__ is t.Infer:
            found = met.get(ty.id)
            if found is None:
                found = met[ty.id] = _place(len(met), table.kinds[ty.id])
            return found
        if not ty.flags & HAS_INFER:
            return ty
    if ty.__class__ is t.Adt:
        return t.Adt(ty.path, tuple([_canonical(table, a, met) if a.flags & HAS_INFER else a for a in ty.args]))
    return ty.map(lambda part: _canonical(table, part, met) if part.flags & HAS_INFER else part)
