"""A file as its chunks: each function-like item by itself, and the skeleton around them.

A chunk knows nothing of where it stands, so it is the same object as long as its text is the same, and whatever is
computed from it can be kept. Invariants:

* a `SourceFile` never changes; an edit gives a new one, which shares what the edit did not touch;
* what a settled file says depends on its text alone, not on the edits that led to it.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from closurelens.syntax.items import ItemScan, ItemSpan, context_of, scan_item
from closurelens.syntax.node import Node
from closurelens.syntax.nodes import tree_of, tree_of_parsed
from closurelens.syntax.parse import ParsedText, parse_again
from closurelens.syntax.skeleton import Skeleton, item_tree_of, offset_in_gap
from closurelens.text import Document, Offsets, TextRange

__all__ = ["Chunk", "Refresh", "SourceFile"]


_LONG = 4_000
"""Bytes from which it is worth to keep the parser's tree for the next edit."""


_MAY_BE_NUMBER = re.compile(rb"[\w\s:(){}|^&<>+\-*/%]*+\Z")


class Chunk:
    """One item with its attributes. Offsets are relative to its start.

    * `kind`: "fn", "const", "static", "macro_rules" or "macro_call".
    * `body`: a function's block, the initialiser of a const or static; None for macros.
    * `text` is the key for whatever is computed from the chunk alone.
    """

    __slots__ = ("_parsed", "_root", "body", "kind", "name", "text")

    def __init__(
        self, kind: str, name: str, text: bytes, body: TextRange | None, parsed_before: ParsedText | None = None
    ) -> None:
        """`parsed_before` is the parse of a former text of this item, from which a long text is parsed faster."""
        self.kind = kind
        self.name = name
        self.text = text
        self.body = body
        self._root: Node | None = None
        self._parsed = parsed_before

    def tree(self) -> Node:
        """A `source_file` with the item's attributes and the item."""
        if self._root is None:
            if len(self.text) < _LONG:
                self._root = tree_of(self.text)
            else:
                self._parsed = parse_again(self.text, self._parsed)
                self._root = tree_of_parsed(self._parsed.parsed, self.text)
        return self._root

    def is_read_by_others(self) -> bool:
        """Its initialiser may be the length of an array, or hide impls (`const _: () = { impl .. };`)."""
        if self.kind != "const" or self.body is None:
            return False
        return (self.name == "_" and b"impl" in self.text) or _MAY_BE_NUMBER.match(self.text, *self.body) is not None

    def edited(self, text: bytes, body: TextRange) -> Chunk:
        """The same item with another body."""
        return Chunk(self.kind, self.name, text, body, self._parsed)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


class SourceFile:
    """`chunks` are in the order of the text and do not overlap; `start_of` says where they are.

    * `is_settled`: chunks and skeleton are those of the text. Otherwise they are the last good ones, moved along with
      the edits: `refreshed` (or `Refresh`, in slices) settles them.
    * `is_balanced`: the braces of the file match; otherwise the ends of items were found by indentation.
    """

    __slots__ = (
        "_broken",
        "_is_plain",
        "_is_stale",
        "_items_key",
        "_ranges",
        "_skeleton",
        "_starts",
        "chunks",
        "document",
        "gaps_key",
        "is_balanced",
    )

    document: Document
    chunks: list[Chunk]
    is_balanced: bool
    gaps_key: object
    """The same one as long as nothing was edited outside of bodies."""
    _starts: Offsets
    _skeleton: Skeleton | None
    _ranges: list[tuple[int, int]] | None
    _broken: frozenset[int]
    """Chunks that an edit has left without their own end, such as a function with one `{` too many."""
    _is_plain: bool
    _is_stale: bool
    """An edit may have moved the bounds of items."""
    _items_key: object
    """The same one as long as only the insides of bodies were edited."""

    def __init__(self, document: Document) -> None:
        """Read a file from scratch."""
        scan = ItemScan(document.text)
        while not scan.step(len(document.text) + 1):
            pass
        self._fill(document, scan, None)

    @staticmethod
    def of(text: bytes) -> SourceFile:
        return SourceFile(Document(text))

    def _fill(self, document: Document, scan: ItemScan, old: SourceFile | None) -> None:
        text = document.text
        known = {} if old is None else {chunk.text: chunk for chunk in old.chunks}
        chunks: list[Chunk] = []
        for span in scan.found:
            content = text[span.start : span.end]
            chunk = known.get(content)
            if chunk is None or chunk.kind != span.kind or chunk.body != _body(span):
                known[content] = chunk = Chunk(span.kind, span.name, content, _body(span))
            chunks.append(chunk)
        self.document = document
        self.chunks = chunks
        self.is_balanced = scan.is_balanced
        self._starts = Offsets(span.start for span in scan.found)
        self._broken = frozenset()
        self._is_plain = scan.is_plain
        self._is_stale = False
        self._items_key = object()
        self.gaps_key = object()
        self._ranges = None
        self._skeleton = None
        if old is not None and old._skeleton is not None:
            skeleton = self._make_skeleton(old._skeleton)
            self._skeleton = old._skeleton if skeleton.text == old._skeleton.text else skeleton

    @property
    def is_settled(self) -> bool:
        return not self._is_stale and not self._broken

    def has_items_of(self, other: SourceFile) -> bool:
        """Whether the files differ in nothing but the insides of bodies, comments and white space: chunk by chunk, what
        is around the bodies is the same, byte for byte."""
        if self._items_key is other._items_key:
            return True
        if not _same_items(self, other):
            return False
        other._items_key = self._items_key
        return True

    # Where chunks are

    def start_of(self, index: int) -> int:
        return self._starts[index]

    def range_of(self, index: int) -> TextRange:
        start = self._starts[index]
        return TextRange(start, start + len(self.chunks[index].text))

    def chunk_at(self, offset: int) -> int | None:
        """The index of the chunk that the offset is in or at the end of."""
        index = self._starts.count_until(offset) - 1
        if index >= 0 and offset <= self._starts[index] + len(self.chunks[index].text):
            return index
        return None

    def chunks_in(self, range_: TextRange) -> range:
        """The indices of the chunks that touch a range: a viewport, or an edit."""
        first = max(self._starts.count_until(range_.start) - 1, 0)
        if first < len(self.chunks) and self.range_of(first).end < range_.start:
            first += 1
        return range(first, max(first, self._starts.count_until(range_.end)))

    # The skeleton

    @property
    def skeleton(self) -> Skeleton:
        """The same object as long as its text is the same."""
        if self._skeleton is None:
            self._skeleton = self._make_skeleton()
        return self._skeleton

    def skeleton_key(self) -> bytes:
        """Changes when something outside of bodies, comments and white space changes."""
        return self.skeleton.text

    def _body_ranges(self) -> list[tuple[int, int]]:
        """Where bodies are in the file."""
        if self._ranges is None:
            self._ranges = [
                (start + chunk.body.start, start + chunk.body.end)
                for chunk, start in zip(self.chunks, self._starts, strict=True)
                if chunk.body is not None
            ]
        return self._ranges

    def _make_skeleton(self, before: Skeleton | None = None) -> Skeleton:
        text = self.document.text
        gaps = []
        at = 0
        for start, end in self._body_ranges():
            gaps.append(text[at:start])
            at = end
        gaps.append(text[at:])
        return Skeleton(gaps, before)

    def from_skeleton(self, start: int, end: int) -> TextRange:
        """A range of the skeleton's text in the file, which must be settled or edited in bodies only."""
        return TextRange(self._offset_from_skeleton(start, is_end=False), self._offset_from_skeleton(end, is_end=True))

    def _offset_from_skeleton(self, offset: int, *, is_end: bool) -> int:
        skeleton = self.skeleton
        bodies = self._body_ranges()
        gap, inside = skeleton.gap_of(offset)
        start = bodies[gap - 1][1] if gap > 0 else 0
        if is_end and inside == 0:
            return start
        if gap >= len(bodies):
            return start + offset_in_gap(self.document.text[start:], inside, is_end=is_end)
        low, high = bodies[gap]
        if offset > skeleton.bodies[gap]:
            return high
        if offset == skeleton.bodies[gap] and not is_end:
            return low
        return start + offset_in_gap(self.document.text[start:low], inside, is_end=is_end)

    def chunk_of_body(self, skeleton_offset: int) -> int | None:
        """The index of the chunk whose body's placeholder starts at this offset of the skeleton."""
        number = self.skeleton.body_at(skeleton_offset)
        if number is None:
            return None
        with_body = self._with_body()
        return with_body[number] if number < len(with_body) else None

    def placeholder_of(self, index: int) -> int | None:
        """Where the skeleton's placeholder for the chunk's body starts; None for a macro."""
        number = bisect_left(self._with_body(), index)
        if self.chunks[index].body is None or number >= len(self.skeleton.bodies):
            return None
        return self.skeleton.bodies[number]

    def _with_body(self) -> list[int]:
        return [index for index, chunk in enumerate(self.chunks) if chunk.body is not None]

    def item_tree(self) -> Node:
        """The items with offsets in the file; see `item_tree_of`."""
        return item_tree_of(self.document.text, self._body_ranges())

    # Edits

    def apply_change(self, range_: TextRange | None, new_text: bytes) -> SourceFile:
        """The file after an edit (None: of the whole text). Inside of a body it costs no more than that body's item.

        The result may be unsettled; then `refreshed` is due, at once or when there is time.
        """
        if range_ is None:
            file = SourceFile.__new__(SourceFile)
            document = self.document.apply_change(None, new_text)
            scan = ItemScan(new_text)
            while not scan.step(len(new_text) + 1):
                pass
            file._fill(document, scan, self)
            return file
        document = self.document.apply_change(range_, new_text)
        delta = len(new_text) - range_.length
        index = self._chunk_with_body_around(range_)
        if index is None:
            return self._edited_outside(document, range_, delta)
        return self._edited_inside(document, index, range_, new_text)

    def _chunk_with_body_around(self, range_: TextRange) -> int | None:
        """The chunk in whose body, inside of its braces, the edit is."""
        index = self._starts.count_until(range_.start) - 1
        if index < 0:
            return None
        chunk = self.chunks[index]
        if chunk.body is None:
            return None
        start = self._starts[index]
        inner = 1 if chunk.kind == "fn" else 0
        if start + chunk.body.start + inner <= range_.start and range_.end <= start + chunk.body.end - inner:
            return index
        return None

    def _edited_inside(self, document: Document, index: int, range_: TextRange, new_text: bytes) -> SourceFile:
        old = self.chunks[index]
        assert old.body is not None
        start = self._starts[index]
        delta = len(new_text) - range_.length
        text = b"".join((old.text[: range_.start - start], new_text, old.text[range_.end - start :]))
        body = TextRange(old.body.start, old.body.end + delta)
        before, after = context_of(document, start, start + len(text))
        at = len(before)
        span = scan_item(b"".join((before, text, after)), at, at + len(text))
        is_whole = span is not None and span.kind == old.kind and span.body_start - at == body.start
        if span is not None and is_whole:
            body = TextRange(body.start, span.body_end - at)
        broken = self._broken - {index} if is_whole else self._broken | {index}
        chunks = self.chunks.copy()
        chunks[index] = old.edited(text, body)
        file = SourceFile.__new__(SourceFile)
        file.document = document
        file.chunks = chunks
        file.is_balanced = self.is_balanced
        file._is_plain = self._is_plain
        file._is_stale = self._is_stale or not self._is_plain
        file._items_key = self._items_key if _same_around(old, chunks[index]) else object()
        file.gaps_key = self.gaps_key
        file._ranges = None
        file._starts = self._starts.replaced(index + 1, index + 1, (), shift=delta)
        file._broken = broken
        file._skeleton = self._skeleton
        return file

    def _edited_outside(self, document: Document, range_: TextRange, delta: int) -> SourceFile:
        touched = self.chunks_in(range_)
        file = SourceFile.__new__(SourceFile)
        file.document = document
        file.chunks = self.chunks[: touched.start] + self.chunks[touched.stop :]
        file.is_balanced = self.is_balanced
        file._is_plain = self._is_plain
        file._is_stale = True
        file._items_key = object()
        file.gaps_key = object()
        file._ranges = None
        file._starts = self._starts.replaced(touched.start, touched.stop, (), shift=delta)
        file._broken = frozenset()
        file._skeleton = self._skeleton
        return file

    def refreshed(self) -> SourceFile:
        """The settled file, at once."""
        refresh = Refresh(self)
        while not refresh.step(len(self.document.text) + 1):
            pass
        return refresh.result()


class Refresh:
    """Settles a file in slices, so that a long one does not hold up what is more urgent."""

    __slots__ = ("_scan", "file")

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self._scan = ItemScan(file.document.text)

    def step(self, budget: int) -> bool:
        """Read about `budget` bytes more (a millisecond is worth 40,000); True when the result is there."""
        return self._scan.step(budget)

    def result(self) -> SourceFile:
        file = SourceFile.__new__(SourceFile)
        file._fill(self.file.document, self._scan, self.file)
        return file


def _same_items(a: SourceFile, b: SourceFile) -> bool:
    if len(a.chunks) != len(b.chunks) or a.skeleton.text != b.skeleton.text:
        return False
    return all(one is other or _same_around(one, other) for one, other in zip(a.chunks, b.chunks, strict=True))


def _same_around(a: Chunk, b: Chunk) -> bool:
    """What other items can see of them is the same, byte for byte."""
    if a.body is None or b.body is None or a.is_read_by_others() or b.is_read_by_others():
        return a.text == b.text
    return (
        a.body.start == b.body.start
        and a.text[: a.body.start] == b.text[: b.body.start]
        and a.text[a.body.end :] == b.text[b.body.end :]
    )


def _body(span: ItemSpan) -> TextRange | None:
    return TextRange(span.body_start - span.start, span.body_end - span.start) if span.body_start >= 0 else None
