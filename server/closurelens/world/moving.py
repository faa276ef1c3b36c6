"""Bodies of a text that has changed inside of bodies only.

The items of a program stay as they are while a file's skeleton does; only where bodies stand, and what is in them, is
new. Invariant: an owner is moved only if everything around its body is the same, byte for byte.
"""

from __future__ import annotations

from dataclasses import replace

from closurelens.hir.item import FnItem, Range
from closurelens.hir.macros.api import Chunk, Expansion
from closurelens.resolve.bodies import BodyOwner
from closurelens.syntax.chunks import Chunk as SourceChunk
from closurelens.syntax.chunks import SourceFile
from closurelens.world.model import BodyAnalysis


def same_items(before: SourceFile, now: SourceFile) -> bool:
    """Whether the owners found in `before` can be moved to `now`."""
    if before is now:
        return True
    if len(before.chunks) != len(now.chunks) or before.skeleton.text != now.skeleton.text:
        return False
    for old, new in zip(before.chunks, now.chunks, strict=True):
        if old is new:
            continue
        if old.body is None or new.body is None:
            if old.text != new.text:
                return False
        elif (
            old.body.start != new.body.start
            or old.text[: old.body.start] != new.text[: new.body.start]
            or old.text[old.body.end :] != new.text[new.body.end :]
        ):
            return False
    return True


class Place:
    """An owner as the program has found it, and the analysis of its body in the newest text.

    `bodies` are about `chunk`: as long as the file has that chunk, only where they start changes.
    """

    __slots__ = ("_index", "_seen", "bodies", "chunk", "owner", "start")

    def __init__(self, owner: BodyOwner) -> None:
        self.owner = owner
        self.start = 0 if isinstance(owner.source, Expansion) else owner.body_base
        self.chunk: SourceChunk | None = None
        self.bodies: list[BodyAnalysis] | None = None
        self._seen: SourceFile | None = None
        self._index: int | None = None

    def chunk_in(self, seen: SourceFile) -> int | None:
        """The index of the chunk that the owner has to itself, or that its macro call is."""
        if self._seen is not seen:
            self._seen = seen
            self._index = _own_chunk(self.owner, seen)
        return self._index


def _own_chunk(owner: BodyOwner, seen: SourceFile) -> int | None:
    index = seen.chunk_at(owner.item_range[0])
    if index is None or isinstance(owner.source, Expansion):
        return index
    chunk = seen.chunks[index]
    start = seen.start_of(index)
    if chunk.body is None or owner.range != (start + chunk.body.start, start + chunk.body.end):
        return None
    return index


def moved(owner: BodyOwner, index: int | None, before: SourceFile, now: SourceFile) -> BodyOwner | None:
    """The owner as it is in `now`, given the index of its chunk; None when it has none and the text is another."""
    if before is now:
        return owner
    if index is None:
        return None
    shift = now.start_of(index) - before.start_of(index)
    if isinstance(owner.source, Expansion):
        return replace(owner, item_range=(owner.item_range[0] + shift, owner.item_range[1] + shift))
    growth = len(now.chunks[index].text) - len(before.chunks[index].text)
    item = owner.item
    whole = (item.range[0] + shift, item.range[1] + shift + growth)
    at: Range = (owner.range[0] + shift, owner.range[1] + shift + growth)
    new = replace(item, range=whole, body=at) if isinstance(item, FnItem) else replace(item, range=whole, value=at)
    source = Chunk(now.document.text, owner.source.edition_at(0))
    return replace(owner, item=new, source=source, range=at, item_range=whole)
