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

It is refused where a variable that would move is used again later, or belongs to a closure around it that is called
more than once; where something else borrows from the variable and is used later; where the closure would change a copy
that is read later; where its value is a reference into what it would own, or it leaves such a reference in something
else, like a thread of a scope; where a lock or the like would be dropped early; and where all that is borrowed lies
behind a reference anyway.
"""

from __future__ import annotations

from closurelens.capture.model import BorrowKind, ByRef, Capture, DerefProj, FieldProj
from closurelens.hir import body as h
from closurelens.ide.assists.assist import Offer, Refusal, closure_at, closure_starting_at
from closurelens.ide.destructors import is_dropped_early
from closurelens.ide.later_uses import TakenKey, around, in_frame, later_uses
from closurelens.ide.lends import lent, values_of
from closurelens.ide.loans import Loan, given_away, may_hold, still_used
from closurelens.ide.view import ClosureView, FileView, async_keyword_end
from closurelens.ide.words import shown_trait
from closurelens.infer.result import ClosureKind
from closurelens.records import dataclass
from closurelens.text import TextEdit, TextRange
from closurelens.ty import types as t

__all__ = ["check", "edits"]

_TITLE = "Add `move`"


def check(file: FileView, at: TextRange) -> Offer | Refusal | None:
    closure = closure_at(file, at)
    if closure is None or closure.expr.is_move or not _borrows(closure):
        return None
    concerned = _concerned(file, closure)
    title = _TITLE if len(concerned) == 1 else f"{_TITLE} to {len(concerned)} closures"
    ids = {c.captures.id for c in concerned}
    reason = next((r for r in (_harm(file, c, ids) for c in concerned) if r is not None), None)
    if reason is not None:
        return Refusal(title, reason)
    if all(_is_behind_reference(c) for c in _borrows(closure)):
        names = ", ".join(dict.fromkeys(f"`{c.place.name}`" for c in _borrows(closure)))
        return Refusal(
            title, f"what the closure borrows lies behind the reference {names}, and `move` would take only that"
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
    """The closure, those that hand it on in their value, and those it hands on itself, unless they have `move`."""
    siblings = [c for c in file.closures(closure.range) if c.body is closure.body]
    found = [closure]
    current = closure
    while True:
        outer = next((c for c in reversed(siblings) if c is not current and _hands_on(c, current)), None)
        if outer is None or not _shares_borrow(outer, closure):
            break
        found.append(outer)
        current = outer
    siblings = [c for c in file.closures(current.range) if c.body is closure.body]
    work = list(found)
    while work:
        current = work.pop()
        inner = [c for c in siblings if c not in found and _hands_on(current, c)]
        found += inner
        work += inner
    concerned = [c for c in found if not c.expr.is_move and (c is closure or _borrows(c))]
    return sorted(concerned, key=lambda c: c.range.start)


def _shares_borrow(outer: ClosureView, inner: ClosureView) -> bool:
    names = {c.place.binding for c in _borrows(inner)}
    return any(c.place.binding in names for c in outer.captures.captures)


def _hands_on(outer: ClosureView, inner: ClosureView) -> bool:
    """Whether `outer` returns `inner`: bare, in what is built around it, or in a type that names it."""
    start, end = outer.range
    if not (start <= inner.range.start and inner.range.end <= end):
        return False
    result = outer.body.result
    work = list(values_of(outer.expr))
    while work:
        value = work.pop()
        if value is inner.expr or _names(result.expr_ty[value.id], inner.captures.id):
            return True
        match value:
            case h.Block():
                work += [] if value.tail is None else [value.tail]
            case h.If():
                work += [value.then, *([] if value.otherwise is None else [value.otherwise])]
            case h.Match():
                work += [arm.body for arm in value.arms]
            case h.Call() if not _is_eager(result.expr_ty[value.id]):
                work += value.args
            case h.MethodCall() if not _is_eager(result.expr_ty[value.id]):
                work += [value.receiver, *value.args]
            case h.Cast() | h.Try():
                work.append(value.operand)
            case h.TupleExpr() | h.ArrayExpr():
                work += value.elems
            case h.StructExpr():
                work += [part for _, part in value.fields]
            case _:
                pass
    return False


def _names(ty: t.Ty, closure: int) -> bool:
    work = [ty]
    while work:
        part = work.pop()
        if isinstance(part, t.Closure | t.Coroutine) and part.id == closure:
            return True
        work.extend(part.parts())
    return False


def _is_eager(ty: t.Ty) -> bool:
    """Whether a value of this type can hold no closure: what got one has called it and is done. A type parameter of
    the function around stands for what its caller chose."""
    work = [ty]
    while work:
        part = work.pop()
        if isinstance(part, t.Dyn | t.Opaque | t.Unknown | t.Projection):
            return False
        work.extend(part.parts())
    return True


# What speaks against it


def _harm(file: FileView, closure: ClosureView, concerned: set[int]) -> str | None:
    """Why the code would no longer compile, or no longer do the same."""
    borrowed = [c for c in _borrows(closure) if not _is_shared_reference(c)]
    if not borrowed:
        return None
    return (
        _harm_to_what_follows(file, closure, borrowed)
        or _harm_to_what_is_around(file, closure, borrowed)
        or _harm_to_its_value(closure, borrowed)
        or _harm_to_loans(file, closure, borrowed, concerned)
    )


def _harm_to_what_follows(file: FileView, closure: ClosureView, borrowed: list[Capture]) -> str | None:
    taken = [_taken(closure, c) for c in borrowed]
    later = later_uses(closure, {place.key for place in taken})
    for capture, place in zip(borrowed, taken, strict=True):
        is_copy = closure.body.result.is_copy(place.ty)
        assert isinstance(capture.mode, ByRef)
        if is_copy and capture.mode.kind is BorrowKind.SHARED:
            continue
        name = ".".join([capture.place.name, *place.fields])
        used = later.after.get(place.key)
        does = "would change a copy of" if is_copy else "would take"
        if used is not None:
            return f"the closure {does} `{name}`, which is used after it in line {file.line(used)}"
        if capture.place.binding in later.looped:
            return f"the closure {does} `{name}` in each turn of a loop"
    return None


def _harm_to_what_is_around(file: FileView, closure: ClosureView, borrowed: list[Capture]) -> str | None:
    """What a closure takes from the one around it is gone when that one is called again."""
    result = closure.body.result
    start, end = closure.range
    for outer in file.closures(closure.range):
        if outer.body is not closure.body or outer.captures.is_coroutine or outer.captures.id == closure.captures.id:
            continue
        low, high = outer.range
        if not (low <= start and end <= high) or shown_trait(outer.captures) is ClosureKind.FN_ONCE:
            continue
        for capture in borrowed:
            declared = closure.declared_at(capture)
            if low <= declared.start < high:
                continue
            assert isinstance(capture.mode, ByRef)
            if result.is_copy(_taken(closure, capture).ty):
                if capture.mode.kind is BorrowKind.SHARED:
                    continue
                return (
                    f"the closure would change a copy of `{capture.place.name}`, a new one each time that the one "
                    f"around it (line {file.line(low)}) is called"
                )
            return (
                f"the closure would take `{capture.place.name}` out of the one around it (line {file.line(low)}), "
                "which could then be called only once"
            )
    return None


def _harm_to_its_value(closure: ClosureView, borrowed: list[Capture]) -> str | None:
    own = lent(closure).own
    name = next((c.place.name for c in borrowed if c.place.binding in own), None)
    if name is None:
        return None
    return f"the closure returns a reference into `{name}`, and it may not lend what it owns"


def _harm_to_loans(file: FileView, closure: ClosureView, borrowed: list[Capture], concerned: set[int]) -> str | None:
    taken = {place.key: place for place in (_taken(closure, c) for c in borrowed)}
    is_copy = closure.body.result.is_copy
    names = {c.place.binding: c.place.name for c in borrowed}
    loan = still_used(closure, {key for key, place in taken.items() if not is_copy(place.ty)}, concerned)
    if loan is not None:
        return (
            f"the closure would take `{_shown(names, loan)}`, from which {_holder(file, closure, loan)} still borrows"
        )
    loan = given_away(closure, set(taken))
    if loan is not None and loan.at is not None:
        line = file.line(loan.at + closure.body.base)
        name = _shown(names, loan)
        return f"the closure lends `{name}` to `{loan.holder}` in line {line}, and it may not lend what it owns"
    lives_on = _is_kept(closure)
    for (binding, _), place in taken.items():
        if is_dropped_early(closure, place.ty, lives_on=lives_on):
            return (
                f"the closure would take `{names[binding]}`, which would be dropped with it at the end of the statement"
            )
    return None


def _is_kept(closure: ClosureView) -> bool:
    """Whether a variable that is declared here holds the closure."""
    result = closure.body.result
    start, end = closure.expr.range
    blocks = [e for e in in_frame(around(result.body, closure.expr)) if isinstance(e, h.Block)]
    for stmt in blocks[-1].stmts if blocks else []:
        value = stmt.init if isinstance(stmt, h.LetStmt) else None
        if value is not None and value.range[0] <= start and end <= value.range[1]:
            return may_hold(result.expr_ty[value.id], result)
    return False


def _holder(file: FileView, closure: ClosureView, loan: Loan) -> str:
    if not loan.holder:
        return "what stands before it"
    if loan.at is None:
        return f"`{loan.holder}`, which is dropped after it,"
    return f"`{loan.holder}`, which is used in line {file.line(loan.at + closure.body.base)},"


def _shown(names: dict[int, str], loan: Loan) -> str:
    binding, fields = loan.place
    return ".".join([names[binding], *fields])


@dataclass(slots=True)
class _Taken:
    """The place that `move` takes: a variable, or with edition 2021 fields of it."""

    binding: int
    fields: tuple[str, ...]
    ty: t.Ty

    @property
    def key(self) -> TakenKey:
        return self.binding, self.fields


def _taken(closure: ClosureView, capture: Capture) -> _Taken:
    """rustc's `adjust_for_move_closure` and `restrict_precision_for_drop_types`: up to the first dereference."""
    result = closure.body.result
    ty = result.binding_ty[capture.place.binding]
    fields: list[str] = []
    if result.edition >= 2021:
        for projection in capture.place.projections:
            if not isinstance(projection, FieldProj) or (isinstance(ty, t.Adt) and result.has_drop_impl(ty.path)):
                break
            fields.append(projection.name)
            ty = projection.ty
    return _Taken(capture.place.binding, tuple(fields), ty)


def _is_shared_reference(capture: Capture) -> bool:
    """`move` would copy the reference on the way to the place."""
    first = next((p for p in capture.place.projections if isinstance(p, DerefProj)), None)
    return first is not None and first.of == "&"
