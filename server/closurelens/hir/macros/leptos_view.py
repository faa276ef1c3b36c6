"""`view!` of leptos.

As in `markup`, the code that stands for it evaluates what the macro evaluates. What is between the tags of a component
is in a closure that owns what it uses, unless it is text; the component's properties are the fields of the struct that
`#[component]` makes (`resolve.component_items`). Invariant: the whole has a type of its own, which is not `Copy`.
"""

from __future__ import annotations

from closurelens.hir.macros.code import Code
from closurelens.hir.macros.expansion import Arguments, slice_buffer
from closurelens.hir.macros.markup import Markup
from closurelens.hir.macros.scan_items import Scanner
from closurelens.hir.macros.scan_types import NoFragment
from closurelens.hir.macros.tokens import CLOSE, EOF, GLUED, IDENT, LITERAL, OPEN, PUNCT, words
from closurelens.hir.macros.transcribe import Output
from closurelens.records import dataclass, field

_VOID = words("area base br col embed hr img input link meta param source track wbr")
_SOME_VIEW = "fn __view() -> impl ::leptos::prelude::IntoView { loop {} }"
_OF_ELEMENTS = frozenset(("attr", "bind", "class", "on", "prop", "style", "use"))
"""What stands before a colon in attributes that are no properties of a component."""
_ELEMENTS = words(
    """
    a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code col
    colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer form h1 h2 h3
    h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark menu meta meter
    nav noscript object ol optgroup option output p picture portal pre progress q rp rt ruby s samp script search
    section select slot small source span strong style sub summary sup table tbody td template textarea tfoot th thead
    time title tr track u ul var video wbr
    """
)
"""Those of HTML."""


def view(arguments: Arguments) -> Output | str:
    code = Code(arguments)
    code.text("{")
    markup = _Leptos(code, arguments)
    try:
        markup.whole(arguments.first, arguments.last)
    except NoFragment:
        return "it is no markup"
    code.text("}")
    return code.finish()


@dataclass(slots=True)
class _Tag:
    """What an opening tag says that counts behind it; ranges are of tokens."""

    name: str = ""
    component: tuple[int, int] | None = None
    is_spread: bool = False
    is_slot: bool = False
    has_props: bool = False
    is_after_spread: bool = False
    cloned: list[int] = field(default_factory=list)
    bound: list[tuple[int, int]] = field(default_factory=list)


class _Leptos(Markup):
    def __init__(self, code: Code, arguments: Arguments) -> None:
        super().__init__(code, arguments)
        self.slots: dict[int, int] = {}
        """Where the elements that are slots start and end: they are properties of the component around them."""

    def whole(self, at: int, end: int) -> None:
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        if at + 3 < end and texts[at] == "class" and texts[at + 1] == "=" and texts[at + 3] == ",":
            self.value(at + 2, at + 3)
            at += 4
        if at >= end:
            return
        if kinds[at] == LITERAL and at + 1 == end:
            self.code.copy(at, end)
        elif texts[at] == "{" and kinds[at] == OPEN and partners[at] + 1 == end:
            self.code.text("::leptos::prelude::IntoRender::into_render(")
            self.code.copy(at, end)
            self.code.text(")")
        else:
            self.all_nodes(at, end)
            self.code.text(_SOME_VIEW)
            is_list = texts[at] == "<" and texts[at + 1] == "{"
            self.code.text("__view()" if is_list else "::leptos::prelude::View::new(__view())")

    def all_nodes(self, at: int, end: int) -> None:
        if self.siblings(at, end) != end:
            raise NoFragment

    def siblings(self, at: int, end: int) -> int:
        """Nodes up to a closing tag, or to the end."""
        self.enter()
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        while at < end:
            if texts[at] == "<" and kinds[at] in (PUNCT, GLUED):
                if texts[at + 1] == "/":
                    break
                if at in self.slots:
                    at = self.slots[at]
                    continue
                at = self.comment(at, end) if texts[at + 1] == "!" else self.element(at, end)
            elif kinds[at] == OPEN and texts[at] == "{":
                self.value(at + 1, partners[at])
                at = partners[at] + 1
            elif kinds[at] in (OPEN, CLOSE, EOF):
                at = partners[at] + 1 if kinds[at] == OPEN else end + 1
            else:
                at += 1  # text, with or without quotation marks
        self.leave()
        if at > end:
            raise NoFragment
        return at

    def comment(self, at: int, end: int) -> int:
        """`<!-- "text" -->`, `<!DOCTYPE html>`."""
        texts = self.buffer.texts
        while at < end:
            if texts[at].endswith(">"):
                return at + 1
            at += 1
        raise NoFragment

    def element(self, at: int, end: int) -> int:
        """A tag with all up to the tag that closes it."""
        texts = self.buffer.texts
        close = self.tag_end(at, end)
        is_closed = texts[close - 1] == "/"
        tag = _Tag()
        # Properties, then children: the block is the component's.
        self.code.text("{")
        if at + 1 < close:
            self.opening(tag, at + 1, close - 1 if is_closed else close)
        at = close + 1
        if not is_closed and tag.name not in _VOID:
            at = self.children(tag, at, end)
            if at >= end:
                raise NoFragment
            at = self.tag_end(at, end) + 1
        self.code.text("}")
        return at

    def children(self, tag: _Tag, at: int, end: int) -> int:
        """Up to the closing tag."""
        if tag.component is None:
            return self.siblings(at, end)
        texts, partners = self.buffer.texts, self.buffer.partners
        code = self.code
        for start, after in self.slots_among(at, end):
            self.element(start, end)
            self.slots[start] = after
        is_typed = bool(tag.bound) and not tag.is_slot
        if texts[at] == "<" and texts[at + 1] == "/":
            return at
        if is_typed:
            self.begin_props(tag)
            code.text("__props.children = {")
        else:
            code.text("::core::mem::drop({")
        for name in tag.cloned:
            code.text("let")
            code.copy(name, name + 1)
            code.text("= ::core::clone::Clone::clone(&")
            code.copy(name, name + 1)
            code.text(");")
        if not tag.bound and self.is_text(at):
            self.value(at + 1, partners[at])
            at = partners[at] + 1
        else:
            code.text("move |")
            for start, after in tag.bound:
                if start != tag.bound[0][0]:
                    code.text(",")
                code.copy(start, after)
            code.text("| {")
            at = self.siblings(at, end)
            if is_typed:
                code.text(_SOME_VIEW + "__view()")
            code.text("}")
        code.text("};" if is_typed else "});")
        return at

    def slots_among(self, at: int, end: int) -> list[tuple[int, int]]:
        """The slots among the nodes up to the closing tag."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        found: list[tuple[int, int]] = []
        depth, slot = 0, -1
        while at < end:
            if kinds[at] == OPEN:
                at = partners[at] + 1
                continue
            if texts[at] != "<":
                at += 1
                continue
            if texts[at + 1] == "!":
                at = self.comment(at, end)
                continue
            close = self.tag_end(at, end)
            if texts[at + 1] == "/":
                depth -= 1
            else:
                if depth == 0 and self.has_slot(at + 1, close):
                    slot = at
                name = texts[at + 1]
                if texts[close - 1] != "/" and name not in _VOID:
                    depth += 1
            at = close + 1
            if depth < 0:
                break
            if depth == 0 and slot >= 0:
                found.append((slot, at))
                slot = -1
        return found

    def is_text(self, at: int) -> bool:
        """`{format!(..)}` alone is no closure."""
        texts, partners = self.buffer.texts, self.buffer.partners
        if texts[at] != "{" or texts[at + 1] not in ("format", "include_str") or texts[at + 2] != "!":
            return False
        close = partners[at]
        return partners[at + 3] + 1 == close and texts[close + 1] == "<" and texts[close + 2] == "/"

    # Opening tags

    def opening(self, tag: _Tag, at: int, end: int) -> None:
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        if kinds[at] == OPEN and texts[at] == "{":
            tag.is_spread = True
            at = partners[at] + 1
        else:
            start = at
            at = self.tag_name(at, end)
            tag.name = "".join(texts[start:at])
            if self.is_component(start, at):
                tag.component = (start, at)
                tag.is_slot = self.has_slot(at, end)
        while at < end:
            if kinds[at] == OPEN and texts[at] == "{":
                close = partners[at]
                start = at + 1
                if texts[start] == "..":
                    start += 1
                    tag.is_after_spread |= start == close
                self.value(start, close)
                at = close + 1
            elif texts[at] == "," or kinds[at] == CLOSE:
                at += 1
            else:
                at = self.one(tag, at, end)

    def has_slot(self, at: int, end: int) -> bool:
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        while at < end:
            if kinds[at] == OPEN:
                at = partners[at]
            elif (
                kinds[at] == IDENT and texts[at] == "slot" and texts[at - 1] not in (".", ":") and texts[at + 1] != "="
            ):
                return True
            at += 1
        return False

    def one(self, tag: _Tag, at: int, end: int) -> int:
        """An attribute."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        if kinds[at] not in (IDENT, LITERAL):
            raise NoFragment
        start = at
        if texts[at] == "let" and texts[at + 1] == "(":
            tag.bound.append((at + 2, partners[at + 1]))
            return partners[at + 1] + 1
        at += 1
        while at + 1 < end and texts[at] in ("-", ":", "::") and kinds[at + 1] in (IDENT, LITERAL):
            at += 2
        prefix = texts[start] if at > start + 2 and texts[start + 1] == ":" else ""
        if prefix in ("let", "clone"):
            if prefix == "clone":
                tag.cloned.append(start + 2)
            else:
                tag.bound.append((start + 2, at))
            return at
        name_end = at
        if at >= end or texts[at] != "=":
            if tag.component is not None and prefix == "" and not tag.is_slot and not tag.is_after_spread:
                self.prop(tag, start, start, name_end)
            return at
        at += 1
        if at >= end:
            raise NoFragment
        after = self.value_end(at, end)
        is_prop = tag.component is not None and prefix not in _OF_ELEMENTS and not tag.is_after_spread
        if prefix == "on":
            self.handler(tag, start + 2, name_end, at, after)
        elif is_prop and not tag.is_slot and name_end == start + 1:
            self.prop(tag, start, at, after)
        elif texts[start] == "node_ref" and tag.component is None and tag.name in _ELEMENTS:
            self.code.text(f"::leptos::tachys::html::node_ref::node_ref::<{_element_type(tag.name)}, _>({{")
            self.code.copy(at, after)
            self.code.text("});")
        else:
            self.value(at, after)
        return after

    def value_end(self, at: int, end: int) -> int:
        texts, partners = self.buffer.texts, self.buffer.partners
        if texts[at] == "{" and self.buffer.kinds[at] == OPEN:
            after = partners[at] + 1
            # A block may be only the start of an expression.
            if after >= end or texts[after] not in (".", "?"):
                return after
        # What ends the tag is no operator.
        return at + Scanner(slice_buffer(self.buffer, at, end)).expr(0)

    def handler(self, tag: _Tag, name: int, name_end: int, at: int, end: int) -> None:
        """`on:event`, `on:event:target`; names with a `-` are events of the user's own."""
        code, texts = self.code, self.buffer.texts
        options = texts[name + 2 : name_end : 2]
        if "-" in texts[name:name_end] or ("target" in options and (tag.component is not None or tag.is_spread)):
            self.value(at, end)
            return
        if "target" in options:
            element = f"::leptos::tachys::html::element::HtmlElement<{_element_type(tag.name)}, (), ()>"
            code.text(f"::leptos::tachys::html::event::on_target::<_, {element}, _>(::leptos::ev::{texts[name]}, {{")
        else:
            code.text(f"::leptos::tachys::html::event::on(::leptos::ev::{texts[name]}, {{")
        code.copy(at, end)
        code.text("});")

    def begin_props(self, tag: _Tag) -> None:
        """`__props`, of the type that the component takes."""
        if tag.has_props or tag.component is None:
            return
        tag.has_props = True
        code, texts = self.code, self.buffer.texts
        start, end = tag.component
        code.text("let mut __props = unsafe { ::core::mem::zeroed() };")
        less = next((at for at in range(start, end) if texts[at] == "<"), end)
        code.copy(start, less)
        if less < end:
            if texts[less - 1] != "::":
                code.text("::")
            code.copy(less, end)
        code.text("(__props);")

    def prop(self, tag: _Tag, name: int, at: int, end: int) -> None:
        self.begin_props(tag)
        code = self.code
        code.text(f"__props.{self.buffer.texts[name]} = {{")
        code.copy(at, end)
        code.text("};")


def _element_type(name: str) -> str:
    struct = "Option_" if name == "option" else name.capitalize()
    return f"::leptos::tachys::html::element::{struct}"
