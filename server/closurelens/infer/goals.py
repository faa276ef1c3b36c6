"""What is asked of traits, and the forms of the answers.

Invariant: plain data; solving is `infer.traits`.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from closurelens.infer.generics import FullGenerics, Subst
from closurelens.records import dataclass, field
from closurelens.ty import types as t
from closurelens.ty.sig import ImplSig, Predicate
from closurelens.ty.types import Bound, DefPath, Ty

MAX_DEPTH = 7
"""How deep goals may nest; what is below is undecided."""


PASSING = t.HAS_INFER | t.HAS_UNKNOWN | t.HAS_REGION | t.HAS_CLOSURE
"""What is in a type whose normal form is not remembered: it may change, or equal types differ in it."""

OF_ONE_BODY = t.HAS_REGION | t.HAS_CLOSURE
"""What is in a type whose answers other bodies may not share."""


class Answer(Enum):
    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@dataclass(slots=True)
class ImplCandidate:
    impl: ImplSig
    subst: Subst


@dataclass(slots=True)
class BoundCandidate:
    """A where-clause, a bound of `dyn` or `impl Trait`, or a bound that a trait declares."""

    bound: Bound


@dataclass(slots=True)
class BuiltinCandidate:
    assoc: dict[str, Ty]


Candidate = ImplCandidate | BoundCandidate | BuiltinCandidate


@dataclass(slots=True)
class TraitGoal:
    """`self_ty: trait<args>`. `origin` is the expression that asks."""

    self_ty: Ty
    trait: DefPath
    args: tuple[Ty, ...]
    origin: int
    stalled: list[t.Infer] = field(default_factory=list)


@dataclass(slots=True)
class ProjectionGoal:
    """`projection == target`."""

    projection: t.Projection
    target: Ty
    origin: int
    stalled: list[t.Infer] = field(default_factory=list)


Goal = TraitGoal | ProjectionGoal
GoalKey = tuple[object, ...]
"""What makes two goals one."""


@dataclass(slots=True)
class ClosureSig:
    """What the solver must know of a closure expression while its body is inferred."""

    params: tuple[Ty, ...]
    ret: Ty
    is_async: bool = False


LookupKey = tuple[Ty, str, frozenset[DefPath]]
"""A method's receiver and name, and the traits in scope."""


OpenGoal = tuple[tuple[Ty, ...], DefPath, int]
"""The canonical form of a goal's self type and arguments, its trait, and how deep it is nested."""


class OpenAnswers:
    """Answers about goals by their canonical form; they may be undecided, and hold while no more impls are known."""

    __slots__ = ("holds", "selected")

    def __init__(self) -> None:
        self.holds: dict[OpenGoal, Answer] = {}
        self.selected: dict[OpenGoal, ImplSig | Answer] = {}
        """The only impl that a goal may be met by."""


class Answers:
    """What is known of goals and methods: `ground` and `projected` of goals without open variables, by their types;
    `lookups` is what `method.lookup` has found."""

    __slots__ = ("ground", "lookups", "open", "projected", "seen")

    def __init__(self) -> None:
        self.ground: dict[tuple[Ty, DefPath, tuple[Ty, ...]], Answer] = {}
        self.projected: dict[Ty, Ty] = {}
        self.lookups: dict[LookupKey, Any] = {}
        self.open = OpenAnswers()
        self.seen = -1
        """The number of `ImplChanges` when the open answers were begun."""

    def renew(self, changes: int) -> None:
        """Another body begins, at this number of `ImplChanges`."""
        if changes != self.seen:
            self.seen = changes
            self.open = OpenAnswers()


class SharedCache:
    """What bodies of one program have in common; `answers` are about types without parameters."""

    __slots__ = (
        "answers",
        "elaborated",
        "envs",
        "generics",
        "header_args",
        "implied",
        "inherent",
        "offering",
    )

    def __init__(self) -> None:
        self.answers = Answers()
        self.inherent: dict[str, dict[str, list[tuple[ImplSig, DefPath]]]] = {}
        self.offering: dict[tuple[frozenset[DefPath], str], list[DefPath]] = {}
        self.header_args: dict[DefPath, tuple[Ty, ...]] = {}
        self.generics: dict[DefPath, FullGenerics] = {}
        """Of functions."""
        self.implied: dict[DefPath, list[Bound]] = {}
        """What a trait's supertraits are, in terms of its own parameters."""
        self.elaborated: dict[tuple[Ty, Bound], list[Bound]] = {}
        self.envs: dict[tuple[Predicate, ...], Any] = {}
        """`ParamEnv`s by their predicates."""
