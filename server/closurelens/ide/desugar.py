"""A closure as what rustc makes of it: a struct of its captures, its construction, and the method of its trait.

The method is an inherent one (`call`, `call_mut`, `call_once`), as implementing `Fn` by hand is not stable; so the
result compiles in place of the closure where Rust can write it. Where it cannot, `Desugared.problems` says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from closurelens.capture.model import BorrowKind, ByRef, ByValue, Capture, DerefProj, FieldProj, Place
from closurelens.hir import body as h
from closurelens.ide.lends import Lent, lent
from closurelens.ide.rewrite import rewrite
from closurelens.ide.spell import Names, Speller, borrows, params_of
from closurelens.ide.view import ClosureView, FileView, exprs
from closurelens.ide.words import shown_trait
from closurelens.infer.result import ClosureKind
from closurelens.records import dataclass
from closurelens.ty import types as t
from closurelens.ty.display import AdtLookup

__all__ = ["Desugared", "desugar"]


@dataclass(slots=True)
class Method:
    """`args` are the patterns and types after the receiver; `generics` and `where` are its own."""

    name: str
    receiver: str
    args: list[tuple[str, str]]
    result: str
    generics: list[str]
    where: list[str]
    block: str

    @property
    def text(self) -> str:
        args = ", ".join([self.receiver, *[f"{pattern}: {ty}" for pattern, ty in self.args]])
        arrow = "" if self.result == "()" else f" -> {self.result}"
        where = f"\n    where\n        {', '.join(self.where)},\n   " if self.where else ""
        return f"fn {self.name}{_angles(self.generics)}({args}){arrow}{where} {self.block}"


@dataclass(slots=True)
class Desugared:
    """`struct`, `value` (an expression) and `impl` are the parts of `text`; `problems` is empty where it compiles.

    `generics` are those of the struct as declared, `used` as its users name them; `where` are the bounds of its impl.
    """

    name: str
    trait: ClosureKind
    struct: str
    value: str
    generics: list[str]
    used: str
    where: list[str]
    method: Method
    binding: str | None
    problems: list[str]

    @property
    def impl(self) -> str:
        args = [ty for _, ty in self.method.args]
        for name in self.method.generics:
            args = [ty.replace(f"{name} ", "") if name.startswith("'") else ty for ty in args]
        trait = f"{self.trait.value}<({', '.join(args)}{',' if len(args) == 1 else ''})>"
        note = f"    // stands for `impl {trait} for {self.used}`, which stable Rust cannot write\n"
        where = f"\nwhere\n    {', '.join(self.where)},\n" if self.where else " "
        declared = [name for name in self.generics if "'_" not in self.used or not name.startswith("'")]
        return f"impl{_angles(declared)} {self.used}{where}{{\n{note}    {self.method.text}\n}}"

    @property
    def text(self) -> str:
        if self.binding is not None:
            return f"{self.struct}\n\nlet {self.binding} = {self.value};\n\n{self.impl}"
        return f"{self.struct}\n\n{self.impl}\n\n// and where the closure stands:\n{self.value}"


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
    adt = closure.body.result.adt
    name = f"Closure{_number(file, closure)}"
    problems: list[str] = list(captures.uncertain)
    problems += [c.uncertain for c in captures.captures if c.uncertain is not None]
    if expr.is_async:
        problems.append("an async closure lends its captures to the future it returns")
    adjusted = closure.body.result.adjustments.get(expr.id, ())
    if any(isinstance(adjustment.target, t.FnPtr) for adjustment in adjusted):
        problems.append("it is made a function pointer, which only closures can become")
    names = _names(closure)
    fields = _named(captures.captures)
    speller = Speller(adt, names)
    lines = [f"    {field}: {_field_type(speller, capture)}," for field, capture in fields]
    inits = [_init(field, capture) for field, capture in fields]
    trait = max(captures.trait, shown_trait(captures), key=lambda kind: kind.rank)
    own = list(speller.params)
    method, lends = _method(file, closure, fields, trait, names, speller)
    unused = [p for p in _unconstrained(file, closure, method, names, speller) if p not in own]
    if unused:
        own += unused
        only = unused[0] if len(unused) == 1 else f"({', '.join(unused)})"
        lines.append(f"    types: std::marker::PhantomData<{only}>,")
        outside = [_OUTSIDE.get(p, p) if p in _in_scope(closure) or p in _OUTSIDE else "_" for p in unused]
        named = outside[0] if len(outside) == 1 else f"({', '.join(outside)})"
        inits.append(f"types: std::marker::PhantomData::<{named}>")
        speller.params |= dict.fromkeys(unused)
    method.generics += [_declared(closure, p) for p in speller.params if p not in own]
    problems += speller.problems
    inner = Speller(adt, names, lifetime="")
    where, method.where = _where(closure, inner, own, list(speller.params))
    lifetimes = ["'a"] if speller.borrows or any("'a" in line for line in lines) else []
    generics = [*lifetimes, *[_declared(closure, p) for p in own]]
    lends = lends or any("'a" in bound for bound in where)
    used = name + _angles([*(["'a" if lends else "'_"] if lifetimes else []), *own])
    head = f"struct {name}{_angles(generics)}"
    if any(_needs_bounds(part, adt) for capture in captures.captures for part in _parts(capture.ty)):
        head += f"\nwhere\n    {', '.join(where)},\n" if where else ""
    struct = f"{head};" if not lines else f"{head.rstrip()} {{\n" + "\n".join(lines) + "\n}"
    value = name if not lines else f"{name} {{ {', '.join(inits)} }}"
    problems += _method_problems(file, closure, fields)
    return Desugared(
        name, trait, struct, value, generics, used, where, method, _let_name(closure), list(dict.fromkeys(problems))
    )


def _unconstrained(file: FileView, closure: ClosureView, method: Method, names: Names, speller: Speller) -> list[str]:
    """The type parameters that only the result or the body mentions: nothing at a call would tell them."""
    types = closure.body.result.closures.get(closure.expr.id)
    told = {names.of_param(param) for ty in (types.params if types is not None else ()) for param in _constrained(ty)}
    args = " ".join([ty for _, ty in method.args])
    words = set(re.findall(r"\w+", f"{args} {method.result} {file.text(closure.range)}"))
    plain = {name for name in _in_scope(closure) if name != "Self" and not name.startswith("impl#")}
    known = [*speller.params, *sorted(plain)]
    return [p for p in dict.fromkeys(known) if p in words and p not in told]


_OUTSIDE = {"This": "Self"}
"""What parameters of the struct are called where the closure stands."""


def _in_scope(closure: ClosureView) -> set[str]:
    """The type parameters that the bounds in scope mention."""
    return {name for p in closure.body.predicates for name in params_of(p.subject)} | {*closure.body.unsized}


def _constrained(ty: t.Ty) -> Iterator[t.Param]:
    """The parameters that an argument of this type tells: those of `T::Item` are none."""
    work = [ty]
    while work:
        part = work.pop()
        if isinstance(part, t.Param):
            yield part
        if not isinstance(part, t.Projection | t.Opaque | t.Closure):
            work.extend(part.parts())


def _needs_bounds(ty: t.Ty, adt: AdtLookup) -> bool:
    """Whether the type means something only where the bounds on its parameters hold."""
    if isinstance(ty, t.Projection):
        return True
    sig = adt(ty.path) if isinstance(ty, t.Adt) else None
    return sig is not None and bool(sig.generics.predicates)


def _parts(ty: t.Ty | None) -> Iterator[t.Ty]:
    work = [] if ty is None else [ty]
    while work:
        part = work.pop()
        yield part
        work.extend(part.parts())


def _names(closure: ClosureView) -> Names:
    kinds = {c.id: shown_trait(c) for c in closure.body.captures}
    return Names(closure.body.predicates, closure.body.result.closures, kinds.get)


def _declared(closure: ClosureView, param: str) -> str:
    return f"{param}: ?Sized" if param in closure.body.unsized or param == "This" else param


def _where(closure: ClosureView, speller: Speller, own: list[str], all_of: list[str]) -> tuple[list[str], list[str]]:
    """The bounds in scope on the parameters of the struct, and those that also name the method's own; lifetimes in them
    are not known."""
    bounds: dict[str, dict[str, None]] = {}
    inside: dict[str, set[str]] = {}
    for predicate in closure.body.predicates:
        mentioned = set(params_of(predicate.subject))
        for arg in (*predicate.bound.args, *[ty for _, ty in predicate.bound.assoc]):
            mentioned |= set(params_of(arg))
        named = {speller.names.of_param(t.Param(p)) for p in mentioned}
        if named and named <= set(all_of):
            subject = speller.spell(predicate.subject, "a bound")
            bounds.setdefault(subject, {})[speller.where(predicate.bound, "a bound")] = None
            inside.setdefault(subject, set()).update(named)
    for param, made in speller.names.bounds.items():
        if param in all_of:
            bounds.setdefault(param, {}).update(made)
            inside.setdefault(param, set()).add(param)
    of_struct: list[str] = []
    of_method: list[str] = []
    for subject, which in bounds.items():
        (of_struct if inside[subject] <= set(own) else of_method).append(f"{subject}: {' + '.join(which)}")
    return of_struct, of_method


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
    """Fields are called like what they hold: `name` for `self.name`, `p_x` for `p.x`."""
    taken = {capture.place.name for capture in captures if not capture.place.fields}
    out = []
    for capture in captures:
        base = name = _field_name(capture.place, taken)
        count = 2
        while name in taken and capture.place.name != name:
            name = f"{base}_{count}"
            count += 1
        taken.add(name)
        out.append((name, capture))
    return out


def _field_name(place: Place, taken: set[str]) -> str:
    words = [place.name, *place.fields]
    if words == ["self"]:
        return "this"
    if words[0] == "self" and len(words) == 2 and not words[1].isdigit() and words[1] not in taken:
        return words[1]
    return words[0] if len(words) == 1 else "_".join([word.removeprefix("r#") for word in words])


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
    trait: ClosureKind,
    names: Names,
    speller: Speller,
) -> tuple[Method, bool]:
    """The method, and whether its result lives as long as what the struct borrows."""
    expr = closure.expr
    assert isinstance(expr, h.Closure)
    name, receiver = _METHOD[trait]
    if receiver == "self" and any(_is_changed(capture) for _, capture in fields):
        receiver = "mut self"
    types = closure.body.result.closures.get(expr.id)
    result = types.ret if types is not None else t.Unknown("")
    lends, lifetime = _lifetimes(closure, result, receiver, holds=speller.borrows)
    args = []
    borrowed = speller.borrows
    for index, param in enumerate(expr.params):
        pattern = file.text(closure.body.range(param.pat.range))
        if isinstance(param.pat, h.BindPat) and param.pat.mutable and not pattern.startswith("mut "):
            pattern = f"mut {pattern}"
        ty = types.params[index] if types is not None and index < len(types.params) else t.Unknown("")
        speller.lifetime = lifetime if index in lends.params else ""
        args.append((pattern, speller.spell(ty, f"parameter `{pattern}`")))
    speller.lifetime = lifetime
    if isinstance(result, t.Coroutine) and result.kind == "async":
        held = " + '_" if receiver in ("&self", "&mut self") else ""
        ret = f"impl std::future::Future<Output = {speller.returned(result.output, 'the result')}>{held}"
    else:
        ret = speller.returned(result, "the result")
    speller.borrows = borrowed
    generics = [lifetime] if lends.params and lifetime not in ("", "'static") and not (lends.own or lends.outer) else []
    text = rewrite(file.document.text, closure, fields).text.decode("utf-8", "replace")
    if isinstance(expr.body, h.Block) and text.startswith("{"):
        text = _indented(file, closure, text, "    ")
    else:
        text = f"{{\n        {_indented(file, closure, text, '        ')}\n    }}"
    return Method(name, receiver, args, ret, generics, [], text), lifetime == "'a" and not generics


def _lifetimes(closure: ClosureView, result: t.Ty, receiver: str, *, holds: bool) -> tuple[Lent, str]:
    """What the result may borrow from, and the lifetime to name; `holds`: the struct has the lifetime `'a`."""
    adt = closure.body.result.adt
    if not borrows(result, adt):
        return Lent(), ""
    found = lent(closure)
    if not holds:
        found.own.clear()
        found.outer.clear()
    if found.own or found.outer:
        return found, "'a"
    if found.params:
        return found, "'b" if holds else "'a"
    types = closure.body.result.closures.get(closure.expr.id)
    elided = receiver in ("&self", "&mut self") or (types is not None and any(borrows(p, adt) for p in types.params))
    return found, "" if elided else "'static"


def _method_problems(file: FileView, closure: ClosureView, fields: list[tuple[str, Capture]]) -> list[str]:
    rewritten = rewrite(file.document.text, closure, fields)
    problems = list(rewritten.problems)
    if re.search(rb"\bSelf\b", rewritten.text):
        problems.append("`Self` in the body means another type in this `impl`")
    return problems


def _is_changed(capture: Capture) -> bool:
    if not isinstance(capture.mode, ByValue):
        return False
    return any(isinstance(u.mode, ByRef) and u.mode.kind is not BorrowKind.SHARED for u in capture.uses)


def _indented(file: FileView, closure: ClosureView, text: str, indent: str) -> str:
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
        moved.append(f"{indent}{rest[cut:]}" if rest.strip() else "")
    return "\n".join(moved)
