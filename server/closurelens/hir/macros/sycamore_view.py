"""`view!` of sycamore: elements with attributes in parentheses and children in braces, `if`, `match` and expressions.

As in `markup`, the code that stands for it evaluates what the macro evaluates. What may change is put into a closure
that owns what it uses; the macro tells that by the form of an expression (`is_dynamic`). What is no markup is an
answer in words. Invariant: which trait a property wants of a closure only what `derive(Props)` made can say.
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.hir.macros.code import Code
from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.scan_types import NoFragment
from closurelens.hir.macros.tokens import EOF, IDENT, LITERAL, OPEN, Unbalanced
from closurelens.hir.macros.transcribe import Output
from closurelens.hir.macros.writer import Writer

_INTO_VIEW = "::core::convert::Into::<::sycamore::rt::View>::into("
_ELEMENT = '::sycamore::rt::custom_element("")'
_DYNAMIC = "::sycamore::rt::View::from_dynamic(move || "
_KEYWORDS = frozenset(["if", "in", "match", "return", "while", "else", "move", "break", "as", "let", "mut", "ref"])
_CLOSERS = frozenset((")", "]", "}", ">"))


def view(arguments: Arguments) -> Output | str:
    code = Code(arguments)
    try:
        _View(code, arguments).root(arguments.first, arguments.last)
    except (NoFragment, Unbalanced):
        return "it is no markup"
    return code.finish()


class _View(Writer):
    def root(self, at: int, end: int) -> None:
        """All nodes between braces: one view."""
        self.code.text(_INTO_VIEW)
        self.vec(at, end)
        self.code.text(")")

    def vec(self, at: int, end: int) -> None:
        self.code.text("<[::sycamore::rt::View]>::into_vec(::std::boxed::Box::new([")
        self.nodes(at, end)
        self.code.text("]))")

    def nodes(self, at: int, end: int) -> None:
        self.enter()
        while at < end:
            at = self.node(at, end)
            self.code.text(",")
        self.leave()

    def node(self, at: int, end: int) -> int:
        text, kind, partners = self.buffer.texts[at], self.buffer.kinds[at], self.buffer.partners
        if kind == LITERAL:
            self.code.text(_INTO_VIEW)
            self.code.copy(at, at + 1)
            self.code.text(")")
            return at + 1
        if kind == OPEN and text == "(":
            self.expression(at + 1, partners[at])
            return partners[at] + 1
        if text == "if":
            return self.condition(at, end)
        if text == "match":
            return self.choice(at, end)
        return self.tag(at, end)

    def expression(self, at: int, end: int) -> None:
        is_dynamic = self.is_dynamic(at, end)
        self.code.text((_DYNAMIC if is_dynamic else "") + _INTO_VIEW)
        self.code.copy(at, end)
        self.code.text("))" if is_dynamic else ")")

    def condition(self, at: int, end: int) -> int:
        """`if`; what follows `else` is a node of its own, dynamic or not."""
        opening = self.opening(at + 1, end)
        return self.maybe_dynamic(self.is_dynamic(at + 1, opening), lambda: self.branches(at, opening, end))

    def branches(self, at: int, opening: int, end: int) -> int:
        texts, partners = self.buffer.texts, self.buffer.partners
        self.code.copy(at, opening)
        at = self.braces(opening)
        self.code.text("else {")
        if at < end and texts[at] == "else":
            at += 1
            if texts[at] == "if":
                at = self.condition(at, end)
            elif texts[at] == "{":
                self.root(at + 1, partners[at])
                at = partners[at] + 1
            else:
                raise NoFragment
        else:
            self.code.text("::sycamore::rt::View::new()")
        self.code.text("}")
        return at

    def choice(self, at: int, end: int) -> int:
        opening = self.opening(at + 1, end)
        return self.maybe_dynamic(self.is_dynamic(at + 1, opening), lambda: self.arms(at, opening))

    def arms(self, at: int, opening: int) -> int:
        texts, close = self.buffer.texts, self.buffer.partners[opening]
        self.code.copy(at, opening)
        self.code.text("{")
        at = opening + 1
        while at < close:
            start = at
            at = self.scanner.pattern(at, alternatives=True)
            if texts[at] == "if":
                at = self.scanner.expr(at + 1)
            if texts[at] != "=>":
                raise NoFragment
            self.code.copy(start, at + 1)
            at += 1
            at = self.braces(at) if texts[at] == "{" else self.node(at, close)
            self.code.text(",")
            if at < close and texts[at] == ",":
                at += 1
        self.code.text("}")
        return close + 1

    def opening(self, at: int, end: int) -> int:
        """The brace after an expression."""
        opening = self.scanner.expr(at, structs=False)
        if opening >= end or self.buffer.texts[opening] != "{":
            raise NoFragment
        return opening

    def braces(self, opening: int) -> int:
        close = self.buffer.partners[opening]
        self.code.text("{")
        self.root(opening + 1, close)
        self.code.text("}")
        return close + 1

    def maybe_dynamic(self, is_dynamic: bool, write: Callable[[], int]) -> int:
        self.enter()  # `else if` and arms go on in one another
        if is_dynamic:
            self.code.text(_DYNAMIC + "{")
        at = write()
        self.leave()
        if is_dynamic:
            self.code.text("})")
        return at

    # Tags

    def tag(self, at: int, end: int) -> int:
        """The name, then attributes, children or both."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        start = at
        if kinds[at] == IDENT and texts[at + 1] == "-":
            at = self.hyphenated(at)
        else:
            at = self.path(at)
        name = (start, at)
        attributes = children = None
        if at < end and texts[at] == "(":
            attributes = (at + 1, partners[at])
            at = partners[at] + 1
        if at < end and texts[at] == "{":
            children = (at + 1, partners[at])
            at = partners[at] + 1
        if attributes is None and children is None:
            raise NoFragment
        if "-" not in texts[name[0] : name[1]] and (name[1] > name[0] + 1 or texts[name[0]][0].isupper()):
            self.component(name, attributes or (at, at), children)
        else:
            self.element(attributes or (at, at), children or (at, at))
        return at

    def path(self, at: int) -> int:
        """The name of a component, perhaps with generic arguments after `::`."""
        kinds, texts = self.buffer.kinds, self.buffer.texts
        at += texts[at] == "::"
        while kinds[at] == IDENT:
            at += 1
            if texts[at] == "::" and texts[at + 1] == "<":
                angles = 0
                while True:
                    at += 1
                    if kinds[at] == EOF:
                        raise NoFragment
                    angles += (texts[at] == "<") - (texts[at] == ">")
                    if angles == 0:
                        break
                at += 1
            if texts[at] != "::":
                return at
            at += 1
        raise NoFragment

    def element(self, attributes: tuple[int, int], children: tuple[int, int]) -> None:
        """Children come first. All elements take handlers and children alike; what the others take has their names."""
        self.code.text(f"{{ let __element = {_ELEMENT}.children(")
        self.vec(*children)
        self.code.text(");")
        self.attributes(*attributes, of_component=False)
        self.code.text("::sycamore::rt::View::from(__element) }")

    def component(self, name: tuple[int, int], attributes: tuple[int, int], children: tuple[int, int] | None) -> None:
        """Methods take the properties (`resolve.derive_setters`), in a closure that owns what they use."""
        self.code.text("::sycamore::rt::component_scope(move || {")
        if attributes[0] < attributes[1]:
            self.code.text("let __props = unsafe { ::core::mem::zeroed() };")
            self.code.copy(*name)
            self.code.text("(__props);")
            self.attributes(*attributes, of_component=True)
        else:
            self.code.text("::core::mem::drop(&")
            self.code.copy(*name)
            self.code.text(");")
        if children is not None and children[0] < children[1]:
            self.code.text("::core::mem::drop(::sycamore::rt::Children::new(move || {")
            self.root(*children)
            self.code.text("}));")
        self.code.text("::sycamore::rt::View::new() })")

    def attributes(self, at: int, end: int, *, of_component: bool) -> None:
        texts = self.buffer.texts
        while at < end:
            at = self.attribute(at, end, of_component=of_component)
            if at < end and texts[at] != ",":
                raise NoFragment
            at += 1

    def attribute(self, at: int, end: int, *, of_component: bool) -> int:
        kinds, texts = self.buffer.kinds, self.buffer.texts
        if texts[at] == "..":
            after = self.scanner.expr(at + 1)
            self.taken("::core::mem::drop(", at + 1, after)
            return after
        start = at
        at = self.hyphenated(at)
        is_word = kinds[start] == IDENT and at == start + 1
        word = texts[start].removeprefix("r#")
        directive = ""
        if is_word and texts[at] == ":":
            directive = word
            at += 2
        if at >= end or texts[at] != "=" or directive not in ("", "on", "prop", "bind"):
            raise NoFragment
        after = self.scanner.expr(at + 1)
        if directive == "on":
            self.taken(f"{_ELEMENT}.on(::sycamore::rt::events::{texts[at - 1]},", at + 1, after)
        elif directive == "bind" or word == "ref":
            self.taken("::core::mem::drop(", at + 1, after)
        elif of_component and is_word and not directive:
            self.taken(f"__props.{texts[start]}(", at + 1, after)
        else:
            is_dynamic = self.is_dynamic(at + 1, after)
            self.taken("::core::mem::drop(move || " if is_dynamic else "::core::mem::drop(", at + 1, after)
        return after

    def taken(self, by: str, at: int, end: int) -> None:
        self.code.text(by)
        self.code.copy(at, end)
        self.code.text(");")

    def hyphenated(self, at: int) -> int:
        kinds, texts = self.buffer.kinds, self.buffer.texts
        if kinds[at] not in (IDENT, LITERAL):
            raise NoFragment
        at += 1
        while texts[at] == "-" and kinds[at + 1] in (IDENT, LITERAL):
            at += 2
        return at

    # What may change

    def is_dynamic(self, at: int, end: int) -> bool:
        """Whether an expression calls, borrows or does anything else whose value may be another the next time."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        is_start = True
        while at < end:
            text = texts[at]
            if is_start and (text in ("|", "||", "move") or (text == "async" and texts[at + 1] != "{")):
                after = self.scanner.expr(at)
                at = max(after, at + 1)
                is_start = False
                continue
            if text in ("?", "await", "async", "unsafe", "return") or (is_start and text in ("&", "&&")):
                return True
            if kinds[at] == IDENT and texts[at + 1] == "!" and kinds[at + 2] == OPEN:
                if text != "view":
                    return True
                at = partners[at + 2]
            elif text == "(" and kinds[at] == OPEN and not is_start:
                return True
            is_start = not (kinds[at] == LITERAL or (kinds[at] == IDENT and text not in _KEYWORDS) or text in _CLOSERS)
            at += 1
        return False
