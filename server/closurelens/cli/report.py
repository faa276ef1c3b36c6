"""What is told of closures, as it goes into JSON; text for people is made of the same.

Invariant: both engines tell in this form, and every closure of a text is told once.
"""

from __future__ import annotations

import re
from typing import Any, assert_never

from closurelens.capture.model import BorrowKind, ByRef, ByValue, Capture, CaptureMode, ClosureCaptures, Use
from closurelens.exact.model import Flavour
from closurelens.exact.sites import Site, sites_of
from closurelens.syntax.bars import closure_bars
from closurelens.text import LineIndex
from closurelens.ty.display import AdtLookup, shown
from closurelens.ty.types import Unknown
from closurelens.world import FileClosures, PlacedClosure

SCHEMA = 1
NOT_UNDERSTOOD = "the code around it was not understood"
FAILED = "its analysis failed: a bug of closurelens"

Json = dict[str, Any]

_MOVE = re.compile(rb"(?:for\s*<[^>]*>\s*)?(?:(?:static|const|async|gen)\s+)*move\b")
_BINDER = re.compile(rb"(?:for\s*<[^>]*>\s*|(?:static|const|async|gen|move|use)\s*)+")


class Places:
    """Where bytes of a text are; `bom`: bytes of the file before the text."""

    __slots__ = ("_lines", "bom")

    def __init__(self, text: bytes, bom: int = 0) -> None:
        self._lines = LineIndex(text)
        self.bom = bom

    def at(self, offset: int) -> Json:
        line = self._lines.line_of(offset)
        return {"line": line + 1, "column": offset - self._lines.line_start(line) + 1}

    def span(self, start: int, end: int) -> Json:
        return {"start": start + self.bom, "end": end + self.bom, **self.at(start)}


def of_file(found: FileClosures, places: Places) -> list[Json]:
    """The closures of the instant tier, and those that only the syntax knows."""
    told: list[tuple[int, Json]] = []
    known: set[int] = set()
    ends: dict[int, list[int]] = {}
    for placed in found.closures():
        if placed.closure.is_coroutine:
            continue
        start, end = placed.range
        known.add(start)
        ends.setdefault(end, []).append(start)
        told.append((start, _closure(placed, places)))
    if not _are_all(found.text, known):
        for site in sites_of(found.text):
            if site.flavour is Flavour.ASYNC_BLOCK or site.start in known:
                continue
            if any(_same_start(found.text, site.start, start) for start in ends.get(site.end, ())):
                continue
            reason = NOT_UNDERSTOOD if found.failure_at(site.start) is None else FAILED
            told.append((site.start, of_site(site, found.text, places, reason)))
    told.sort(key=lambda row: row[0])
    return [closure for _, closure in told]


def _are_all(text: bytes, starts: set[int]) -> bool:
    """No closure but those that start there can be in the text, by the bars in it."""
    bars = set()
    for start in starts:
        words = _BINDER.match(text, start)
        bars.add(start if words is None else words.end())
    return bars.issuperset(closure_bars(text))


def _same_start(text: bytes, a: int, b: int) -> bool:
    """Whether one of two starts is that of the other without the words before the bars."""
    return _BINDER.fullmatch(text, min(a, b), max(a, b)) is not None


def of_site(site: Site, text: bytes, places: Places, reason: str) -> Json:
    """A closure of which nothing is known."""
    return {
        **places.span(site.start, site.end),
        "move": is_move(text, site.start),
        "trait": "Fn",
        "kind": None,
        "certain": False,
        "captures": [],
        "reason": reason,
    }


def is_move(text: bytes, start: int) -> bool:
    """Whether the closure that starts here says `move`."""
    return _MOVE.match(text, start) is not None


def _closure(placed: PlacedClosure, places: Places) -> Json:
    closure = placed.closure
    base = placed.body.base
    adt = placed.body.analysis.result.adt
    told: Json = {
        **places.span(*placed.range),
        "move": closure.is_move,
        "trait": closure.trait.value,
        "kind": None if closure.kind is None else closure.kind.value,
        "certain": closure.certain,
        "captures": [_capture(capture, base, places, adt) for capture in closure.captures],
    }
    reason = _reason(closure)
    if reason is not None:
        told["reason"] = reason
    if closure.kind_uncertain is not None:
        told["kind_reason"] = closure.kind_uncertain
    if placed.cfg_off is not None:
        told["cfg_off"] = True
    return told


def _reason(closure: ClosureCaptures) -> str | None:
    reasons = [*closure.uncertain, *(c.uncertain for c in closure.captures if c.uncertain is not None)]
    return reasons[0] if reasons else None


def _capture(capture: Capture, base: int, places: Places, adt: AdtLookup) -> Json:
    known = capture.ty is not None and not isinstance(capture.ty, Unknown)
    told: Json = {
        "variable": capture.place.name,
        "fields": capture.place.fields,
        "place": capture.place.display(),
        "mode": mode_word(capture.mode),
        "certain": capture.uncertain is None,
        "type": shown(capture.ty, adt) if known and capture.ty is not None else None,
        "uses": [{**places.at(use.range[0] + base), "why": why(use)} for use in capture.uses],
    }
    if capture.uncertain is not None:
        told["reason"] = capture.uncertain
    return told


def mode_word(mode: CaptureMode) -> str:
    match mode:
        case ByRef(BorrowKind() as kind):
            return kind.value
        case ByValue(copies):
            return "copy" if copies else "move"
        case _:
            assert_never(mode)


def why(use: Use) -> str:
    word = use.why.value
    if not use.detail or use.detail == word:
        return word
    return use.detail if word in use.detail else f"{word}: {use.detail}"
