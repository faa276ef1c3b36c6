"""A closure as what rustc makes of it: a struct of its captures, its construction, and the method of its trait.

The method is an inherent one (`call`, `call_mut`, `call_once`), as implementing `Fn` by hand is not stable; so the
result compiles in place of the closure where Rust can write it. Where it cannot, `Desugared.problems` says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from closurelens.capture.model import BorrowKind, ByRef, ByValue, Capture, DerefProj, FieldProj, Place
from closurelens.hir import body as h
from closurelens.ide.rewrite import rewrite
from closurelens.ide.spell import Speller, params_of
from closurelens.ide.view import ClosureView, FileView, exprs
from closurelens.infer.result import ClosureKind
from closurelens.ty import types as t
from closurelens.ty.display import display, display_bound

__all__ = ["Desugared", "desugar"]


@dataclass(slots=True)
class Desugared:
    """`struct`, `value` (an expression) and `impl` are the parts of `text`; `problems` is empty where it compiles."""

    name: str
    struct: str
    value: str
    impl: str
    binding: str | None
    problems: list[str]

    @property
    def text(self) -> str:
        made = f"let {self.binding} = {self.value};" if self.binding else f"{self.value}"
        return f"{self.struct}\n\n{made}\n\n{self.impl}"


_METHOD = {
    ClosureKind.FN: ("call", "&self"),
    ClosureKind.FN_MUT: ("call_mut", "&mut self"),
    ClosureKind.FN_ONCE: ("call_once", "self"),
}


def desugar(file: FileView, closure: ClosureView) -> Desugared:
    """`closure` must be a closure, not an async block."""
    expr = closure.expr
    assert isinstance(expr, h.Closure)
    captures = closure.captures
    name = f"Closure{_number(file, closure)}"
    problems: list[str] = list(captures.uncertain)
    problems += [c.uncertain for c in captures.captures if c.uncertain is not None and c.uncertain not in problems]
    if expr.is_async:
        problems.append("an async closure lends its captures to the future it returns")
    fields = _named(captures.captures)
    speller = Speller(closure.body.result.adt)
    lines = []
    inits = []
    for field, capture in fields:
        lines.append(f"    {field}: {_field_type(speller, capture)},")
        inits.append(_init(field, capture))
    borrows = speller.borrows
    problems += speller.problems
    signature = Speller(closure.body.result.adt, lifetime="")
    header, body = _method(file, closure, fields, signature, problems)
    problems += [p for p in signature.problems if p not in problems]
    params = list(speller.params)
    header = header.replace("(", _angles([p for p in signature.params if p not in speller.params]) + "(", 1)
    where = _where(closure, {*params, *signature.params})
    declared = _angles([*(["'a"] if borrows else []), *params])
    used = _angles([*(["'_"] if borrows else []), *params])
    struct = f"struct {name}{declared};" if not fields else f"struct {name}{declared} {{\n" + "\n".join(lines) + "\n}"
    value = name if not fields else f"{name} {{ {', '.join(inits)} }}"
    trait = f"{captures.trait.value}<({_trait_args(closure)})>"
    note = f"    // stands for `impl {trait} for {name}{used}`, which stable Rust cannot write\n"
    impl = f"impl{_angles(params)} {name}{used} {{\n{note}    {header}{where} {body}\n}}"
    return Desugared(name, struct, value, impl, _let_name(closure), _told_apart(problems))


def _where(closure: ClosureView, params: set[str]) -> str:
    """The bounds in scope on these type parameters; lifetimes in them are not known."""
    bounds: dict[str, list[str]] = {}
    for predicate in closure.body.predicates:
        inside = params_of(predicate.subject)
        if inside and params.issuperset(inside):
            bounds.setdefault(display(predicate.subject), []).append(display_bound(predicate.bound))
    text = ", ".join([f"{subject}: {' + '.join(dict.fromkeys(all_of))}" for subject, all_of in bounds.items()])
    return f"\n    where\n        {text},\n   " if text else ""


def _told_apart(problems: list[str]) -> list[str]:
    return list(dict.fromkeys(problems))


def _angles(params: list[str]) -> str:
    return f"<{', '.join(params)}>" if params else ""


def _number(file: FileView, closure: ClosureView) -> int:
    """The how-manieth closure of its body it is."""
    number = 0
    for other in file.closures(closure.body.range(closure.body.result.body.root.range)):
        if other.body is closure.body and isinstance(other.expr, h.Closure):
            number += 1
            if other.range.start == closure.range.start:
                break
    return max(number, 1)


def _let_name(closure: ClosureView) -> str | None:
    for expr in exprs(closure.body.result.body):
        if isinstance(expr, h.Block):
            for stmt in expr.stmts:
                if isinstance(stmt, h.LetStmt) and stmt.init is closure.expr and isinstance(stmt.pat, h.BindPat):
                    return f"mut {stmt.pat.name}" if stmt.pat.mutable else stmt.pat.name
    return None


# Fields


def _named(captures: list[Capture]) -> list[tuple[str, Capture]]:
    taken: set[str] = set()
    out = []
    for capture in captures:
        base = name = _field_name(capture.place)
        count = 2
        while name in taken:
            name = f"{base}_{count}"
            count += 1
        taken.add(name)
        out.append((name, capture))
    return out


_KEYWORDS = frozenset(("self", "Self", "super", "crate"))


def _field_name(place: Place) -> str:
    words = [place.name, *place.fields]
    if len(words) == 1:
        return f"{words[0]}_" if words[0] in _KEYWORDS else words[0]
    return "_".join([word.removeprefix("r#") for word in words])


def _field_type(speller: Speller, capture: Capture) -> str:
    what = f"`{capture.place.display()}`"
    if capture.ty is None:
        speller.problems.append(f"the type of {what} is not known")
        inner = "_"
    else:
        inner = speller.spell(capture.ty, what)
    if isinstance(capture.mode, ByValue):
        return inner
    speller.borrows = True
    if inner.startswith("dyn ") and " + " in inner:
        inner = f"({inner})"
    return f"&'a {inner}" if capture.mode.kind is BorrowKind.SHARED else f"&'a mut {inner}"


def _init(field: str, capture: Capture) -> str:
    place = _place(capture.place)
    match capture.mode:
        case ByValue():
            return field if place == field else f"{field}: {place}"
        case ByRef(kind):
            return f"{field}: {'&' if kind is BorrowKind.SHARED else '&mut '}{place}"


def _place(place: Place) -> str:
    """The place in Rust that compiles: dereferences that a field access implies left out, others bracketed."""
    text = place.name
    for at, projection in enumerate(place.projections):
        match projection:
            case FieldProj():
                text = f"({text}).{projection.name}" if text.startswith("*") else f"{text}.{projection.name}"
            case DerefProj():
                following = place.projections[at + 1] if at + 1 < len(place.projections) else None
                implied = isinstance(following, FieldProj) and projection.of != "*"
                text = text if implied else f"*{text}"
            case _:
                return place.display()
    return text


# The method


def _method(
    file: FileView,
    closure: ClosureView,
    fields: list[tuple[str, Capture]],
    speller: Speller,
    problems: list[str],
) -> tuple[str, str]:
    """Its header and its block."""
    expr = closure.expr
    assert isinstance(expr, h.Closure)
    method, receiver = _METHOD[closure.captures.trait]
    if receiver == "self" and any(_is_changed(capture) for _, capture in fields):
        receiver = "mut self"
    types = closure.body.result.closures.get(expr.id)
    params = [receiver]
    for index, param in enumerate(expr.params):
        pattern = file.text(closure.body.range(param.pat.range))
        if isinstance(param.pat, h.BindPat) and param.pat.mutable and not pattern.startswith("mut "):
            pattern = f"mut {pattern}"
        ty = types.params[index] if types is not None and index < len(types.params) else t.Unknown("")
        params.append(f"{pattern}: {speller.spell(ty, f'parameter `{pattern}`')}")
    result = types.ret if types is not None else t.Unknown("")
    if isinstance(result, t.Coroutine) and result.kind == "async":
        lends = " + '_" if receiver in ("&self", "&mut self") else ""
        ret = f"impl std::future::Future<Output = {speller.spell(result.output, 'the result')}>{lends}"
    else:
        ret = speller.spell(result, "the result")
    arrow = "" if ret == "()" else f" -> {ret}"
    rewritten = rewrite(file.document.text, closure, fields)
    problems += [p for p in rewritten.problems if p not in problems]
    text = rewritten.text.decode("utf-8", "replace")
    if re.search(r"\bSelf\b", text):
        problems.append("`Self` in the body means another type in this `impl`")
    text = _indented(file, closure, text)
    if not isinstance(expr.body, h.Block) or not text.startswith("{"):
        text = f"{{\n        {text}\n    }}"
    return f"fn {method}({', '.join(params)}){arrow}", text


def _is_changed(capture: Capture) -> bool:
    if not isinstance(capture.mode, ByValue):
        return False
    return any(isinstance(u.mode, ByRef) and u.mode.kind is not BorrowKind.SHARED for u in capture.uses)


def _indented(file: FileView, closure: ClosureView, text: str) -> str:
    """The lines after the first moved to where a method's body stands."""
    lines = text.split("\n")
    if len(lines) == 1:
        return text
    document = file.document
    line = document.lines.line_text(document.lines.line_of(closure.range.start))
    own = len(line) - len(line.lstrip())
    moved = [lines[0]]
    for rest in lines[1:]:
        cut = min(own, len(rest) - len(rest.lstrip()))
        moved.append(f"    {rest[cut:]}" if rest.strip() else "")
    return "\n".join(moved)


def _trait_args(closure: ClosureView) -> str:
    types = closure.body.result.closures.get(closure.expr.id)
    if types is None:
        return ""
    speller = Speller(closure.body.result.adt, lifetime="")
    return "".join([f"{speller.spell(p, 'a parameter')}, " for p in types.params]).rstrip() if types.params else ""
