"""Bodies of a text that has changed inside of bodies only.

The items of a program stay as they are while a file's items do (`SourceFile.has_items_of`); only where bodies stand,
and what is in them, is new. Invariant: what is known of a chunk is kept with that chunk, relative to its start, so a
keystroke costs the chunks that are new and those that are asked about, and nothing for the rest of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from closurelens.hir.item import FnItem, Range
from closurelens.hir.macros.api import Chunk, Expansion
from closurelens.records import dataclass, field, replace
from closurelens.resolve.bodies import BodyOwner
from closurelens.syntax.chunks import Chunk as SourceChunk
from closurelens.syntax.chunks import SourceFile
from closurelens.text import TextRange
from closurelens.world.analysis import may_capture, text_of
from closurelens.world.model import BodyAnalysis, ChunkClosures, Failure, PlacedBody

__all__ = ["Board"]

Analyse = Callable[[BodyOwner], list[BodyAnalysis] | None]
"""None when it failed."""


@dataclass(slots=True)
class _Place:
    """An owner as the program has found it. `base` is added to the offsets of its analyses for bytes from the start of
    its chunk; `has_chunk`: the item is the chunk, so its body can be another now."""

    owner: BodyOwner
    base: int
    has_chunk: bool


@dataclass(slots=True)
class _Group:
    """The owners in one chunk, and what was found out about them when it was `chunk`."""

    places: list[_Place] = field(default_factory=list)
    chunk: SourceChunk | None = None
    answer: ChunkClosures | None = None


class Board:
    """The owners in a file, by the chunk they are in."""

    __slots__ = ("_groups", "_loose", "_seen", "asked")

    def __init__(self, owners: Sequence[BodyOwner], seen: SourceFile) -> None:
        """`seen` is the file as the program has read it."""
        self._seen = seen
        self.asked: list[_Group] = []
        """The groups that may have answers."""
        self._groups: dict[int, _Group] = {}
        self._loose = _Group()
        for owner in owners:
            index = seen.chunk_at(owner.item_range[0])
            is_expanded = isinstance(owner.source, Expansion)
            has_chunk = index is not None and not is_expanded and _is_chunk(owner, seen, index)
            base = 0 if is_expanded else owner.body_base
            if index is None or not (has_chunk or is_expanded):
                if may_capture(text_of(owner)):
                    self._loose.places.append(_Place(owner, base, has_chunk=False))
            else:
                group = self._groups.setdefault(index, _Group())
                group.places.append(_Place(owner, base - seen.start_of(index), has_chunk))

    def closures(
        self, file: SourceFile, within: TextRange | None, analyse: Analyse
    ) -> list[tuple[int, ChunkClosures]] | None:
        """Of the chunks that touch `within` (None: of all), where the chunk starts and its closures.

        None when an owner that is in no chunk may not be where it was. `file` has the items of what was seen.
        """
        out: list[tuple[int, ChunkClosures]] = []
        if self._loose.places:
            if file is not self._seen and file.document.text != self._seen.document.text:
                return None
            out.append((0, self._of_loose(analyse)))
        chunks = file.chunks
        groups = self._groups
        for index in range(len(chunks)) if within is None else file.chunks_in(within):
            group = groups.get(index)
            if group is None:
                continue
            answer = group.answer
            chunk = chunks[index]
            if answer is None or group.chunk is not chunk:
                if answer is None:
                    self.asked.append(group)
                answer = group.answer = self._of_chunk(group, index, file, analyse)
                group.chunk = chunk
            if answer.bodies or answer.failures:
                out.append((file.start_of(index), answer))
        return out

    def _of_loose(self, analyse: Analyse) -> ChunkClosures:
        group = self._loose
        if group.answer is None:
            self.asked.append(group)
            group.answer = ChunkClosures(self._seen.document.text)
            for place in group.places:
                _add(group.answer, place, place.owner, 0, analyse)
        return group.answer

    def _of_chunk(self, group: _Group, index: int, file: SourceFile, analyse: Analyse) -> ChunkClosures:
        chunk = file.chunks[index]
        answer = ChunkClosures(chunk.text)
        may_be = may_capture(chunk.text)
        start = file.start_of(index)
        for place in group.places:
            if place.has_chunk and not may_be:
                continue
            before = self._seen.start_of(index)
            owner = (
                _moved(place.owner, self._seen.chunks[index], before, chunk, start) if place.has_chunk else place.owner
            )
            _add(answer, place, owner, start if place.has_chunk else before, analyse)
        return answer

    def forget_answers(self) -> None:
        for group in self.asked:
            group.chunk = group.answer = None
            for place in group.places:
                place.owner.statements.clear()
        self.asked.clear()


def _is_chunk(owner: BodyOwner, seen: SourceFile, index: int) -> bool:
    chunk = seen.chunks[index]
    start = seen.start_of(index)
    return chunk.body is not None and owner.range == (start + chunk.body.start, start + chunk.body.end)


def _moved(owner: BodyOwner, old: SourceChunk, before: int, new: SourceChunk, start: int) -> BodyOwner:
    """The owner as it is in `new`, which starts at `start`, with the chunk for its source."""
    growth = len(new.text) - len(old.text)
    item = owner.item
    whole: Range = (item.range[0] - before, item.range[1] - before + growth)
    body: Range = (owner.range[0] - before, owner.range[1] - before + growth)
    moved = (
        replace(item, range=whole, body=body) if isinstance(item, FnItem) else replace(item, range=whole, value=body)
    )
    source = Chunk(new.text, owner.source.edition_at(0))
    at: Range = (body[0] + start, body[1] + start)
    return BodyOwner(
        owner.path,
        moved,
        owner.file,
        at,
        (whole[0] + start, whole[1] + start),
        owner.resolver,
        owner.entry,
        source,
        start,
        owner.cfg_off,
        owner.in_macro,
        owner.statements,
    )


def _add(answer: ChunkClosures, place: _Place, owner: BodyOwner, start: int, analyse: Analyse) -> None:
    """Put the bodies of `owner` into the answer of the chunk at `start`."""
    if not may_capture(text_of(owner)):
        return
    bodies = analyse(owner)
    if bodies is None:
        low, high = owner.item_range
        answer.failures.append(Failure(TextRange(low - start, high - start), owner.path))
    else:
        answer.bodies.extend([PlacedBody(place.base + body.offset, body) for body in bodies])
