"""Expands one macro call after the other.

Invariant: the only state is what makes contexts unique and bounds the work; expansions themselves are remembered with
their definitions and do not depend on it.
"""

from __future__ import annotations

import re
from typing import Final

from closurelens.hir.macros.api import (
    Answer,
    Context,
    Expanded,
    Expansions,
    Failure,
    MacroCall,
    MacroDef,
    MacroResolver,
    ModelledMacro,
    OpaqueMacro,
    Position,
    StdMacro,
)
from closurelens.hir.macros.definition import ItemTemplates, Made, ParsedRules, RulesMacro, macro_rules
from closurelens.hir.macros.expansion import Arguments, Hygiene, Mark, Template, TokenExpansion
from closurelens.hir.macros.matcher import NoMatch, match_rule
from closurelens.hir.macros.models import HELPER, expand_modelled, modelled, rules_of
from closurelens.hir.macros.scan_items import Scanner
from closurelens.hir.macros.std_macros import expand_special, std_macro
from closurelens.hir.macros.std_rules import BEFORE_2021, RULES
from closurelens.hir.macros.tokens import TokenBuffer, Unbalanced, lex
from closurelens.hir.macros.transcribe import CannotTranscribe, Output, Transcriber
from closurelens.hir.types import Anchor, Ctxt, Path
from closurelens.records import dataclass

RECURSION_LIMIT: Final = 128
"""rustc's default `recursion_limit`."""

_MAX_CALLS: Final = 50_000
_MAX_TOKENS: Final = 3_000_000

_MAX_LEXED: Final = 4096
_lexed: dict[bytes, TokenBuffer] = {}
"""Arguments of std's special macros as they stand in source text; those of rules are kept with the expansion."""

_OPENING = re.compile(rb"\s*[({\[]")

_STD_CRATES = frozenset(["core", "alloc", "std"])


@dataclass(slots=True)
class _Progress:
    ctxt: Ctxt
    calls: int
    tokens: int


@dataclass(slots=True)
class _Replay:
    marks: list[Mark]
    calls: int
    tokens: int


class Expander:
    """Implements `ExpanderApi`.

    Where code made by another expander is lowered (the body of a function that an item macro made), `after` is that
    one: contexts of both can then be told apart.
    """

    __slots__ = ("_calls", "_items", "_made", "_tokens", "context", "hygiene", "resolver")

    def __init__(
        self,
        resolver: MacroResolver,
        context: Context | None = None,
        *,
        after: Expander | None = None,
        items: ItemTemplates | None = None,
    ) -> None:
        self.resolver = resolver
        self._items = items
        self.context = Context() if context is None else context
        self.hygiene: Hygiene = Hygiene(None if after is None else after.hygiene)
        self._made: dict[str, RulesMacro] = {}
        self._calls = 0
        self._tokens = 0

    def ctxt_origin(self, ctxt: Ctxt) -> Mark:
        return self.hygiene.origin(ctxt)

    def expansions(self) -> _Progress | None:
        if self._made or self.hygiene.is_nested:
            return None
        return _Progress(self.hygiene.next, self._calls, self._tokens)

    def expanded_since(self, before: Expansions) -> _Replay | None:
        assert isinstance(before, _Progress)
        if self._made or self.hygiene.is_nested or self._calls > _MAX_CALLS or self._tokens > _MAX_TOKENS:
            return None
        return _Replay(self.hygiene.since(before.ctxt), self._calls - before.calls, self._tokens - before.tokens)

    def expand_again(self, expanded: Expanded) -> bool:
        assert isinstance(expanded, _Replay)
        calls, tokens = self._calls + expanded.calls, self._tokens + expanded.tokens
        if calls > _MAX_CALLS or tokens > _MAX_TOKENS:
            return False
        self._calls, self._tokens = calls, tokens
        self.hygiene.again(expanded.marks)
        return True

    def expand(self, call: MacroCall) -> Answer:
        source, path = call.source, call.path
        self._calls += 1
        if source.depth >= RECURSION_LIMIT:
            return Failure("macro recursion limit reached", source)
        if self._calls > _MAX_CALLS or self._tokens > _MAX_TOKENS:
            return Failure("too many macro expansions", source)
        if isinstance(source, TokenExpansion):
            writer = source.writer_at(call.range[0])
            if writer is not None and writer.is_local_inner and path.name() is not None:
                path = Path(path.segments, Anchor.CRATE, crate=writer.crate)
                call = MacroCall(path, source, call.args, call.delimiter, call.position, call.range)
        name = path.segments[-1].name if path.segments else "?"
        macro: MacroDef | None
        if path.crate in _STD_CRATES:
            macro = modelled(name) if name.startswith(HELPER) else std_macro(name)
        elif name in self._made and path.name() is not None:
            macro = self._made[name]
        else:
            macro = self.resolver.lookup(call)
        match macro:
            case None:
                return Failure(f"macro `{name}!` is not known", source)
            case OpaqueMacro(why):
                return Failure(why, source)
            case StdMacro(std_name):
                return self._expand_std(call, std_name)
            case ModelledMacro(model):
                rules = rules_of(model)
                return expand_modelled(self, call, model) if rules is None else self._expand_rules(call, rules)
            case RulesMacro():
                return self._expand_rules(call, macro)
            case _:
                return Failure(f"macro `{name}!` is not known", source)

    def _expand_std(self, call: MacroCall, name: str) -> Answer:
        if name in BEFORE_2021 and call.source.edition_at(call.range[0]) < 2021:
            name = BEFORE_2021[name]
        rules = RULES.get(name)
        if rules is not None:
            return self._expand_rules(call, rules)
        return expand_special(self, call, name)

    def arguments(self, call: MacroCall) -> Arguments | None:
        """None when they are unbalanced."""
        source, (start, end) = call.source, call.args
        if isinstance(source, TokenExpansion):
            first, last = source.token_range(start, end)
            return Arguments(source, source.buffer, first, last, 0)
        text = source.text[start:end]
        buffer = _lexed.get(text)
        if buffer is None:
            try:
                buffer = lex(text)
            except Unbalanced:
                return None
            if len(_lexed) >= _MAX_LEXED:
                _lexed.clear()
            _lexed[text] = buffer
        return Arguments(source, buffer, 0, len(buffer), start)

    def _expand_rules(self, call: MacroCall, macro: RulesMacro) -> Answer:
        source, (start, end) = call.source, call.args
        parsed = macro.parsed
        made: Made | None
        if isinstance(source, TokenExpansion):
            first, last = source.token_range(start, end)
            key: object = (source.text[start:end], source.template.groups(first, last), last - first, call.position)
            buffer = source.buffer
            made = self._remembered(parsed, key, call.position)
            if made is None:
                made = make(macro, buffer, first, last, call.position)
                self._remember(parsed, key, made, call.position)
            arguments = Arguments(source, buffer, first, last, 0)
        else:
            text = source.text[start:end]
            key = (text, call.position)
            made = self._remembered(parsed, key, call.position)
            if made is None:
                try:
                    buffer = lex(text)
                except Unbalanced:
                    return Failure(f"the arguments of `{macro.name}!` are unbalanced", source)
                made = make(macro, buffer, 0, len(buffer), call.position)
                self._remember(parsed, key, made, call.position)
            if isinstance(made, tuple):
                buffer = made[1]
                arguments = Arguments(source, buffer, 0, len(buffer), start)
        if isinstance(made, str):
            return Failure(made, source)
        template = made[0]
        return self.finish(call, template, arguments, macro)

    def _remembered(self, parsed: ParsedRules, key: object, position: Position) -> Made | None:
        if position != "item":
            return parsed.templates.get(key)
        return None if self._items is None else self._items.get(parsed, key)

    def _remember(self, parsed: ParsedRules, key: object, made: Made, position: Position) -> None:
        if position != "item":
            parsed.remember(key, made)
        elif self._items is not None:
            self._items.put(parsed, key, made)

    def finish(
        self, call: MacroCall, template: Template, arguments: Arguments, macro: RulesMacro | None
    ) -> TokenExpansion:
        """`template`, which was parsed, as the answer to `call`."""
        self._tokens += len(template.kinds)
        assert template.node is not None
        mark = 0 if macro is None else self.hygiene.fresh(0, macro)
        expansion = TokenExpansion(call, template, template.node, arguments, macro, self.hygiene, mark)
        if call.position in ("stmt", "expr") and b"macro_rules!" in template.text:
            self._remember_made(expansion)
        return expansion

    def _remember_made(self, expansion: TokenExpansion) -> None:
        """Macros that an expansion declares in a body are in scope for what is expanded after it."""
        text = expansion.text
        for node in expansion.node.descendants():
            name = node.child_by_field("name") if node.kind == "macro_definition" else None
            if name is None:
                continue
            opening = _OPENING.match(text, name.end)
            end = len(text[: node.end].rstrip(b"; ")) - 1
            if opening is not None and opening.end() <= end:
                rules = (opening.end(), end)
                edition = expansion.edition_at(node.start)
                macro = macro_rules(name.text(text), expansion, rules, self.context.crate, edition)
                self._made[macro.name] = macro


def make(macro: RulesMacro, buffer: TokenBuffer, first: int, last: int, position: Position) -> Made:
    """The expansion of the arguments first..last of `buffer`."""
    name = macro.name
    scanner = Scanner(buffer)
    bad: str | None = macro.parsed.why
    for rule in macro.parsed.rules:
        if isinstance(rule, str):
            bad = rule
            continue
        output = Output()
        try:
            bindings = match_rule(rule.locs, len(rule.names), scanner, first, last)
            if bindings is None:
                continue
            Transcriber(macro.tokens, buffer, first, bindings, output).run(rule.ops)
        except NoMatch as error:
            return str(error).replace("{}", f"{name}!")
        except CannotTranscribe as error:
            return f"`{name}!` cannot be expanded: {error}"
        output.finish()
        template = Template(output)
        if not template.parse(position):
            return f"the expansion of `{name}!` does not parse"
        return template, buffer
    if bad is not None:
        return f"the definition of `{name}!` is not understood: {bad}"
    return f"no rule of `{name}!` matches"
