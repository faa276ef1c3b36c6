"""Writes out one rule's right side with what its metavariables matched.

The result is parallel lists of tokens, each with where it came from: see `Output.origins`.
"""

from __future__ import annotations

from typing import Final

from closurelens.hir.macros.matcher import Binding, Leaf
from closurelens.hir.macros.rules import Concat, Count, Index, MetaVar, Op, Repetition, Tokens
from closurelens.hir.macros.tokens import (
    CLOSE,
    EOF,
    FRAGMENT,
    FRAGMENTS,
    GLUED,
    IDENT,
    LITERAL,
    OPEN,
    PUNCT,
    TokenBuffer,
)

NOWHERE: Final = -(1 << 60)

MAX_TOKENS: Final = 500_000

_AS_IT_IS = frozenset(["tt", "ident", "lifetime"])


class CannotTranscribe(Exception):
    """The right side does not fit what was matched; the argument says why."""


class Output:
    """Tokens made by an expansion, with a trailing `EOF` once `finish` was called.

    Where they come from is kept for the runs of tokens that stood side by side there: `runs` has the index of each
    run's first token, `origins` what that one was copied from. A number n >= 0 is the n-th argument token, `~n` the
    n-th token of the definition, `NOWHERE` neither, for all tokens of the run.
    """

    __slots__ = ("kinds", "origins", "runs", "texts")

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.texts: list[str] = []
        self.runs: list[int] = []
        self.origins: list[int] = []

    def add(self, kind: int, text: str, origin: int = NOWHERE) -> None:
        self._run(origin)
        self.kinds.append(kind)
        self.texts.append(text)

    def copy(self, buffer: TokenBuffer, start: int, end: int, base: int) -> None:
        """Argument tokens; `base` is the index of the first argument token in `buffer`."""
        if end <= start:
            return
        self._run(start - base)
        if end == start + 1:
            kind = buffer.kinds[start]
            self.kinds.append(PUNCT if kind == GLUED else kind)
            self.texts.append(buffer.texts[start])
            return
        self.kinds += buffer.kinds[start:end]
        self.texts += buffer.texts[start:end]
        if self.kinds[-1] == GLUED:
            self.kinds[-1] = PUNCT

    def _run(self, origin: int) -> None:
        """The next token comes from there."""
        at = len(self.kinds)
        if self.runs:
            before = self.origins[-1]
            if before != NOWHERE:
                before += at - self.runs[-1] if before >= 0 else self.runs[-1] - at
            if before == origin:
                return
        self.runs.append(at)
        self.origins.append(origin)

    def finish(self) -> None:
        self.add(EOF, "")


_EDGES = {(kind, shape): (f"\0{kind}{shape}", f"\1{kind}{shape}") for kind in FRAGMENTS for shape in ("", "(", "{")}


class Transcriber:
    """`bindings` are what the rule has matched, `current` what of it the repetitions have come to."""

    __slots__ = ("arguments", "base", "bindings", "current", "definition", "output", "repeats")

    def __init__(
        self, definition: TokenBuffer, arguments: TokenBuffer, base: int, bindings: list[Binding], output: Output
    ) -> None:
        self.definition = definition
        self.arguments = arguments
        self.base = base
        self.bindings = bindings
        self.current = bindings
        self.output = output
        self.repeats: list[tuple[int, int]] = []

    def run(self, ops: list[Op]) -> None:
        """Raises `CannotTranscribe`."""
        output, definition = self.output, self.definition
        kinds, texts = output.kinds, output.texts
        for op in ops:
            cls = op.__class__
            if cls is Tokens:
                assert isinstance(op, Tokens)
                start, end = op.start, op.end
                output.runs.append(len(kinds))
                output.origins.append(~start)
                kinds += definition.kinds[start:end]
                texts += definition.texts[start:end]
                continue
            if cls is MetaVar:
                assert isinstance(op, MetaVar)
                binding = self.current[op.slot]
                if binding.__class__ is not Leaf:
                    raise CannotTranscribe("a variable that repeats stands outside of a repetition")
                assert isinstance(binding, Leaf)
                self._leaf(binding)
                continue
            match op:
                case Repetition(inner, separator, slots):
                    self._repetition(inner, separator, slots)
                case Count(slot, depth):
                    output.add(LITERAL, str(self._count(slot, depth)))
                case Index(depth, is_len):
                    if depth >= len(self.repeats):
                        raise CannotTranscribe("`${index()}` counts more repetitions than there are")
                    output.add(LITERAL, str(self.repeats[-1 - depth][1 if is_len else 0]))
                case Concat(parts):
                    output.add(IDENT, "".join(self._concat_part(part) for part in parts))
        if len(kinds) > MAX_TOKENS:
            raise CannotTranscribe("the expansion is too long")

    def _leaf(self, leaf: Leaf) -> None:
        output, arguments = self.output, self.arguments
        start, end = leaf.start, leaf.end
        if leaf.fragment in _AS_IT_IS or (
            arguments.kinds[start] == OPEN
            and arguments.partners[start] == end - 1
            and FRAGMENT.get(arguments.texts[start]) == leaf.fragment
        ):
            output.copy(arguments, start, end, self.base)
            return
        opening, closing = _EDGES[leaf.fragment, leaf.shape]
        output.add(OPEN, opening)
        output.copy(arguments, start, end, self.base)
        output.add(CLOSE, closing)

    def _repetition(self, ops: list[Op], separator: int | None, slots: list[int]) -> None:
        outer = self.current
        lists: list[tuple[int, list[Binding]]] = []
        for slot in slots:
            binding = outer[slot]
            if isinstance(binding, list):
                lists.append((slot, binding))
        if not lists:
            raise CannotTranscribe("a repetition has no variable that repeats")
        count = len(lists[0][1])
        if any(len(binding) != count for _, binding in lists):
            raise CannotTranscribe("variables of one repetition repeat differently often")
        for index in range(count):
            if index and separator is not None:
                definition = self.definition
                self.output.add(definition.kinds[separator], definition.texts[separator], ~separator)
            self.current = current = outer.copy()
            for slot, binding in lists:
                current[slot] = binding[index]
            self.repeats.append((index, count))
            self.run(ops)
            self.repeats.pop()
        self.current = outer

    def _count(self, slot: int, depth: int) -> int:
        binding = self.bindings[slot]
        for index, _ in self.repeats:
            if isinstance(binding, Leaf):
                break
            binding = binding[index]
        if isinstance(binding, Leaf):
            raise CannotTranscribe("`${count()}` of a variable that does not repeat")
        levels, inner = 0, binding
        while inner and isinstance(inner[0], list):
            levels, inner = levels + 1, inner[0]
        if depth > levels:
            raise CannotTranscribe("`${count()}` counts more repetitions than there are")
        layer: list[Binding] = [binding]
        for _ in range(levels - depth + 1):
            layer = [item for items in layer if isinstance(items, list) for item in items]
        return len(layer)

    def _concat_part(self, part: str | int) -> str:
        if isinstance(part, str):
            return part
        leaf = self.current[part]
        if not isinstance(leaf, Leaf) or leaf.end != leaf.start + 1:
            raise CannotTranscribe("`${concat()}` takes names")
        return self.arguments.texts[leaf.start].removeprefix("r#")
