"""The entry: from the node of a function, const or static to its `Body`."""

from __future__ import annotations

from closurelens.hir.body import Body, Expr, Missing, Param
from closurelens.hir.lower.attrs import ATTRIBUTES
from closurelens.hir.lower.errors import salvage
from closurelens.hir.lower.exprs import TABLES
from closurelens.hir.lower.items import self_param
from closurelens.hir.lower.pats import bind, lower_binding_mode
from closurelens.hir.lower.state import SYNTAX_ERROR, LowerContext, Lowerer
from closurelens.hir.lower.types import lower_type
from closurelens.hir.macros.api import Chunk, Source
from closurelens.hir.types import Path, PathType, RefType, Segment, TypeRef
from closurelens.syntax.nodes import Node

__all__ = ["LowerContext", "lower_body"]

_FUNCTIONS = frozenset(["function_item", "function_signature_item"])
_ROOTS = frozenset(["source_file", "declaration_list", "ERROR"])


def lower_body(node: Node, src: bytes | Source, context: LowerContext) -> Body:
    """The body of a function item, of a const or static item, or of any expression.

    `src` is the text of the node's tree, or the macro expansion that it is a part of. A root (a whole chunk's tree) is
    taken for the one function in it; where a syntax error has torn that apart, its pieces are the body.
    """
    source = Chunk(src, context.edition) if isinstance(src, bytes) else src
    lo = Lowerer(source, context, TABLES)
    if node.kind in _ROOTS:
        node = _only_function(node) or node
    params: list[Param] = []
    ret: TypeRef | None = None
    is_async = False
    root: Expr
    if node.kind in _FUNCTIONS:
        parameters = node.child_by_field("parameters")
        params = [] if parameters is None else _params(lo, parameters)
        returned = node.child_by_field("return_type")
        ret = None if returned is None else lower_type(lo, returned)
        modifiers = node.child_of_kind("function_modifiers")
        is_async = modifiers is not None and modifiers.has("async")
        root = _initialiser(lo, node, node.child_by_field("body"), "a function without a body")
    elif node.kind in ("const_item", "static_item"):
        declared = node.child_by_field("type")
        ret = None if declared is None else lower_type(lo, declared)
        root = _initialiser(lo, node, node.child_by_field("value"), "without a value")
    elif node.kind in _ROOTS:
        params, root = _torn(lo, node)
    else:
        root = lo.expr(node)
    lo.closures.sort(key=lambda closure: (closure.range[0], closure.id))
    return Body(
        params,
        ret,
        root,
        lo.expr_id(),
        lo.pat_id(),
        lo.bindings,
        lo.closures,
        is_async,
        lo.held,
        lo.problems,
        not lo.not_plain,
    )


def _only_function(root: Node) -> Node | None:
    """The function that a chunk is; after it there may be errors, before it they are a function that is torn apart."""
    significant = [child for child in root.children if child.kind not in ATTRIBUTES]
    is_first = bool(significant) and significant[0].kind in _FUNCTIONS
    return significant[0] if is_first and sum(child.kind in _FUNCTIONS for child in significant) == 1 else None


def _initialiser(lo: Lowerer, node: Node, value: Node | None, why: str) -> Expr:
    return lo.missing(node, why) if value is None else lo.expr(value)


def _torn(lo: Lowerer, node: Node) -> tuple[list[Param], Missing]:
    """A function that a syntax error has left without a node: its parameters, and what follows them."""
    nodes = list(node.children)
    while len(nodes) == 1 and nodes[0].kind in _ROOTS:
        nodes = list(nodes[0].children)
    params: list[Param] = []
    for index, child in enumerate(nodes):
        if child.kind == "parameters":
            params = _params(lo, child)
            head = [before for before in nodes[:index] if before.kind not in ("identifier", "metavariable")]
            nodes = [*head, *nodes[index + 1 :]]
            break
    return params, lo.missing(node, SYNTAX_ERROR, salvage(lo, nodes))


def _params(lo: Lowerer, node: Node) -> list[Param]:
    params: list[Param] = []
    attributes: list[Node] = []
    for child in node.children:
        param: Param | None = None
        kind = child.kind
        if kind == "attribute_item":
            attributes.append(child)
            continue
        if kind == "parameter":
            pattern = child.child_by_field("pattern")
            if pattern is not None and child.has("mutable_specifier"):
                pat = lower_binding_mode(lo, pattern, mutable=True)
            else:
                pat = lo.pattern(pattern, child)
            param = Param(pat, lower_type(lo, child.child_by_field("type")))
        elif kind == "self_parameter":
            param = _self_param(lo, child)
        elif kind == "variadic_parameter":
            named = child.child_by_field("pattern")
            param = None if named is None else Param(lo.pattern(named, child), None)
        elif kind == "_" or kind in lo.pats:
            param = Param(lo.missing_pat(child, "a parameter without a type"), None)
        elif kind == "ERROR":
            param = Param(lo.missing_pat(child, SYNTAX_ERROR), None)
        if param is not None and lo.is_on(attributes):
            params.append(param)
        attributes = []
    return params


def _self_param(lo: Lowerer, node: Node) -> Param:
    form = self_param(node)
    name = node.child_of_kind("self")
    if name is None:
        return Param(lo.missing_pat(node, SYNTAX_ERROR), None)
    ty: TypeRef = PathType(Path([Segment("Self")]))
    if form.by_ref:
        lifetime = node.child_of_kind("lifetime")
        ty = RefType(ty, form.mutable, None if lifetime is None else lo.of(lifetime).removeprefix("'"))
    pat = bind(lo, name, node, by_ref=False, mutable=form.binding_mut, sub=None)
    if lo.is_mapped:
        lo.place(pat, node)
    return Param(pat, ty)
