"""The text of one file and its lines.

Invariant: a document never changes; an edit gives a new one, so whoever holds the old one (a running request) is safe.
"""

from __future__ import annotations

from closurelens.text.encoding import Encoding, encode
from closurelens.text.gapped import Content, Gapped, replaced
from closurelens.text.lines import LineIndex, Position
from closurelens.text.ranges import TextRange

__all__ = ["Document"]


class Document:
    """Bytes of valid UTF-8; the line index is made when it is first asked for.

    `content` is the text as it can be sliced at once; `text`, the whole of it, is put together when it is asked for: in
    a long file that takes longer than all else that a keystroke needs.
    """

    __slots__ = ("_lines", "content")

    def __init__(self, text: bytes) -> None:
        self.content: Content = text
        self._lines: LineIndex | None = None

    @staticmethod
    def of(text: str) -> Document:
        return Document(encode(text))

    @property
    def text(self) -> bytes:
        content = self.content
        if isinstance(content, Gapped):
            content = self.content = content.flat()
        return content

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    @property
    def lines(self) -> LineIndex:
        if self._lines is None:
            self._lines = LineIndex(self.text)
        return self._lines

    def apply_change(self, range_: TextRange | None, new_text: bytes) -> Document:
        """Replace a range, or everything when it is None. The range must lie in the text."""
        if range_ is None:
            return Document(new_text)
        start, end = range_
        old = self.content
        if not 0 <= start <= end <= len(old):
            raise ValueError(f"range {start}..{end} is not in a text of {len(old)} bytes")
        edited = Document(b"")
        edited.content = replaced(old, start, end, new_text)
        if self._lines is not None:
            edited._lines = self._lines.edited(start, end, new_text, edited.content)
        return edited

    def range(self, start: Position, end: Position, encoding: Encoding) -> TextRange:
        """A client's range in bytes; a range that runs backwards is turned round."""
        low, high = self.lines.offset(start, encoding), self.lines.offset(end, encoding)
        return TextRange(low, high) if low <= high else TextRange(high, low)
