"""What ouroboros' `#[self_referencing]` declares beside a struct: its builders, and methods that lend the fields.

A field that borrows others is made by a function of these. Invariant: what is made has no bodies.
"""

from __future__ import annotations

import re

from closurelens.hir.item import AdtItem, Item
from closurelens.hir.macros.api import Expansion, Source
from closurelens.records import dataclass, field
from closurelens.resolve.component_items import Head, placed
from closurelens.syntax.nodes import Node, tree_of

_BORROWS = re.compile(r"#\s*\[\s*borrows\s*\((.*)\)\s*\]\Z", re.DOTALL)
_FUTURE = "::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = {}>{} + 'this>>"
_MADE = {
    "": ("{}", "build", "new", ""),
    "Async": (_FUTURE.format("{}", ""), "build", "new_async", "async "),
    "AsyncSend": (_FUTURE.format("{}", " + Send"), "build", "new_async_send", "async "),
}


@dataclass(slots=True)
class _Field:
    """`borrows`: the names, and whether they are borrowed mutably."""

    name: str
    ty: str
    borrows: list[tuple[str, bool]] = field(default_factory=list)


def made_of_self_referencing(item: AdtItem, source: Source) -> list[Item]:
    if item.kind != "struct" or isinstance(source, Expansion):
        return []
    text = source.text[item.range[0] : item.range[1]]
    written = next((node for node in tree_of(text).children if node.kind == "struct_item"), None)
    body = None if written is None else written.child_by_field("body")
    if written is None or body is None:
        return []
    fields = _fields(body, text)
    declared, args, where = Head(written, text).generics()
    code = _Code(item.name, fields, declared, args, where)
    made = placed(item, "".join((*code.builders(), code.methods())))
    for one in made:
        if isinstance(one, AdtItem):
            for variant in one.variants:
                for inner in variant.fields:
                    inner.visibility = "crate"
    return made


def _fields(body: Node, text: bytes) -> list[_Field]:
    found: list[_Field] = []
    borrows: list[tuple[str, bool]] = []
    for child in body.children:
        if child.kind == "attribute_item":
            listed = _BORROWS.match(child.text(text))
            for name in listed[1].split(",") if listed is not None else ():
                if name.strip():
                    borrows.append((name.split()[-1], name.split()[0] == "mut"))
        elif child.kind == "field_declaration":
            name, ty = child.child_by_field("name"), child.child_by_field("type")
            if name is not None and ty is not None:
                found.append(_Field(name.text(text), ty.text(text), borrows))
            borrows = []
    return found


class _Code:
    """Items as text. `args` are the struct's own generic arguments, `declared` their declarations."""

    def __init__(self, name: str, fields: list[_Field], declared: str, args: str, where: str) -> None:
        self.name = name
        self.fields = fields
        self.types = {one.name: one.ty for one in fields}
        self.declared, self.args, self.where = declared, args, where

    def builders(self) -> list[str]:
        out: list[str] = []
        for kind, (returned, build, new, asyncness) in _MADE.items():
            out.append(self._builder(f"{kind}Builder", returned, f"{asyncness}fn {build}", f"{asyncness}fn {new}"))
            result = returned.format("::core::result::Result<{}, Error_>")
            new = new.replace("new", "try_new")
            out.append(
                self._builder(
                    f"{kind}TryBuilder", result, f"{asyncness}fn try_build", f"{asyncness}fn {new}", tries=True
                )
            )
        return out

    def _builder(self, suffix: str, returned: str, build: str, new: str, *, tries: bool = False) -> str:
        own, params, declared, args = [], [], [self.declared[1:-1]], [self.args[1:-1]]
        for one in self.fields:
            if not one.borrows:
                own.append(f"pub {one.name}: {one.ty}")
                params.append(f"{one.name}: {one.ty}")
                continue
            taken = ", ".join(
                f"&'this {'mut ' * is_mutable}{self.types.get(name, '_')}" for name, is_mutable in one.borrows
            )
            bound = f"for<'this> ::core::ops::FnOnce({taken}) -> {returned.format(one.ty)}"
            kind = f"{one.name.title().replace('_', '')}Builder_"
            own.append(f"pub {one.name}_builder: {kind}")
            params.append(f"{one.name}_builder: impl {bound}")
            declared.append(f"{kind}: {bound}")
            args.append(kind)
        result = f"{self.name}{self.args}"
        errors = ""
        if tries:
            declared.append("Error_")
            args.append("Error_")
            result = f"::core::result::Result<{result}, Error_>"
            errors = "<Error_>"
        generics, given = (f"<{', '.join(part for part in parts if part)}>" for parts in (declared, args))
        name = f"{self.name}{suffix}"
        return (
            f"pub struct {name}{generics} {self.where} {{ {', '.join(own)} }} "
            f"impl{generics} {name}{given} {self.where} {{ pub {build}(self) -> {result}; }} "
            f"impl{self.declared} {self.name}{self.args} {self.where} "
            f"{{ pub {new}{errors}({', '.join(params)}) -> {result}; }} "
        )

    def methods(self) -> str:
        mutably = {name for one in self.fields for name, is_mutable in one.borrows if is_mutable}
        shared = {name for one in self.fields for name, is_mutable in one.borrows if not is_mutable}
        lent = [one for one in self.fields if one.name not in mutably]
        tails = {one.name for one in lent if one.name not in shared}
        made: list[str] = []
        for one in lent:
            made.append(_lend(f"with_{one.name}", "&self", f"&{one.ty}"))
            made.append(f"pub fn borrow_{one.name}(&self) -> &{one.ty};")
            if one.name in tails:
                made.append(_lend(f"with_{one.name}_mut", "&mut self", f"&mut {one.ty}"))
        lifetimes = f"<{', '.join(part for part in (self.args[1:-1],) if part)}>" if self.args else ""
        structs: list[str] = []
        for method, receiver, is_mutable in (("with", "&self", False), ("with_mut", "&mut self", True)):
            name = f"__{self.name}{'Mut' if is_mutable else ''}Fields"
            parts = ", ".join(
                f"pub {one.name}: &'this {'mut ' if is_mutable and one.name in tails else ''}{one.ty}" for one in lent
            )
            generics = f"<'this{', ' if self.declared else ''}{self.declared[1:-1]}>"
            structs.append(f"pub struct {name}{generics} {self.where} {{ {parts} }} ")
            made.append(_lend(method, receiver, f"{name}{lifetimes}"))
        head = f"impl{self.declared} {self.name}{self.args} {self.where}"
        return f"{''.join(structs)} {head} {{ {' '.join(made)} }}"


def _lend(method: str, receiver: str, given: str) -> str:
    user = f"user: impl ::core::ops::FnOnce({given}) -> ReturnType"
    return f"pub fn {method}<ReturnType>({receiver}, {user}) -> ReturnType;"
