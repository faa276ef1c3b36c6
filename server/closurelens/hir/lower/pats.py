"""Patterns."""

from __future__ import annotations

from closurelens.hir.body import (
    Binding,
    BindPat,
    BoxPat,
    Expr,
    LitPat,
    OrPat,
    Pat,
    PathPat,
    RangePat,
    RefPat,
    RestPat,
    SlicePat,
    StructPat,
    TuplePat,
    TupleStructPat,
    WildPat,
)
from closurelens.hir.lower.state import SYNTAX_ERROR, Lowerer, PatHandler
from closurelens.hir.lower.types import lower_path
from closurelens.syntax.nodes import Node


def lower_binding_mode(lo: Lowerer, node: Node, *, mutable: bool) -> Pat:
    """A whole pattern after the `mut` of a `let` or parameter."""
    outer = lo.binding_names
    lo.binding_names = {}
    made = _with_mode(lo, node, node, by_ref=False, mutable=mutable)
    lo.binding_names = outer
    return made


def _with_mode(lo: Lowerer, node: Node, whole: Node, *, by_ref: bool, mutable: bool) -> Pat:
    """What follows `ref` and `mut`: a name, or a name with a subpattern. `whole` starts at the first of them."""
    while node.kind == "mut_pattern" or node.kind == "ref_pattern":
        by_ref = by_ref or node.kind == "ref_pattern"
        mutable = mutable or node.kind == "mut_pattern"
        node = node.children[-1]
    if node.kind == "captured_pattern":
        names = [child for child in node.children if child.kind == "identifier"]
        if not names:
            return lo.missing_pat(whole, SYNTAX_ERROR)
        rest = [child for child in node.children[1:] if child.kind in lo.pats]
        sub = lo.pat(rest[-1]) if rest else None
        made = bind(lo, names[0], whole, by_ref=by_ref, mutable=mutable, sub=sub)
    elif node.kind in ("identifier", "shorthand_field_identifier", "self") and not node.flags:
        made = bind(lo, node, whole, by_ref=by_ref, mutable=mutable, sub=None)
    else:
        return lo.pat(node)
    if lo.is_mapped:
        lo.place(made, whole)
    return made


def bind(lo: Lowerer, name: Node, whole: Node, *, by_ref: bool, mutable: bool, sub: Pat | None) -> Pat:
    """A binding of the identifier `name`."""
    start, end = name.start, name.end
    text = lo.text[start:end].decode("utf-8", "replace")
    if text.startswith("r#"):
        text = text[2:]
    ctxt = lo.source.ctxt_at(start) if lo.is_mapped else 0
    names = lo.binding_names
    binding = names.get((text, ctxt))
    if binding is None:
        bindings = lo.bindings
        binding = len(bindings)
        names[(text, ctxt)] = binding
        at = lo.span(start, end) if lo.is_mapped else (start, end)
        bindings.append(Binding(binding, text, at, mutable, by_ref, ctxt))
    return BindPat(lo.pat_id(), (whole.start, whole.end), text, binding, by_ref, mutable, sub, ctxt)


def _identifier(lo: Lowerer, node: Node) -> Pat:
    if node.end - node.start == 1 and lo.text[node.start : node.end] == b"_":
        return WildPat(lo.pat_id(), (node.start, node.end))
    return bind(lo, node, node, by_ref=False, mutable=False, sub=None)


def _wild(lo: Lowerer, node: Node) -> Pat:
    return WildPat(lo.pat_id(), (node.start, node.end))


def _rest(lo: Lowerer, node: Node) -> Pat:
    return RestPat(lo.pat_id(), (node.start, node.end))


def _mode(lo: Lowerer, node: Node) -> Pat:
    return _with_mode(lo, node, node, by_ref=False, mutable=False)


def _path(lo: Lowerer, node: Node) -> Pat:
    return PathPat(lo.pat_id(), (node.start, node.end), lower_path(lo, node))


def _elements(lo: Lowerer, node: Node, *, but: Node | None = None) -> list[Node]:
    return [child for child in node.children if child.kind in lo.pats and child is not but]


def _tuple_struct(lo: Lowerer, node: Node) -> Pat:
    name = node.child_by_field("type")
    if name is None:
        return lo.missing_pat(node, SYNTAX_ERROR)
    elems = [lo.pat(child) for child in _elements(lo, node, but=name)]
    return TupleStructPat(lo.pat_id(), (node.start, node.end), lower_path(lo, name), elems)


def _struct(lo: Lowerer, node: Node) -> Pat:
    name = node.child_by_field("type")
    if name is None:
        return lo.missing_pat(node, SYNTAX_ERROR)
    fields: list[tuple[str, Pat]] = []
    has_rest = False
    attributes: list[Node] = []
    for child in node.children:
        if child.kind == "field_pattern":
            field = _field(lo, child)
            if field is not None and lo.is_on(attributes):
                fields.append(field)
            attributes = []
        elif child.kind == "remaining_field_pattern":
            has_rest = True
        elif child.kind == "attribute_item":
            attributes.append(child)
    return StructPat(lo.pat_id(), (node.start, node.end), lower_path(lo, name), fields, has_rest)


def _field(lo: Lowerer, node: Node) -> tuple[str, Pat] | None:
    name = node.child_by_field("name")
    if name is None:
        return None
    pattern = node.child_by_field("pattern")
    if pattern is not None:
        return lo.name(name), lo.pat(pattern)
    made = _with_mode(lo, name, node, by_ref=node.has("ref"), mutable=node.has("mutable_specifier"))
    return lo.name(name), made


def _tuple(lo: Lowerer, node: Node) -> Pat:
    elems = _elements(lo, node)
    is_one = len(elems) == 1 and elems[0].kind != "remaining_field_pattern"
    if is_one and not lo.has_trailing_comma(node, elems[0]):
        return lo.pat(elems[0])
    made = TuplePat(lo.pat_id(), (node.start, node.end), [lo.pat(elem) for elem in elems])
    if lo.is_mapped:
        lo.place(made, node)
    return made


def _slice(lo: Lowerer, node: Node) -> Pat:
    return SlicePat(lo.pat_id(), (node.start, node.end), [lo.pat(elem) for elem in _elements(lo, node)])


def _ref(lo: Lowerer, node: Node) -> Pat:
    """`&p`, `&mut p`; `&&p` is two of them."""
    elems = _elements(lo, node)
    if not elems:
        return lo.missing_pat(node, SYNTAX_ERROR)
    made: Pat = RefPat(lo.pat_id(), (node.start, node.end), lo.pat(elems[-1]), node.has("mutable_specifier"))
    if node.has("&&"):
        made = RefPat(lo.pat_id(), (node.start, node.end), made, mutable=False)
    return made


def _box(lo: Lowerer, node: Node) -> Pat:
    elems = _elements(lo, node)
    if not elems:
        return lo.missing_pat(node, SYNTAX_ERROR)
    return BoxPat(lo.pat_id(), (node.start, node.end), lo.pat(elems[-1]))


def _literal(lo: Lowerer, node: Node) -> Pat:
    return LitPat(lo.pat_id(), (node.start, node.end), lo.expr(node))


def _range(lo: Lowerer, node: Node) -> Pat:
    low, high = node.child_by_field("left"), node.child_by_field("right")
    lowered: list[Expr | None] = [None if end is None else lo.expr(end) for end in (low, high)]
    return RangePat(lo.pat_id(), (node.start, node.end), lowered[0], lowered[1])


def _or(lo: Lowerer, node: Node) -> Pat:
    """Alternatives nest to the left: they are walked with a list."""
    alternatives: list[Node] = []
    work = [node]
    while work:
        here = work.pop()
        if here.kind == "or_pattern":
            work.extend(_elements(lo, here))
        else:
            alternatives.append(here)
    alternatives.reverse()
    if len(alternatives) == 1:
        return lo.pat(alternatives[0])
    made = OrPat(lo.pat_id(), (node.start, node.end), [lo.pat(alternative) for alternative in alternatives])
    if lo.is_mapped:
        lo.place(made, node)
    return made


def _metavariable(lo: Lowerer, node: Node) -> Pat:
    return lo.missing_pat(node, f"`{lo.of(node)}` is outside of its macro")


PATS: dict[str, PatHandler] = {
    "identifier": _identifier,
    "shorthand_field_identifier": _identifier,
    "self": _identifier,
    "_": _wild,
    "remaining_field_pattern": _rest,
    "mut_pattern": _mode,
    "ref_pattern": _mode,
    "captured_pattern": _mode,
    "scoped_identifier": _path,
    "generic_pattern": _path,
    "tuple_struct_pattern": _tuple_struct,
    "struct_pattern": _struct,
    "tuple_pattern": _tuple,
    "slice_pattern": _slice,
    "reference_pattern": _ref,
    "box_pattern": _box,
    "or_pattern": _or,
    "range_pattern": _range,
    "string_literal": _literal,
    "raw_string_literal": _literal,
    "char_literal": _literal,
    "boolean_literal": _literal,
    "integer_literal": _literal,
    "float_literal": _literal,
    "negative_literal": _literal,
    "const_block": _literal,
    "metavariable": _metavariable,
}
"""Kinds of nodes that are patterns; `calls` has the one for macro calls."""

PLACED_PATS = frozenset(["captured_pattern", "mut_pattern", "or_pattern", "ref_pattern", "tuple_pattern"])
