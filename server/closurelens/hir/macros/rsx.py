"""`rsx!` of dioxus: elements with attributes and children in braces, text with expressions in it.

As in `markup`, the code that stands for it evaluates what the macro evaluates. A handler that is written as a closure
goes to the function that tells its parameter; text borrows what it shows.
"""

from __future__ import annotations

import re

from closurelens.hir.macros.branches import branches
from closurelens.hir.macros.code import Code
from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.scan_types import NoFragment
from closurelens.hir.macros.tokens import IDENT, LITERAL, OPEN, Unbalanced
from closurelens.hir.macros.transcribe import Output
from closurelens.hir.macros.writer import Writer

_SEGMENT = re.compile(r"\{\{|\}\}|\{((?:[^{}:]|::)+)(?::[^{}]*)?\}")


def rsx(arguments: Arguments) -> Output | str:
    code = Code(arguments)
    rsx = _Rsx(code, arguments)
    code.text("{")
    try:
        rsx.nodes(arguments.first, arguments.last)
    except (NoFragment, Unbalanced):
        return "it is no markup"
    code.text("dioxus_core::VNode::empty() }")
    return code.finish()


class _Rsx(Writer):
    def nodes(self, at: int, end: int) -> None:
        """A body: attributes and children, in any order of commas."""
        self.enter()
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        while at < end:
            text, kind = texts[at], kinds[at]
            if text in (",", ";"):
                at += 1
            elif kind == LITERAL and texts[at + 1] != ":":
                self.show(at)
                at += 1
            elif kind == OPEN and text == "{":
                self.value(at + 1, partners[at])
                at = partners[at] + 1
            elif text == "..":
                after = self.scanner.expr(at + 1)
                self.value(at + 1, after)
                at = after
            elif text == "if":
                at = self.condition(at, end)
            elif text == "for":
                at = self.loop(at, end)
            elif text == "match":
                after = self.scanner.expr(at)
                self.value(at, after)
                at = after
            else:
                at = self.named(at, end)
        self.leave()

    def named(self, at: int, end: int) -> int:
        """An attribute, an element or a component."""
        kinds, texts = self.buffer.kinds, self.buffer.texts
        if kinds[at] in (IDENT, LITERAL) and texts[at + 1] == ":":
            return self.attribute(at, at + 2, end)
        if kinds[at] == IDENT and (at + 1 >= end or texts[at + 1] == ","):
            self.value(at, at + 1)
            return at + 1
        if kinds[at] == IDENT and texts[at + 1] == "-":
            after = at + 1
            while after < end and texts[after] == "-":
                after += 2
        else:
            after = self.scanner.type(at, plus=False)
        if after >= end or texts[after] != "{":
            raise NoFragment
        close = self.buffer.partners[after]
        self.nodes(after + 1, close)
        return close + 1

    def attribute(self, name: int, at: int, end: int) -> int:
        kinds, texts = self.buffer.kinds, self.buffer.texts
        if at >= end:
            raise NoFragment
        if texts[at] == "if":
            return self.choice(at, end)
        after = self.scanner.expr(at)
        if kinds[at] == LITERAL and after == at + 1:
            self.show(at)
        elif (
            kinds[name] == IDENT
            and texts[name].startswith("on")
            and self.is_closure(at, after)
            and self.is_element(name)
        ):
            self.code.text(f"dioxus_elements::events::{texts[name]}::call_with_explicit_closure({{")
            self.code.copy(at, after)
            self.code.text("});")
        else:
            self.value(at, after)
        return after

    def is_closure(self, at: int, end: int) -> bool:
        """A closure, or a block that ends with one."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        while texts[at] == "{" and kinds[at] == OPEN and partners[at] == end - 1:
            at, end = at + 1, end - 1
            last = at
            while at < end:
                if texts[at] == ";":
                    last = at + 1
                at = partners[at] + 1 if kinds[at] == OPEN else at + 1
            at = last
        return at < end and texts[at] in ("move", "|", "||", "async")

    def is_element(self, at: int) -> bool:
        """Whether the braces around a token are those of an element; `on_name` is never an event."""
        texts, partners, kinds = self.buffer.texts, self.buffer.partners, self.buffer.kinds
        opening = at
        while opening > 0:
            opening -= 1
            if partners[opening] > at and kinds[opening] == OPEN:
                break
        name = texts[opening - 1] if opening else ""
        return bool(name) and name[0].islower() and "_" not in name and (opening < 2 or texts[opening - 2] != "::")

    def choice(self, at: int, end: int) -> int:
        """`if` as the value of an attribute; its branches are strings or expressions."""
        return branches(self.code, self.scanner, at, end, self.chosen)

    def chosen(self, opening: int, closing: int) -> int:
        self.code.text("{")
        if closing == opening + 2 and self.buffer.kinds[opening + 1] == LITERAL:
            self.show(opening + 1)
        else:
            self.value(opening + 1, closing)
        self.code.text("}")
        return closing + 1

    def condition(self, at: int, end: int) -> int:
        return branches(self.code, self.scanner, at, end, self.branch)

    def branch(self, opening: int, closing: int) -> int:
        self.code.text("{")
        self.nodes(opening + 1, closing)
        self.code.text("}")
        return closing + 1

    def loop(self, at: int, end: int) -> int:
        """The body becomes a closure that `map` is given."""
        after = self.scanner.pattern(at + 1, alternatives=True)
        if self.buffer.texts[after] != "in":
            raise NoFragment
        opening = self.scanner.expr(after + 1, structs=False)
        if self.buffer.texts[opening] != "{" or opening >= end:
            raise NoFragment
        self.code.text("::core::mem::drop(::core::iter::IntoIterator::into_iter({")
        self.code.copy(after + 1, opening)
        self.code.text("}).map(|")
        self.code.copy(at + 1, after)
        self.code.text("|")
        at = self.branch(opening, self.buffer.partners[opening])
        self.code.text("));")
        return at

    def value(self, at: int, end: int) -> None:
        if at < end:
            self.code.text("::core::mem::drop({")
            self.code.copy(at, end)
            self.code.text("});")

    def show(self, at: int) -> None:
        """A string: what stands in its braces is borrowed."""
        text = self.buffer.texts[at]
        if not text.endswith(('"', "#")):
            return
        for segment in _SEGMENT.finditer(text):
            if segment[1] is not None:
                self.code.text(f"&({segment[1]});", at)
