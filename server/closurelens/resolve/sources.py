"""Files as lists of items, and what item macros expand to.

Invariant: a file is lowered once for each text it has had; an edit that changes no item's structure keeps the items.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from closurelens.hir.item import Attrs, Item
from closurelens.hir.lower.items import lower_file_attrs, lower_items
from closurelens.hir.macros.api import Chunk
from closurelens.syntax.skeleton import item_tree_of

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
    root = item_tree_of(text)
    attrs = lower_file_attrs(root, text) if b"#![" in text else Attrs()
    return FileItems(path, Chunk(text, edition), lower_items(root, text), attrs)
