"""Ranges and edits in bytes.

Invariant: an offset here counts bytes of UTF-8; lines and characters exist only in `lines`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from closurelens.records import dataclass

__all__ = ["OverlappingEdits", "TextEdit", "TextRange", "apply_edits"]


class TextRange(NamedTuple):
    """Bytes start..end, the end not included."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def is_empty(self) -> bool:
        return self.start == self.end

    def contains(self, offset: int) -> bool:
        return self.start <= offset < self.end

    def touches(self, offset: int) -> bool:
        """A cursor at `offset` is in the range or at one of its ends."""
        return self.start <= offset <= self.end

    def covers(self, other: TextRange) -> bool:
        return self.start <= other.start and other.end <= self.end

    def intersects(self, other: TextRange) -> bool:
        """They have a byte in common."""
        return self.start < other.end and other.start < self.end

    def shifted(self, delta: int) -> TextRange:
        return TextRange(self.start + delta, self.end + delta)

    def slice(self, text: bytes) -> bytes:
        return text[self.start : self.end]


@dataclass(slots=True)
class TextEdit:
    """Replace the bytes of `range` by `new_text`; an empty range inserts."""

    range: TextRange
    new_text: bytes

    @staticmethod
    def insert(offset: int, new_text: bytes) -> TextEdit:
        return TextEdit(TextRange(offset, offset), new_text)

    @staticmethod
    def delete(start: int, end: int) -> TextEdit:
        return TextEdit(TextRange(start, end), b"")

    @staticmethod
    def replace(start: int, end: int, new_text: bytes) -> TextEdit:
        return TextEdit(TextRange(start, end), new_text)


class OverlappingEdits(ValueError):
    """Two edits of one set change the same bytes."""


def apply_edits(text: bytes, edits: Iterable[TextEdit]) -> bytes:
    """Apply edits which all speak of the text before any of them (as an LSP `TextEdit[]` does).

    Insertions at one offset appear in their given order. Raises `OverlappingEdits`.
    """
    parts: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.range):
        start, end = edit.range
        if start < at or end < start or end > len(text):
            raise OverlappingEdits(f"edit {start}..{end} overlaps another or leaves the text")
        parts.append(text[at:start])
        parts.append(edit.new_text)
        at = end
    parts.append(text[at:])
    return b"".join(parts)
