"""What a use may turn out to be where a type or callee is not known, most likely first.

Invariant: the answers hold everything that code which compiles may do; the first one is the guess.
"""

from __future__ import annotations

from closurelens.capture.events import Info
from closurelens.capture.facts import Facts
from closurelens.capture.places import (
    BOX,
    DEREF,
    INDEX_EXPR,
    MUT,
    SHARED,
    VALUE,
    Access,
    Projs,
    UpvarPlace,
    builtin_deref,
    deref_proj,
    keys,
)
from closurelens.ty.sig import SelfKind
from closurelens.ty.types import Adt, RawPtr, Ref, Ty, Unknown

_MAX_DEREFS = 4


class Possibilities:
    """Collects distinct uses of one upvar that are possible in the closure."""

    __slots__ = ("facts", "infos", "limit", "seen")

    def __init__(self, facts: Facts, limit: Access) -> None:
        self.facts = facts
        self.limit = limit
        self.infos: list[Info] = []
        self.seen: set[tuple[object, ...]] = set()

    def add(self, place: UpvarPlace, access: Access) -> None:
        """Leaves out what the variable or the closure's context forbids."""
        if access > self.limit:
            return
        if access is MUT and not self.facts.can_mutate(place):
            return
        if access is VALUE and not self.facts.can_move(place):
            return
        self.add_certain(place, access)

    def add_certain(self, place: UpvarPlace, access: Access) -> None:
        key = (access, *[p.key for p in place.projs])
        if key not in self.seen:
            self.seen.add(key)
            self.infos.append((place.projs, access))

    def add_variants(self, place: UpvarPlace, access: Access) -> None:
        """The place, and what it is instead if what its unknown part goes through is a pointer of some kind."""
        self.add(place, access)
        if place.known < 0:
            return
        base = UpvarPlace(place.binding, place.base_ty, place.projs[: place.known])
        self._add_behind(base, place.projs[place.known :], access)
        through = place.projs[place.known].of if place.known < len(place.projs) else ""
        if access is not VALUE or through != INDEX_EXPR:
            self.add(base, access)
        behind = base.project(deref_proj(_unknown_pointer(base.ty)))
        if access is not VALUE:
            rest = place.projs[place.known :]
            if rest and rest[0].kind is not DEREF:
                self.add(UpvarPlace(base.binding, base.base_ty, (*behind.projs, *rest)), access)
            self.add(behind, access)

    def _add_behind(self, base: UpvarPlace, rest: Projs, access: Access) -> None:
        """`rest` may be found behind the pointers that `base` is; an overloaded deref may borrow any of them."""
        for _ in range(_MAX_DEREFS):
            if builtin_deref(base.ty) is None:
                break
            base = base.deref()
            self.add(UpvarPlace(base.binding, base.base_ty, (*base.projs, *rest)), access)
            self.add(base, access)

    def prefer(self, place: UpvarPlace, access: Access) -> None:
        """Makes this the guess, if it is possible."""
        key = [p.key for p in place.projs]
        for at, (projs, found) in enumerate(self.infos):
            if found is access and [p.key for p in projs] == key:
                self.infos.insert(0, self.infos.pop(at))
                return


def _unknown_pointer(ty: Ty) -> Ty:
    """`ty` where it is a pointer that can be dereferenced, else something not known."""
    return ty if builtin_deref(ty) is not None else Unknown("what is behind a pointer is not known")


def by_value(facts: Facts, place: UpvarPlace, limit: Access, *, coerces: bool, likely_moved: bool) -> list[Info]:
    """Uses of a place by value whose type, or whose way to what it is used for, is not known.

    `coerces`: the context may reborrow a reference; `likely_moved`: guess a move where both are possible.
    """
    found = Possibilities(facts, limit)
    copy = facts.is_copy(place.ty)
    if copy is not False:
        found.add_variants(place, SHARED)
    if copy is not True:
        found.add_variants(place, VALUE)
    if coerces:
        ty = place.ty
        if isinstance(ty, Ref):
            behind = place.deref()
            found.add(behind, SHARED)
            found.prefer(behind, SHARED)
            if ty.mutable:
                found.add(behind, MUT)
                found.prefer(behind, MUT)
        elif isinstance(ty, Unknown):
            behind = place.deref()
            found.add(behind, SHARED)
            found.add(behind, MUT)
    if likely_moved:
        found.prefer(place, VALUE)
    if not found.infos:
        found.add_certain(place, SHARED)
    return found.infos


def borrowed(facts: Facts, place: UpvarPlace, access: Access, limit: Access) -> list[Info]:
    """A borrow of a place whose projections are not all certain."""
    found = Possibilities(facts, limit)
    found.add_variants(place, access)
    if not found.infos:
        found.add_certain(place, access)
    return found.infos


def shared_or_mutable(facts: Facts, place: UpvarPlace, limit: Access, usual: SelfKind | None) -> list[Info]:
    """What an overloaded `*` or `[]` borrows; `usual`: what the method that is called behind it usually takes."""
    found = Possibilities(facts, limit)
    found.add_variants(place, SHARED)
    found.add_variants(place, MUT)
    if usual is SelfKind.MUT:
        found.prefer(place, MUT)
    return found.infos


def read_or_not(place: UpvarPlace) -> list[Info | None]:
    """A pattern that may have to read a discriminant."""
    return [(place.projs, SHARED), None]


def anything(facts: Facts, place: UpvarPlace, limit: Access) -> list[Info | None]:
    """A use of which nothing is known: by an unknown macro, or through a pattern on an unknown type."""
    found = Possibilities(facts, limit)
    found.add_variants(place, SHARED)
    found.add_variants(place, MUT)
    if facts.is_copy(place.ty) is not True:
        found.add_variants(place, VALUE)
    behind = place.project(deref_proj(_unknown_pointer(place.ty)))
    if isinstance(place.ty, Unknown | Ref) or _is_box(place.ty):
        found.add(behind, SHARED)
        found.add(behind, MUT)
    return [*found.infos, None]


def first(guess: Info, others: list[Info | None]) -> list[Info | None]:
    """`guess` before all others."""
    shown = keys(guess[0])
    return [guess, *[o for o in others if o is None or o[1] is not guess[1] or keys(o[0]) != shown]]


def receiver(facts: Facts, place: UpvarPlace, limit: Access, usual: SelfKind | None) -> list[Info]:
    """A receiver of an unknown method: every step of autoderef, with every autoref.

    `usual`: what methods of this name usually take.
    """
    found = Possibilities(facts, limit)
    step, guessed = place, place
    for _ in range(_MAX_DEREFS):
        ty = step.ty
        found.add_variants(step, SHARED)
        found.add_variants(step, MUT)
        if not isinstance(ty, Ref) and facts.is_copy(ty) is not True:
            found.add_variants(step, VALUE)
        if isinstance(ty, RawPtr):
            break
        if isinstance(ty, Unknown):
            behind = step.deref()
            found.add(behind, SHARED)
            found.add(behind, MUT)
            break
        if builtin_deref(ty) is None:
            break
        step = step.deref()
        guessed = step
    match usual:
        case SelfKind.MUT:
            found.prefer(guessed, MUT)
            if found.infos[0][1] is not MUT and isinstance(guessed.ty, Unknown):
                found.prefer(guessed.deref(), MUT)
        case SelfKind.VALUE if facts.is_copy(guessed.ty) is not True:
            found.prefer(guessed, SHARED)
            found.prefer(guessed, VALUE)
        case _:
            found.prefer(guessed, SHARED)
    return found.infos


def callee(facts: Facts, place: UpvarPlace, limit: Access) -> list[Info]:
    """An upvar that is called, of unknown type: through `Fn`, `FnMut` or `FnOnce`."""
    found = Possibilities(facts, limit)
    found.add_variants(place, SHARED)
    found.add_variants(place, MUT)
    if facts.is_copy(place.ty) is not True:
        found.add_variants(place, VALUE)
    if isinstance(place.ty, Unknown) or builtin_deref(place.ty) is not None:
        behind = place.deref()
        found.add(behind, SHARED)
        found.add(behind, MUT)
    if facts.result.body.bindings[place.binding].mutable:
        found.prefer(place, MUT)
    return found.infos


def _is_box(ty: Ty) -> bool:
    return isinstance(ty, Adt) and ty.path == BOX
