"""What features see of a file: its text, and its closures with all that was found out about them.

Invariant: `ClosureView` and `BodyView` turn ranges of a body into ranges of the file; no feature adds offsets itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from closurelens.capture.model import Capture, ClosureCaptures
from closurelens.capture.tree import PARTS, Capturing, is_coroutine
from closurelens.hir import body as h
from closurelens.hir.types import GenericsDecl, PathType
from closurelens.infer.result import InferenceResult
from closurelens.records import dataclass
from closurelens.text import Document, TextRange
from closurelens.ty.sig import Predicate
from closurelens.world import ChunkClosures, Guard, PlacedBody, Snapshot, unguarded

__all__ = ["BodyView", "ClosureView", "FileView", "async_keyword_end", "chunk_view", "exprs", "file_view", "parts"]


@dataclass(slots=True)
class BodyView:
    """One body: what inference and capture analysis say. `base` is added to the ranges of both.

    `predicates` are the bounds in scope; `unsized` are the type parameters that are declared `?Sized`.
    """

    result: InferenceResult
    captures: Sequence[ClosureCaptures]
    base: int
    predicates: Sequence[Predicate] = ()
    unsized: frozenset[str] = frozenset()

    def range(self, at: tuple[int, int]) -> TextRange:
        return TextRange(at[0] + self.base, at[1] + self.base)


@dataclass(slots=True)
class ClosureView:
    """One closure or async block that a person wrote."""

    body: BodyView
    expr: Capturing
    captures: ClosureCaptures

    @property
    def range(self) -> TextRange:
        return self.body.range(self.expr.range)

    @property
    def bars(self) -> TextRange | None:
        """`|..|`, None for an async block."""
        return self.body.range(self.expr.bars) if isinstance(self.expr, h.Closure) else None

    def declared_at(self, capture: Capture) -> TextRange:
        """The name of the captured variable where it is declared."""
        return self.body.range(self.body.result.body.bindings[capture.place.binding].range)


@dataclass(slots=True)
class FileView:
    """`bodies` in source order."""

    document: Document
    bodies: Sequence[BodyView]

    def closures(self, within: TextRange | None = None) -> Iterator[ClosureView]:
        """Closures that touch `within` (None: all), in source order, outer before inner.

        Left out is what a macro's own tokens made: it is written nowhere. What a macro repeats comes once.
        """
        for body in self.bodies:
            if body.captures:
                yield from self._of_body(body, within)

    def _of_body(self, body: BodyView, within: TextRange | None) -> Iterator[ClosureView]:
        text = self.document.text
        size = len(text)
        base = body.base
        low, high = (0, size) if within is None else within
        known: dict[int, Capturing] | None = None
        seen: set[tuple[int, int]] = set()
        for captures in body.captures:
            start, end = captures.range
            start += base
            if end + base < low or start > high or captures.range in seen or end + base > size:
                continue
            if known is None:
                known = _capturing(body)
            expr = known.get(captures.id)
            if expr is None or expr.in_macro or not _is_written(expr, text, base):
                continue
            seen.add(captures.range)
            yield ClosureView(body, expr, captures)

    def line(self, offset: int) -> int:
        """The number of a line as people count, from 1."""
        return self.document.lines.line_of(offset) + 1

    def text(self, at: TextRange) -> str:
        return self.document.text[at.start : at.end].decode("utf-8", "replace")


def _is_written(expr: Capturing, text: bytes, base: int) -> bool:
    if isinstance(expr, h.Closure):
        start, end = expr.bars
        return text[start + base : start + base + 1] == b"|" and text[end + base - 1 : end + base] == b"|"
    return text.startswith(b"async", expr.range[0] + base)


def _capturing(view: BodyView) -> dict[int, Capturing]:
    """Closures by id; async blocks only where there are any, as finding them costs a walk."""
    body = view.result.body
    known: dict[int, Capturing] = {closure.id: closure for closure in body.closures}
    if any(captures.is_coroutine for captures in view.captures):
        for expr in exprs(body):
            if isinstance(expr, h.AsyncBlock) and is_coroutine(expr):
                known[expr.id] = expr
    return known


def async_keyword_end(text: bytes, start: int) -> int:
    """Where `async` or `async move` ends, that starts at `start`."""
    end = start + 5
    at = end
    while text[at : at + 1].isspace():
        at += 1
    return at + 4 if text.startswith(b"move", at) and not text[at + 4 : at + 5].isalnum() else end


def exprs(body: h.Body, root: h.Expr | None = None) -> Iterator[h.Expr]:
    """All expressions of a body (or of `root`), parents first, in source order."""
    work: list[h.Expr] = [body.root if root is None else root]
    while work:
        expr = work.pop()
        yield expr
        work.extend(reversed(parts(expr)))


def parts(expr: h.Expr) -> list[h.Expr]:
    """The expressions directly inside, those of closures too."""
    if isinstance(expr, h.Closure):
        return [*expr.explicit, expr.body]
    inside = PARTS.get(expr.__class__)
    return [] if inside is None else [e for e in inside(expr) if e is not None]


def file_view(
    snapshot: Snapshot, path: str, guard: Guard = unguarded, *, within: TextRange | None = None
) -> FileView | None:
    """The file as features see it, with the bodies of the items that touch `within` (None: all); None when there is no
    such file."""
    file = snapshot.file(path)
    if file is None:
        return None
    bodies: list[BodyView] = []
    for start, chunk in snapshot.chunks_in(path, within, guard):
        bodies.extend(_body_views(chunk, start))
    return FileView(file.document, bodies)


def chunk_view(chunk: ChunkClosures) -> FileView:
    """A chunk as if it were a file: offsets are relative to its start."""
    return FileView(Document(chunk.text), _body_views(chunk, 0))


def _body_views(chunk: ChunkClosures, start: int) -> list[BodyView]:
    by_body: dict[int, tuple[PlacedBody, list[ClosureCaptures]]] = {}
    for placed in chunk.closures():
        by_body.setdefault(id(placed.body), (placed.body, []))[1].append(placed.closure)
    bodies: list[BodyView] = []
    for body, captures in by_body.values():
        resolver = body.analysis.owner.resolver
        base = start + body.base
        bodies.append(BodyView(body.analysis.result, captures, base, resolver.predicates, _unsized(resolver.decls)))
    return bodies


def _unsized(decls: Sequence[GenericsDecl]) -> frozenset[str]:
    out = []
    for decl in decls:
        out += [param.name for param in decl.params if any(bound.is_maybe for bound in param.bounds)]
        for subject, bounds in decl.where:
            if isinstance(subject, PathType) and any(bound.is_maybe for bound in bounds):
                out.append(subject.path.segments[-1].name)
    return frozenset(out)
