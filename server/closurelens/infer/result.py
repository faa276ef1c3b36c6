"""What inference knows of one body when it has finished: rustc's TypeckResults, for capture analysis and features.

Lists are indexed by the dense ids of `hir.body`; types hold no inference variables any more (what stayed open is
`Unknown`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from closurelens.hir.body import Body
from closurelens.records import dataclass, field
from closurelens.ty.sig import AdtSig, Def, FnSig, VariantSig
from closurelens.ty.types import DefPath, Ty


class ClosureKind(Enum):
    """The Fn traits; `rank` orders them by what they demand."""

    FN = "Fn"
    FN_MUT = "FnMut"
    FN_ONCE = "FnOnce"

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {ClosureKind.FN: 0, ClosureKind.FN_MUT: 1, ClosureKind.FN_ONCE: 2}


# Adjustments, applied in order to the expression's own type


@dataclass(slots=True)
class DerefAdjust:
    """`*`: built in, or `overloaded` (`mutable`: through `DerefMut`). `target` is the result."""

    target: Ty
    overloaded: bool = False
    mutable: bool = False


@dataclass(slots=True)
class BorrowAdjust:
    """`&` or `&mut` (`raw`: `&raw`); `target` is the reference's type."""

    target: Ty
    mutable: bool
    raw: bool = False


@dataclass(slots=True)
class OtherAdjust:
    """Unsizing, reification, never-to-any, `&mut` to `*mut`, ..: a use by value of what came before."""

    target: Ty
    what: str


Adjustment = DerefAdjust | BorrowAdjust | OtherAdjust


class BindingMode(Enum):
    MOVE = "move"
    REF = "ref"
    REF_MUT = "ref mut"


@dataclass(slots=True)
class MethodCallee:
    """The function a method call or overloaded operator leads to; `args` are its generic arguments, parent's first."""

    sig: FnSig
    args: tuple[Ty, ...]


@dataclass(slots=True)
class ClosureTypes:
    """Of one closure expression. `expected_kind`: the kind its context fixed, None where nothing did.

    `kind_known` is False where the context is not known (an unknown callee): then the contextual kind is a guess.
    """

    params: list[Ty]
    ret: Ty
    expected_kind: ClosureKind | None
    kind_known: bool = True
    kind_reason: str = ""  # "`map` takes `F: FnOnce(T) -> U`"
    kind_source: int | None = None  # expr id of the call that fixed it


@dataclass(slots=True)
class InferenceResult:
    body: Body
    owner: DefPath
    edition: int
    expr_ty: list[Ty]
    """Before adjustments. For a place expression: the place's type."""
    pat_ty: list[Ty]
    """The type of the value a pattern matches after its implicit derefs."""
    pat_adjust: dict[int, list[Ty]]
    """Per pattern id: the reference types that default binding modes dereferenced, outermost first."""
    pat_def: dict[int, Def]
    """What the path of a pattern (also of a plain BindPat that is a constant or unit struct) leads to."""
    binding_ty: list[Ty]
    binding_mode: list[BindingMode]
    adjustments: dict[int, list[Adjustment]]
    local_of: dict[int, int]
    """Path expression id -> binding id, for paths that are local variables."""
    path_def: dict[int, Def]
    """Path (and struct) expression id -> the item it leads to."""
    callees: dict[int, MethodCallee]
    """Resolved method calls, overloaded operators (Binary, Unary, AssignOp, Index, Deref) and calls through Fn traits.

    A Binary, Unary, AssignOp, Index or Deref without an entry is built in. A Call with an entry here calls its callee
    through `Fn::call` and so on: the callee expression then carries the autoref among its adjustments.
    """
    closures: dict[int, ClosureTypes]
    """By closure expression id."""
    unknown: dict[int, str]
    """Expression id -> why what happens there (callee, type, operator) is not known or was guessed."""
    is_copy: Callable[[Ty], bool | None]
    """None: not known."""
    adt: Callable[[DefPath], AdtSig | None]
    has_drop_impl: Callable[[DefPath], bool]
    """Whether the ADT itself implements Drop (its fields cannot be moved out)."""
    may_drop: Callable[[DefPath], str | None]
    """Why the ADT may implement Drop although no such impl is seen."""
    may_be_mutable: Callable[[Ty, bool], bool]
    """Whether what `*` (or `[]`: `by_index`) of a type leads to may be changed: it may implement `DerefMut`."""
    variant_of: Callable[[Def, Ty], VariantSig | None]
    """The variant (or the struct's only one) that a pattern's or struct expression's path names."""
    contradictions: list[str] = field(default_factory=list)
    """What cannot be so in code that compiles: something in this body is not what it was taken for."""
    deferred_calls: dict[int, int] = field(default_factory=dict)
    """Call id -> closure id: calls of a closure whose kind its own captures decide; the callee expression then has no
    autoref among its adjustments: it is used shared, mutably or by value as that closure is Fn, FnMut or FnOnce."""
