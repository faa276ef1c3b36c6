"""Captures: the answer about one closure, the same from our own analysis and from rustc.

All ranges are (start, end) in bytes relative to the chunk of the body.
"""

from __future__ import annotations

from enum import Enum

from closurelens.infer.result import ClosureKind
from closurelens.records import dataclass, field
from closurelens.ty.types import Ty

Range = tuple[int, int]


class BorrowKind(Enum):
    """rustc's: shared, unique immutable (through a `&mut` that is not itself mutable), mutable."""

    SHARED = "ref"
    UNIQUE = "uniq"
    MUT = "mut"


@dataclass(slots=True)
class ByRef:
    kind: BorrowKind


@dataclass(slots=True)
class ByValue:
    """`copies`: the captured value's type is Copy, so the variable stays usable."""

    copies: bool


CaptureMode = ByRef | ByValue


@dataclass(slots=True)
class DerefProj:
    """`*`; `ty` is the type after it."""

    ty: Ty
    of: str = "&"  # what is dereferenced: "&", "&mut", "*" (raw pointer), "Box"


@dataclass(slots=True)
class FieldProj:
    """A field by name ("0" in tuples); `ty` is its type."""

    name: str
    index: int
    ty: Ty


@dataclass(slots=True)
class IndexProj:
    """An element (or with `is_subslice` some elements) of an array or slice: in uses only, never in captures."""

    ty: Ty
    is_subslice: bool = False


Projection = DerefProj | FieldProj | IndexProj


@dataclass(slots=True)
class Place:
    """A captured variable and the projections on it, outermost last."""

    binding: int
    name: str
    ty: Ty  # of the variable
    projections: list[Projection]

    @property
    def fields(self) -> list[str]:
        return [p.name for p in self.projections if isinstance(p, FieldProj)]

    def display(self) -> str:
        """As Rust would write it: `self.a.b`, `*p.x`; a deref that a field access implies is left out."""
        text = self.name
        for at, proj in enumerate(self.projections):
            match proj:
                case FieldProj():
                    text = f"{text}.{proj.name}"
                case DerefProj():
                    last = at == len(self.projections) - 1
                    if last or isinstance(self.projections[at + 1], DerefProj):
                        text = f"*{text}"
                case IndexProj():
                    text = f"{text}[..]" if proj.is_subslice else f"{text}[_]"
        return text


class UseWhy(Enum):
    """What a use does, for people: the value is the phrase."""

    READ = "read"
    BORROWED = "borrowed"
    BORROWED_MUT = "borrowed mutably"
    ASSIGNED = "assigned"
    MOVED = "moved"
    COPIED = "copied"
    REBORROWED = "reborrowed"
    MATCHED = "matched"
    INNER = "captured by the inner closure"
    MOVE_KEYWORD = "`move`"


@dataclass(slots=True)
class Use:
    """One use of a captured place in the closure's body. `forces` is set where it decides the capture's mode."""

    range: Range
    why: UseWhy
    mode: CaptureMode
    place: Place
    detail: str = ""  # "passed to `drop`", "receiver of `push(&mut self)`"
    forces: bool = False


@dataclass(slots=True)
class Capture:
    place: Place
    mode: CaptureMode
    uses: list[Use]
    uncertain: str | None = None  # why it is not certain
    ty: Ty | None = None  # of the place


@dataclass(slots=True)
class ClosureCaptures:
    """All about one closure (or async block, with `is_coroutine`, whose trait means nothing).

    `trait` is the natural trait; `kind` the contextual one, None where not known. `is_off`: a `cfg` within the body
    switches it off.
    """

    id: int
    range: Range
    is_move: bool
    trait: ClosureKind
    kind: ClosureKind | None
    captures: list[Capture]
    trait_uses: list[Use] = field(default_factory=list)  # the uses that make it FnMut or FnOnce
    uncertain: list[str] = field(default_factory=list)  # reasons that concern the closure as a whole
    kind_uncertain: str | None = None
    kind_reason: str = ""
    is_coroutine: bool = False
    provenance: str = "instant"
    is_off: bool = False

    @property
    def certain(self) -> bool:
        return not self.uncertain and all(c.uncertain is None for c in self.captures)
