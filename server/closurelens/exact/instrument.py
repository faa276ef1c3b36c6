"""Writes `#[rustc_capture_analysis]` before closures, and maps rustc's offsets back to the original text.

Invariant: `original_offset` maps the first byte of a marked closure in the new text to its first byte in the old one.
"""

from bisect import bisect_right

from closurelens.records import dataclass

ATTRIBUTE = b"#[rustc_capture_analysis] "


@dataclass(slots=True)
class Instrumented:
    text: bytes
    marks: list[int]
    """Original offsets, ascending, at which the attribute stands in the new text."""

    _shifted: list[int]

    def original_offset(self, offset: int) -> int:
        """A byte of the new text as a byte of the original; inside of an attribute: where the attribute stands."""
        before = bisect_right(self._shifted, offset)
        if before == 0:
            return offset
        if offset < self._shifted[before - 1] + len(ATTRIBUTE):
            return self.marks[before - 1]
        return offset - before * len(ATTRIBUTE)


def instrument(source: bytes, marks: list[int]) -> Instrumented:
    """`marks` are ascending offsets of closure expressions in `source`."""
    pieces: list[bytes] = []
    last = 0
    for mark in marks:
        pieces += (source[last:mark], ATTRIBUTE)
        last = mark
    pieces.append(source[last:])
    return Instrumented(b"".join(pieces), marks, [m + i * len(ATTRIBUTE) for i, m in enumerate(marks)])


def lines_around(source: bytes, start: int, end: int) -> tuple[int, int]:
    """Bytes of the whole lines that start..end touches."""
    last = source.find(b"\n", end)
    return source.rfind(b"\n", 0, start) + 1, len(source) if last < 0 else last
