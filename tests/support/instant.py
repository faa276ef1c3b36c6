"""The instant tier, as capture cases ask it."""

from functools import cache
from typing import assert_never

from closurelens.capture.model import (
    BorrowKind,
    ByRef,
    ByValue,
    CaptureMode,
    ClosureCaptures,
    DerefProj,
    FieldProj,
    IndexProj,
    Place,
)
from closurelens.hir.macros.api import Expansion
from closurelens.infer.goals import SharedCache
from closurelens.project.load import LoadSettings, loose_file
from closurelens.project.model import Edition
from closurelens.resolve.bodies import file_bodies
from closurelens.resolve.program import Program
from closurelens.stdsig.database import StdDb
from closurelens.world.analysis import Receivers, analyse
from support.captures import Told, ToldUse

PATH = "/case/main.rs"
"""Where the text is said to be; nothing is read from disk."""


@cache
def _std() -> StdDb:
    return StdDb.load()


@cache
def _receivers() -> Receivers:
    return Receivers(_std())


def closures_of(source: str, edition: str) -> list[Told]:
    """The closures and async blocks of a text on its own, by the instant tier; certain and uncertain ones."""
    graph = loose_file(PATH, LoadSettings(loose_edition=Edition(int(edition))))
    program = Program(graph, _std(), {PATH: source.encode()}.get)
    shared = SharedCache()
    (crate,) = graph.crates.values()
    out: list[Told] = []
    off: list[Told] = []
    for owner in file_bodies(program.crate(crate), PATH):
        for analysis in analyse(program, owner, shared, _receivers()):
            start = 0 if isinstance(owner.source, Expansion) else owner.body_base
            for captures in analysis.captures:
                (off if captures.is_off else out).append(told(captures, start + analysis.offset))
    compiled = {closure.start for closure in out}
    out += [closure for closure in off if closure.start not in compiled]
    out.sort(key=lambda closure: closure.start)
    return out


def told(captures: ClosureCaptures, offset: int) -> Told:
    """`offset` is where the chunk that the ranges count from begins in the text."""
    uses = [use for capture in captures.captures for use in capture.uses]
    reasons = [*captures.uncertain, *(c.uncertain for c in captures.captures if c.uncertain is not None)]
    return Told(
        captures.range[0] + offset,
        captures.range[1] + offset,
        "async" if captures.is_coroutine else captures.trait.value,
        captures.kind.value if captures.kind is not None and not captures.is_coroutine else None,
        [capture_text(c.place, c.mode) for c in captures.captures],
        [ToldUse(u.range[0] + offset, u.range[1] + offset, capture_text(u.place, u.mode), u.why.value) for u in uses],
        captures.certain,
        reasons[0] if reasons else "",
    )


def capture_text(place: Place, mode: CaptureMode) -> str:
    """`&mut (*p).x`: with every dereference, unlike what people are shown."""
    text = place_text(place)
    match mode:
        case ByValue(copies):
            return f"copy {text}" if copies else text
        case ByRef(BorrowKind.SHARED):
            return f"&{text}"
        case ByRef(BorrowKind.UNIQUE):
            return f"&uniq {text}"
        case ByRef():
            return f"&mut {text}"
        case _:
            assert_never(mode)


def place_text(place: Place) -> str:
    text = place.name
    starred = False
    for projection in place.projections:
        if starred and not isinstance(projection, DerefProj):
            text = f"({text})"
        starred = False
        match projection:
            case FieldProj():
                text = f"{text}.{projection.name}"
            case DerefProj():
                text = f"*{text}"
                starred = True
            case IndexProj():
                text = f"{text}[..]" if projection.is_subslice else f"{text}[_]"
            case _:
                assert_never(projection)
    return text
