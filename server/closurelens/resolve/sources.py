"""Files as lists of items, and what item macros expand to.

What stands in an impl, trait or module is lowered when it is first looked at. Invariant: a file is lowered once for
each text it has had; an edit that changes no item's structure keeps the items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

from closurelens.hir.item import Attrs, Item
from closurelens.hir.lower.items import ItemLowerer, lower_file_attrs
from closurelens.hir.lower.reader import Reader
from closurelens.hir.lower.types import lower_path, lower_type
from closurelens.hir.macros.api import Chunk, Delimiter, Expansion, MacroCall, Source
from closurelens.hir.types import ErrorType, TypeRef
from closurelens.records import dataclass, field
from closurelens.syntax.nodes import Node
from closurelens.syntax.outline import block_of, outline_of

ReadFile = Callable[[str], bytes | None]


@dataclass(slots=True)
class FileItems:
    """`source` is what the items' offsets are in; `attrs` are the inner attributes at the head."""

    path: str
    source: Chunk
    items: list[Item]
    attrs: Attrs


@dataclass(slots=True)
class FileStore:
    """The lowered files, by path and edition."""

    read: ReadFile
    _files: dict[tuple[str, int], FileItems] = field(default_factory=dict)
    _texts: dict[str, bytes | None] = field(default_factory=dict)

    def text(self, path: str) -> bytes | None:
        """The text that the current answers are about; `forget` takes in a new one."""
        if path not in self._texts:
            self._texts[path] = self.read(path)
        return self._texts[path]

    def items(self, path: str, edition: int) -> FileItems | None:
        found = self._files.get((path, edition))
        if found is not None:
            return found
        text = self.text(path)
        if text is None:
            return None
        found = self._files[path, edition] = lower_file(path, text, edition)
        return found

    def forget(self, path: str) -> None:
        self._texts.pop(path, None)
        for key in [key for key in self._files if key[0] == path]:
            del self._files[key]


def lower_file(path: str, text: bytes, edition: int) -> FileItems:
    outline = outline_of(text)
    root = outline.root
    attrs = lower_file_attrs(root, text) if b"#![" in text else Attrs()
    source = Chunk(text, edition)
    return FileItems(path, source, _Items(source, outline.late).items(root.children), attrs)


@dataclass(slots=True)
class MacroType(ErrorType):
    """A macro call where a type stands, in an item. What it means is known only where the item is."""

    call: MacroCall


_NO_LATE: Mapping[int, int] = {}


class _Items(ItemLowerer):
    """`late`: start and end of the blocks that are not in the tree."""

    __slots__ = ("late",)

    def __init__(self, source: Source, late: Mapping[int, int] = _NO_LATE) -> None:
        super().__init__(source)
        self.late = late

    def members(self, body: Node) -> Sequence[Item]:
        end = self.late.get(body.start)
        return self.items(body.children) if end is None else LateItems(self.source, (body.start + 1, end - 1))

    def macro_type(self, node: Node) -> TypeRef:
        return _macro_type(self, node)


class _Types(Reader):
    __slots__ = ()

    def macro_type(self, node: Node) -> TypeRef:
        return _macro_type(self, node)


def items_of(root: Node, source: Source) -> list[Item]:
    """The items directly in a tree of `source`; offsets are bytes in `source.text`."""
    return _Items(source).items(root.children)


def items_made(expansion: Expansion) -> list[Item]:
    """The items that a macro call stands for; offsets are bytes in the expansion's text."""
    return _Items(expansion, expansion.late).items(expansion.node.children)


class LateItems(Sequence[Item]):
    """What stands in `source.text[range]`, the inside of a block; lowered when it is first looked at."""

    __slots__ = ("_items", "_range", "_source")

    def __init__(self, source: Source, range: tuple[int, int]) -> None:
        self._source = source
        self._range = range
        self._items: list[Item] | None = None

    def _lowered(self) -> list[Item]:
        items = self._items
        if items is None:
            inside = block_of(self._source.text, *self._range)
            items = self._items = _Items(self._source, inside.late).items(inside.root.children)
        return items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._lowered())

    def __len__(self) -> int:
        return len(self._lowered())

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        return self._lowered()[index]


def type_of(expansion: Expansion) -> TypeRef:
    """The type that a macro call stands for."""
    return lower_type(_Types(expansion), expansion.node)


def _macro_type(reader: Reader, node: Node) -> TypeRef:
    macro = node.child_by_field("macro")
    tree = node.child_of_kind("token_tree")
    if macro is None or tree is None or node.flags:
        return ErrorType("syntax error")
    args = (tree.start + 1, max(tree.start + 1, tree.end - 1))
    call = MacroCall(
        lower_path(reader, macro),
        reader.source,
        args,
        delimiter_at(reader.source, tree.start),
        "type",
        (node.start, node.end),
    )
    return MacroType(f"macro `{reader.of(macro)}!` is not expanded", call)


def delimiter_at(source: Source, at: int) -> Delimiter:
    opening = source.text[at : at + 1]
    return "(" if opening == b"(" else "[" if opening == b"[" else "{"
