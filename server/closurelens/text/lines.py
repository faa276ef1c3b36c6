"""Lines of a text, and positions as editors count them.

Invariants: a line ends at `\\n`, `\\r\\n` or `\\r` and at nothing else (the LSP's rule); every function answers for any
position or offset, moving what is out of range to the nearest place that exists, and what is inside of a character to
its start.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import NamedTuple

from closurelens.text.encoding import Encoding
from closurelens.text.gapped import Content
from closurelens.text.offsets import Offsets

__all__ = ["LineIndex", "Position"]

_LINE_END = re.compile(rb"\r\n|\r|\n")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Position(NamedTuple):
    """Both count from zero; what `character` counts is the session's `Encoding`."""

    line: int
    character: int


class LineIndex:
    """Where the lines of `text` start. Immutable: an edit gives a new index."""

    __slots__ = ("_starts", "starts_key", "text")

    def __init__(self, text: bytes) -> None:
        self.text: Content = text
        self.starts_key = object()
        """The same one after edits which neither join nor split lines."""
        starts = list(accumulate(map(len, text.splitlines(keepends=True)), initial=0))
        if len(starts) > 1 and text[-1] not in b"\r\n":
            starts.pop()
        self._starts = Offsets(starts)

    @property
    def line_count(self) -> int:
        """At least one; a text which ends with a line end has an empty last line."""
        return len(self._starts)

    def edited(self, start: int, end: int, new_text: bytes, text: Content) -> LineIndex:
        """The index of `text`, which is this index's text with start..end replaced by `new_text`."""
        # Whether a line starts at v depends on the bytes v-1 and v, so those in start..=end are to be found anew.
        first = self._starts.count_until(max(start, 1) - 1)
        last = self._starts.count_until(end)
        new_end = start + len(new_text)
        low = max(start - 1, 0)
        found = [low + match.end() for match in _LINE_END.finditer(text[low : new_end + 1])]
        found = [offset for offset in found if start <= offset <= new_end]
        index = LineIndex.__new__(LineIndex)
        index.text = text
        index._starts = self._starts.replaced(first, max(first, last), found, shift=new_end - end)
        index.starts_key = object() if found or last > first else self.starts_key
        return index

    def line_start(self, line: int) -> int:
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line_end(self, line: int) -> int:
        """Where the line's characters end: before its line end."""
        if line + 1 >= len(self._starts):
            return len(self.text)
        end = self.line_start(line + 1) - 1
        if self.text[end] == 0x0A and end > self.line_start(line) and self.text[end - 1] == 0x0D:
            return end - 1
        return end

    def line_of(self, offset: int) -> int:
        return self._starts.count_until(min(max(offset, 0), len(self.text))) - 1

    def line_text(self, line: int) -> bytes:
        """A line without its line end."""
        return self.text[self.line_start(line) : self.line_end(line)]

    def position(self, offset: int, encoding: Encoding) -> Position:
        line = self.line_of(offset)
        start = self.line_start(line)
        end = self.line_end(line)
        offset = min(max(offset, start), end)
        before = self.text[start:offset]
        if before.isascii():
            return Position(line, offset - start)
        # A character cut off by `offset` is left out: the position is its start.
        decoded = before.decode("utf-8", "ignore")
        match encoding:
            case Encoding.UTF8:
                return Position(line, len(decoded.encode()))
            case Encoding.UTF16:
                return Position(line, len(decoded) + len(_ASTRAL.findall(decoded)))
            case Encoding.UTF32:
                return Position(line, len(decoded))

    def offset(self, position: Position, encoding: Encoding) -> int:
        """A character past the line's end is the line's end; a line past the last is the end of the text."""
        line, character = position
        if line >= len(self._starts):
            return len(self.text)
        if line < 0:
            return 0
        start, end = self.line_start(line), self.line_end(line)
        if character <= 0:
            return start
        content = self.text[start:end]
        if encoding is Encoding.UTF8:
            at = min(start + character, end)
            while at > start and at < end and self.text[at] & 0xC0 == 0x80:
                at -= 1
            return at
        if content[:character].isascii():
            return min(start + character, end)
        decoded = content.decode("utf-8")
        if encoding is Encoding.UTF16 and _ASTRAL.search(decoded):
            return start + len(_utf16_prefix(decoded, character).encode())
        return start + len(decoded[:character].encode())


def _utf16_prefix(line: str, units: int) -> str:
    """The characters that fit into so many units of UTF-16."""
    low, high = units // 2, min(units, len(line))
    while low < high:
        middle = (low + high + 1) // 2
        if middle + len(_ASTRAL.findall(line, 0, middle)) <= units:
            low = middle
        else:
            high = middle - 1
    return line[:low]
