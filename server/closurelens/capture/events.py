"""What the use visitor reports: one event for every use of an upvar.

Invariant: events come in the order in which rustc's ExprUseVisitor reports them.
"""

from __future__ import annotations

from closurelens.capture.model import UseWhy
from closurelens.capture.places import Access, Projs
from closurelens.hir import body as h
from closurelens.records import dataclass
from closurelens.ty.types import Ty

Range = tuple[int, int]

Info = tuple[Projs, Access]
"""A use of a place of some upvar."""

Bundle = tuple[Info, ...]
"""What one possibility uses of an upvar; empty: it does not use it."""


@dataclass(slots=True, eq=False)
class Doubt:
    """Uses of one upvar that are not known: exactly one of `bundles` is what happens. Its events show the first."""

    binding: int
    base_ty: Ty
    bundles: list[Bundle]
    why: str


@dataclass(slots=True, eq=False)
class Event:
    """`expr` is the place expression (rustc's diagnostic expression), `parent` what it stands in, for `reasons`."""

    binding: int
    base_ty: Ty
    projs: Projs
    access: Access
    range: Range
    why: UseWhy
    expr: h.Expr | None
    parent: h.Expr | h.LetStmt | None
    pat: h.Pat | None = None
    doubt: Doubt | None = None

    @property
    def is_mention(self) -> bool:
        """No use at all: before edition 2021 a variable that is only named is captured too."""
        return self.expr is None and self.parent is None


@dataclass(slots=True)
class Visit:
    """All of one closure's body. `blind`: reasons why it may use more than is seen."""

    events: list[Event]
    doubts: list[Doubt]
    blind: list[str]
