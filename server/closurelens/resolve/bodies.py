"""The bodies there are: what inference starts from.

Invariant: an owner's `path` is unique in the program and stays the same while the structure of its file does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from closurelens.hir.body import Body
from closurelens.hir.item import FnItem, ImplItem, Item, MacroRulesItem, Range, TraitItem, Use, UseImport, ValueItem
from closurelens.hir.lower.body import LowerContext, lower_body
from closurelens.hir.lower.items import lower_items
from closurelens.hir.lower.reuse import Statements
from closurelens.hir.macros.api import Chunk, ExpanderApi, Expansion, MacroCall, MacroDef, Source
from closurelens.hir.types import Anchor, Path, Segment
from closurelens.records import dataclass, field
from closurelens.resolve.body_scope import BodyScopes, for_body
from closurelens.resolve.derives import self_alias
from closurelens.resolve.macro_scope import MacroPosition
from closurelens.resolve.module import Entry, ModuleData
from closurelens.resolve.resolver import Resolver
from closurelens.syntax.nodes import Node, tree_of
from closurelens.syntax.outline import tree_of_part
from closurelens.ty.types import DefPath

if TYPE_CHECKING:
    from closurelens.resolve.crate_tree import CrateIndex


@dataclass(slots=True, eq=False)
class BodyOwner:
    """An item with a body: where inference starts.

    * `path` is unique within the program; `Program.fn(path)` or `Program.value(path)` is its signature: take the types
      of parameters and the return type from there.
    * `range` is the body (a function's block, a const's or static's initialiser) in `file`, in bytes, and `item_range`
      the whole item. Of an item that a macro's own tokens made, both are the range of the macro call (`in_macro`).
    * `resolver` stands inside the item: its generics, `Self` type, and `predicates` in scope.
    * `cfg_off` is the `cfg` text that switches it (or a module around it) off, None for what is compiled.
    * `source` is the text that the item's offsets are in, `base` where that text begins in `file` (of an expansion: the
      text that the macro call is in).
    * `statements` goes with the owner from one text of its body to the next.
    """

    path: DefPath
    item: FnItem | ValueItem
    file: str
    range: Range
    item_range: Range
    resolver: Resolver
    entry: Entry
    source: Source
    base: int = 0
    cfg_off: str | None = None
    in_macro: Range | None = None
    statements: Statements = field(default_factory=Statements)

    @property
    def body_base(self) -> int:
        """What to add to the ranges of the body that `lower_owner` makes, for bytes in `file`."""
        return self.base if isinstance(self.source, Expansion) else self.base + self.item.range[0]


@dataclass(slots=True)
class LoweredBody:
    """A body with what was needed to lower it. `source`: what its offsets, and those of items in it, are in."""

    body: Body
    source: Source
    expander: ExpanderApi


def file_bodies(crate: CrateIndex, file: str) -> list[BodyOwner]:
    """The bodies whose text is in `file`, in source order; those nested in bodies are not among them.

    Of a body that stands in several modules, as a file declared twice does, those that a `cfg` switches off are left
    out when another is compiled.
    """
    out: list[BodyOwner] = []
    for module in crate.modules_of_file(file):
        out.extend(owner for owner in module_bodies(module, 0) if owner.file == file)
    compiled = {_written_at(owner) for owner in out if owner.cfg_off is None}
    if len(compiled) < len(out):
        out = [owner for owner in out if owner.cfg_off is None or _written_at(owner) not in compiled]
    out.sort(key=lambda owner: owner.item_range)
    return out


def _written_at(owner: BodyOwner) -> tuple[Range, str]:
    return owner.range, owner.item.name


def crate_bodies(crate: CrateIndex) -> Iterator[BodyOwner]:
    """All bodies of a crate but those nested in bodies; reads all of it."""
    for module in crate.all_modules():
        yield from module_bodies(module, 0)


def module_bodies(module: ModuleData, base: int) -> Iterator[BodyOwner]:
    """The bodies that the items of one module or block have."""
    module.crate.late.reveal_module(module)
    for entry in module.entries:
        yield from _bodies_of(entry, base)


def _bodies_of(entry: Entry, base: int) -> Iterator[BodyOwner]:
    item = entry.item
    if isinstance(item, FnItem | ValueItem):
        owner = _owner(entry, item, base)
        if owner is not None:
            yield owner
    elif isinstance(item, ImplItem | TraitItem):
        for member in entry.module.crate.associated(entry):
            if isinstance(member.item, FnItem | ValueItem):
                owner = _owner(member, member.item, base)
                if owner is not None:
                    yield owner


def _owner(entry: Entry, item: FnItem | ValueItem, base: int) -> BodyOwner | None:
    at = item.body if isinstance(item, FnItem) else item.value
    if at is None:
        return None
    whole = item.range
    if isinstance(entry.source, Expansion):
        at, whole = entry.source.locate(*at)[0], entry.source.locate(*whole)[0]
    at = (at[0] + base, at[1] + base)
    whole = (whole[0] + base, whole[1] + base)
    resolver = entry.module.crate.program.signatures.resolver(entry)
    return BodyOwner(
        entry.path, item, entry.file, at, whole, resolver, entry, entry.source, base, entry.cfg_off, entry.in_macro
    )


# Lowering


@dataclass(slots=True)
class _LocalMacro:
    """A `macro_rules!` in a body: from `start` on to the end of its block."""

    name: str
    start: int
    end: int
    definition: MacroDef


@dataclass(slots=True)
class _LocalUse:
    """A leaf of a `use` in a body: it counts in its whole block."""

    leaf: UseImport
    start: int
    end: int

    def path_of(self, name: str) -> Path | None:
        """What a macro `name` would be by this import."""
        leaf = self.leaf
        segments = leaf.segments
        if leaf.is_glob:
            segments = [*segments, name]
        elif name != (leaf.alias or (segments[-1] if segments else None)):
            return None
        if len(segments) < 2 and leaf.anchor is Anchor.PLAIN:
            return None
        return Path([Segment(one) for one in segments], leaf.anchor, leaf.supers, leaf.crate)


@dataclass(slots=True)
class BodyMacros:
    """A `MacroResolver` for one body."""

    position: MacroPosition
    chunk: Source
    local: list[_LocalMacro] = field(default_factory=list)
    uses: list[_LocalUse] = field(default_factory=list)

    def lookup(self, call: MacroCall) -> MacroDef | None:
        name = call.path.name()
        if name is not None and (self.local or self.uses):
            at = self._place_of(call)
            for macro in reversed(self.local):
                if macro.name == name and macro.start <= at < macro.end:
                    return macro.definition
            for imported in reversed(self.uses):
                path = imported.path_of(name) if imported.start <= at < imported.end else None
                found = None if path is None else self.position.crate.macros.definition(self.position, path)
                if found is not None:
                    return found
        return self.position.lookup(call)

    def _place_of(self, call: MacroCall) -> int:
        """Where in the body's own text the call stands, or the call whose expansion it is in."""
        while call.source is not self.chunk and isinstance(call.source, Expansion):
            call = call.source.call
        return call.range[0]


def lower_context(owner: BodyOwner, source: Source, root: Node | None = None) -> LowerContext:
    """What lowering the owner's body needs. `source` and `root` are the text that will be lowered, and its tree."""
    entry = owner.entry
    crate = entry.module.crate
    position = MacroPosition(crate, entry.module, entry.textual_at, off=entry.cfg_off is not None)
    macros = BodyMacros(position, source)
    if root is not None and b"macro_rules" in source.text:
        macros.local = _local_macros(root, source, crate)
    if root is not None and b"use " in source.text:
        macros.uses = _local_uses(root, source)
    expander = crate.macros.body_expander(entry.module, macros)
    reuse = None if isinstance(source, Expansion) or macros.local or macros.uses else owner.statements.next_text()
    return LowerContext(crate.edition, crate.holds, expander, reuse, crate.decided if crate.crate.cfg.open else None)


def _local_macros(root: Node, source: Source, crate: CrateIndex) -> list[_LocalMacro]:
    out: list[_LocalMacro] = []
    work: list[tuple[Node, int]] = [(root, root.end)]
    while work:
        node, end = work.pop()
        if node.kind == "block":
            end = node.end
        elif node.kind == "macro_definition":
            wrapper = Node("source_file", node.start, node.end, None, [node])
            for item in lower_items(wrapper, source.text):
                if isinstance(item, MacroRulesItem):
                    definition = crate.macros.make(item, source)
                    out.append(_LocalMacro(item.name, node.end, end, definition))
            continue
        work.extend((child, end) for child in reversed(node.children))
    out.sort(key=lambda macro: macro.start)
    return out


def _local_uses(root: Node, source: Source) -> list[_LocalUse]:
    """Inner blocks come last."""
    out: list[_LocalUse] = []
    work: list[tuple[Node, Node]] = [(root, root)]
    while work:
        node, block = work.pop()
        if node.kind == "block":
            block = node
        elif node.kind == "use_declaration":
            if block is not root:
                wrapper = Node("source_file", node.start, node.end, None, [node])
                for item in lower_items(wrapper, source.text):
                    if isinstance(item, Use):
                        out.extend(_LocalUse(leaf, block.start, block.end) for leaf in item.imports)
            continue
        work.extend((child, block) for child in reversed(node.children))
    out.sort(key=lambda use: (use.start, not use.leaf.is_glob))
    return out


def lower_owner(owner: BodyOwner) -> LoweredBody:
    """Lower a body. A written item is cut out of its text first: offsets are relative to the item."""
    source = owner.source
    start, end = owner.item.range
    if isinstance(source, Expansion):
        root = tree_of_part(source.text, start, end)
    else:
        text = source.text[start:end]
        source = Chunk(text, owner.resolver.edition)
        root = tree_of(text, defers=owner.statements.is_awaited)
    node = next((child for child in root.children if child.kind in _BODIED), root)
    context = lower_context(owner, source, node)
    assert context.expander is not None
    return LoweredBody(lower_body(node, source, context), source, context.expander)


_BODIED = frozenset(("function_item", "const_item", "static_item"))


# Scopes, and what is nested


def scopes_of(owner: BodyOwner, lowered: LoweredBody) -> tuple[BodyScopes, list[BodyOwner]]:
    """The names in a body, and the bodies of the items declared in its blocks (not of items nested deeper).

    What earlier texts of the same body declared is forgotten.
    """
    crate = owner.entry.module.crate
    start, end = owner.item.range
    crate.blocks_of(owner.path, owner.source.text[start:end])
    blocks: list[ModuleData] = []

    def open_block(around: Resolver, index: int, items: Sequence[tuple[Item, Source | None]]) -> Resolver:
        placed = [(item, lowered.source if source is None else source) for item, source in items]
        block = crate.add_block(around.module, owner.path, placed, owner.file, cfg_off=owner.cfg_off, index=index)
        blocks.append(block)
        return around.in_block(block)

    alias = None
    if isinstance(owner.item, FnItem) and owner.item.is_async and b"__" in lowered.source.text:
        alias = self_alias(crate.program, owner.entry)
    scopes = for_body(lowered.body, owner.resolver, expander=lowered.expander, open_block=open_block, self_alias=alias)
    base = owner.body_base
    nested: list[BodyOwner] = []
    for block in blocks:
        work = [block]
        for module in work:  # grows below
            crate.populate(module)
            nested.extend(module_bodies(module, base))
            work.extend(module.children)
    nested.sort(key=lambda inner: inner.item_range)
    return scopes, nested
