"""The predicates in scope of a body, and what follows from them (rustc's `ParamEnv`).

Invariant: what is kept here depends on the predicates and the program alone: bodies with the same predicates share it.
"""

from __future__ import annotations

from closurelens.infer.elaborate import elaborate
from closurelens.infer.goals import Answers, SharedCache
from closurelens.ty import types as t
from closurelens.ty.sig import Predicate, SigDb
from closurelens.ty.types import Bound, Ty

_MOST_KEPT = 200


class ParamEnv:
    """`bounds` are those of parameters, with what their supertraits imply; `open` those of other types."""

    __slots__ = (
        "answers",
        "assumes_impls",
        "bounds",
        "normal",
        "offered",
        "open",
    )

    def __init__(self, db: SigDb, shared: SharedCache, predicates: tuple[Predicate, ...]) -> None:
        self.bounds: dict[Ty, list[Bound]] = {}
        self.open: list[tuple[Ty, Bound]] = []
        for predicate in predicates:
            subject = predicate.subject
            for bound in elaborate(db, shared, subject, predicate.bound):
                if subject.__class__ is t.Param:
                    self.bounds.setdefault(subject, []).append(bound)
                else:
                    self.open.append((subject, bound))
        self.assumes_impls = any(not isinstance(subject, t.Projection) for subject, _ in self.open)
        """The predicates say of types that may have no parameters what they implement: `where String: Trait`."""
        self.answers = Answers()
        self.normal: dict[Ty, Ty] = {}
        self.offered: dict[tuple[Ty, str], list[Bound]] = {}
        """The bounds of a parameter whose trait declares a name."""


def param_env(db: SigDb, shared: SharedCache, predicates: tuple[Predicate, ...]) -> ParamEnv:
    """That of a body which begins now."""
    env: ParamEnv | None = shared.envs.get(predicates)
    if env is None:
        if len(shared.envs) >= _MOST_KEPT:
            shared.envs.clear()
        env = shared.envs[predicates] = ParamEnv(db, shared, predicates)
    env.answers.renew(shared.answers.seen)
    return env
