"""std's macros that are no plain Rust: those with a form of their own, and those that depend on the build.

See `std_rules` for the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from closurelens.hir.macros.api import (
    Answer,
    AsmForm,
    Failure,
    FormatArgsForm,
    FormatCapture,
    FormatExpr,
    MacroCall,
    MacroDef,
    OffsetOfForm,
    StdMacro,
)
from closurelens.hir.macros.expansion import Arguments, Template, TokenExpansion
from closurelens.hir.macros.format_string import Capture, captures
from closurelens.hir.macros.scan_items import Scanner
from closurelens.hir.macros.scan_types import NoFragment
from closurelens.hir.macros.std_rules import RULES
from closurelens.hir.macros.tokens import CLOSE, FRAGMENT, IDENT, LITERAL, OPEN, PUNCT, TokenBuffer, lex
from closurelens.hir.macros.transcribe import Output
from closurelens.syntax.nodes import Node

if TYPE_CHECKING:
    from closurelens.hir.macros.expander import Expander


def std_macro(name: str) -> MacroDef | None:
    """The macro of core, alloc or std whose path ends with `name`; None: none that is known here.

    `name` may be a path (`core::ptr::addr_of`): std has no two macros of one name that differ, but for `panic!`, where
    the edition decides.
    """
    name = name.rpartition("::")[2].removeprefix("r#")
    return StdMacro(name) if name in RULES or name in _SPECIALS else None


def expand_special(expander: Expander, call: MacroCall, name: str) -> Answer:
    handler = _SPECIALS.get(name)
    if handler is None:
        return Failure(f"macro `{name}!` of std is not modelled", call.source)
    arguments = expander.arguments(call)
    if arguments is None:
        return Failure(f"the arguments of `{name}!` are unbalanced", call.source)
    return handler(expander, call, arguments, name)


def _constant(expander: Expander, call: MacroCall, arguments: Arguments, code: str) -> Answer:
    """A piece of code that does not come from the arguments."""
    key = (code, call.position)
    template = _constants.get(key)
    if template is None:
        buffer = lex(code.encode())
        output = Output()
        for kind, text in zip(buffer.kinds[:-1], buffer.texts[:-1], strict=True):
            output.add(kind, text)
        output.finish()
        template = Template(output)
        if not template.parse(call.position):
            return Failure(f"`{code}` cannot stand here", call.source)
        _constants[key] = template
    return expander.finish(call, template, arguments, None)


_constants: dict[tuple[str, str], Template] = {}


class _List:
    """Expressions among the arguments, written out as an array to be parsed at once."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.output = Output()
        self.count = 0

    def add(self, start: int, end: int) -> None:
        self.output.add(*((PUNCT, ",") if self.count else (OPEN, "[")))
        self.output.copy(self.arguments.buffer, start, end, self.arguments.first)
        self.count += 1

    def parse(self) -> tuple[Template, list[Node]] | None:
        self.output.add(CLOSE, "]")
        self.output.finish()
        template = Template(self.output)
        if not template.parse("expr") or template.node is None or template.node.kind != "array_expression":
            return None
        nodes = [node for node in template.node.named_children if node.kind != "attribute_item"]
        return (template, nodes) if len(nodes) == self.count else None


# format_args


class _Format:
    """What `format_args!` says for some argument tokens; a capture is in the `token`-th of them."""

    __slots__ = ("buffer", "captures", "nodes", "template", "token")

    def __init__(self, buffer: TokenBuffer) -> None:
        self.buffer = buffer
        self.template: Template | None = None
        self.nodes: list[Node] = []
        self.token = 0
        self.captures: list[Capture] = []


_formats: dict[object, _Format | str] = {}


def _format_args(expander: Expander, call: MacroCall, arguments: Arguments, name: str) -> Answer:
    source = call.source
    start, end = call.args
    if isinstance(source, TokenExpansion):
        first, last = arguments.first, arguments.last
        key: object = (source.text[start:end], source.template.groups(first, last), last - first)
    else:
        key = source.text[start:end]
    made = _formats.get(key)
    if made is None:
        if len(_formats) > _MAX_FORMATS:
            _formats.clear()
        made = _formats[key] = _read_format(arguments, name)
    if isinstance(made, str):
        return Failure(made, source)
    args: list[FormatExpr | FormatCapture] = [FormatExpr(node) for node in made.nodes]
    form = FormatArgsForm(source, args)
    if made.template is not None:
        form.source = expander.finish(call, made.template, arguments, None)
    if made.captures:
        args += _located(arguments, arguments.first + made.token, made.captures)
    return form


_MAX_FORMATS = 4096


def _located(arguments: Arguments, token: int, found: list[Capture]) -> list[FormatCapture]:
    source = arguments.source
    if isinstance(source, TokenExpansion):
        range_, in_macro = source.locate_tokens(token, token)
        ctxt = source.ctxt_of_token(token)
        if in_macro:
            return [FormatCapture(capture.name, range_, in_macro, ctxt) for capture in found]
        base = range_[0]
        return [FormatCapture(item.name, (base + item.start, base + item.end), False, ctxt) for item in found]
    base = arguments.shift + arguments.buffer.starts[token]
    return [FormatCapture(item.name, *source.locate(base + item.start, base + item.end), 0) for item in found]


def _read_format(arguments: Arguments, name: str) -> _Format | str:
    buffer, at, last = arguments.buffer, arguments.first, arguments.last
    kinds, texts = buffer.kinds, buffer.texts
    scanner = Scanner(buffer)
    made = _Format(buffer)
    if at >= last:
        return f"`{name}!` needs a format string"
    exprs = _List(arguments)
    named: set[str] = set()
    try:
        after = scanner.fragment(at, "expr")
        while kinds[at] == OPEN and texts[at] in FRAGMENT and buffer.partners[at] >= after - 1:
            at += 1
        token = at
        at = after
        while at < last:
            if texts[at] != ",":
                return f"the arguments of `{name}!` do not parse"
            at += 1
            if at >= last:
                break
            if kinds[at] == IDENT and texts[at + 1] == "=" and kinds[at + 1] == PUNCT:
                named.add(texts[at].removeprefix("r#"))
                at += 2
            after = scanner.fragment(at, "expr")
            exprs.add(at, after)
            at = after
    except NoFragment:
        return f"the arguments of `{name}!` do not parse"
    if exprs.count:
        parsed = exprs.parse()
        if parsed is None:
            return f"the arguments of `{name}!` do not parse"
        made.template, made.nodes = parsed
    # A string that a macro makes takes no variables from around the call.
    if kinds[token] == LITERAL:
        made.token = token - arguments.first
        for capture in captures(texts[token]):
            if capture.name not in named:
                named.add(capture.name)
                made.captures.append(capture)
    return made


# asm

_DIRECTIONS = {"in": "in", "out": "out", "lateout": "out", "inout": "inout", "inlateout": "inout"}


def _asm(expander: Expander, call: MacroCall, arguments: Arguments, name: str) -> Answer:
    if call.position == "item":
        return _constant(expander, call, arguments, "")
    buffer, at, last = arguments.buffer, arguments.first, arguments.last
    kinds, texts, partners = buffer.kinds, buffer.texts, buffer.partners
    scanner = Scanner(buffer)
    exprs = _List(arguments)
    directions: list[str] = []

    def operand(at: int, direction: str) -> int:
        if texts[at] == "_":
            return at + 1
        after = scanner.fragment(at, "expr")
        exprs.add(at, after)
        directions.append(direction)
        return after

    try:
        while at < last:
            if kinds[at] == IDENT and texts[at + 1] == "=" and kinds[at + 1] == PUNCT:
                at += 2
            if at >= last:
                raise NoFragment
            text, group = texts[at], kinds[at + 1] == OPEN and texts[at + 1] == "("
            if text in _DIRECTIONS and group:
                direction = _DIRECTIONS[text]
                count = len(directions)
                at = operand(partners[at + 1] + 1, direction)
                if texts[at] == "=>":
                    if len(directions) > count:
                        directions[-1] = "in"
                    at = operand(at + 1, "out")
            elif text in ("const", "sym", "label") and texts[at + 1] not in ("(", ","):
                at = operand(at + 1, text)
            elif text in ("options", "clobber_abi") and group:
                at = partners[at + 1] + 1
            else:
                at = scanner.fragment(at, "expr")
            if at < last and texts[at] != ",":
                raise NoFragment
            at += 1
    except NoFragment:
        return Failure(f"the arguments of `{name}!` do not parse", call.source)
    if not exprs.count:
        return AsmForm(call.source, [])
    parsed = exprs.parse()
    if parsed is None:
        return Failure(f"the arguments of `{name}!` do not parse", call.source)
    template, nodes = parsed
    source = expander.finish(call, template, arguments, None)
    return AsmForm(source, list(zip(directions, nodes, strict=True)))


# Types, cfg


def _offset_of(expander: Expander, call: MacroCall, arguments: Arguments, name: str) -> Answer:
    try:
        end = Scanner(arguments.buffer).fragment(arguments.first, "ty")
    except NoFragment:
        end = arguments.first
    output = Output()
    output.copy(arguments.buffer, arguments.first, end, arguments.first)
    output.finish()
    template = Template(output)
    if not template.parse("type") or template.node is None:
        return Failure(f"the arguments of `{name}!` do not parse", call.source)
    return OffsetOfForm(expander.finish(call, template, arguments, None), template.node)


def _text(arguments: Arguments, start: int, end: int) -> str:
    buffer, shift = arguments.buffer, arguments.shift
    if start >= end:
        return ""
    piece = arguments.source.text[buffer.starts[start] + shift : buffer.ends[end - 1] + shift]
    return piece.decode("utf-8", "replace")


def _cfg(expander: Expander, call: MacroCall, arguments: Arguments, name: str) -> Answer:
    last = arguments.last
    if last > arguments.first and arguments.buffer.texts[last - 1] == ",":
        last -= 1
    holds = expander.context.cfg(_text(arguments, arguments.first, last))
    return _constant(expander, call, arguments, "false" if holds is False else "true")


def _cfg_select(expander: Expander, call: MacroCall, arguments: Arguments, name: str) -> Answer:
    buffer, at, last = arguments.buffer, arguments.first, arguments.last
    texts, partners = buffer.texts, buffer.partners
    scanner = Scanner(buffer)
    try:
        while at < last:
            start = at
            while texts[at] != "=>":
                at = scanner.tree(at)
            predicate = "" if texts[start] == "_" else _text(arguments, start, at)
            holds = expander.context.cfg(predicate) if predicate else True
            at += 1
            if texts[at] == "{":
                arm, at = (at + 1, partners[at]), partners[at] + 1
            else:
                after = scanner.fragment(at, "expr")
                arm, at = (at, after), after
            if texts[at] == ",":
                at += 1
            if holds is None:
                return Failure(f"whether `{predicate}` holds is not known", call.source)
            if holds:
                output = Output()
                output.copy(buffer, *arm, arguments.first)
                output.finish()
                template = Template(output)
                if not template.parse(call.position):
                    return Failure(f"the expansion of `{name}!` does not parse", call.source)
                return expander.finish(call, template, arguments, None)
    except NoFragment:
        return Failure(f"the arguments of `{name}!` do not parse", call.source)
    return Failure(f"no arm of `{name}!` applies", call.source)


def _include(expander: Expander, call: MacroCall, arguments: Arguments, name: str) -> Answer:
    return Failure("`include!` takes code from another file", call.source)


def _compile_error(expander: Expander, call: MacroCall, arguments: Arguments, name: str) -> Answer:
    return Failure("`compile_error!` stands here", call.source)


_SPECIALS: dict[str, Callable[[Expander, MacroCall, Arguments, str], Answer]] = {
    "format_args": _format_args,
    "format_args_nl": _format_args,
    "const_format_args": _format_args,
    "asm": _asm,
    "naked_asm": _asm,
    "global_asm": _asm,
    "offset_of": _offset_of,
    "cfg": _cfg,
    "cfg_select": _cfg_select,
    "include": _include,
    "compile_error": _compile_error,
}
