"""A text that is being edited in one place, without copying the rest of it at each keystroke.

Invariant: a `Gapped` never changes and means `base` with start..end replaced by `middle`; an edit far from there makes
plain bytes again.
"""

from __future__ import annotations

from typing import overload

__all__ = ["Content", "Gapped", "replaced"]

_WIDEST = 16_384
"""Bytes of `middle` up to which a further edit is taken into it."""


class Gapped:
    """Can be measured, indexed and sliced as bytes can, without a step. Indices must not be negative."""

    __slots__ = ("_base", "_end", "_middle", "_size", "_start")

    def __init__(self, base: bytes, start: int, end: int, middle: bytes) -> None:
        self._base = base
        self._start = start
        self._end = end
        self._middle = middle
        self._size = len(base) - (end - start) + len(middle)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> bytes: ...
    def __getitem__(self, key: int | slice) -> int | bytes:
        first = self._start
        after = first + len(self._middle)
        shift = self._end - after
        if isinstance(key, int):
            if key < first:
                return self._base[key]
            return self._middle[key - first] if key < after else self._base[key + shift]
        size = self._size
        low = key.start or 0
        high = size if key.stop is None or key.stop > size else key.stop
        if high <= first:
            return self._base[low:high]
        if low >= after:
            return self._base[low + shift : max(high, low) + shift]
        if low >= first and high <= after:
            return self._middle[low - first : high - first]
        parts = [self._middle[max(low - first, 0) : high - first]]
        if low < first:
            parts.insert(0, self._base[low:first])
        if high > after:
            parts.append(self._base[self._end : high + shift])
        return b"".join(parts)

    def flat(self) -> bytes:
        base = memoryview(self._base)
        return b"".join((base[: self._start], self._middle, base[self._end :]))

    def _edited(self, start: int, end: int, new: bytes) -> Gapped | None:
        """None when the edit is too far from the last ones."""
        first = self._start
        after = first + len(self._middle)
        low, high = min(first, start), max(after, end)
        if high - low + len(new) > _WIDEST:
            return None
        middle = b"".join((self[low:start], new, self[end:high]))
        return Gapped(self._base, low, high + self._end - after, middle)


Content = bytes | Gapped


def replaced(text: Content, start: int, end: int, new: bytes) -> Content:
    """`text` with start..end replaced by `new`."""
    if isinstance(text, Gapped):
        edited = text._edited(start, end, new)
        if edited is not None:
            return edited
        text = text.flat()
    if len(new) > _WIDEST or len(text) <= _WIDEST:
        view = memoryview(text)
        return b"".join((view[:start], new, view[end:]))
    return Gapped(text, start, end, new)
