"""`html!` of yew: markup with Rust in braces, attribute values and control flow. `leptos_view` has leptos's.

The code that stands for it evaluates what the macro evaluates, in order, each in the place that says the same about it:
a handler goes to the function that the macro gives it to, a property into the field of its component, everything else
is taken by value. Invariant: what is no markup is an answer in words.
"""

from __future__ import annotations

from closurelens.hir.macros.branches import branches
from closurelens.hir.macros.code import Code
from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.scan_types import NoFragment
from closurelens.hir.macros.tokens import GLUED, IDENT, LITERAL, OPEN, PUNCT
from closurelens.hir.macros.transcribe import Output
from closurelens.hir.macros.writer import Writer


def html(arguments: Arguments) -> Output | str:
    """yew's."""
    code = Code(arguments)
    code.text("{")
    markup = _Yew(code, arguments)
    try:
        markup.nodes(arguments.first, arguments.last)
    except NoFragment:
        return "it is no markup"
    code.text("<::yew::virtual_dom::VNode as ::core::default::Default>::default() }")
    return code.finish()


class Markup(Writer):
    """Writes statements for a run of nodes; raises `NoFragment`."""

    def nodes(self, at: int, end: int) -> None:
        self.enter()
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        while at < end:
            text, kind = texts[at], kinds[at]
            if text == "<" and kind in (PUNCT, GLUED):
                at = self.tag(at, end)
            elif kind == OPEN and text == "{":
                self.block(at + 1, partners[at])
                at = partners[at] + 1
            elif kind == LITERAL or (kind == IDENT and text in ("true", "false")):
                at += 1
            elif kind == IDENT and text == "if":
                at = self.condition(at, end)
            elif kind == IDENT and text == "for":
                at = self.loop(at, end)
            elif text == ",":
                at += 1
            else:
                at = self.other(at, end)
        self.leave()

    def other(self, at: int, end: int) -> int:
        raise NoFragment

    def block(self, at: int, end: int) -> None:
        """What stands in braces as a child."""
        if at < end and self.buffer.texts[at] == "for":
            at += 1
        self.value(at, end)

    def value(self, at: int, end: int) -> None:
        """An expression that the macro takes by value; several statements may stand before it."""
        if at < end:
            self.code.text("::core::mem::drop({")
            self.code.copy(at, end)
            self.code.text("});")

    def condition(self, at: int, end: int) -> int:
        """`if`, with branches of nodes."""
        return branches(self.code, self.scanner, at, end, self.branch)

    def branch(self, opening: int, closing: int) -> int:
        self.code.text("{")
        self.nodes(opening + 1, closing)
        self.code.text("}")
        return closing + 1

    def loop(self, at: int, end: int) -> int:
        """`for pattern in expression { nodes }`."""
        after = self.scanner.pattern(at + 1, alternatives=True)
        if self.buffer.texts[after] != "in":
            raise NoFragment
        opening = self.scanner.expr(after + 1, structs=False)
        if self.buffer.texts[opening] != "{" or opening >= end:
            raise NoFragment
        self.code.copy(at, opening)
        return self.branch(opening, self.buffer.partners[opening])

    # Tags

    def tag(self, at: int, end: int) -> int:
        texts = self.buffer.texts
        close = self.tag_end(at, end)
        at += 1
        if texts[at] != "/" and at < close:
            if texts[close - 1] == "/":
                self.open_tag(at, close - 1)
            else:
                self.open_tag(at, close)
        return close + 1

    def tag_end(self, at: int, end: int) -> int:
        """The `>` that ends the tag; those of generics in it pair up."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        angles = 0
        while at < end:
            if kinds[at] == OPEN:
                at = partners[at]
            elif texts[at] == "<":
                angles += 1
            elif texts[at] == ">" and kinds[at] in (PUNCT, GLUED):
                angles -= 1
                if angles == 0:
                    return at
            at += 1
        raise NoFragment

    def open_tag(self, at: int, end: int) -> None:
        """The name, then attributes."""
        kinds, texts = self.buffer.kinds, self.buffer.texts
        component: tuple[int, int] | None = None
        if texts[at] == "@":
            at += 1
            if texts[at] != "{":
                raise NoFragment
            self.value(at + 1, self.buffer.partners[at])
            at = self.buffer.partners[at] + 1
        else:
            start = at
            at = self.tag_name(at, end)
            if self.is_component(start, at):
                component = (start, at)
        while at < end:
            if kinds[at] == OPEN and texts[at] == "{":
                close = self.buffer.partners[at]
                self.short(component, at + 1, close)
                at = close + 1
            elif texts[at] == ".." and at + 1 < end:
                self.value(at + 1, end)
                return
            elif texts[at] in ("~", "#", ","):
                at += 1
            else:
                at = self.attribute(component, at, end)

    def tag_name(self, at: int, end: int) -> int:
        kinds, texts = self.buffer.kinds, self.buffer.texts
        if kinds[at] not in (IDENT, PUNCT):
            raise NoFragment
        if kinds[at] == IDENT and texts[at + 1] not in ("::", "<") and not texts[at][0].isupper():
            at += 1
            while at + 1 < end and texts[at] in ("-", ":") and kinds[at + 1] == IDENT:
                at += 2
            return at
        return self.scanner.type(at, plus=False)

    def is_component(self, start: int, end: int) -> bool:
        text = self.buffer.texts[start]
        return text[0].isupper() or "::" in self.buffer.texts[start:end]

    def attribute(self, component: tuple[int, int] | None, at: int, end: int) -> int:
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        if kinds[at] not in (IDENT, LITERAL):
            raise NoFragment
        start = at
        at += 1
        while at + 1 < end and texts[at] in ("-", ":", "::") and kinds[at + 1] in (IDENT, LITERAL):
            at += 2
        name_end = at
        if texts[at] == "?":
            at += 1
        if at >= end or texts[at] != "=":
            self.flag(start, name_end)
            return at
        at += 1
        if at >= end:
            raise NoFragment
        if texts[at] == "{" and kinds[at] == OPEN and self.ends_value(partners[at] + 1, end):
            self.assign(component, start, name_end, at + 1, partners[at])
            return partners[at] + 1
        after = self.raw_value(at, end)
        self.assign(component, start, name_end, at, after)
        return after

    def ends_value(self, at: int, end: int) -> bool:
        return True

    def raw_value(self, at: int, end: int) -> int:
        """A value without braces."""
        if self.buffer.texts[at] == "-":
            at += 1
        if self.buffer.kinds[at] == LITERAL or self.buffer.texts[at] in ("true", "false"):
            return at + 1
        raise NoFragment

    def flag(self, start: int, end: int) -> None:
        """An attribute without a value."""

    def short(self, component: tuple[int, int] | None, at: int, end: int) -> None:
        """`{name}`, which stands for `name={name}`."""
        if at < end:
            self.assign(component, at, end, at, end)

    def assign(self, component: tuple[int, int] | None, name: int, name_end: int, at: int, end: int) -> None:
        raise NotImplementedError


class _Yew(Markup):
    def assign(self, component: tuple[int, int] | None, name: int, name_end: int, at: int, end: int) -> None:
        code, texts = self.code, self.buffer.texts
        is_word = name_end == name + 1 and self.buffer.kinds[name] == IDENT
        word = texts[name].removeprefix("r#")
        if component is None and is_word and len(word) > 2 and word.startswith("on"):
            code.text(f"::yew::html::{word}::Wrapper::__macro_new({{")
            code.copy(at, end)
            code.text("});")
        elif component is not None and is_word and word not in ("key", "ref"):
            code.text("{ let mut __props: <")
            code.copy(*component)
            code.text(
                "as ::yew::html::BaseComponent>::Properties = unsafe { ::core::mem::zeroed() };"
                f"__props.{texts[name]} = ::yew::html::IntoPropValue::into_prop_value({{"
            )
            code.copy(at, end)
            code.text("}); }")
        else:
            self.value(at, end)
