"""What a pointer on a closure shows, and on a captured variable where the closure uses it.

On the bars, `move`, the name of a variable that holds the closure and its uses: the whole story. On a use of a captured
place in the body: how it is captured, and why.
"""

from __future__ import annotations

from closurelens.capture.model import BorrowKind, ByRef, ByValue, Capture, ClosureCaptures, Use
from closurelens.capture.tree import Capturing
from closurelens.hir import body as h
from closurelens.ide.blocks import Block, Bullets, Code, Heading, Paragraph, Table, markdown, plain
from closurelens.ide.config import HoverConfig
from closurelens.ide.desugar import desugar
from closurelens.ide.view import BodyView, ClosureView, FileView, exprs
from closurelens.ide.words import also_implements, mode_phrase, shown_trait, trait_is_certain, use_phrase
from closurelens.infer.result import ClosureKind
from closurelens.records import dataclass
from closurelens.text import TextRange
from closurelens.ty import types as t
from closurelens.ty.display import shown

__all__ = ["Hover", "HoverConfig", "capture_lines", "hover", "is_copy", "trait_lines"]


@dataclass(slots=True)
class Hover:
    """`range` is what the pointer is on."""

    blocks: list[Block]
    range: TextRange

    @property
    def markdown(self) -> str:
        return markdown(self.blocks)

    @property
    def plain(self) -> str:
        return plain(self.blocks)


def hover(file: FileView, offset: int, config: HoverConfig) -> Hover | None:
    here = list(file.closures(TextRange(offset, offset)))
    for closure in reversed(here):
        head = _head(file, closure)
        if head.touches(offset):
            return Hover(_story(file, closure, config), head)
    for closure in reversed(here):
        found = _captured_at(closure, offset)
        if found is not None:
            at, captures = found
            return Hover(_of_captures(file, closure, captures), at)
    return _on_name(file, offset, config)


def _head(file: FileView, closure: ClosureView) -> TextRange:
    """From the first token to the closing bar; of an async block, its keywords."""
    bars = closure.bars
    start = closure.range.start
    if bars is not None:
        return TextRange(start, bars.end)
    body = closure.body.range(closure.expr.body.range)
    return TextRange(start, start + len(file.document.text[start : body.start].rstrip()))


def _captured_at(closure: ClosureView, offset: int) -> tuple[TextRange, list[Capture]] | None:
    """The captures used where the pointer is, by the smallest use."""
    best: TextRange | None = None
    found: list[Capture] = []
    for capture in closure.captures.captures:
        for use in capture.uses:
            at = closure.body.range(use.range)
            if not at.touches(offset) or at == closure.range:
                continue
            if best is None or at.length < best.length:
                best, found = at, [capture]
            elif at == best and capture not in found:
                found.append(capture)
    return None if best is None else (best, found)


def _on_name(file: FileView, offset: int, config: HoverConfig) -> Hover | None:
    """On a variable that holds a closure: where it is bound, and where it is used."""
    for body in file.bodies:
        if not body.captures:
            continue
        found = _binding_at(body, offset)
        if found is None:
            continue
        at, ty = found
        if not isinstance(ty, t.Closure):
            continue
        for closure in file.closures():
            if closure.body is body and closure.captures.id == ty.id:
                return Hover(_story(file, closure, config), at)
    return None


def _binding_at(body: BodyView, offset: int) -> tuple[TextRange, t.Ty] | None:
    result = body.result
    for binding in result.body.bindings:
        at = body.range(binding.range)
        if at.touches(offset) and not at.is_empty:
            return at, result.binding_ty[binding.id]
    inside = offset - body.base
    root = result.body.root.range
    if not root[0] <= inside <= root[1]:
        return None
    for expr in exprs(result.body):
        if isinstance(expr, h.PathExpr) and not expr.in_macro and expr.range[0] <= inside <= expr.range[1]:
            local = result.local_of.get(expr.id)
            if local is not None:
                return body.range(expr.range), result.binding_ty[local]
    return None


# The whole story


def _story(file: FileView, closure: ClosureView, config: HoverConfig) -> list[Block]:
    captures = closure.captures
    blocks: list[Block] = []
    if captures.is_coroutine:
        blocks.append(Heading(f"{_what(closure.expr)}: what it captures"))
    else:
        blocks.append(Heading(f"{_what(closure.expr)}: `{shown_trait(captures).value}`{_doubt(captures)}"))
        blocks.extend([Paragraph(line) for line in trait_lines(file, closure)])
    blocks.extend(_capture_table(file, closure))
    for reason in captures.uncertain:
        blocks.append(Paragraph(f"Not certain: {reason}."))
    if config.desugar and isinstance(closure.expr, h.Closure):
        made = desugar(file, closure)
        blocks.append(Heading("As a struct with a method"))
        blocks.append(Code(made.text))
        if made.problems:
            blocks.append(Paragraph("This does not compile as it stands:"))
            blocks.append(Bullets(made.problems))
    return blocks


def _what(expr: Capturing) -> str:
    if isinstance(expr, h.Closure):
        return "async closure" if expr.is_async else "closure"
    return f"{expr.kind} block"


def _doubt(captures: ClosureCaptures) -> str:
    return "" if trait_is_certain(captures) else " (not certain)"


def trait_lines(file: FileView, closure: ClosureView) -> list[str]:
    """The traits and why, one sentence or list a paragraph."""
    captures = closure.captures
    lines = [_natural(file, closure)]
    if captures.kind is not None and captures.kind is not captures.trait:
        asks = f"{_context(closure)} asks for `{captures.kind.value}`"
        if captures.kind.rank > captures.trait.rank:
            lines.append(f"{asks}, so that is what it implements here.")
        else:
            lines.append(f"{asks}, which its body does not allow.")
    if captures.kind_uncertain is not None:
        lines.append(f"Which trait it implements here is not certain: {captures.kind_uncertain}.")
    also = [f"`{name}`" for name in also_implements(shown_trait(captures))]
    copy = is_copy(closure)
    if copy:
        also += ["`Copy`", "`Clone`"]
    if also:
        lines.append(f"Implements also {', '.join(also)}.")
    if copy is None:
        lines.append("Whether it is `Copy` is not known.")
    return lines


_NEED = {
    ClosureKind.FN: "can be called through `&self`",
    ClosureKind.FN_MUT: "must be called through `&mut self`",
    ClosureKind.FN_ONCE: "can be called only once, by value",
}


def _natural(file: FileView, closure: ClosureView) -> str:
    captures = closure.captures
    uses = captures.trait_uses
    if captures.trait is ClosureKind.FN:
        return "Its body needs `Fn`: " + (
            "it only reads what it captures." if captures.captures else "it captures nothing."
        )
    why = "; ".join([f"`{use.place.display()}` is {use_phrase(use)} ({_line(file, closure, use)})" for use in uses[:4]])
    more = f"; and {len(uses) - 4} uses more" if len(uses) > 4 else ""
    reason = f": {why}{more}" if why else ""
    return f"Its body needs `{captures.trait.value}` (it {_NEED[captures.trait]}){reason}."


def _context(closure: ClosureView) -> str:
    """What the closure is handed to, to begin a sentence."""
    types = closure.body.result.closures.get(closure.expr.id)
    source = None if types is None else types.kind_source
    for expr in exprs(closure.body.result.body) if source is not None else ():
        if expr.id != source:
            continue
        match expr:
            case h.MethodCall():
                return f"`{expr.name}`"
            case h.PathExpr() | h.StructExpr() if expr.path.segments:
                return f"`{expr.path.segments[-1].name}`"
            case h.Call(callee=h.PathExpr(path=path)) if path.segments:
                return f"`{path.segments[-1].name}`"
            case _:
                break
    return "Its context"


def _line(file: FileView, closure: ClosureView, use: Use) -> str:
    return f"line {file.line(use.range[0] + closure.body.base)}"


def is_copy(closure: ClosureView) -> bool | None:
    """Whether the closure is Copy (and so Clone); None: not known."""
    answer: bool | None = True
    for capture in closure.captures.captures:
        match capture.mode:
            case ByRef(kind):
                fits: bool | None = kind is BorrowKind.SHARED
            case ByValue(copies):
                fits = copies or (None if capture.ty is None else closure.body.result.is_copy(capture.ty))
        if capture.uncertain is not None:
            fits = None
        if fits is False:
            return False
        if fits is None:
            answer = None
    return None if closure.captures.uncertain and answer else answer


def _capture_table(file: FileView, closure: ClosureView) -> list[Block]:
    captures = closure.captures.captures
    if not captures:
        said = isinstance(closure.expr, h.Closure) and closure.captures.trait is ClosureKind.FN
        return [] if said or closure.captures.uncertain else [Paragraph("It captures nothing.")]
    rows: list[tuple[str, ...]] = []
    for capture in captures:
        doubt = "" if capture.uncertain is None else " (?)"
        rows.append(
            (
                f"`{capture.place.display()}`",
                mode_phrase(capture.mode) + doubt,
                f"`{_type(closure, capture)}`",
                _decided(file, closure, capture),
            )
        )
    blocks: list[Block] = [Table(("captured", "how", "type", "decided by"), rows)]
    for capture in captures:
        if capture.uncertain is not None:
            blocks.append(Paragraph(f"`{capture.place.display()}` is not certain: {capture.uncertain}."))
    return blocks


def _type(closure: ClosureView, capture: Capture) -> str:
    return "_" if capture.ty is None else shown(capture.ty, closure.body.result.adt)


def _deciding(capture: Capture) -> Use | None:
    return next((use for use in capture.uses if use.forces), capture.uses[0] if capture.uses else None)


def _decided(file: FileView, closure: ClosureView, capture: Capture) -> str:
    use = _deciding(capture)
    return "" if use is None else f"{use_phrase(use)}, {_line(file, closure, use)}"


# One capture


def _of_captures(file: FileView, closure: ClosureView, captures: list[Capture]) -> list[Block]:
    blocks: list[Block] = []
    for capture in captures:
        first, *rest = capture_lines(file, closure, capture)
        blocks.append(Heading(first))
        blocks.extend([Paragraph(line) for line in rest])
    return blocks


def capture_lines(file: FileView, closure: ClosureView, capture: Capture) -> list[str]:
    """How a place is captured, and each use that matters."""
    what = "closure" if isinstance(closure.expr, h.Closure) else "async block"
    start = f"line {file.line(closure.range.start)}"
    doubt = "" if capture.uncertain is None else " (not certain)"
    lines = [f"`{capture.place.display()}`: {_taken(capture)} the {what} of {start}{doubt}"]
    deciding = [use for use in capture.uses if use.forces] or capture.uses[:1]
    for use in deciding[:4]:
        lines.append(f"`{use.place.display()}` is {use_phrase(use)} ({_line(file, closure, use)}).")
    if capture.ty is not None:
        lines.append(f"Its type is `{_type(closure, capture)}`.")
    if capture.uncertain is not None:
        lines.append(f"Not certain: {capture.uncertain}.")
    return lines


def _taken(capture: Capture) -> str:
    phrase = mode_phrase(capture.mode)
    return f"{phrase} into" if isinstance(capture.mode, ByValue) else f"{phrase} by"
