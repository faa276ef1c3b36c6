"""The predicates in scope of a body, and what follows from them (rustc's `ParamEnv`).

Invariant: what is kept here depends on the predicates and the program alone: bodies with the same predicates share it.
"""

from __future__ import annotations

from closurelens.infer.elaborate import elaborate, implied_of_others
from closurelens.infer.goals import Answers, SharedCache
from closurelens.ty import types as t
from closurelens.ty.sig import Predicate, SigDb
from closurelens.ty.types import Bound, Ty

_MOST_KEPT = 200
_MOST_IMPLIED = 200
"""So many predicates are looked at: a trait may say of an associated type that it implements the trait again."""


class ParamEnv:
    """`bounds` are those of parameters, with what their supertraits imply; `open` those of other types."""

    __slots__ = (
        "answers",
        "assumes_impls",
        "bounds",
        "is_normal",
        "normal",
        "offered",
        "open",
    )

    def __init__(self, db: SigDb, shared: SharedCache, predicates: tuple[Predicate, ...]) -> None:
        self.bounds: dict[Ty, list[Bound]] = {}
        self.open: list[tuple[Ty, Bound]] = []
        self.assumes_impls = False
        """The predicates say of types that may have no parameters what they implement: `where String: Trait`."""
        self.is_normal = False
        """What projections in the predicates stand for has been added."""
        self.answers = Answers()
        self.normal: dict[Ty, Ty] = {}
        self.offered: dict[tuple[Ty, str], list[Bound]] = {}
        """The bounds of a parameter whose trait declares a name."""
        work = list(predicates)
        seen = set(predicates)
        for predicate in work:  # grows below
            subject = predicate.subject
            self._assume([(subject, bound) for bound in elaborate(db, shared, subject, predicate.bound)])
            if len(work) < _MOST_IMPLIED:
                for other in implied_of_others(db, shared, subject, predicate.bound):
                    if other not in seen:
                        seen.add(other)
                        work.append(other)

    def add(self, more: list[tuple[Ty, Bound]]) -> None:
        """What else holds; what was found out without it counts no more."""
        if more:
            self._assume(more)
            seen = self.answers.seen
            self.answers = Answers()
            self.answers.renew(seen)
            self.normal.clear()
            self.offered.clear()

    def _assume(self, bounds: list[tuple[Ty, Bound]]) -> None:
        for subject, bound in bounds:
            if subject.__class__ is t.Param:
                known = self.bounds.setdefault(subject, [])
                if bound not in known:
                    known.append(bound)
            else:
                self.open.append((subject, bound))
                self.assumes_impls = self.assumes_impls or not isinstance(subject, t.Projection)


def param_env(db: SigDb, shared: SharedCache, predicates: tuple[Predicate, ...]) -> ParamEnv:
    """That of a body which begins now."""
    env: ParamEnv | None = shared.envs.get(predicates)
    if env is None:
        if len(shared.envs) >= _MOST_KEPT:
            shared.envs.clear()
        env = shared.envs[predicates] = ParamEnv(db, shared, predicates)
    env.answers.renew(shared.answers.seen)
    return env
