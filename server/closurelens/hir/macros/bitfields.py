"""`bitfield_fields!` and `bitfield_constructor!`: the functions of a bit field's parts (the crate `bitfield`).

A line is a type that counts from there on, or `[pub] [Type,] [mask NAME(Type),] [from] [into|try_into] [Type,] getter,
setter: bits`. One number means a bit, two a range, three an array of ranges. Invariant: what is made has no use of the
bits; its types are those of the macro.
"""

from __future__ import annotations

from typing import Final

from closurelens.hir.macros.code import Code
from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.tokens import OPEN, TokenBuffer
from closurelens.hir.macros.transcribe import Output
from closurelens.records import dataclass

Span = tuple[int, int]
_CONVERSIONS: Final = ("from", "into", "try_into")


@dataclass(slots=True)
class _Part:
    """`head`: attributes and visibility; `numbers`: how many say where the bits are."""

    head: Span
    ty: Span | None
    mask: Span | None
    converted: Span | None
    conversions: list[str]
    getter: Span
    setter: Span
    numbers: int


class _NotUnderstood(Exception):
    """The argument says what."""


def bitfield_fields(arguments: Arguments) -> Output | str:
    try:
        return _Maker(arguments).fields()
    except _NotUnderstood as what:
        return str(what)


def bitfield_constructor(arguments: Arguments) -> Output | str:
    try:
        return _Maker(arguments).constructor()
    except _NotUnderstood as what:
        return str(what)


class _Maker:
    def __init__(self, arguments: Arguments) -> None:
        self.buffer: TokenBuffer = arguments.buffer
        self.code = Code(arguments)
        lines = self._split(arguments.first, arguments.last, ";")
        self.only = ""
        if lines and self._text(lines[0]).startswith("only "):
            self.only = self._text(lines[0]).removeprefix("only ")
            del lines[0]
        self.parts: list[_Part] = []
        default: Span | None = None
        for line in lines:
            colons = self._split(*line, ":")
            if len(colons) == 1:
                default = line
            elif len(colons) == 2:
                self.parts.append(self._part(colons[0], self._split(*colons[1], ","), default))
            else:
                raise _NotUnderstood("a line with several colons")

    def fields(self) -> Output:
        for part in self.parts:
            if self.only in ("", "getter") and self._text(part.getter) != "_":
                self._getter(part)
            if self.only in ("", "setter") and self._text(part.setter) != "_":
                self._setter(part)
            if self.only in ("", "mask") and part.mask is not None:
                self._mask(part.head, part.mask)
        return self.code.finish()

    def constructor(self) -> Output:
        self.code.text("pub fn new(")
        for part in self.parts:
            if self._text(part.setter) != "_":
                self._copy(part.setter)
                self.code.text(": ")
                self._value(part)
                self.code.text(",")
        self.code.text(") -> Self { loop {} }")
        return self.code.finish()

    def _getter(self, part: _Part) -> None:
        self._head(part, part.getter, "&self) ->" if part.numbers < 3 else "&self, index: usize) ->")
        if part.numbers == 1 or part.ty is None:
            self.code.text("bool")
        elif "try_into" in part.conversions and part.converted is not None:
            self.code.text("::core::result::Result<")
            self._copy(part.converted)
            self.code.text(", <")
            self._copy(part.converted)
            self.code.text("as ::core::convert::TryFrom<")
            self._copy(part.ty)
            self.code.text(">>::Error>")
        else:
            self._copy(part.converted if "into" in part.conversions and part.converted is not None else part.ty)
        self.code.text("{ loop {} }")

    def _setter(self, part: _Part) -> None:
        self._head(part, part.setter, "&mut self, value:" if part.numbers < 3 else "&mut self, index: usize, value:")
        self._value(part)
        self.code.text(") { }")

    def _value(self, part: _Part) -> None:
        """What a setter takes."""
        if part.numbers == 1 or part.ty is None:
            self.code.text("bool")
        else:
            self._copy(part.converted if "from" in part.conversions and part.converted is not None else part.ty)

    def _mask(self, head: Span, mask: Span) -> None:
        name, opened = mask[0], mask[0] + 1
        self._copy(head)
        self.code.text("const")
        self._copy((name, opened))
        self.code.text(":")
        self._copy((opened + 1, self.buffer.partners[opened]))
        self.code.text("= 0;")

    def _head(self, part: _Part, name: Span, params: str) -> None:
        self._copy(part.head)
        self.code.text("fn")
        self._copy(name)
        self.code.text(f"({params}")

    def _part(self, named: Span, numbers: list[Span], default: Span | None) -> _Part:
        texts = self.buffer.texts
        at = named[0]
        while texts[at] == "#" and self.buffer.kinds[at + 1] == OPEN:
            at = self.buffer.partners[at + 1] + 1
        if texts[at] == "pub":
            at += 1
            if texts[at] == "(":
                at = self.buffer.partners[at] + 1
        *before, getter, setter = self._split(at, named[1], ",") or [(0, 0)]
        if any(end != start + 1 for start, end in (getter, setter)):
            raise _NotUnderstood(f"no names of functions in `{self._text(named)}`")
        part = _Part((named[0], at), default, None, None, [], getter, setter, len(numbers))
        for start, end in before:
            if texts[start] == "mask" and end > start + 2:
                part.mask = (start + 1, end)
                continue
            while start + 1 < end and texts[start] in _CONVERSIONS:
                part.conversions.append(texts[start])
                start += 1
            if part.conversions and part.converted is None:
                part.converted = (start, end)
            else:
                part.ty = (start, end)
        if part.ty is None and len(numbers) > 1:
            raise _NotUnderstood("bits without a type")
        return part

    def _split(self, start: int, end: int, by: str) -> list[Span]:
        """The parts between these tokens, those in brackets left alone; a trailing one gives no part."""
        buffer = self.buffer
        out: list[Span] = []
        begin = at = start
        angles = 0
        while at < end:
            kind, text = buffer.kinds[at], buffer.texts[at]
            if kind == OPEN:
                at = buffer.partners[at]
            elif text in ("<", ">"):
                angles += 1 if text == "<" else -1
            elif text == by and not angles:
                out.append((begin, at))
                begin = at + 1
            at += 1
        return [*out, (begin, end)] if begin < end else out

    def _text(self, span: Span) -> str:
        return " ".join(self.buffer.texts[span[0] : span[1]])

    def _copy(self, span: Span) -> None:
        self.code.copy(*span)
