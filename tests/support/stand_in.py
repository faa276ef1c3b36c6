"""Files with closures replaced by the structs they stand for, which implement the real Fn traits.

The traits are unstable to implement, so rustc compiles these files with RUSTC_BOOTSTRAP=1 and `FEATURES`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from closurelens.hir import body as h
from closurelens.ide.desugar import Desugared, desugar
from closurelens.ide.hover import is_copy
from closurelens.ide.spell import Names, Speller
from closurelens.ide.view import ClosureView, FileView
from closurelens.infer.result import ClosureKind
from closurelens.text import TextEdit, apply_edits

FEATURES = "#![feature(unboxed_closures, fn_traits, impl_trait_in_assoc_type)]\n"


@dataclass(slots=True)
class StandIn:
    """`name` is unique in its file."""

    closure: ClosureView
    made: Desugared
    name: str


def stand_ins(file: FileView, wanted: Callable[[ClosureView, Desugared], bool]) -> tuple[str, list[StandIn]]:
    """The file with the wanted closures replaced; of nested ones, the outermost wanted."""
    edits: list[TextEdit] = []
    done: list[StandIn] = []
    end = -1
    for closure in file.closures():
        if not isinstance(closure.expr, h.Closure) or closure.range.start < end:
            continue
        made = desugar(file, closure)
        if not wanted(closure, made):
            continue
        end = closure.range.end
        name = f"Closure_{file.line(closure.range.start)}_{closure.range.start}"
        code = re.sub(rf"\b{made.name}\b", name, _code(closure, made))
        edits.append(TextEdit.replace(closure.range.start, end, code.encode()))
        done.append(StandIn(closure, made, name))
    return apply_edits(file.document.text, edits).decode(), done


def _code(closure: ClosureView, made: Desugared) -> str:
    """A block whose value is the struct, in one line, so that the lines below keep their numbers."""
    copies = "" if is_copy(closure) is not True or made.generics not in ([], ["'a"]) else "#[derive(Clone, Copy)] "
    text = f"{{ {copies}{made.struct} {made.impl} {_traits(closure, made)} {made.value} }}"
    return re.sub(r"// stands for .*", "", text).replace("\n", " ") if "//" not in made.method.block else text


def _traits(closure: ClosureView, made: Desugared) -> str:
    types = closure.body.result.closures[closure.expr.id]
    kinds = {c.id: c.kind or c.trait for c in closure.body.captures}
    names = Names(closure.body.predicates, closure.body.result.closures, kinds.get, {}, {})
    lifetimes = count()
    generics = [*made.generics, *made.method.generics]
    args = []
    for (_, written), ty in zip(made.method.args, types.params, strict=True):
        if "'" not in written:
            spelled = Speller(closure.body.result.adt, names, lifetime="'?").spell(ty, "a parameter")
            while "'?" in spelled:
                name = f"'l{next(lifetimes)}"
                spelled = spelled.replace("'?", name, 1)
                generics.insert(0, name)
            written = spelled
        args.append(written)
    result = re.sub(r"&(?!')", "&'static ", made.method.result)
    used = re.sub(r"'_", "'a", made.used)
    where = [*made.where, *made.method.where]
    bounds = f" where {', '.join(where)}" if where else ""
    generics.sort(key=lambda name: not name.startswith("'"))
    tuple_of = f"({', '.join(args)}{',' if args else ''})"
    names_of = [f"p{number}" for number in range(len(args))]
    pattern = f"({', '.join(names_of)}{',' if names_of else ''})"
    out = []
    chain = [ClosureKind.FN_ONCE, ClosureKind.FN_MUT, ClosureKind.FN]
    for kind in chain[: chain.index(made.trait) + 1]:
        method, receiver = _METHODS[kind]
        output = f"type Output = {result};" if kind is ClosureKind.FN_ONCE else ""
        returned = "<Self as FnOnce<" + tuple_of + ">>::Output"
        body = f"self.{made.method.name}({', '.join(names_of)})"
        out.append(
            f"impl<{', '.join(generics)}> {kind.value}<{tuple_of}> for {used}{bounds} {{ {output} "
            f'extern "rust-call" fn {method}({receiver}, {pattern}: {tuple_of}) -> {returned} {{ {body} }} }}'
        )
    return " ".join(out)


_METHODS = {
    ClosureKind.FN: ("call", "&self"),
    ClosureKind.FN_MUT: ("call_mut", "&mut self"),
    ClosureKind.FN_ONCE: ("call_once", "mut self"),
}
