"""The body of a closure with its captured places read from the fields of `self`.

Invariant: only ranges that were written are replaced; what cannot be replaced is a problem with its reason.
"""

from __future__ import annotations

from closurelens.capture.model import ByRef, Capture, DerefProj, FieldProj
from closurelens.hir import body as h
from closurelens.ide.view import ClosureView, exprs, parts
from closurelens.infer.result import DerefAdjust
from closurelens.records import dataclass
from closurelens.text import TextEdit, TextRange, apply_edits
from closurelens.ty.sig import SelfKind

__all__ = ["Rewritten", "rewrite"]


@dataclass(slots=True)
class Rewritten:
    text: bytes
    problems: list[str]


@dataclass(slots=True)
class _Inline:
    """A variable named in a format string: `name = value` goes to the end of the call; `call_end` also tells whether a
    comma stands there."""

    call_end: tuple[int, bool]
    name: str
    value: str


_POSTFIX = (h.MethodCall, h.Field, h.Index, h.Try, h.Await, h.Call)


def rewrite(text: bytes, closure: ClosureView, fields: list[tuple[str, Capture]]) -> Rewritten:
    """The text of the closure's body. `text` is the file, `fields` the captures and the fields that hold them."""
    view = closure.body
    result = view.result
    body = view.range(closure.expr.body.range)
    by_binding: dict[int, list[tuple[str, Capture]]] = {}
    for name, capture in fields:
        by_binding.setdefault(capture.place.binding, []).append((name, capture))
    inner = set(_declared_inside(closure))
    above: dict[int, h.Expr] = {}
    problems: list[str] = []
    edits: dict[TextRange, TextEdit] = {}
    inline: dict[tuple[int, bool], dict[str, str]] = {}
    for expr in exprs(result.body, closure.expr.body):
        for part in parts(expr):
            above[part.id] = expr
        if not isinstance(expr, h.PathExpr):
            continue
        binding = result.local_of.get(expr.id)
        if binding is None or binding in inner:
            continue
        name = result.body.bindings[binding].name
        if expr.in_macro:
            _add(problems, f"`{name}` is named by a macro's own tokens")
            continue
        at, held = _matched(closure, expr, above, by_binding.get(binding, []))
        if held is None:
            _add(problems, f"`{name}` is named in a way that has no place of its own in the struct")
            continue
        edit = _edit(text, closure, expr, at, above.get(at.id), held)
        if isinstance(edit, str):
            _add(problems, edit)
        elif isinstance(edit, _Inline):
            inline.setdefault(edit.call_end, {})[edit.name] = edit.value
        elif edit.range.start >= body.start and edit.range.end <= body.end:
            edits[edit.range] = edit
    for (at_end, has_comma), values in inline.items():
        made = ", ".join([f"{source} = {value}" for source, value in values.items()])
        edits[TextRange(at_end, at_end)] = TextEdit.insert(at_end, f"{'' if has_comma else ','} {made}".encode())
    shifted = [TextEdit(e.range.shifted(-body.start), e.new_text) for e in edits.values()]
    return Rewritten(apply_edits(text[body.start : body.end], shifted), problems)


def _add(problems: list[str], why: str) -> None:
    if why not in problems:
        problems.append(why)


def _declared_inside(closure: ClosureView) -> list[int]:
    """The bindings whose names stand inside of the closure."""
    start, end = closure.expr.range
    return [b.id for b in closure.body.result.body.bindings if start <= b.range[0] and b.range[1] <= end]


def _matched(
    closure: ClosureView, path: h.PathExpr, above: dict[int, h.Expr], held: list[tuple[str, Capture]]
) -> tuple[h.Expr, tuple[str, Capture] | None]:
    """The expression that is exactly a captured place, going up from the variable's name."""
    result = closure.body.result
    for field in sorted(held, key=lambda f: -len(f[1].place.projections)):
        wanted = field[1].place.projections
        expr: h.Expr = path
        done = 0
        while True:
            parent = above.get(expr.id)
            for adjustment in result.adjustments.get(expr.id, ()):
                if done == len(wanted) or not isinstance(adjustment, DerefAdjust) or adjustment.overloaded:
                    break
                if not isinstance(wanted[done], DerefProj):
                    break
                done += 1
            if done == len(wanted):
                return expr, field
            projection = wanted[done]
            match parent:
                case h.Field() if isinstance(projection, FieldProj) and parent.name == projection.name:
                    done += 1
                case h.Deref() if isinstance(projection, DerefProj) and parent.id not in result.callees:
                    done += 1
                case _:
                    break
            expr = parent
            if done == len(wanted):
                return expr, field
    return path, None


def _edit(
    text: bytes,
    closure: ClosureView,
    path: h.PathExpr,
    at: h.Expr,
    parent: h.Expr | None,
    held: tuple[str, Capture],
) -> TextEdit | _Inline | str:
    name, capture = held
    by_ref = isinstance(capture.mode, ByRef)
    place = closure.body.range(at.range)
    ends_in_deref = _ends_in_implied_deref(closure, at, capture)
    value = f"self.{name}"
    if _is_inline_argument(text, closure.body.range(path.range)):
        end = _end_of_call(text, place.end)
        if end is None:
            return "a variable named in a format string could not be replaced"
        source = text[place.start : place.end].decode("utf-8", "replace")
        return _Inline(end, source, f"{'*' if by_ref else ''}{value}")
    if by_ref and not _derefs_itself(closure, at, parent) and not ends_in_deref:
        value = f"(*{value})" if isinstance(parent, _POSTFIX) and _is_first(at, parent) else f"*{value}"
    if _is_shorthand(text, place, parent):
        source = text[place.start : place.end].decode("utf-8", "replace")
        value = f"{source}: {value}"
    return TextEdit.replace(place.start, place.end, value.encode())


def _ends_in_implied_deref(closure: ClosureView, at: h.Expr, capture: Capture) -> bool:
    """The captured place is `*p` where the body says `p`: a reference to the place is what `p` was."""
    projections = capture.place.projections
    if not projections or not isinstance(projections[-1], DerefProj):
        return False
    return not isinstance(at, h.Deref)


def _derefs_itself(closure: ClosureView, at: h.Expr, parent: h.Expr | None) -> bool:
    """Rust dereferences here without being told."""
    match parent:
        case h.Field():
            return True
        case h.Index():
            return parent.base is at
        case h.MethodCall():
            if parent.receiver is not at:
                return False
            callee = closure.body.result.callees.get(parent.id)
            return callee is not None and callee.sig.self_kind in (SelfKind.REF, SelfKind.MUT)
        case _:
            return False


def _is_first(at: h.Expr, parent: h.Expr) -> bool:
    match parent:
        case h.MethodCall():
            return parent.receiver is at
        case h.Index():
            return parent.base is at
        case h.Call():
            return parent.callee is at
        case _:
            return True


def _is_shorthand(text: bytes, place: TextRange, parent: h.Expr | None) -> bool:
    """`S { a }`, whose value is `a`."""
    if not isinstance(parent, h.StructExpr):
        return False
    before = text[: place.start].rstrip()
    return before.endswith((b"{", b",")) and (parent.spread is None or parent.spread.range[0] != place.start)


def _is_inline_argument(text: bytes, at: TextRange) -> bool:
    """`{name}` or `{name:?}` in a format string: the name stands in a string literal."""
    start, end = at
    line = text.rfind(b"\n", 0, start) + 1
    quotes = text.count(b'"', line, start) - text.count(b'\\"', line, start)
    return quotes % 2 == 1 and text[start - 1 : start] in (b"{", b":", b".", b" ") and text[end : end + 1] in b"}:$ "


_OPEN = b"([{"
_CLOSE = b")]}"


def _end_of_call(text: bytes, inside_string: int) -> tuple[int, bool] | None:
    """Where the macro call ends that has the string as an argument, and whether a comma stands before it."""
    at = text.find(b'"', inside_string)
    if at < 0:
        return None
    at += 1
    depth = 0
    last = b'"'
    while at < len(text):
        byte = text[at : at + 1]
        if byte == b'"':
            at += 1
            while at < len(text) and text[at : at + 1] != b'"':
                at += 2 if text[at : at + 1] == b"\\" else 1
        elif byte in _OPEN:
            depth += 1
        elif byte in _CLOSE:
            if depth == 0:
                return at, last == b","
            depth -= 1
        if not byte.isspace():
            last = byte
        at += 1
    return None
