"""The fewest places that cover all uses: rustc's `compute_min_captures`.

Invariant: no place in a list of min captures is an ancestor of another one in it. Where uses are in doubt, `outcomes`
has every list that may come out, so a doubt that changes nothing is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cmp_to_key

from closurelens.capture.events import Bundle, Event, Info, Range
from closurelens.capture.places import FIELD, Access, Projs, is_prefix, keys, truncate
from closurelens.capture.precision import Processed
from closurelens.records import dataclass, field
from closurelens.ty.types import Ty

MAX_OUTCOMES = 24

Outcome = dict[tuple[int | str, ...], Info]
"""Min captures of one variable by their place's keys."""


@dataclass(slots=True, eq=False)
class MinCapture:
    """`path` is the use that fixes the place, `decider` the first one that asks for the mode."""

    projs: Projs
    access: Access
    path: Event
    decider: Event

    @property
    def range(self) -> Range:
        return self.path.range


@dataclass(slots=True, eq=False)
class VariableCaptures:
    """All captures of one variable. `outcomes`: what else may come out, the first as in `captures`."""

    binding: int
    base_ty: Ty
    captures: list[MinCapture]
    outcomes: list[Bundle] = field(default_factory=list)
    is_overflow: bool = False
    why: str = ""


@dataclass(slots=True, eq=False)
class ClosureAnalysis:
    """What an outer closure has to know of an inner one; `blind`: why it may use more than is seen."""

    variables: dict[int, VariableCaptures]
    blind: list[str]


def add(captures: list[MinCapture], projs: Projs, access: Access, event: Event) -> None:
    """One more use of the variable, after the rules of `precision`."""
    for capture in captures:
        if is_prefix(capture.projs, projs):
            _, access = truncate(projs, access, len(capture.projs))
            if access > capture.access:
                capture.access = access
                capture.decider = event
                if len(capture.projs) == len(projs):
                    capture.path = event
            return
    decider = event
    kept: list[MinCapture] = []
    for capture in captures:
        if is_prefix(projs, capture.projs):
            _, other = truncate(capture.projs, capture.access, len(projs))
            if other > access or (other == access and event.is_mention):
                access, decider = other, capture.decider
        else:
            kept.append(capture)
    kept.append(MinCapture(projs, access, event, decider))
    captures[:] = kept


def join(outcome: Outcome, infos: Iterable[Info]) -> Outcome:
    """The same as `add`, without the events."""
    new = dict(outcome)
    for projs, access in infos:
        key = keys(projs)
        absorbed = False
        for at in range(len(key) + 1):
            ancestor = new.get(key[:at])
            if ancestor is not None:
                _, access = truncate(projs, access, at)
                if access > ancestor[1]:
                    new[key[:at]] = (ancestor[0], access)
                absorbed = True
                break
        if absorbed:
            continue
        for other in [k for k in new if k[: len(key)] == key]:
            _, more = truncate(new[other][0], new[other][1], len(key))
            access = max(access, more)
            del new[other]
        new[key] = (projs, access)
    return new


def outcomes(certain: Iterable[Info], doubts: Iterable[list[Bundle]]) -> list[Outcome] | None:
    """Every list of min captures that the doubts allow; None: too many."""
    found = {_signature(o): o for o in (join({}, certain),)}
    seen: set[tuple[object, ...]] = set()
    for bundles in doubts:
        shape = tuple([tuple([(keys(projs), access) for projs, access in bundle]) for bundle in bundles])
        if shape in seen:
            continue
        seen.add(shape)
        new: dict[frozenset[object], Outcome] = {}
        for outcome in found.values():
            for bundle in bundles:
                joined = join(outcome, bundle)
                new[_signature(joined)] = joined
        if len(new) > MAX_OUTCOMES:
            return None
        found = new
    return list(found.values())


def _signature(outcome: Outcome) -> frozenset[object]:
    return frozenset([(key, info[1]) for key, info in outcome.items()])


def same(outcome: Outcome, capture: MinCapture) -> bool:
    """Whether the outcome has this very capture."""
    info = outcome.get(keys(capture.projs))
    return info is not None and info[1] is capture.access


def sort_by_field(captures: list[MinCapture]) -> None:
    """In the order in which the fields are declared, which is the order of drops; derefs do not count."""
    if len(captures) > 1:
        captures.sort(key=_BY_FIELD)


def _compare(a: MinCapture, b: MinCapture) -> int:
    mine = [p.index for p in a.projs if p.kind is FIELD]
    theirs = [p.index for p in b.projs if p.kind is FIELD]
    for x, y in zip(mine, theirs, strict=False):
        if x != y:
            return -1 if x < y else 1
    return 0


_BY_FIELD = cmp_to_key(_compare)


def forces(capture: MinCapture, use: Processed) -> bool:
    """Whether a use under the capture's place asks for the capture's mode, `move` left aside."""
    _, natural = truncate(use.projs, use.natural, len(capture.projs))
    return natural is capture.access
