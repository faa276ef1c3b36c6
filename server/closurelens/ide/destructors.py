"""What destructors do with the values that a closure would take: which look at loans, which do what others can see.

Invariant: a value whose destructor is not known is taken to have none.
"""

from __future__ import annotations

from collections.abc import Iterator

from closurelens.hir import body as h
from closurelens.ide.later_uses import around, in_frame
from closurelens.ide.view import ClosureView
from closurelens.infer import names
from closurelens.infer.result import InferenceResult
from closurelens.ty import types as t

__all__ = ["is_dropped_early", "is_used_by_drop"]

_MEMORY = frozenset(
    ("Box", "Vec", "VecDeque", "LinkedList", "BTreeMap", "BTreeSet", "HashMap", "HashSet", "BinaryHeap", "IntoIter")
)
_MAY_DANGLE = _MEMORY | {"Rc", "Arc", "Weak"}
"""Of std's types with a destructor, those in which references may have ended by then (`#[may_dangle]`); those of the
first list give back nothing but memory, and drop what is in it."""


def is_used_by_drop(ty: t.Ty, result: InferenceResult) -> bool:
    """Whether a destructor may look at the loans that the value holds."""
    for part in _owned(ty, result):
        if isinstance(part, t.Dyn):
            return True
        if isinstance(part, t.Adt) and not _is_of_std(part.path, _MAY_DANGLE) and result.has_drop_impl(part.path):
            return True
    return False


def is_dropped_early(closure: ClosureView, ty: t.Ty, *, lives_on: bool) -> bool:
    """Whether a value of this type, taken by the closure, would be dropped with it at the end of a statement in the
    midst of a block, and others could tell: by a lock that is open, an `Rc` that is gone. `lives_on`: the statement's
    variables keep the closure.

    Who gets the closure may keep it for longer, as `thread::spawn` does, which only methods of std's are known not to.
    What borrows while it lives (a `MutexGuard`) is not for such, and dropped early with any.
    """
    if lives_on:
        return False
    above = in_frame(around(closure.body.result.body, closure.expr))
    blocks = [number for number, expr in enumerate(above) if isinstance(expr, h.Block)]
    block = above[blocks[-1]] if blocks else None
    if not isinstance(block, h.Block) or any(expr is block.tail for expr in (*above, closure.expr)):
        return False
    result = closure.body.result
    if _is_guard(ty, result):
        return True
    calls = [expr for expr in above[blocks[-1] + 1 :] if isinstance(expr, h.Call | h.MethodCall)]
    return bool(calls) and all(_is_eager(call, result) for call in calls) and _is_noticed(ty, result)


def _is_eager(call: h.Call | h.MethodCall, result: InferenceResult) -> bool:
    """Whether the closure that it gets is at an end with the value that it returns: so are the closures that methods of
    std's get, if they need not be `Send` or the like."""
    callee = result.callees.get(call.id)
    if callee is None or isinstance(call, h.Call):
        return False
    sig = callee.sig
    return _is_std(sig.path) and all(p.bound.trait not in names.AUTO_TRAITS for p in sig.generics.predicates)


def _is_guard(ty: t.Ty, result: InferenceResult) -> bool:
    for part in _owned(ty, result):
        if isinstance(part, t.Adt) and result.has_drop_impl(part.path):
            sig = result.adt(part.path)
            fields = [] if sig is None else [f.ty for variant in sig.variants for f in variant.fields]
            if any(isinstance(inner, t.Ref) and not inner.static for f in fields for inner in _owned(f, result)):
                return True
    return False


def _is_noticed(ty: t.Ty, result: InferenceResult) -> bool:
    return any(
        isinstance(part, t.Adt) and not _is_of_std(part.path, _MEMORY) and result.has_drop_impl(part.path)
        for part in _owned(ty, result)
    )


def _owned(ty: t.Ty, result: InferenceResult) -> Iterator[t.Ty]:
    """The type and the types of what is dropped with it; of generic types also their arguments."""
    work, seen = [ty], {""}
    while work:
        part = work.pop()
        yield part
        if isinstance(part, t.Adt):
            if part.path in seen or part.path.endswith("::PhantomData"):
                continue
            seen.add(part.path)
            sig = None if _is_of_std(part.path, _MEMORY) else result.adt(part.path)
            if sig is not None:
                work.extend([f.ty for variant in sig.variants for f in variant.fields])
        if not isinstance(part, t.Ref | t.RawPtr | t.FnPtr | t.FnDef | t.Dyn | t.Opaque):
            work.extend(part.parts())


def _is_of_std(path: t.DefPath, named: frozenset[str]) -> bool:
    return path.rsplit("::", 1)[-1] in named and _is_std(path)


def _is_std(path: t.DefPath) -> bool:
    return path.partition("::")[0] in names.STD_CRATES
