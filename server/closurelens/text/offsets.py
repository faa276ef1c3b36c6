"""A sorted list of offsets into a text that is being edited.

Invariant: a list never changes; an edit gives a new one at the cost of copying machine words, not of adding to each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

__all__ = ["Offsets"]


class Offsets:
    """Entries from `_gap` on are stored without the shift of the last edits, `_shift`.

    So typing in one place of a long file does not rewrite what follows; the gap moves to where the next edit is.
    """

    __slots__ = ("_gap", "_shift", "_stored")

    def __init__(self, offsets: Iterable[int]) -> None:
        self._stored = array("q", offsets)
        self._gap = len(self._stored)
        self._shift = 0

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, index: int) -> int:
        """`index` must not be negative."""
        return self._stored[index] + self._shift if index >= self._gap else self._stored[index]

    def __iter__(self) -> Iterator[int]:
        shift = self._shift
        yield from self._stored[: self._gap]
        for offset in self._stored[self._gap :]:
            yield offset + shift

    def count_until(self, offset: int) -> int:
        """How many entries are at `offset` or before it."""
        stored, gap = self._stored, self._gap
        if gap < len(stored) and stored[gap] + self._shift <= offset:
            return bisect_right(stored, offset - self._shift, gap)
        return bisect_right(stored, offset, 0, gap)

    def replaced(self, first: int, last: int, new: Iterable[int], *, shift: int) -> Offsets:
        """Entries first..last become `new`, those after them move by `shift`."""
        stored = self._stored[:]
        pending = self._shift
        if pending:
            for index in range(self._gap, last):
                stored[index] += pending
            for index in range(last, self._gap):
                stored[index] -= pending
        inserted = array("q", new)
        stored[first:last] = inserted
        result = Offsets.__new__(Offsets)
        result._stored = stored
        result._gap = first + len(inserted)
        result._shift = pending + shift
        return result
