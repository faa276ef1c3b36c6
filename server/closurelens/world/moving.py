"""Bodies of a text that has changed inside of bodies only.

The items of a program stay as they are while a file's skeleton does; only where bodies stand, and what is in them, is
new. Invariant: an owner is moved only if everything around its body is the same, byte for byte.
"""

from __future__ import annotations

from dataclasses import replace

from closurelens.hir.item import FnItem, Range
from closurelens.hir.macros.api import Chunk, Expansion
from closurelens.resolve.bodies import BodyOwner
from closurelens.syntax.chunks import SourceFile


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


def moved(owner: BodyOwner, before: SourceFile, now: SourceFile) -> tuple[BodyOwner, int] | None:
    """The owner as it is in `now`, and how far its start has moved; None when it has no chunk of its own."""
    if before is now:
        return owner, 0
    index = before.chunk_at(owner.item_range[0])
    if index is None:
        return None
    shift = now.start_of(index) - before.start_of(index)
    if isinstance(owner.source, Expansion):
        return owner, shift
    growth = len(now.chunks[index].text) - len(before.chunks[index].text)
    item = owner.item
    start = item.range[0] + shift
    whole = (start, item.range[1] + shift + growth)
    at: Range = (owner.range[0] + shift, owner.range[1] + shift + growth)
    new = replace(item, range=whole, body=at) if isinstance(item, FnItem) else replace(item, range=whole, value=at)
    source = Chunk(now.document.text, owner.source.edition_at(0))
    return replace(owner, item=new, source=source, range=at, item_range=whole), shift
