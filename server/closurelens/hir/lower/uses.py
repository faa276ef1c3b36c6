"""Use trees, flattened to their leaves."""

from __future__ import annotations

from closurelens.hir.item import UseImport
from closurelens.hir.lower.reader import Reader
from closurelens.hir.types import Anchor
from closurelens.records import dataclass, field, replace
from closurelens.syntax.nodes import Node

_LEAVES = frozenset(["identifier", "self", "super", "crate", "scoped_identifier", "metavariable"])


@dataclass(slots=True)
class _Prefix:
    segments: list[str] = field(default_factory=list)
    anchor: Anchor = Anchor.PLAIN
    supers: int = 0
    crate: str | None = None

    @property
    def is_empty(self) -> bool:
        return not self.segments and self.anchor is Anchor.PLAIN


def lower_use_tree(reader: Reader, root: Node) -> list[UseImport]:
    """The leaves in the order of the text; `{self}` is a leaf that imports the prefix itself."""
    imports: list[UseImport] = []
    work: list[tuple[Node, _Prefix]] = [(root, _Prefix())]
    while work:
        node, prefix = work.pop()
        kind = node.kind
        alias: str | None = None
        is_glob = False
        target: Node | None = node
        if kind == "use_list":
            work.extend((child, prefix) for child in reversed(node.children))
            continue
        if kind == "scoped_use_list":
            inner = node.child_by_field("list")
            if inner is not None:
                path = node.child_by_field("path")
                absolute = path is None and prefix.is_empty and reader.text.startswith(b"::", node.start)
                within = _Prefix(anchor=Anchor.GLOBAL) if absolute else prefix
                work.append((inner, within if path is None else _join(reader, within, path)))
            continue
        if kind == "use_as_clause":
            target = node.child_by_field("path")
            name = node.child_by_field("alias")
            alias = None if name is None else reader.name(name)
        elif kind == "use_wildcard":
            is_glob = True
            target = next((child for child in node.children if child.kind in _LEAVES), None)
            if target is None and prefix.is_empty and reader.text.startswith(b"::", node.start):
                prefix = _Prefix(anchor=Anchor.GLOBAL)
        elif kind not in _LEAVES:
            continue
        full = prefix if target is None else _join(reader, prefix, target)
        span = (node.start, node.end)
        imports.append(UseImport(full.segments, full.anchor, full.supers, full.crate, alias, is_glob, span))
    return imports


def _join(reader: Reader, prefix: _Prefix, path: Node) -> _Prefix:
    names: list[Node] = []
    here: Node | None = path
    leading = False
    while here is not None:
        if here.kind == "scoped_identifier":
            name = here.child_by_field("name")
            if name is not None:
                names.append(name)
            here = here.child_by_field("path")
            leading = here is None
        else:
            names.append(here)
            here = None
    names.reverse()
    result = replace(prefix, segments=list(prefix.segments))
    if leading and result.is_empty:
        result.anchor = Anchor.GLOBAL
    for name in names:
        kind = name.kind
        if kind == "crate" and result.is_empty:
            result.anchor = Anchor.CRATE
            result.crate = reader.source.crate_at(name.start) if reader.is_mapped else None
        elif kind == "self":
            if result.is_empty:
                result.anchor = Anchor.SELF
        elif kind == "super":
            result.anchor = Anchor.SUPER
            result.supers += 1
        else:
            result.segments.append(reader.name(name))
    return result
