"""How precise a capture may be: rustc's truncation rules.

Invariant: every rule only shortens a place, and never asks less of the variable than the use does.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from closurelens.capture.facts import Facts
from closurelens.capture.places import (
    DEREF,
    FIELD,
    INDEX_EXPR,
    MUT,
    SHARED,
    UNIQUE,
    VALUE,
    Access,
    ProjKind,
    Projs,
    truncate,
    ty_before,
)
from closurelens.ty.types import RawPtr, Ty


class CaptureClause(Enum):
    """`move` or not."""

    VALUE = "move"
    REF = ""


class Processed(NamedTuple):
    """A use after the rules. `natural` is what decides the closure's kind: `move` has not been looked at."""

    projs: Projs
    access: Access
    natural: Access


def restrict_borrow(facts: Facts, base_ty: Ty, projs: Projs, access: Access) -> tuple[Projs, Access]:
    """No reference into a packed struct, and no mutability through a raw pointer."""
    for at, proj in enumerate(projs):
        if proj.kind is FIELD and facts.is_packed(ty_before(base_ty, projs, at)):
            projs, access = truncate(projs, access, at)
            break
    if any(p.of == "*" for p in projs):
        access = SHARED
    return projs, access


def cut_at_index(projs: Projs, access: Access) -> tuple[Projs, Access]:
    """An index expression borrows its base, mutably where the element is used so.

    Arrays and slices are no exception: rustc makes their indexing built in only after the upvar analysis.
    """
    for at, proj in enumerate(projs):
        if proj.of == INDEX_EXPR:
            return projs[:at], MUT if access is MUT or access is UNIQUE else SHARED
    return projs, access


def restrict_capture_precision(facts: Facts, base_ty: Ty, projs: Projs, access: Access) -> tuple[Projs, Access]:
    """No projection of a raw pointer or union (these need `unsafe`), none into the elements of an array or slice."""
    if not projs:
        return projs, access
    if isinstance(base_ty, RawPtr) or facts.is_union(base_ty):
        return truncate(projs, access, 0)
    for at, proj in enumerate(projs):
        if proj.kind is ProjKind.INDEX or proj.kind is ProjKind.SUBSLICE:
            return truncate(projs, access, at)
        if isinstance(proj.ty, RawPtr) or facts.is_union(proj.ty):
            return truncate(projs, access, at + 1)
    return projs, access


def truncate_capture_for_optimization(projs: Projs, access: Access) -> tuple[Projs, Access]:
    """What lies behind the last `&` is only ever read: capturing the reference's target says enough."""
    for at in range(len(projs) - 1, -1, -1):
        if projs[at].kind is DEREF:
            return truncate(projs, access, at + 1) if projs[at].of == "&" else (projs, access)
    return projs, access


def truncate_at_first_deref(projs: Projs, access: Access) -> tuple[Projs, Access]:
    """A value is only moved out of the stack frame, not from behind a pointer: the pointer is moved instead."""
    for at, proj in enumerate(projs):
        if proj.kind is DEREF:
            return truncate(projs, access, at)
    return projs, access


def restrict_precision_for_drop_types(facts: Facts, base_ty: Ty, projs: Projs) -> Projs:
    """Of a place captured by value: no field is moved out of a type that implements Drop, unless it is Copy."""
    for at in range(len(projs)):
        if facts.has_drop_impl(ty_before(base_ty, projs, at)):
            place_ty = projs[-1].ty
            return projs if facts.is_copy(place_ty) else projs[:at]
    return projs


def doubtful_drop(facts: Facts, base_ty: Ty, processed: Processed) -> tuple[Processed, str] | None:
    """What is captured instead if a type on the way has an impl of Drop that is not seen, and why it may have one.

    What the body itself moves out of a type shows that the type has none.
    """
    projs = processed.projs
    if processed.access is not VALUE or processed.natural is VALUE or not projs:
        return None
    for at in range(len(projs)):
        why = facts.may_drop(ty_before(base_ty, projs, at))
        if why is not None and not facts.is_copy(projs[-1].ty):
            return Processed(projs[:at], VALUE, processed.natural), why
    return None


def process(facts: Facts, base_ty: Ty, projs: Projs, access: Access, clause: CaptureClause) -> Processed:
    """A use as the closure's captures see it."""
    if projs:
        projs, access = restrict_capture_precision(facts, base_ty, projs, access)
        projs, access = truncate_capture_for_optimization(projs, access)
    natural = access
    if clause is CaptureClause.VALUE or access is VALUE:
        if projs:
            projs, _ = truncate_at_first_deref(projs, access)
            projs = restrict_precision_for_drop_types(facts, base_ty, projs)
        access = VALUE
    return Processed(projs, access, natural)
