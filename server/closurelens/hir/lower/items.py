"""Items as a file, block, impl, trait or extern block declares them, without their bodies.

Invariant: one pass over the item nodes and their signatures; bodies are only remembered by their range.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from closurelens.hir.item import (
    AdtItem,
    Attrs,
    ErrorItem,
    ExternBlock,
    ExternCrate,
    FieldDecl,
    FnItem,
    ImplItem,
    Item,
    MacroCallItem,
    MacroRulesItem,
    Module,
    SelfParam,
    TraitItem,
    TypeAliasItem,
    Use,
    ValueItem,
    VariantDecl,
)
from closurelens.hir.lower.attrs import ATTRIBUTES, inner_attrs, lower_attrs
from closurelens.hir.lower.reader import MAX_DEPTH, TOO_DEEP, Reader
from closurelens.hir.lower.types import (
    TYPES,
    bounds_of,
    lower_bounds,
    lower_generics,
    lower_path,
    lower_type,
    path_of_type,
)
from closurelens.hir.lower.uses import lower_use_tree
from closurelens.hir.macros.api import Chunk
from closurelens.hir.types import ErrorType, InferType, TypeRef
from closurelens.syntax.nodes import Node
from closurelens.syntax.tokens import CLOSE, TokenKind, tokenize

Range = tuple[int, int]


def lower_items(root: Node, src: bytes) -> list[Item]:
    """The items directly in a file, block, `declaration_list` or parse with errors; `src` is the text of `root`."""
    return ItemLowerer(Chunk(src)).items(root.children, in_block=root.kind == "block")


def lower_file_attrs(root: Node, src: bytes) -> Attrs:
    """The `#![..]` at the head of a file."""
    reader = Reader(Chunk(src))
    return lower_attrs(reader, inner_attrs(reader, root.children))


class ItemLowerer(Reader):
    __slots__ = ()

    def items(self, nodes: Sequence[Node], *, in_block: bool = False) -> list[Item]:
        """The items among these nodes; in a block there are others, elsewhere those are errors that may hide items."""
        items: list[Item] = []
        pending: list[Node] = []
        for node in nodes:
            kind = node.kind
            handler = ITEMS.get(kind)
            if handler is not None:
                items.append(self.item(node, handler, pending))
                pending = []
            elif kind == "attribute_item":
                pending.append(node)
            elif kind == "expression_statement" and node.children and node.children[0].kind == "macro_invocation":
                items.append(self.item(node.children[0], _macro_call, pending))
                pending = []
            elif kind not in _BETWEEN_ITEMS:
                if kind == "ERROR" or (not in_block and node.is_named and kind != "empty_statement"):
                    items.append(ErrorItem("", self.at(node), self.empty_at(node), Attrs(), None, "syntax error"))
                    items.extend(self.items(_hidden_items(node)))
                pending = []
        return items

    def members(self, body: Node) -> Sequence[Item]:
        """What the block of an impl, trait or module declares."""
        return self.items(body.children)

    def item(self, node: Node, handler: Handler, attributes: list[Node]) -> Item:
        if self.depth >= MAX_DEPTH:
            return ErrorItem("", self.at(node), self.empty_at(node), Attrs(), None, TOO_DEEP)
        self.depth += 4
        item = handler(self, node, lower_attrs(self, attributes))
        self.depth -= 4
        return item

    def at(self, node: Node) -> Range:
        return (node.start, node.end)

    def empty_at(self, node: Node) -> Range:
        """The name's range of an item without a name."""
        return (node.start, node.start)

    def named(self, node: Node) -> tuple[str, Range]:
        name = node.child_by_field("name")
        return ("", self.empty_at(node)) if name is None else (self.name(name), self.at(name))

    def head(self, node: Node, attrs: Attrs) -> tuple[str, Range, Range, Attrs, str | None]:
        """What every item begins with: name, range, the name's range, attributes, visibility."""
        name, name_range = self.named(node)
        return name, self.at(node), name_range, attrs, self.visibility(node)

    def visibility(self, node: Node) -> str | None:
        """Of the item or field whose children hold a `visibility_modifier`."""
        for child in node.children:
            if child.kind == "visibility_modifier":
                return self.visibility_text(child)
        return None

    def visibility_text(self, node: Node) -> str:
        within = [child for child in node.children if child.kind not in ("pub", "in")]
        return self.of(within[-1]) if within else "pub" if node.has("pub") else self.of(node)


Handler = Callable[[ItemLowerer, Node, Attrs], Item]

_BETWEEN_ITEMS = frozenset(["inner_attribute_item", "shebang", "visibility_modifier"])


def _hidden_items(node: Node) -> list[Node]:
    """The topmost items in a node that is none, with their attributes."""
    found: list[Node] = []
    work = list(reversed(node.children))
    while work:
        here = work.pop()
        if here.kind == "attribute_item" or (here.kind in ITEMS and here.kind != "macro_invocation"):
            found.append(here)
        else:
            work.extend(reversed(here.children))
    return found


def _function(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    ret = node.child_by_field("return_type")
    body = node.child_by_field("body")
    if body is not None and body.children and body.children[0].kind == "inner_attribute_item":
        _add(attrs, lower_attrs(low, inner_attrs(low, body.children)))
    modifiers = node.child_of_kind("function_modifiers")
    words = {child.kind for child in modifiers.children} if modifiers is not None else set()
    item = FnItem(
        *low.head(node, attrs),
        lower_generics(low, node),
        None,
        [],
        None if ret is None else lower_type(low, ret),
        is_async="async" in words,
        is_unsafe="unsafe" in words,
        is_const="const" in words,
        is_variadic=False,
        body=None if body is None else low.at(body),
    )
    parameters = node.child_by_field("parameters")
    if parameters is not None:
        _parameters(low, parameters, item)
    return item


def _parameters(low: ItemLowerer, node: Node, item: FnItem) -> None:
    attributes: list[Node] = []
    for child in node.children:
        kind = child.kind
        if kind == "attribute_item":
            attributes.append(child)
            continue
        if attributes and child.is_named:
            attrs = lower_attrs(low, attributes)
            if kind != "self_parameter" and (attrs.cfg or attrs.conditional):
                item.param_attrs = item.param_attrs or {}
                item.param_attrs[len(item.params)] = attrs
            attributes = []
        if kind == "parameter":
            pattern = child.child_by_field("pattern")
            ty = lower_type(low, child.child_by_field("type"))
            if pattern is not None and pattern.kind == "self":
                item.self_param = SelfParam(
                    by_ref=False, mutable=False, ty=ty, binding_mut=child.has("mutable_specifier")
                )
            else:
                item.params.append((param_name(low, pattern), ty))
        elif kind == "self_parameter":
            item.self_param = self_param(child)
        elif kind == "variadic_parameter":
            item.is_variadic = True
        elif kind in TYPES:
            item.params.append(("", lower_type(low, child)))
        elif kind == "_":
            item.params.append(("", InferType()))
        elif kind == "ERROR":
            item.params.append(("", ErrorType("syntax error")))


def self_param(node: Node) -> SelfParam:
    """`node` is a `self_parameter`."""
    by_ref = node.has("&")
    mutable = node.has("mutable_specifier")
    return SelfParam(by_ref, mutable and by_ref, None, binding_mut=mutable and not by_ref)


def param_name(low: Reader, pattern: Node | None) -> str:
    while pattern is not None and pattern.kind in ("mut_pattern", "ref_pattern"):
        pattern = pattern.children[-1]
    return low.name(pattern) if pattern is not None and pattern.kind == "identifier" else ""


def _add(attrs: Attrs, more: Attrs) -> None:
    attrs.cfg += more.cfg
    attrs.others += more.others
    attrs.conditional += more.conditional
    attrs.macro_use |= more.macro_use
    attrs.path = attrs.path if more.path is None else more.path


def _adt(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    name, name_range = low.named(node)
    kind = node.kind.removesuffix("_item")
    body = node.child_by_field("body")
    variants: list[VariantDecl]
    if kind == "enum":
        variants = [] if body is None else _variants(low, body)
    else:
        ctor, fields = _fields(low, body)
        variants = [VariantDecl(name, name_range, ctor, fields, Attrs())]
    return AdtItem(*low.head(node, attrs), kind, lower_generics(low, node), variants)


def _variants(low: ItemLowerer, body: Node) -> list[VariantDecl]:
    variants: list[VariantDecl] = []
    pending: list[Node] = []
    for child in body.children:
        if child.kind == "attribute_item":
            pending.append(child)
        elif child.kind == "enum_variant":
            name, name_range = low.named(child)
            ctor, fields = _fields(low, child.child_by_field("body"))
            variants.append(VariantDecl(name, name_range, ctor, fields, lower_attrs(low, pending)))
            pending = []
    return variants


def _fields(low: ItemLowerer, body: Node | None) -> tuple[str, list[FieldDecl]]:
    if body is None:
        return "unit", []
    fields: list[FieldDecl] = []
    pending: list[Node] = []
    if body.kind == "field_declaration_list":
        for child in body.children:
            if child.kind == "attribute_item":
                pending.append(child)
            elif child.kind == "field_declaration":
                name, _ = low.named(child)
                ty = lower_type(low, child.child_by_field("type"))
                fields.append(FieldDecl(name, ty, lower_attrs(low, pending), low.visibility(child)))
                pending = []
        return "record", fields
    visibility: str | None = None
    for child in body.children:
        if child.kind == "attribute_item":
            pending.append(child)
        elif child.kind == "visibility_modifier":
            visibility = low.visibility_text(child)
        elif child.field == "type" or child.kind == "ERROR":
            ty = lower_type(low, child)
            fields.append(FieldDecl(str(len(fields)), ty, lower_attrs(low, pending), visibility))
            pending = []
            visibility = None
    return "tuple", fields


def _trait(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    body = node.child_by_field("body")
    return TraitItem(
        *low.head(node, attrs),
        lower_generics(low, node),
        lower_bounds(low, node.child_by_field("bounds")),
        [] if body is None else low.members(body),
        is_auto=node.has("auto"),
    )


def _trait_alias(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    bounds = node.child_by_field("type")
    return TraitItem(
        *low.head(node, attrs),
        lower_generics(low, node),
        [] if bounds is None else bounds_of(low, [bounds]),
        [],
        is_alias=True,
    )


def _impl(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    body = node.child_by_field("body")
    trait = node.child_by_field("trait")
    if body is not None:
        _add(attrs, lower_attrs(low, inner_attrs(low, body.children)))
    return ImplItem(
        *low.head(node, attrs),
        lower_generics(low, node),
        None if trait is None else path_of_type(lower_type(low, trait)),
        lower_type(low, node.child_by_field("type")),
        [] if body is None else low.members(body),
        is_negative=node.has("!"),
    )


def _module(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    body = node.child_by_field("body")
    if body is not None:
        _add(attrs, lower_attrs(low, inner_attrs(low, body.children)))
    items = None if body is None else low.members(body)
    return Module(*low.head(node, attrs), items)


def _extern_block(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    body = node.child_by_field("body")
    modifier = node.child_of_kind("extern_modifier")
    literal = None if modifier is None else modifier.child_of_kind("string_literal")
    abi = "C" if literal is None else low.of(literal).strip('"')
    items = [] if body is None else low.items(body.children)
    return ExternBlock(*low.head(node, attrs), abi, items)


def _extern_crate(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    alias = node.child_by_field("alias")
    renamed = None if alias is None else low.name(alias)
    return ExternCrate(*low.head(node, attrs), renamed)


def _use(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    tree = node.child_by_field("argument")
    imports = [] if tree is None else lower_use_tree(low, tree)
    return Use(*low.head(node, attrs), imports)


def _type_alias(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    ty = node.child_by_field("type")
    return TypeAliasItem(
        *low.head(node, attrs),
        lower_generics(low, node),
        lower_bounds(low, node.child_by_field("bounds")),
        None if ty is None else lower_type(low, ty),
    )


def _value(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    ty: TypeRef = lower_type(low, node.child_by_field("type"))
    value = node.child_by_field("value")
    return ValueItem(
        *low.head(node, attrs),
        ty,
        is_static=node.kind == "static_item",
        is_mutable=node.has("mutable_specifier"),
        value=None if value is None else low.at(value),
    )


def _macro_definition(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    named = node.child_by_field("name")
    after = node.start if named is None else named.end
    rules = _inside(low.text, after, node.end)
    if low.text[rules[0] - 1 : rules[0]] == b"(" and b"macro_rules" not in low.text[node.start : after]:
        rules = (rules[0] - 1, node.end)
    shifted = (rules[0], rules[1])
    return MacroRulesItem(*low.head(node, attrs), shifted)


_OPENING = re.compile(rb"\s*([(\[{])")


def _inside(text: bytes, start: int, end: int) -> Range:
    """The range inside the outermost delimiters of text[start:end], which may begin with comments or parameters."""
    found = _OPENING.match(text, start, end)
    if found is None:
        opening = next((token for token in tokenize(text, start, end) if token.kind is TokenKind.OPEN), None)
        if opening is None:
            return end, end
        first, delimiter = opening.end, opening.text
    else:
        first, delimiter = found.end(), found.group(1).decode()
    return first, max(first, text.rfind(CLOSE[delimiter].encode(), first, end))


def _macro_call(low: ItemLowerer, node: Node, attrs: Attrs) -> Item:
    macro = node.child_by_field("macro")
    args = node.child_of_kind("token_tree")
    if macro is None or args is None:
        return ErrorItem("", low.at(node), low.empty_at(node), attrs, None, "syntax error")
    path = lower_path(low, macro)
    name = path.segments[-1].name if path.segments else ""
    inside = (args.start + 1, max(args.start + 1, args.end - 1))
    return MacroCallItem(name, low.at(node), low.at(macro), attrs, None, path, inside)


ITEMS: dict[str, Handler] = {
    "function_item": _function,
    "function_signature_item": _function,
    "struct_item": _adt,
    "enum_item": _adt,
    "union_item": _adt,
    "trait_item": _trait,
    "trait_alias_item": _trait_alias,
    "impl_item": _impl,
    "mod_item": _module,
    "foreign_mod_item": _extern_block,
    "extern_crate_declaration": _extern_crate,
    "use_declaration": _use,
    "type_item": _type_alias,
    "associated_type": _type_alias,
    "const_item": _value,
    "static_item": _value,
    "macro_definition": _macro_definition,
    "macro_invocation": _macro_call,
}
"""Kinds of nodes that are items -> how they are lowered."""

assert not ATTRIBUTES & ITEMS.keys()
