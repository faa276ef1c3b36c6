"""Captures in words: modes, places, traits, as hints and hovers show them."""

from __future__ import annotations

from typing import assert_never

from closurelens.capture.model import BorrowKind, ByRef, ByValue, Capture, CaptureMode, ClosureCaptures, Use
from closurelens.infer.result import ClosureKind

__all__ = ["also_implements", "capture_label", "mode_phrase", "shown_trait", "trait_is_certain", "use_phrase"]


def capture_label(capture: Capture) -> str:
    """`&mut p.x`, with `?` where it is not certain."""
    return _SIGIL[_mode_key(capture.mode)] + capture.place.display() + ("?" if capture.uncertain is not None else "")


def _mode_key(mode: CaptureMode) -> BorrowKind | None:
    return mode.kind if isinstance(mode, ByRef) else None


_SIGIL: dict[BorrowKind | None, str] = {
    None: "",
    BorrowKind.SHARED: "&",
    BorrowKind.MUT: "&mut ",
    BorrowKind.UNIQUE: "&uniq ",
}


def mode_phrase(mode: CaptureMode) -> str:
    match mode:
        case ByRef(BorrowKind.SHARED):
            return "shared borrow"
        case ByRef(BorrowKind.UNIQUE):
            return "unique borrow"
        case ByRef(BorrowKind.MUT):
            return "mutable borrow"
        case ByRef():
            raise AssertionError(mode)
        case ByValue(copies):
            return "copied" if copies else "moved"
        case _:
            assert_never(mode)


def use_phrase(use: Use) -> str:
    """`p.x` is assigned: "assigned, passed to `drop`"."""
    word = use.why.value
    if use.detail and use.detail != word:
        return use.detail if word in use.detail else f"{word} ({use.detail})"
    return word


def shown_trait(captures: ClosureCaptures) -> ClosureKind:
    """What the closure's type implements where it stands: the contextual kind, else the natural trait."""
    return captures.trait if captures.kind is None else captures.kind


def trait_is_certain(captures: ClosureCaptures) -> bool:
    return captures.kind is not None and captures.kind_uncertain is None


_ALSO = {
    ClosureKind.FN: ("FnMut", "FnOnce"),
    ClosureKind.FN_MUT: ("FnOnce",),
    ClosureKind.FN_ONCE: (),
}


def also_implements(kind: ClosureKind) -> tuple[str, ...]:
    """The traits that follow from implementing `kind`."""
    return _ALSO[kind]
