"""Places during the visit: an upvar and the projections on it, and what it is used for.

Invariant: projections are shared, immutable tuples; a longer place is a new tuple. `known` says how many projections of
a place are certain where a type on the way is not known.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from closurelens.capture import model as m
from closurelens.records import dataclass
from closurelens.ty.types import Adt, RawPtr, Ref, Ty, Unknown


class Access(IntEnum):
    """rustc's UpvarCapture, ordered by what it demands of the variable."""

    SHARED = 0
    UNIQUE = 1
    MUT = 2
    VALUE = 3


SHARED: Final = Access.SHARED
UNIQUE: Final = Access.UNIQUE
MUT: Final = Access.MUT
VALUE: Final = Access.VALUE


class ProjKind(IntEnum):
    DEREF = 0
    FIELD = 1
    INDEX = 2
    SUBSLICE = 3


DEREF: Final = ProjKind.DEREF
FIELD: Final = ProjKind.FIELD

INDEX_EXPR: Final = "[]"
"""`Proj.of` of an index expression's projection, which nothing can be moved out of, unlike a pattern's."""

BOX: Final = "alloc::boxed::Box"


class Proj:
    """One projection. `key` is equal for equal projections.

    `of` says what a deref goes through: "&", "&mut", "*", "Box", or "?".
    """

    __slots__ = ("index", "key", "kind", "name", "of", "ty")

    def __init__(
        self, kind: ProjKind, ty: Ty, key: int | str, *, name: str = "", index: int = -1, of: str = ""
    ) -> None:
        self.kind = kind
        self.ty = ty
        self.key = key
        self.name = name
        self.index = index
        self.of = of


Projs = tuple[Proj, ...]


def deref_proj(pointer: Ty, target: Ty | None = None) -> Proj:
    """A built-in deref of a value of type `pointer`; `target` where the pointer does not tell it."""
    if isinstance(pointer, Ref):
        return Proj(DEREF, pointer.inner, -1, of="&mut" if pointer.mutable else "&")
    if isinstance(pointer, RawPtr):
        return Proj(DEREF, pointer.inner, -1, of="*")
    if isinstance(pointer, Adt) and pointer.path == BOX and pointer.args:
        return Proj(DEREF, pointer.args[0], -1, of="Box")
    if target is None:
        target = pointer if isinstance(pointer, Unknown) else Unknown("what a deref leads to is not known")
    return Proj(DEREF, target, -1, of="?")


def field_proj(name: str, index: int, ty: Ty, variant: str = "") -> Proj:
    """`variant` is set for the fields of an enum's variants: equal names of two variants are different places."""
    return Proj(FIELD, ty, f"{variant}.{name}" if variant else name, name=name, index=index)


def index_proj(ty: Ty, *, of: str = "") -> Proj:
    """An element; `of`: INDEX_EXPR or nothing."""
    return Proj(ProjKind.INDEX, ty, -2, of=of)


def subslice_proj(ty: Ty) -> Proj:
    return Proj(ProjKind.SUBSLICE, ty, -3)


def builtin_deref(ty: Ty) -> Ty | None:
    """What `*` gives without a `Deref` impl."""
    if isinstance(ty, Ref | RawPtr):
        return ty.inner
    if isinstance(ty, Adt) and ty.path == BOX and ty.args:
        return ty.args[0]
    return None


@dataclass(slots=True)
class UpvarPlace:
    """A place rooted in an upvar of the closure being visited; every other place is None to the visitor.

    `known`: only so many projections are certain (-1: all of them), because of `why`.
    """

    binding: int
    base_ty: Ty
    projs: Projs = ()
    known: int = -1
    why: str = ""

    @property
    def ty(self) -> Ty:
        return self.projs[-1].ty if self.projs else self.base_ty

    def project(self, proj: Proj) -> UpvarPlace:
        return UpvarPlace(self.binding, self.base_ty, (*self.projs, proj), self.known, self.why)

    def deref(self, target: Ty | None = None) -> UpvarPlace:
        return self.project(deref_proj(self.ty, target))

    def doubtful(self, why: str) -> UpvarPlace:
        """The same place, where what is projected from here on is not certain."""
        if self.known >= 0:
            return self
        return UpvarPlace(self.binding, self.base_ty, self.projs, len(self.projs), why)


def ty_before(base_ty: Ty, projs: Projs, at: int) -> Ty:
    """The type that projection `at` is applied to."""
    return projs[at - 1].ty if at else base_ty


def keys(projs: Projs) -> tuple[int | str, ...]:
    return tuple([p.key for p in projs])


def is_prefix(short: Projs, long: Projs) -> bool:
    """Whether `short` is an ancestor of `long`, or the same place."""
    if len(short) > len(long):
        return False
    return all(a is b or a.key == b.key for a, b in zip(short, long, strict=False))


def truncate(projs: Projs, access: Access, length: int) -> tuple[Projs, Access]:
    """The first `length` projections; a mutable use whose `&mut` deref is cut off needs the reference only uniquely."""
    if length >= len(projs):
        return projs, access
    if access is MUT and any(p.of == "&mut" for p in projs[length:]):
        access = UNIQUE
    return projs[:length], access


def to_model(binding: int, name: str, base_ty: Ty, projs: Projs) -> m.Place:
    out: list[m.Projection] = []
    for proj in projs:
        match proj.kind:
            case ProjKind.DEREF:
                out.append(m.DerefProj(proj.ty, proj.of if proj.of != "?" else "&"))
            case ProjKind.FIELD:
                out.append(m.FieldProj(proj.name, proj.index, proj.ty))
            case ProjKind.INDEX | ProjKind.SUBSLICE:
                out.append(m.IndexProj(proj.ty, is_subslice=proj.kind is ProjKind.SUBSLICE))
    return m.Place(binding, name, base_ty, out)


def to_mode(access: Access, *, copies: bool) -> m.CaptureMode:
    match access:
        case Access.SHARED:
            return m.ByRef(m.BorrowKind.SHARED)
        case Access.UNIQUE:
            return m.ByRef(m.BorrowKind.UNIQUE)
        case Access.MUT:
            return m.ByRef(m.BorrowKind.MUT)
        case Access.VALUE:
            return m.ByValue(copies)
