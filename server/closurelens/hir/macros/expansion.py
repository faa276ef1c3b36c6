"""Where the tokens of an expansion come from.

A `Template` is what an expansion is whatever stands around the call: tokens, their text and tree, and for each token
the argument or definition token it was copied from. A `TokenExpansion` is a template at one call; what it is asked
about a token it answers by following the token to where it was written. Invariant: templates are never changed, so
calls share them; only what belongs to one call (contexts, ranges) is in the `TokenExpansion`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Protocol

from closurelens.hir.macros.api import Expansion, MacroCall, MacroDef, Position, Range, Source
from closurelens.hir.macros.rules import is_dollar_crate
from closurelens.hir.macros.shapes import remember, shape_of, tree_like
from closurelens.hir.macros.tokens import EOF, FRAGMENT, TokenBuffer, partners_of, render
from closurelens.hir.macros.transcribe import NOWHERE, Output
from closurelens.hir.types import Ctxt
from closurelens.syntax.nodes import FragmentKind, Node, tree_of_fragment
from closurelens.syntax.outline import outline_of

_PARSED_AS: dict[Position, FragmentKind] = {"expr": "expr", "stmt": "stmts", "pat": "pat", "type": "type"}
_NO_LATE: Mapping[int, int] = {}


class Template:
    """`runs` and `origins` as in `Output`; `node` and `late` as in `Expansion` once `parse` has found a node."""

    __slots__ = (
        "_buffer",
        "ends",
        "has_groups",
        "kinds",
        "late",
        "node",
        "origins",
        "runs",
        "starts",
        "text",
        "texts",
    )

    def __init__(self, output: Output) -> None:
        self.kinds = output.kinds
        self.texts = output.texts
        self.runs = output.runs
        self.origins = output.origins
        self.text, self.starts, self.ends = render(output.kinds, output.texts)
        self.has_groups = not FRAGMENT.keys().isdisjoint(output.texts)
        self.node: Node | None = None
        self.late = _NO_LATE
        self._buffer: TokenBuffer | None = None

    def parse(self, position: Position) -> bool:
        """Whether the text is what may stand in `position`."""
        shape = shape_of(position, self.kinds, self.texts)
        known = tree_like(shape, self.starts, self.ends, len(self.text))
        if known is not None:
            self.node, self.late = known
        elif self._parse(position):
            assert self.node is not None
            remember(shape, self.node, self.late, self.starts, self.ends, len(self.text))
        return self.node is not None

    def _parse(self, position: Position) -> bool:
        text = self.text
        if position == "item":
            outline = outline_of(text)
            if not outline.root.has_error:
                self.node, self.late = outline.root, outline.late
            return self.node is not None
        self.node = tree_of_fragment(text, _PARSED_AS[position])
        if self.node is None and position == "expr":
            if text.endswith(b"; "):
                self.node = tree_of_fragment(text[:-2], "expr")  # rustc ignores it, with a warning
            if self.node is None:
                # The call that ends an expansion of statements may give statements again.
                self.node = tree_of_fragment(text, "stmts")
        return self.node is not None

    def groups(self, first: int, last: int) -> tuple[tuple[int, str], ...]:
        """The edges of fragments among the tokens first..last: with the text, all that matching depends on."""
        if not self.has_groups:
            return ()
        return tuple((index - first, self.texts[index]) for index in range(first, last) if self.texts[index] < "\2")

    @property
    def buffer(self) -> TokenBuffer:
        if self._buffer is None:
            partners = partners_of(self.kinds, self.texts)
            self._buffer = TokenBuffer(self.kinds, self.texts, self.starts, self.ends, partners)
        return self._buffer

    def origin(self, token: int) -> int:
        """What it was copied from, as in `Output.origins`."""
        run = bisect_right(self.runs, token) - 1
        origin = self.origins[run]
        if origin == NOWHERE:
            return origin
        by = token - self.runs[run]
        return origin + by if origin >= 0 else origin - by

    def stood_together(self, first: int, last: int) -> bool:
        """The tokens first..=last stood side by side where they were copied from."""
        return bisect_right(self.runs, first) == bisect_right(self.runs, last)


def slice_buffer(buffer: TokenBuffer, first: int, last: int) -> TokenBuffer:
    """The tokens first..last, which are balanced, with an `EOF`."""
    at = buffer.starts[last]
    return TokenBuffer(
        [*buffer.kinds[first:last], EOF],
        [*buffer.texts[first:last], ""],
        [*buffer.starts[first:last], at],
        [*buffer.ends[first:last], at],
        [partner - first if partner else 0 for partner in buffer.partners[first:last]] + [0],
    )


class Arguments:
    """The argument tokens of a call: `buffer` from index `first` to `last`.

    Their offsets in `source.text` are those in the buffer plus `shift`.
    """

    __slots__ = ("buffer", "first", "last", "shift", "source")

    def __init__(self, source: Source, buffer: TokenBuffer, first: int, last: int, shift: int) -> None:
        self.source = source
        self.buffer = buffer
        self.first = first
        self.last = last
        self.shift = shift


class Definition(Protocol):
    """What an expansion needs to know of its macro. `base`: the definition's first token in `source`'s buffer."""

    @property
    def source(self) -> Source: ...
    @property
    def base(self) -> int: ...
    @property
    def tokens(self) -> TokenBuffer: ...
    @property
    def crate(self) -> str: ...
    @property
    def edition(self) -> int: ...
    @property
    def is_local_inner(self) -> bool: ...


class Mark:
    """Origin of a context (`CtxtOrigin`)."""

    __slots__ = ("definition", "parent")

    def __init__(self, parent: Ctxt, definition: MacroDef) -> None:
        self.parent = parent
        self.definition = definition


class Hygiene:
    """Hands out contexts. They go on from `after`, so that those of both can meet in one body."""

    __slots__ = ("_first", "_marks", "_nested", "_outer")

    def __init__(self, after: Hygiene | None = None) -> None:
        self._outer = after
        self._first: Ctxt = after.next if after is not None else 1
        self._marks: list[Mark] = []
        self._nested: dict[tuple[Ctxt, Ctxt], Ctxt] = {}

    @property
    def next(self) -> Ctxt:
        return self._first + len(self._marks)

    @property
    def is_nested(self) -> bool:
        """A context was made of two others."""
        return bool(self._nested)

    def since(self, ctxt: Ctxt) -> list[Mark]:
        """The origins of `ctxt` and all contexts after it."""
        return self._marks[ctxt - self._first :]

    def again(self, marks: list[Mark]) -> None:
        """Hand out contexts with these origins."""
        self._marks.extend(marks)

    def fresh(self, parent: Ctxt, definition: MacroDef) -> Ctxt:
        self._marks.append(Mark(parent, definition))
        return self._first + len(self._marks) - 1

    def apply(self, parent: Ctxt, mark: Ctxt) -> Ctxt:
        """The context of a definition's token, which had `parent`, in the expansion that `mark` stands for."""
        if parent == 0:
            return mark
        key = (parent, mark)
        found = self._nested.get(key)
        if found is None:
            found = self._nested[key] = self.fresh(parent, self.origin(mark).definition)
        return found

    def origin(self, ctxt: Ctxt) -> Mark:
        hygiene = self
        while ctxt < hygiene._first and hygiene._outer is not None:
            hygiene = hygiene._outer
        return hygiene._marks[ctxt - hygiene._first]


class TokenExpansion(Expansion):
    """`outermost`: the range in the chunk of the call that the chunk itself contains."""

    __slots__ = ("arguments", "chunk", "definition", "hygiene", "mark", "outermost", "template")

    def __init__(
        self,
        call: MacroCall,
        template: Template,
        node: Node,
        arguments: Arguments,
        definition: Definition | None,
        hygiene: Hygiene,
        mark: Ctxt,
    ) -> None:
        self.text = template.text
        self.depth = call.source.depth + 1
        self.call = call
        self.node = node
        self.late = template.late
        self.template = template
        self.arguments = arguments
        self.definition = definition
        self.hygiene = hygiene
        self.mark = mark
        source = call.source
        if isinstance(source, TokenExpansion):
            self.chunk: Source = source.chunk
            self.outermost: Range = source.outermost
        else:
            self.chunk = source
            self.outermost = source.locate(*call.range)[0]

    @property
    def buffer(self) -> TokenBuffer:
        return self.template.buffer

    def token_at(self, at: int) -> int:
        return max(bisect_right(self.template.starts, at) - 1, 0)

    def token_range(self, start: int, end: int) -> tuple[int, int]:
        """The tokens between delimiters, the opening one of which ends at `start`; the closing one starts at `end`."""
        starts = self.template.starts
        first = min(bisect_left(starts, start), len(starts) - 1)
        return first, max(bisect_right(starts, end) - 1, first)

    def locate(self, start: int, end: int) -> tuple[Range, bool]:
        starts = self.template.starts
        first = bisect_right(starts, start) - 1
        last = bisect_left(starts, end) - 1
        if first < 0 or last < first:
            return self.outermost, True
        return self.locate_tokens(first, last)

    def locate_tokens(self, first: int, last: int) -> tuple[Range, bool]:
        """`locate` for the tokens first..=last."""
        here = self
        while True:
            template = here.template
            origin, end = template.origin(first), template.origin(last)
            if origin == NOWHERE or (first != last and not template.stood_together(first, last)):
                return self.outermost, True
            if origin >= 0:
                arguments = here.arguments
                first, last, source = arguments.first + origin, arguments.first + end, arguments.source
                if not isinstance(source, TokenExpansion):
                    buffer, shift = arguments.buffer, arguments.shift
                    return source.locate(buffer.starts[first] + shift, buffer.ends[last] + shift)
            else:
                definition = here.definition
                if definition is None or not isinstance(definition.source, TokenExpansion):
                    return self.outermost, True
                first, last, source = definition.base + ~origin, definition.base + ~end, definition.source
            here = source

    def ctxt_at(self, at: int) -> Ctxt:
        return self.ctxt_of_token(self.token_at(at))

    def ctxt_of_token(self, token: int) -> Ctxt:
        here = self
        passed: list[Ctxt] = []
        while True:
            origin = here.template.origin(token)
            if origin >= 0:
                token, source = here.arguments.first + origin, here.arguments.source
            elif origin == NOWHERE or here.definition is None:
                passed.append(here.mark)
                break
            else:
                passed.append(here.mark)
                token, source = here.definition.base + ~origin, here.definition.source
            if not isinstance(source, TokenExpansion):
                break
            here = source
        ctxt = 0
        for mark in reversed(passed):
            ctxt = self.hygiene.apply(ctxt, mark)
        return ctxt

    def crate_at(self, at: int) -> str | None:
        here, token = self, self.token_at(at)
        while True:
            origin = here.template.origin(token)
            if origin >= 0:
                token, source = here.arguments.first + origin, here.arguments.source
            else:
                definition = here.definition
                if origin == NOWHERE or definition is None:
                    return None
                if is_dollar_crate(definition.tokens, ~origin):
                    return definition.crate
                token, source = definition.base + ~origin, definition.source
            if not isinstance(source, TokenExpansion):
                return None
            here = source

    def writer_at(self, at: int) -> Definition | None:
        """The macro whose definition contains the token at `at`; None: it stands in the chunk."""
        here, token = self, self.token_at(at)
        while True:
            origin = here.template.origin(token)
            if origin < 0:
                return here.definition
            token, source = here.arguments.first + origin, here.arguments.source
            if not isinstance(source, TokenExpansion):
                return None
            here = source

    def edition_at(self, at: int) -> int:
        writer = self.writer_at(at)
        return self.chunk.edition_at(0) if writer is None else writer.edition
