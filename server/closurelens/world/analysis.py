"""From the owner of a body to its closures: lower, name, infer, capture.

Invariant: a body in which no closure or async block can be is not lowered, one in which none is written not inferred.
"""

from __future__ import annotations

import re

from closurelens.capture import analyze
from closurelens.capture.facts import GuessReceiver
from closurelens.capture.model import ClosureCaptures
from closurelens.capture.tree import has_written
from closurelens.hir.macros.api import Expansion
from closurelens.infer.goals import SharedCache
from closurelens.resolve.bodies import BodyOwner, lower_owner, scopes_of
from closurelens.resolve.program import Program
from closurelens.stdsig.database import StdDb
from closurelens.syntax.bars import closure_bars, has_bar_in_call
from closurelens.ty.sig import SelfKind
from closurelens.world.model import BodyAnalysis


def text_of(owner: BodyOwner) -> bytes:
    """The item as its source has it: with the generation of the program, the key of its analysis."""
    start, end = owner.item.range
    return owner.source.text[start:end]


def may_capture(text: bytes) -> bool:
    return b"|" in text or b"async" in text


_COROUTINE = re.compile(rb"async|gen\b")


def _may_be_written(owner: BodyOwner, *, coroutines: bool) -> bool:
    """As `may_capture`, by more than a glance: whether somebody wrote a bar in it that can begin a closure."""
    text = text_of(owner)
    if coroutines and _COROUTINE.search(text) is not None:
        return may_capture(text)
    source = owner.source
    if isinstance(source, Expansion):
        return _has_written_bar(source, *owner.item.range)
    return bool(closure_bars(text)) or has_bar_in_call(text)


def _has_written_bar(source: Expansion, start: int, end: int) -> bool:
    """Whether not all bars in this part of an expansion are the macro's own."""
    at = source.text.find(b"|", start, end)
    while at >= 0:
        if not source.locate(at, at + 1)[1]:
            return True
        at = source.text.find(b"|", at + 1, end)
    return False


def load_inference() -> None:
    """Import what only bodies with closures need, before somebody waits for it."""
    import closurelens.infer.engine  # noqa: F401


def analyse(
    program: Program,
    owner: BodyOwner,
    shared: SharedCache,
    guess_receiver: GuessReceiver,
    *,
    coroutines: bool = True,
) -> list[BodyAnalysis]:
    """The body and those of the items in it, as far as closures or async blocks are written in them.

    `coroutines` False: nobody asks for async blocks, so bodies that have no closures may be left out.
    """
    from closurelens.infer.engine import infer_body

    is_expanded = isinstance(owner.source, Expansion)
    start = 0 if is_expanded else owner.body_base
    out: list[BodyAnalysis] = []
    work = [owner]
    while work:
        inner = work.pop()
        if not _may_be_written(inner, coroutines=coroutines):
            continue
        lowered = lower_owner(inner)
        scopes, nested = scopes_of(inner, lowered)
        work.extend(reversed(nested))
        body = lowered.body
        if not has_written(body, coroutines=coroutines):
            continue
        result = infer_body(program, inner, body, scopes, shared)
        captures = analyze(result, guess_receiver)
        if captures:
            why = program.why_rewritten(owner.entry) or program.why_rewritten(inner.entry)
            if why is not None:
                _doubt(captures, why)
            offset = inner.body_base - start
            out.append(BodyAnalysis(inner, lowered, scopes, result, captures, offset, inner.cfg_off))
    return out


def _doubt(captures: list[ClosureCaptures], why: str) -> None:
    for closure in captures:
        closure.uncertain.append(why)
        if closure.kind_uncertain is None:
            closure.kind_uncertain = why


class Receivers:
    """What methods of a name usually take, by std's; None where std does not agree with itself."""

    __slots__ = ("_known", "_std")

    def __init__(self, std: StdDb) -> None:
        self._std = std
        self._known: dict[str, SelfKind | None] = {}

    def __call__(self, name: str) -> SelfKind | None:
        if name not in self._known:
            self._known[name] = self._usual(name)
        return self._known[name]

    def _usual(self, name: str) -> SelfKind | None:
        counts = self._std.receivers_of(name)
        if counts is None:
            return None
        ranked = sorted(
            (
                (counts.by_ref + counts.copied, SelfKind.REF),
                (counts.by_mut, SelfKind.MUT),
                (counts.by_value, SelfKind.VALUE),
            ),
            key=lambda row: -row[0],
        )
        return ranked[0][1] if ranked[0][0] > ranked[1][0] else None
