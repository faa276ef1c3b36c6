"""Hints at closures: the trait after the bars, and before them what is captured.

Labels are as users of rust-analyzer know them: `move(&s.a, &mut b, c)` before the first `|`, or `(..)` after a written
`move`. What is uncertain ends in `?`. Tooltips are made by `resolve`, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from closurelens.capture.model import Capture
from closurelens.hir import body as h
from closurelens.ide.config import InlayHintsConfig
from closurelens.ide.hover import capture_lines, trait_lines
from closurelens.ide.view import ClosureView, FileView, async_keyword_end
from closurelens.ide.words import capture_label, shown_trait, trait_is_certain
from closurelens.records import dataclass
from closurelens.text import TextRange

__all__ = ["HintKind", "InlayHint", "InlayHintsConfig", "LabelPart", "Resolved", "inlay_hints", "resolve"]


class HintKind(Enum):
    TRAIT = "trait"
    CAPTURES = "captures"


@dataclass(slots=True)
class LabelPart:
    """`target` is the name of the captured variable where it is declared."""

    text: str
    target: TextRange | None = None


@dataclass(slots=True)
class InlayHint:
    """`closure` is where its closure starts; with `kind` it finds the hint again."""

    offset: int
    parts: list[LabelPart]
    kind: HintKind
    closure: int
    padding_left: bool = False
    padding_right: bool = False

    @property
    def label(self) -> str:
        return "".join([part.text for part in self.parts])


@dataclass(slots=True)
class Resolved:
    """Markdown for the whole hint (empty: its parts say all), and for each of its parts (None: nothing to say)."""

    hint: InlayHint
    tooltip: str
    parts: list[str | None]


def inlay_hints(file: FileView, within: TextRange | None, config: InlayHintsConfig) -> list[InlayHint]:
    out: list[InlayHint] = []
    if not (config.traits or config.captures):
        return out
    for closure in file.closures(within):
        out.extend(_hints_of(file, closure, config))
    return out


def _hints_of(file: FileView, closure: ClosureView, config: InlayHintsConfig) -> Iterator[InlayHint]:
    captures = closure.captures
    at = captures.range[0] + closure.body.base
    if config.captures and captures.captures and (config.uncertain or captures.certain):
        yield _captures_hint(file, closure, at)
    if config.traits and isinstance(closure.expr, h.Closure):
        is_certain = trait_is_certain(captures)
        if is_certain or config.uncertain:
            label = ": " + shown_trait(captures).value + ("" if is_certain else "?")
            offset = closure.expr.bars[1] + closure.body.base
            yield InlayHint(offset, [LabelPart(label)], HintKind.TRAIT, at)


def _captures_hint(file: FileView, closure: ClosureView, at: int) -> InlayHint:
    base = closure.body.base
    expr = closure.expr
    is_block = not isinstance(expr, h.Closure)
    if isinstance(expr, h.Closure):
        offset = expr.bars[0] + base if expr.move_at is None else expr.move_at[1] + base
    else:
        offset = async_keyword_end(file.document.text, expr.range[0] + base)
    parts = [LabelPart("(" if expr.is_move else "move(")]
    for capture in closure.captures.captures:
        if len(parts) > 1:
            parts.append(LabelPart(", "))
        parts.append(LabelPart(capture_label(capture), closure.declared_at(capture)))
    open_end = "" if not closure.captures.uncertain else ", …?"
    parts.append(LabelPart(open_end + ")"))
    is_added = not expr.is_move
    return InlayHint(
        offset,
        parts,
        HintKind.CAPTURES,
        at,
        padding_left=is_added and is_block,
        padding_right=is_added and not is_block,
    )


def resolve(file: FileView, kind: HintKind, closure: int) -> Resolved | None:
    """The hint of this kind at the closure that starts at `closure`, with what a pointer on it shows."""
    config = InlayHintsConfig(traits=kind is HintKind.TRAIT, captures=kind is HintKind.CAPTURES)
    for view in file.closures(TextRange(closure, closure)):
        if view.range.start != closure:
            continue
        for hint in _hints_of(file, view, config):
            return _resolved(file, view, hint)
    return None


def _resolved(file: FileView, view: ClosureView, hint: InlayHint) -> Resolved:
    if hint.kind is HintKind.TRAIT:
        text = "\n\n".join(trait_lines(file, view))
        return Resolved(hint, text, [None])
    by_part: list[str | None] = [None] * len(hint.parts)
    captured: list[Capture] = view.captures.captures
    texts = ["\n\n".join(capture_lines(file, view, capture)) for capture in captured]
    for index, text in enumerate(texts):
        by_part[1 + 2 * index] = text
    return Resolved(hint, "", by_part)
