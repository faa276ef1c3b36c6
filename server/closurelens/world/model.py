"""The answers of a snapshot about one file.

Invariant: what an analysis holds is relative to its body, so it stays valid when the body moves in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from closurelens.capture.model import ClosureCaptures
from closurelens.hir import body as h
from closurelens.infer.result import InferenceResult
from closurelens.project.model import CrateGraph
from closurelens.records import dataclass, field, replace
from closurelens.resolve.bodies import BodyOwner, LoweredBody
from closurelens.resolve.body_scope import BodyScopes
from closurelens.text import TextRange


@dataclass(slots=True)
class Basis:
    """What answers about a file are made from, beside configuration and the stored signatures of dependencies.

    `files` are those that were looked for, whether or not they were there. `is_waiting`: a dependency that was asked
    for may come.
    """

    graph: CrateGraph
    files: frozenset[str]
    is_waiting: bool


COPIES_DIFFER = "a macro repeats it, and its copies capture differently"


@dataclass(slots=True)
class BodyAnalysis:
    """One body with everything known of it. `offset` is added to its ranges for bytes from the start of the outermost
    item that it is nested in (from the start of the file, of a body that an item macro made)."""

    owner: BodyOwner
    lowered: LoweredBody
    scopes: BodyScopes
    result: InferenceResult
    captures: list[ClosureCaptures]
    offset: int
    cfg_off: str | None

    def written(self) -> Iterator[ClosureCaptures]:
        """Without the closures that only a macro's own tokens make."""
        made = {closure.id for closure in self.lowered.body.closures if closure.in_macro}
        return (closure for closure in self.captures if closure.id not in made)

    def closure_expr(self, id: int) -> h.Closure | None:
        return next((closure for closure in self.lowered.body.closures if closure.id == id), None)


@dataclass(slots=True)
class PlacedBody:
    """`base` is what to add to the ranges of `analysis` for bytes in the file."""

    base: int
    analysis: BodyAnalysis


@dataclass(slots=True)
class ChunkClosures:
    """The closures of one chunk, whose text is `text`: bases and ranges are relative to its start.

    The same object as long as the answer is the same, so what is computed from it can be kept with it.
    """

    text: bytes
    bodies: list[PlacedBody] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    kept: object = None
    """What somebody who asked has made of it."""

    def closures(self) -> list[PlacedClosure]:
        """In the order of the text, each written closure and async block once."""
        return _written(self.bodies)


@dataclass(slots=True)
class PlacedClosure:
    """A closure or async block as it stands in a file: `range` is in bytes of the file, `closure.range` is not."""

    range: TextRange
    closure: ClosureCaptures
    body: PlacedBody

    @property
    def cfg_off(self) -> str | None:
        return self.body.analysis.cfg_off


@dataclass(slots=True)
class Failure:
    """A body whose analysis failed: a bug of ours."""

    range: TextRange
    owner: str


@dataclass(slots=True)
class FileClosures:
    """`reached`: a module tree of the package leads to the file."""

    path: str
    text: bytes
    bodies: list[PlacedBody] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    reached: bool = True

    def closures(self) -> list[PlacedClosure]:
        """In the order of the text, each written closure and async block once."""
        return _written(self.bodies)

    def failure_at(self, offset: int) -> Failure | None:
        return next((failure for failure in self.failures if failure.range.start <= offset < failure.range.end), None)


def _written(bodies: list[PlacedBody]) -> list[PlacedClosure]:
    """Of a closure that a macro repeats, what is compiled counts."""
    found: dict[tuple[int, int], PlacedClosure] = {}
    are_off: set[tuple[int, int]] = set()
    for body in bodies:
        is_body_off = body.analysis.cfg_off is not None
        for closure in body.analysis.written():
            at = closure.range[0] + body.base, closure.range[1] + body.base
            is_off = is_body_off or closure.is_off
            known = found.get(at)
            if known is None or (at in are_off and not is_off):
                found[at] = PlacedClosure(TextRange(*at), closure, body)
                if is_off:
                    are_off.add(at)
                else:
                    are_off.discard(at)
            elif is_off and at not in are_off:
                continue
            elif not _alike(known.closure, closure):
                doubtful = [*known.closure.uncertain, COPIES_DIFFER]
                if COPIES_DIFFER not in known.closure.uncertain:
                    known.closure = replace(known.closure, uncertain=doubtful)
    return [found[key] for key in sorted(found, key=lambda key: (key[0], -key[1]))]


def _alike(a: ClosureCaptures, b: ClosureCaptures) -> bool:
    def told(closure: ClosureCaptures) -> list[tuple[str, str, bool]]:
        return [(c.place.display(), repr(c.mode), c.uncertain is None) for c in closure.captures]

    return (a.trait, a.kind, a.certain) == (b.trait, b.kind, b.certain) and told(a) == told(b)


class Guard(Protocol):
    """Runs the analysis of one body. The edge decides what becomes of a failure: None when it was dealt with."""

    def __call__(self, what: str, work: Callable[[], list[BodyAnalysis]], /) -> list[BodyAnalysis] | None: ...


def unguarded(what: str, work: Callable[[], list[BodyAnalysis]], /) -> list[BodyAnalysis] | None:
    """Every failure reaches the caller."""
    return work()
