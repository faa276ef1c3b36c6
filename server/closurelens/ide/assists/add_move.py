"""Adds `move`, so that a closure owns what it captures and may outlive the function that made it.

Closures which hand each other on get it in one edit: in `|a| |b| a + b + n` both need it.

Before:

    fn adder(n: i32) -> impl Fn(i32) -> i32 {
        |x| x + n
    }

After:

    fn adder(n: i32) -> impl Fn(i32) -> i32 {
        move |x| x + n
    }

It is refused where a variable that would move is used again later, where the closure changes a copy that is read later,
and where all that is borrowed lies behind a reference anyway.
"""

from __future__ import annotations

from closurelens.capture.model import BorrowKind, ByRef, Capture, DerefProj
from closurelens.hir import body as h
from closurelens.ide.assists.assist import Offer, Refusal, closure_at, closure_starting_at
from closurelens.ide.later_uses import later_uses
from closurelens.ide.view import ClosureView, FileView, async_keyword_end
from closurelens.text import TextEdit, TextRange

__all__ = ["check", "edits"]

_TITLE = "Add `move`"


def check(file: FileView, at: TextRange) -> Offer | Refusal | None:
    closure = closure_at(file, at)
    if closure is None or closure.expr.is_move or not _borrows(closure):
        return None
    concerned = _concerned(file, closure)
    title = _TITLE if len(concerned) == 1 else f"{_TITLE} to {len(concerned)} closures"
    reason = next((r for r in (_harm(file, c) for c in concerned) if r is not None), None)
    if reason is not None:
        return Refusal(title, reason)
    if all(_is_behind_reference(c) for c in _borrows(closure)):
        names = ", ".join(dict.fromkeys(f"`{c.place.name}`" for c in _borrows(closure)))
        return Refusal(
            title, f"what the closure borrows lies behind the reference {names}, which `move` would only copy"
        )
    return Offer(title, closure.range.start)


def edits(file: FileView, target: int) -> list[TextEdit]:
    closure = closure_starting_at(file, target)
    if closure is None:
        return []
    return [_insertion(file, c) for c in _concerned(file, closure)]


def _insertion(file: FileView, closure: ClosureView) -> TextEdit:
    bars = closure.bars
    if bars is not None:
        return TextEdit.insert(bars.start, b"move ")
    return TextEdit.insert(async_keyword_end(file.document.text, closure.range.start), b" move")


def _borrows(closure: ClosureView) -> list[Capture]:
    return [c for c in closure.captures.captures if isinstance(c.mode, ByRef)]


def _is_behind_reference(capture: Capture) -> bool:
    return any(isinstance(p, DerefProj) and p.of != "Box" for p in capture.place.projections)


def _concerned(file: FileView, closure: ClosureView) -> list[ClosureView]:
    """The closure, those that hand it on as their value, and those it hands on itself, unless they have `move`."""
    siblings = [c for c in file.closures(closure.range) if c.body is closure.body]
    chain = [closure]
    current = closure
    while True:
        outer = next((c for c in siblings if _is_value_of(current, c)), None)
        if outer is None or not _shares_borrow(outer, closure):
            break
        chain.insert(0, outer)
        current = outer
    current = closure
    while True:
        inner = next((c for c in siblings if _is_value_of(c, current)), None)
        if inner is None:
            break
        chain.append(inner)
        current = inner
    return [c for c in chain if not c.expr.is_move and (c is closure or _borrows(c))]


def _shares_borrow(outer: ClosureView, inner: ClosureView) -> bool:
    names = {c.place.binding for c in _borrows(inner)}
    return any(c.place.binding in names for c in outer.captures.captures)


def _is_value_of(inner: ClosureView, outer: ClosureView) -> bool:
    """Whether `outer` returns `inner`, bare or wrapped as in `Box::new(..)`."""
    value: h.Expr | None = outer.expr.body
    while value is not None:
        if value is inner.expr:
            return True
        match value:
            case h.Block():
                value = value.tail
            case h.Call() if len(value.args) == 1:
                value = value.args[0]
            case h.Cast():
                value = value.operand
            case _:
                return False
    return False


def _harm(file: FileView, closure: ClosureView) -> str | None:
    """Why the code would no longer compile, or no longer do the same."""
    borrowed = [c for c in _borrows(closure) if not _is_shared_reference(c)]
    if not borrowed:
        return None
    result = closure.body.result
    later = later_uses(closure, {c.place.binding for c in borrowed})
    for capture in borrowed:
        binding = capture.place.binding
        name = capture.place.name
        ty = result.binding_ty[binding]
        is_copy = result.is_copy(ty)
        assert isinstance(capture.mode, ByRef)
        if is_copy and capture.mode.kind is BorrowKind.SHARED:
            continue
        used = later.after.get(binding)
        does = "would change a copy of" if is_copy else "would take"
        if used is not None:
            return f"the closure {does} `{name}`, which is used after it in line {file.line(used)}"
        if binding in later.looped:
            return f"the closure {does} `{name}` in each turn of a loop"
    return None


def _is_shared_reference(capture: Capture) -> bool:
    """`move` would copy the reference on the way to the place."""
    first = next((p for p in capture.place.projections if isinstance(p, DerefProj)), None)
    return first is not None and first.of == "&"
