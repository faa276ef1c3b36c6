"""Why a place is captured as it is: uses in words for people.

Invariant: nothing here changes what is captured.
"""

from __future__ import annotations

from closurelens.capture.events import Event
from closurelens.capture.facts import Facts
from closurelens.capture.model import (
    BorrowKind,
    ByRef,
    ByValue,
    CaptureMode,
    Place,
    Use,
    UseWhy,
)
from closurelens.capture.places import to_mode, to_model
from closurelens.capture.tree import Capturing
from closurelens.hir import body as h
from closurelens.ty.sig import SelfKind

_RECEIVERS = {SelfKind.VALUE: "self", SelfKind.REF: "&self", SelfKind.MUT: "&mut self"}


def is_copy_capture(mode: CaptureMode) -> bool:
    """Whether a closure may be Copy although it captures in this mode."""
    match mode:
        case ByRef(kind):
            return kind is BorrowKind.SHARED
        case ByValue(copies):
            return copies


def use_of(facts: Facts, event: Event, *, forces: bool) -> Use:
    binding = facts.result.body.bindings[event.binding]
    place = to_model(binding.id, binding.name, event.base_ty, event.projs)
    return Use(event.range, event.why, to_mode(event.access, copies=False), place, detail(facts, event), forces)


def move_keyword(expr: Capturing, mode: CaptureMode, place: Place) -> Use:
    """`move` takes by value what the body would only borrow."""
    at = expr.move_at if isinstance(expr, h.Closure) else None
    return Use(at or expr.range, UseWhy.MOVE_KEYWORD, mode, place, "taken by value because of `move`", forces=True)


def detail(facts: Facts, event: Event) -> str:
    """What the use is part of: "passed to `drop`"; "" where the word for the use says it all."""
    if event.pat is not None:
        return _matched(event.pat)
    expr, parent = event.expr, event.parent
    match parent:
        case h.MethodCall():
            if parent.receiver is not expr:
                return f"passed to `{parent.name}`"
            callee = facts.result.callees.get(parent.id)
            takes = None if callee is None else _RECEIVERS.get(callee.sig.self_kind)
            return f"receiver of `{parent.name}({takes})`" if takes else f"receiver of `{parent.name}`"
        case h.Call():
            if parent.callee is expr:
                return "called"
            name = _name(parent.callee)
            return f"passed to `{name}`" if name else "passed to a call"
        case h.Assign():
            return "assigned" if event.why is UseWhy.ASSIGNED else "value of an assignment"
        case h.AssignOp():
            return f"assigned by `{parent.op}=`" if parent.target is expr else f"operand of `{parent.op}=`"
        case h.Binary() | h.Unary():
            return f"operand of `{parent.op}`"
        case h.AddrOf():
            raw = "raw mut" if parent.mutable else "raw const"
            return f"borrowed by `&{raw if parent.is_raw else 'mut' if parent.mutable else ''}`"
        case h.Index():
            return "indexed" if parent.base is expr else "used as an index"
        case h.Field() | h.Deref():
            return "dereferenced"
        case h.Return():
            return "yielded" if parent.is_yield else "returned"
        case h.StructExpr():
            if parent.spread is expr:
                return "rest of a struct, by `..`"
            named = next((n for n, v in parent.fields if v is expr), "")
            return f"value of field `{named}`" if named else "value of a field"
        case h.Closure() | h.AsyncBlock():
            if event.why is UseWhy.INNER:
                return _INNER if isinstance(parent, h.Closure) else "captured by the inner async block"
            return "value of the closure" if isinstance(parent, h.Closure) else "value of the async block"
        case h.Missing():
            return parent.why
        case None:
            return ""
        case _:
            return _DETAILS.get(parent.__class__, "")


_INNER = "captured by the inner closure"

_DETAILS: dict[type[object], str] = {
    h.Await: "awaited",
    h.Try: "operand of `?`",
    h.For: "iterated over",
    h.FormatArgs: "formatted",
    h.Break: "value of `break`",
    h.If: "condition or value of `if`",
    h.While: "condition of `while`",
    h.Match: "matched",
    h.Let: "matched",
    h.LetStmt: "matched",
    h.Block: "value of the block",
    h.Cast: "cast",
    h.TupleExpr: "part of a tuple",
    h.ArrayExpr: "element of an array",
    h.Repeat: "element of an array",
    h.RangeExpr: "bound of a range",
    h.InlineAsm: "operand of `asm!`",
}


def _matched(pat: h.Pat) -> str:
    match pat:
        case h.BindPat():
            return f"bound to `{pat.name}`"
        case h.LitPat() | h.RangePat():
            return "compared with a pattern"
        case h.SlicePat():
            return "its length is matched"
        case _:
            return "matched"


def _name(callee: h.Expr) -> str:
    if isinstance(callee, h.PathExpr) and callee.path.segments:
        return callee.path.segments[-1].name
    return ""
