"""What rustc says of a closure: the exact tier's answer model.

Invariant: nothing here is inferred by closurelens. Every value was printed by rustc; what rustc does not print is None.
All offsets are bytes of the original file.
"""

from enum import Enum, StrEnum

from closurelens.records import dataclass, field


@dataclass(slots=True, frozen=True)
class Field:
    """A field projection. `name` is None where rustc told only the index."""

    index: int
    variant: int
    name: str | None = None


@dataclass(slots=True, frozen=True)
class Deref:
    """A dereference of a reference, a raw pointer or a box."""


@dataclass(slots=True, frozen=True)
class Index:
    """An element of an array or slice; only in uses, never in captures."""


@dataclass(slots=True, frozen=True)
class Subslice:
    """The rest of an array or slice in a slice pattern; only in uses, never in captures."""


@dataclass(slots=True, frozen=True)
class OpaqueCast:
    """From an opaque type to its hidden type; says nothing to a reader."""


@dataclass(slots=True, frozen=True)
class UnwrapUnsafeBinder:
    """Into an unsafe binder."""


Projection = Field | Deref | Index | Subslice | OpaqueCast | UnwrapUnsafeBinder


@dataclass(slots=True, frozen=True)
class Place:
    """A captured variable and the way from it to what is used."""

    variable: str
    projections: tuple[Projection, ...] = ()

    @property
    def fields(self) -> list[str]:
        """The field names on the way, `#1` for a field whose name rustc did not tell."""
        return [p.name if p.name is not None else f"#{p.index}" for p in self.projections if isinstance(p, Field)]

    @property
    def has_deref(self) -> bool:
        return any(isinstance(p, Deref) for p in self.projections)


class Mode(StrEnum):
    """How a place is used or captured; `copy` and `move` are both rustc's ByValue."""

    REF = "ref"
    UNIQ = "uniq"
    MUT = "mut"
    COPY = "copy"
    MOVE = "move"


class Trait(StrEnum):
    FN = "Fn"
    FN_MUT = "FnMut"
    FN_ONCE = "FnOnce"


class Flavour(Enum):
    """What kind of expression captures."""

    CLOSURE = "closure"
    ASYNC_CLOSURE = "async closure"
    ASYNC_BLOCK = "async block"


@dataclass(slots=True, frozen=True)
class Span:
    """Bytes of the original file."""

    start: int
    end: int


@dataclass(slots=True)
class Use:
    """One use of a place in the body (rustc's First Pass), before any rule has cut the place."""

    place: Place
    mode: Mode
    span: Span | None


@dataclass(slots=True)
class Capture:
    """One captured place (rustc's Min Capture), after `move` and after all cuts.

    `ty` is the type of what the closure stores as MIR prints it (a reference when captured by reference).
    `path` is the use that fixes how far the place goes, `decider` the one that fixes the mode; often the same.
    """

    place: Place
    mode: Mode
    ty: str | None
    path: Span | None
    decider: Span | None


@dataclass(slots=True)
class Closure:
    """One capturing expression.

    `natural` is the least trait that the body allows; None for an async block.
    `kind` is the trait of the closure's type where its context fixed it; None where no MIR was to be had.
    """

    start: int
    end: int
    flavour: Flavour
    natural: Trait | None
    kind: Trait | None
    captures: list[Capture]
    uses: list[Use]


class Unanswered(Enum):
    """Why rustc said nothing of a closure expression that is in the text."""

    NOT_COMPILED = "not part of this build (cfg, an unused macro argument, or an error before it)"
    BROKEN_BY_ATTRIBUTE = "the macro around it does not accept an attribute there"
    EXPANSIONS_DIFFER = "a macro repeats it and its copies capture differently"


@dataclass(slots=True)
class FileAnswers:
    """One file's closures by start offset; `digest` is the SHA-256 of the bytes that were compiled."""

    digest: str
    closures: dict[int, Closure] = field(default_factory=dict)
    unanswered: dict[int, Unanswered] = field(default_factory=dict)


@dataclass(slots=True)
class CompileError:
    """An error of the user's own code, found while asking."""

    message: str
    code: str | None
    file: str | None
    span: Span | None


@dataclass(slots=True)
class ExactAnswers:
    """The answers of one crate or file, by path relative to the folder that was asked for.

    `errors` is not empty when the code does not compile: what compiled far enough is answered all the same.
    """

    rustc: str
    files: dict[str, FileAnswers]
    errors: list[CompileError]


@dataclass(slots=True)
class NoCompiler:
    """rustc or cargo is not installed, or its toolchain is not."""

    message: str


@dataclass(slots=True)
class DoesNotCompile:
    """No closure could be answered."""

    message: str
    errors: list[CompileError]


@dataclass(slots=True)
class TimedOut:
    seconds: float

    @property
    def message(self) -> str:
        return f"rustc did not answer within {self.seconds:g} s"


@dataclass(slots=True)
class NotAPackage:
    """The folder holds no package that cargo can read."""

    message: str


ExactFailure = NoCompiler | DoesNotCompile | TimedOut | NotAPackage
