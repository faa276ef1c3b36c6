"""Paths and types as written, before any name is resolved."""

from __future__ import annotations

from enum import Enum

from closurelens.records import dataclass, field

Ctxt = int
"""Hygiene of an identifier: 0 for source text, else the macro expansion that introduced it."""


class Anchor(Enum):
    PLAIN = ""
    GLOBAL = "::"
    CRATE = "crate"  # also `$crate`, then with `Path.crate` set
    SELF = "self"
    SUPER = "super"  # `Path.supers` counts them


@dataclass(slots=True)
class Segment:
    name: str
    args: GenericArgs | None = None


@dataclass(slots=True)
class Path:
    """`Self` stays a plain segment. `<T as Trait>::X`: `qself` is T and `trait` is Trait, segments hold the rest."""

    segments: list[Segment]
    anchor: Anchor = Anchor.PLAIN
    supers: int = 0
    crate: str | None = None
    qself: TypeRef | None = None
    trait: Path | None = None
    ctxt: Ctxt = 0

    def name(self) -> str | None:
        """The identifier of a path that is just one."""
        if len(self.segments) == 1 and self.anchor is Anchor.PLAIN and self.qself is None:
            return self.segments[0].name
        return None


@dataclass(slots=True)
class GenericArgs:
    """`<T, N, Name = U, Name: Bound>`, or `(A, B) -> R` with `is_fn_sugar`: types are then the inputs."""

    types: list[TypeRef]
    assoc: list[tuple[str, TypeRef]] = field(default_factory=list)
    assoc_bounds: list[tuple[str, list[BoundRef]]] = field(default_factory=list)
    is_fn_sugar: bool = False
    ret: TypeRef | None = None


@dataclass(slots=True)
class BoundRef:
    """A trait bound; lifetime bounds and `use<..>` are left out, `?Trait` has `is_maybe`."""

    path: Path
    is_maybe: bool = False


@dataclass(slots=True)
class PathType:
    path: Path


@dataclass(slots=True)
class RefType:
    inner: TypeRef
    mutable: bool
    lifetime: str | None = None  # without the apostrophe


@dataclass(slots=True)
class PtrType:
    inner: TypeRef
    mutable: bool


@dataclass(slots=True)
class SliceType:
    inner: TypeRef


@dataclass(slots=True)
class ArrayType:
    inner: TypeRef
    len: TypeRef


@dataclass(slots=True)
class ConstArg:
    """A const generic argument or array length: a literal's value, or None where it is an expression to evaluate."""

    value: int | str | None


@dataclass(slots=True)
class TupleType:
    elems: list[TypeRef]


@dataclass(slots=True)
class NeverType:
    pass


@dataclass(slots=True)
class InferType:
    pass


@dataclass(slots=True)
class FnPtrType:
    params: list[TypeRef]
    ret: TypeRef | None


@dataclass(slots=True)
class DynType:
    bounds: list[BoundRef]


@dataclass(slots=True)
class ImplType:
    bounds: list[BoundRef]


@dataclass(slots=True)
class ErrorType:
    why: str


TypeRef = (
    PathType
    | RefType
    | PtrType
    | SliceType
    | ArrayType
    | ConstArg
    | TupleType
    | NeverType
    | InferType
    | FnPtrType
    | DynType
    | ImplType
    | ErrorType
)


@dataclass(slots=True)
class GenericParamDecl:
    name: str
    bounds: list[BoundRef] = field(default_factory=list)
    default: TypeRef | None = None
    const_type: TypeRef | None = None  # set for `const N: T`


@dataclass(slots=True)
class GenericsDecl:
    """Type and const parameters and where-predicates; of lifetimes only the number is known."""

    params: list[GenericParamDecl] = field(default_factory=list)
    where: list[tuple[TypeRef, list[BoundRef]]] = field(default_factory=list)
    lifetimes: int = 0
