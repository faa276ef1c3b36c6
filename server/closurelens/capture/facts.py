"""What capture analysis asks about types, variables and closures that are analysed already.

Invariant: answers come from the inference result and from finished analyses of inner and earlier closures.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.capture.places import INDEX_EXPR, Access, UpvarPlace
from closurelens.capture.tree import ClosureTree
from closurelens.infer.result import ClosureKind, InferenceResult
from closurelens.records import dataclass
from closurelens.ty.display import shown
from closurelens.ty.sig import AdtKind, AdtSig, SelfKind
from closurelens.ty.types import (
    HAS_UNKNOWN,
    UNIT,
    Adt,
    Closure,
    Coroutine,
    Prim,
    RawPtr,
    Ref,
    Slice,
    Ty,
    Unknown,
)

GuessReceiver = Callable[[str], SelfKind | None]
"""What methods of this name usually take, over all types that are known; None: nothing is usual."""


@dataclass(slots=True)
class Kinds:
    """The Fn traits a closure's own type may turn out to implement; more than one where it is not certain."""

    kinds: tuple[ClosureKind, ...]
    is_copy: bool | None
    why: str = ""


class Facts:
    """One per body. `closures` is filled while the closures are analysed, inner ones first."""

    __slots__ = ("closures", "copy_cache", "guess_receiver", "limits", "result", "tree")

    def __init__(self, result: InferenceResult, tree: ClosureTree, guess_receiver: GuessReceiver | None) -> None:
        self.result = result
        self.tree = tree
        self.guess_receiver = guess_receiver
        self.closures: dict[int, Kinds] = {}
        self.limits: dict[tuple[int, int], Access] = {}
        self.copy_cache: dict[Ty, bool | None] = {}

    def adt_of(self, ty: Ty) -> AdtSig | None:
        return self.result.adt(ty.path) if isinstance(ty, Adt) else None

    def is_union(self, ty: Ty) -> bool:
        if not isinstance(ty, Adt):
            return False
        sig = self.result.adt(ty.path)
        return sig is not None and sig.kind is AdtKind.UNION

    def is_packed(self, ty: Ty) -> bool:
        sig = self.adt_of(ty)
        return sig is not None and sig.is_packed

    def has_drop_impl(self, ty: Ty) -> bool:
        return isinstance(ty, Adt) and self.result.has_drop_impl(ty.path)

    def may_drop(self, ty: Ty) -> str | None:
        """Why `ty` may implement Drop although no such impl is seen."""
        return self.result.may_drop(ty.path) if isinstance(ty, Adt) else None

    def is_multivariant(self, ty: Ty) -> bool | None:
        """Whether a pattern that names a variant or struct reads a discriminant of `ty`; None: `ty` is not known.

        A non-exhaustive enum counts as one of many variants.
        """
        sig = self.adt_of(ty)
        if sig is None:
            return None
        return len(sig.variants) > 1 or (sig.kind is AdtKind.ENUM and sig.is_non_exhaustive)

    def is_copy(self, ty: Ty) -> bool | None:
        """None: not known. A closure is Copy when everything it captured is."""
        if isinstance(ty, Prim):
            return ty.name != "str"
        if isinstance(ty, Ref):
            return not ty.mutable
        if isinstance(ty, Unknown):
            return None
        cache = self.copy_cache
        if ty in cache:
            return cache[ty]
        answer = self._is_copy(ty)
        if answer is not None:
            cache[ty] = answer
        return answer

    def _is_copy(self, ty: Ty) -> bool | None:
        if isinstance(ty, Closure):
            kinds = self.closures.get(ty.id)
            return None if kinds is None else kinds.is_copy
        if isinstance(ty, Coroutine | Slice):
            return False
        if isinstance(ty, RawPtr):
            return True
        answer = self.result.is_copy(ty)
        if answer is None and _holds_closure(ty):
            return self.result.is_copy(self._without_closures(ty))
        return answer

    def _without_closures(self, ty: Ty) -> Ty:
        """`ty` with each closure in it replaced by a simple type that is Copy when the closure is."""
        if isinstance(ty, Closure):
            match self.is_copy(ty):
                case True:
                    return UNIT
                case False:
                    return Ref(UNIT, mutable=True)
                case _:
                    return Unknown("whether a closure is Copy is not known")
        return ty.map(self._without_closures)

    def can_mutate(self, place: UpvarPlace) -> bool:
        """Whether code that compiles may borrow the place mutably: neither the variable nor a reference forbids it."""
        mutable = self.result.body.bindings[place.binding].mutable
        for proj in place.projs:
            match proj.of:
                case "&":
                    mutable = False
                case "&mut" | "*" | "?":
                    mutable = True
                case _:
                    pass
        return mutable

    def can_move(self, place: UpvarPlace) -> bool:
        """Whether code that compiles may move out of the place: not from behind a pointer, an index, or a Drop type."""
        before = place.base_ty
        for proj in place.projs:
            if proj.of in ("&", "&mut", "*", INDEX_EXPR) or isinstance(before, Slice) or self.has_drop_impl(before):
                return False
            before = proj.ty
        return True

    def limit(self, closure: int, binding: int) -> Access:
        """The most that code which compiles may do to an upvar in this closure: what contexts expect excludes more."""
        key = (closure, binding)
        found = self.limits.get(key)
        if found is not None:
            return found
        limit = Access.VALUE
        owner = self.tree.owner[binding]
        node = self.tree.nodes.get(closure)
        while node is not None and node.expr.id != owner:
            types = self.result.closures.get(node.expr.id)
            if types is not None and types.kind_known and types.expected_kind is not None:
                limit = min(limit, _MOST[types.expected_kind])
            node = self.tree.around(node)
        self.limits[key] = limit
        return limit

    def is_upvar(self, binding: int, closure: int) -> bool:
        return self.tree.owner[binding] != closure

    def why_copy(self, ty: Ty) -> str:
        """Why it is not known whether `ty` is Copy."""
        unknown = unknown_in(ty)
        if unknown is not None:
            return unknown.why
        return f"whether `{shown(ty, self.result.adt)}` is `Copy` is not known"


_MOST = {ClosureKind.FN: Access.SHARED, ClosureKind.FN_MUT: Access.MUT, ClosureKind.FN_ONCE: Access.VALUE}


def unknown_in(ty: Ty) -> Unknown | None:
    """The first unknown type inside."""
    if not ty.flags & HAS_UNKNOWN:
        return None
    if isinstance(ty, Unknown):
        return ty
    for part in ty.parts():
        found = unknown_in(part)
        if found is not None:
            return found
    return None


def _holds_closure(ty: Ty) -> bool:
    return isinstance(ty, Closure) or any(_holds_closure(p) for p in ty.parts())
