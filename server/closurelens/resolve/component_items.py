"""What `#[component]` of leptos and yew makes of a function.

Of leptos a struct of its parameters, which is all that it takes then; the function as it is written stays beside: its
body has the parameters. A property that takes whatever can be converted has a type parameter of its own. Of yew a type
that is the component. Invariant: what is made has no bodies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from closurelens.hir.item import AdtItem, Attrs, FnItem, Item
from closurelens.hir.lower.attrs import effective
from closurelens.hir.macros.api import Expansion, Source
from closurelens.resolve.derive_parts import lower_items_of
from closurelens.syntax.nodes import Node, tree_of

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex

_NAMES = frozenset(["component", "leptos::component", "leptos_macro::component", "island", "leptos::island"])
_OF_YEW = frozenset(
    f"{path}{name}" for path in ("", "yew::", "yew_macro::") for name in ("component", "function_component")
)
_REFERENCE = re.compile(r"\A&\s*(?:'\w+\s*)?")
_PROP = re.compile(r"#\s*\[\s*prop\s*\((.*)\)\s*\]\Z", re.DOTALL)
_DEFAULT = re.compile(r"\bdefault\s*=.*?(?=,\s*(?:into|optional\w*|strip_option|name|attrs)\b|\Z)", re.DOTALL)
_NAME = re.compile(r'\bname\s*=\s*"(\w+)"')
_OPTION = re.compile(r"Option\s*<(.*)>\Z", re.DOTALL)


def made_of_component(crate: CrateIndex, item: FnItem, source: Source) -> list[Item]:
    """The struct, and the function that takes it; nothing where `item` is no component."""
    attrs = item.attrs
    if (not attrs.others and not attrs.conditional) or item.body is None or isinstance(source, Expansion):
        return []
    known = crate.crate.dependencies
    if "yew" in known or crate.name == "yew":
        made = made_of_function_component(effective(attrs, crate.holds), item, source)
        if made:
            return made
    if "leptos" not in known and "leptos_macro" not in known:
        return []
    if any(name.startswith("dioxus") for name in known) and b"leptos" not in source.text:
        return []
    if _NAMES.isdisjoint(effective(attrs, crate.holds).others):
        return []
    head = head_of(item, source)
    if head is None:
        return []
    made = placed(item, head.code(_pascal(item.name)))
    for one in made:
        if isinstance(one, FnItem):
            one.body = None
        elif isinstance(one, AdtItem):
            for variant in one.variants:
                for declared in variant.fields:
                    declared.visibility = item.visibility
    return made


def made_of_function_component(attrs: Attrs, item: FnItem, source: Source) -> list[Item]:
    """yew's: a type that has the function's name or another, whose properties are what the function takes."""
    name = next((name for name in attrs.others if name in _OF_YEW), None)
    if name is None:
        return []
    head = head_of(item, source)
    types = head.types() if head is not None else []
    if head is None or len(types) > 1 or (types and not types[0].startswith("&")) or "Html" not in head.returned():
        return []
    declared, args, where = head.generics()
    given = (attrs.arguments or {}).get(name, "").strip()
    own = given if given.isidentifier() else item.name
    properties = _REFERENCE.sub("", types[0]) if types else "()"
    return placed(
        item,
        f"struct {own}{declared} {where} {{}} impl{declared} ::yew::html::BaseComponent for {own}{args} {where} "
        f"{{ type Message = (); type Properties = {properties}; }}",
    )


def head_of(item: FnItem, source: Source) -> Head | None:
    if item.body is None:
        return None
    text = source.text[item.range[0] : item.body[0]] + b"{}"
    written = next((node for node in tree_of(text).children if node.kind == "function_item"), None)
    return None if written is None else Head(written, text)


def placed(item: Item, code: str) -> list[Item]:
    """The items of `code`, as if `item` declared them."""
    made = lower_items_of(code)
    for one in made:
        one.range, one.name_range = item.range, item.name_range
        one.visibility = item.visibility
        one.attrs = Attrs(cfg=item.attrs.cfg)
    return made


def _pascal(name: str) -> str:
    return name if name != name.lower() else "".join(word.capitalize() for word in name.split("_"))


class Head:
    """A function up to its body."""

    def __init__(self, node: Node, text: bytes) -> None:
        self._node = node
        self._text = text
        self._added: list[str] = []

    def generics(self) -> tuple[str, str, str]:
        """What a type with the function's parameters is declared with, its arguments then, and the predicates."""
        params = self._generics() + self._added
        declared = f"<{', '.join(params)}>" if params else ""
        used = [re.sub(r"\Aconst\s+", "", param) for param in params]
        used = [re.split(r"[:=]", param, maxsplit=1)[0].strip() for param in used]
        args = f"<{', '.join(used)}>" if used else ""
        where = next((self._of(child) for child in self._node.children if child.kind == "where_clause"), "")
        return declared, args, where

    def types(self) -> list[str]:
        """Of the parameters."""
        node = self._node.child_by_field("parameters")
        found = [child.child_by_field("type") for child in node.children] if node is not None else []
        return [self._of(ty) for ty in found if ty is not None]

    def returned(self) -> str:
        ret = self._node.child_by_field("return_type")
        return "" if ret is None else self._of(ret)

    def code(self, name: str) -> str:
        fields = self._fields()
        declared, args, where = self.generics()
        ret = self.returned()
        arrow = f"-> {ret}" if ret else ""
        takes = f"props: {name}Props{args}" if fields else ""
        head = f"fn {name}{declared}({takes}) {arrow} {where} {{}}"
        return f"struct {name}Props{declared} {where} {{ {', '.join(fields)} }} {head}" if fields else head

    def _of(self, node: Node) -> str:
        return self._text[node.start : node.end].decode("utf-8", "replace")

    def _generics(self) -> list[str]:
        node = self._node.child_by_field("type_parameters")
        if node is None:
            return []
        return [self._of(child) for child in node.children if child.kind not in ("<", ">", ",")]

    def _fields(self) -> list[str]:
        node = self._node.child_by_field("parameters")
        fields: list[str] = []
        options = ""
        for child in node.children if node is not None else ():
            if child.kind == "attribute_item":
                found = _PROP.match(self._of(child))
                options += "" if found is None else found[1] + ","
            elif child.kind == "parameter":
                name, ty = child.child_by_field("pattern"), child.child_by_field("type")
                if name is not None and ty is not None:
                    fields.extend(self._field(_DEFAULT.sub("", options), name, ty))
                options = ""
        return fields

    def _field(self, options: str, pattern: Node, ty: Node) -> list[str]:
        renamed = _NAME.search(options)
        words = frozenset(re.findall(r"\w+", options))
        name = self._of(pattern).removeprefix("mut ").strip() if renamed is None else renamed[1]
        if "marker" in words or not name.removeprefix("r#").isidentifier():
            return []
        if "into" in words:
            return [f"{name}: {self._added_param('')}"]
        text = self._without_impls(ty)
        inner = _OPTION.match(text)
        if inner is not None and not words.isdisjoint(("optional", "strip_option")):
            text = inner[1]
        return [f"{name}: {text}"]

    def _without_impls(self, ty: Node) -> str:
        """The type with a parameter for each `impl Trait`."""
        if ty.kind == "abstract_type":
            return self._added_param(self._of(ty).removeprefix("impl"))
        if ty.kind == "bounded_type" and ty.children[0].kind == "abstract_type":
            return self._added_param(self._of(ty).removeprefix("impl"))
        parts: list[str] = []
        at = ty.start
        for child in ty.children:
            parts.append(self._text[at : child.start].decode("utf-8", "replace"))
            parts.append(self._without_impls(child))
            at = child.end
        parts.append(self._text[at : ty.end].decode("utf-8", "replace"))
        return "".join(parts)

    def _added_param(self, bounds: str) -> str:
        name = f"__P{len(self._added)}"
        self._added.append(f"{name}: {bounds}" if bounds else name)
        return name
