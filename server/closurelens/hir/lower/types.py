"""Paths with their arguments, types, bounds and generic parameters: they contain each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from closurelens.hir.lower.broken import is_hurt
from closurelens.hir.lower.reader import MAX_DEPTH, TOO_DEEP, Reader
from closurelens.hir.types import (
    Anchor,
    ArrayType,
    BoundRef,
    ConstArg,
    DynType,
    ErrorType,
    FnPtrType,
    GenericArgs,
    GenericParamDecl,
    GenericsDecl,
    ImplType,
    InferType,
    NeverType,
    Path,
    PathType,
    PtrType,
    RefType,
    Segment,
    SliceType,
    TupleType,
    TypeRef,
)
from closurelens.syntax.nodes import Node

_KEYWORDS = frozenset(["self", "super", "crate"])


def lower_path(reader: Reader, node: Node) -> Path:
    """A value `self` is the plain segment `self`; a `crate` alone is an anchor without segments."""
    parts: list[tuple[str, GenericArgs | None, Node]] = []  # last segment first
    args: GenericArgs | None = None
    qself: TypeRef | None = None
    trait: Path | None = None
    anchor = Anchor.PLAIN
    here: Node | None = node
    while here is not None:
        kind = here.kind
        if kind == "scoped_identifier" or kind == "scoped_type_identifier":
            name = here.child_by_field("name")
            if name is not None:
                parts.append((reader.name(name), args, name))
                args = None
            here = here.child_by_field("path")
            if here is None:
                anchor = Anchor.GLOBAL
        elif kind == "generic_type" or kind == "generic_type_with_turbofish":
            args = _args_of(reader, here)
            here = here.child_by_field("type")
        elif kind == "generic_function":
            args = _args_of(reader, here)
            here = here.child_by_field("function")
        elif kind == "generic_pattern":
            args = _args_of(reader, here)
            here = here.children[0]
        elif kind == "function_type":
            args = lower_fn_sugar(reader, here)
            here = here.child_by_field("trait")
        elif kind == "bracketed_type":
            qualified = here.child_of_kind("qualified_type")
            if qualified is None:
                inner = next(iter(here.named_children), None)
                qself = ErrorType("syntax error") if inner is None else lower_type(reader, inner)
            else:
                inner = qualified.child_by_field("type")
                qself = ErrorType("syntax error") if inner is None else lower_type(reader, inner)
                alias = qualified.child_by_field("alias")
                if alias is not None:
                    trait = path_of_type(lower_type(reader, alias))
            here = None
        else:
            parts.append((reader.name(here), args, here))
            here = None
    parts.reverse()
    path = Path([])
    path.anchor = anchor
    path.qself = qself
    path.trait = trait
    skip = 0
    if anchor is Anchor.PLAIN and qself is None and parts and parts[0][2].kind in _KEYWORDS:
        skip = _anchor(reader, path, parts)
    path.segments = [Segment(name, given) for name, given, _ in parts[skip:]]
    if reader.is_mapped and parts:
        path.ctxt = reader.source.ctxt_at(parts[0][2].start)
    return path


def _anchor(reader: Reader, path: Path, parts: list[tuple[str, GenericArgs | None, Node]]) -> int:
    """Read the keywords a path starts with; how many parts they are."""
    first = parts[0][2]
    if first.kind == "crate":
        path.anchor = Anchor.CRATE
        path.crate = reader.source.crate_at(first.start) if reader.is_mapped else None
        return 1
    if first.kind == "self" and len(parts) == 1:
        return 0
    at = 1 if first.kind == "self" else 0
    while at < len(parts) and parts[at][2].kind == "super":
        path.supers += 1
        at += 1
    path.anchor = Anchor.SUPER if path.supers else Anchor.SELF
    return at


def _args_of(reader: Reader, node: Node) -> GenericArgs | None:
    args = node.child_by_field("type_arguments")
    return None if args is None else lower_generic_args(reader, args)


def lower_generic_args(reader: Reader, node: Node) -> GenericArgs:
    """`node` is a `type_arguments`."""
    types: list[TypeRef] = []
    result = GenericArgs(types)
    for child in node.children:
        kind = child.kind
        if kind in TYPES:
            types.append(lower_type(reader, child))
        elif kind == "type_binding":
            name = child.child_by_field("name")
            ty = child.child_by_field("type")
            if name is not None and ty is not None:
                result.assoc.append((reader.name(name), lower_type(reader, ty)))
        elif kind == "trait_bounds" and types:
            bounded = path_of_type(types.pop())
            if bounded is not None and bounded.segments:
                result.assoc_bounds.append((bounded.segments[-1].name, lower_bounds(reader, child)))
    return result


def lower_fn_sugar(reader: Reader, node: Node) -> GenericArgs:
    """`node` is a `function_type` with a trait: `Fn(A) -> B`."""
    parameters = node.child_by_field("parameters")
    ret = node.child_by_field("return_type")
    return GenericArgs(
        [] if parameters is None else lower_param_types(reader, parameters),
        is_fn_sugar=True,
        ret=None if ret is None else lower_type(reader, ret),
    )


def path_of_type(ty: TypeRef) -> Path | None:
    return ty.path if isinstance(ty, PathType) else None


def lower_type(reader: Reader, node: Node | None) -> TypeRef:
    """Also a const generic argument: a literal or a block."""
    if node is None:
        return ErrorType("syntax error")
    handler = TYPES.get(node.kind)
    if handler is None or (node.flags and is_hurt(node)):
        return ErrorType("syntax error")
    reader.deepest = max(reader.deepest, reader.depth)
    if reader.depth >= MAX_DEPTH:
        return ErrorType(TOO_DEEP)
    reader.depth += 5
    ty = handler(reader, node)
    reader.depth -= 5
    return ty


def _name(reader: Reader, node: Node) -> TypeRef:
    name = reader.name(node)
    return InferType() if name == "_" else PathType(Path([Segment(name)]))


def _path(reader: Reader, node: Node) -> TypeRef:
    return PathType(lower_path(reader, node))


def _bracketed(reader: Reader, node: Node) -> TypeRef:
    """`<T>`, or `<T as Trait>` without a name behind it."""
    inner = next(iter(node.named_children), None)
    if inner is None or inner.kind == "qualified_type":
        return ErrorType("syntax error")
    return lower_type(reader, inner)


def _ref(reader: Reader, node: Node) -> TypeRef:
    lifetime = node.child_of_kind("lifetime")
    return RefType(
        lower_type(reader, node.child_by_field("type")),
        node.has("mutable_specifier"),
        None if lifetime is None else reader.of(lifetime).removeprefix("'"),
    )


def _ptr(reader: Reader, node: Node) -> TypeRef:
    return PtrType(lower_type(reader, node.child_by_field("type")), node.has("mutable_specifier"))


def _array(reader: Reader, node: Node) -> TypeRef:
    element = lower_type(reader, node.child_by_field("element"))
    length = node.child_by_field("length")
    return SliceType(element) if length is None else ArrayType(element, const_arg(reader, length))


def _tuple(reader: Reader, node: Node) -> TypeRef:
    elems = [child for child in node.children if child.kind in TYPES]
    if len(elems) == 1 and not reader.has_trailing_comma(node, elems[0]):
        return lower_type(reader, elems[0])
    return TupleType([lower_type(reader, elem) for elem in elems])


def _unit(reader: Reader, node: Node) -> TypeRef:
    return TupleType([])


def _never(reader: Reader, node: Node) -> TypeRef:
    return NeverType()


def _function(reader: Reader, node: Node) -> TypeRef:
    if node.child_by_field("trait") is not None:
        return PathType(lower_path(reader, node))
    parameters = node.child_by_field("parameters")
    ret = node.child_by_field("return_type")
    return FnPtrType(
        [] if parameters is None else lower_param_types(reader, parameters),
        None if ret is None else lower_type(reader, ret),
    )


def lower_param_types(reader: Reader, node: Node) -> list[TypeRef]:
    """The types in the `parameters` of a function pointer or of `Fn(..)`."""
    types: list[TypeRef] = []
    for child in node.children:
        if child.kind == "parameter":
            types.append(lower_type(reader, child.child_by_field("type")))
        elif child.kind in TYPES:
            types.append(lower_type(reader, child))
        elif child.kind == "_":
            types.append(InferType())
        elif child.kind == "ERROR":
            types.append(ErrorType("syntax error"))
    return types


def _dyn(reader: Reader, node: Node) -> TypeRef:
    return DynType(bounds_of(reader, [child for child in node.children if child.kind != "dyn"]))


def _impl(reader: Reader, node: Node) -> TypeRef:
    return ImplType(bounds_of(reader, [child for child in node.children if child.field == "trait"]))


def _bounded(reader: Reader, node: Node) -> TypeRef:
    """`dyn A + B` and `impl A + B`; the grammar hangs the later bounds outside of the first."""
    parts = _flatten_bounds(node)
    head, rest = parts[0], parts[1:]
    if head.kind == "dynamic_type":
        first = [child for child in head.children if child.kind != "dyn"]
        return DynType(bounds_of(reader, [*first, *rest]))
    if head.kind == "abstract_type":
        first = [child for child in head.children if child.field == "trait"]
        return ImplType(bounds_of(reader, [*first, *rest]))
    return DynType(bounds_of(reader, parts))


def _flatten_bounds(node: Node) -> list[Node]:
    parts: list[Node] = []
    work = [node]
    while work:
        here = work.pop()
        if here.kind == "bounded_type":
            work.extend(reversed([child for child in here.children if child.kind != "+"]))
        else:
            parts.append(here)
    return parts


def bounds_of(reader: Reader, nodes: Iterable[Node]) -> list[BoundRef]:
    return [bound for node in nodes for part in _flatten_bounds(node) for bound in _bound(reader, part)]


_NO_BOUND = frozenset(["lifetime", "use_bounds", "+", ":"])


def _bound(reader: Reader, node: Node) -> list[BoundRef]:
    kind = node.kind
    is_maybe = False
    while kind in ("higher_ranked_trait_bound", "removed_trait_bound", "tuple_type"):
        is_maybe = is_maybe or kind == "removed_trait_bound"
        inner = next((child for child in reversed(node.children) if child.kind in _BOUND_KINDS), None)
        if inner is None:
            return []
        node, kind = inner, inner.kind
    if kind in _NO_BOUND or kind not in TYPES:
        return []
    ty = lower_type(reader, node)
    return [BoundRef(ty.path, is_maybe)] if isinstance(ty, PathType) else []


def lower_bounds(reader: Reader, node: Node | None) -> list[BoundRef]:
    """`node` is a `trait_bounds`."""
    return [] if node is None else bounds_of(reader, node.children)


def _maybe(reader: Reader, node: Node) -> TypeRef:
    return DynType(bounds_of(reader, [node]))


def _macro(reader: Reader, node: Node) -> TypeRef:
    return reader.macro_type(node)


def _metavariable(reader: Reader, node: Node) -> TypeRef:
    return ErrorType(f"`{reader.of(node)}` is outside of its macro")


def const_arg(reader: Reader, node: Node) -> TypeRef:
    """An array length or const argument: a path stays one, so that it can name a const parameter."""
    while node.kind in ("block", "parenthesized_expression") and len(node.children) == 1:
        node = node.children[0]
    kind = node.kind
    if kind in ("identifier", "scoped_identifier"):
        return PathType(lower_path(reader, node))
    if kind == "integer_literal":
        text = reader.of(node)
        value = int_value(text.removeprefix("-").lstrip())  # `A<-1>` is one literal: the grammar has no `-` here
        return ConstArg(-value if text.startswith("-") and value is not None else value)
    if kind in ("unary_expression", "negative_literal") and len(node.children) == 2:
        value = int_value(reader.of(node.children[1])) if node.children[1].kind == "integer_literal" else None
        return ConstArg(-value if value is not None and node.children[0].kind == "-" else None)
    if kind in ("boolean_literal", "char_literal"):
        return ConstArg(reader.of(node))
    return ConstArg(None)


_INT = re.compile(r"(0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|[0-9]+)([iu](?:8|16|32|64|128|size))?")


def int_value(text: str) -> int | None:
    """The value of an integer literal; None where it is none."""
    found = _INT.fullmatch(text.replace("_", ""))
    if found is None:
        return None
    digits = found.group(1)
    if len(digits) > 80:
        return None
    return int(digits, 0) if digits[:2] in ("0x", "0o", "0b") else int(digits)


def lower_generics(reader: Reader, node: Node) -> GenericsDecl:
    """The type parameters and where-clause of an item."""
    decl = GenericsDecl()
    for child in node.children:
        if child.kind == "type_parameters":
            for param in child.children:
                lowered = _generic_param(reader, param)
                if lowered is not None:
                    decl.params.append(lowered)
                elif param.kind == "lifetime_parameter":
                    decl.lifetimes += 1
        elif child.kind == "where_clause":
            for predicate in child.children:
                if predicate.kind != "where_predicate":
                    continue
                left = predicate.child_by_field("left")
                if left is not None and left.kind == "higher_ranked_trait_bound":
                    left = left.child_by_field("type")
                if left is None or left.kind == "lifetime":
                    continue
                bounds = lower_bounds(reader, predicate.child_by_field("bounds"))
                if bounds:
                    decl.where.append((lower_type(reader, left), bounds))
    return decl


def _generic_param(reader: Reader, node: Node) -> GenericParamDecl | None:
    name = node.child_by_field("name")
    if name is None:
        return None
    if node.kind == "type_parameter":
        default = node.child_by_field("default_type")
        return GenericParamDecl(
            reader.name(name),
            lower_bounds(reader, node.child_by_field("bounds")),
            None if default is None else lower_type(reader, default),
        )
    if node.kind == "const_parameter":
        value = node.child_by_field("value")
        return GenericParamDecl(
            reader.name(name),
            default=None if value is None else const_arg(reader, value),
            const_type=lower_type(reader, node.child_by_field("type")),
        )
    return None


TYPES: dict[str, Callable[[Reader, Node], TypeRef]] = {
    "type_identifier": _name,
    "primitive_type": _name,
    "identifier": _name,
    "_": lambda _reader, _node: InferType(),
    "scoped_type_identifier": _path,
    "scoped_identifier": _path,
    "generic_type": _path,
    "generic_type_with_turbofish": _path,
    "bracketed_type": _bracketed,
    "reference_type": _ref,
    "pointer_type": _ptr,
    "array_type": _array,
    "tuple_type": _tuple,
    "unit_type": _unit,
    "never_type": _never,
    "function_type": _function,
    "dynamic_type": _dyn,
    "abstract_type": _impl,
    "bounded_type": _bounded,
    "removed_trait_bound": _maybe,
    "higher_ranked_trait_bound": _maybe,
    "macro_invocation": _macro,
    "metavariable": _metavariable,
    "integer_literal": const_arg,
    "negative_literal": const_arg,
    "boolean_literal": const_arg,
    "char_literal": const_arg,
    "string_literal": const_arg,
    "float_literal": const_arg,
    "block": const_arg,
}
"""Kinds of nodes that are types (or const arguments) -> how they are lowered."""

_BOUND_KINDS = frozenset(TYPES)
