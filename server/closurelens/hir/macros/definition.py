"""Macro definitions: where their tokens come from, and what is remembered about them.

Invariant: everything that depends only on the text of a definition is kept in a `ParsedRules` that all definitions of
the same text share, so a macro in a function that is lowered again and again is parsed once.
"""

from __future__ import annotations

from closurelens.hir.macros.api import Range, Source
from closurelens.hir.macros.expansion import Template, TokenExpansion, slice_buffer
from closurelens.hir.macros.rules import Rule, parse_rules
from closurelens.hir.macros.tokens import TokenBuffer, Unbalanced, lex

Made = tuple[Template, TokenBuffer] | str
"""An expansion with the tokens of its arguments, or why there is none."""

_MAX_TEMPLATE_TOKENS = 150_000
_MAX_RULES = 2048


class ParsedRules:
    """`why` is set instead of `rules` when nothing could be read. `templates`: expansions by what they depend on."""

    __slots__ = ("_rules", "buffer", "edition", "templates", "why")

    def __init__(self, buffer: TokenBuffer | None, edition: int) -> None:
        self.buffer = lex(b"") if buffer is None else buffer
        self.edition = edition
        self.why = None if buffer is not None else "its delimiters are unbalanced"
        self.templates: dict[object, Made] = {}
        self._rules: list[Rule | str] | None = None

    @property
    def rules(self) -> list[Rule | str]:
        if self._rules is None:
            self._rules = [] if self.why else parse_rules(self.buffer, self.edition)
        return self._rules

    def remember(self, key: object, made: Made) -> None:
        size = _size(made)
        if not _kept.has_room(size):
            _kept.forget()
        _kept.add(self, size)
        self.templates[key] = made


class ItemTemplates:
    """Expansions of item macros, handed from one state of a crate to the next.

    A state holds its templates anyway, so only those that later states have not asked for cost memory: they are kept
    while they are few.
    """

    __slots__ = ("_before", "_now")

    def __init__(self) -> None:
        self._before: dict[tuple[ParsedRules, object], Made] = {}
        self._now: dict[tuple[ParsedRules, object], Made] = {}

    def get(self, parsed: ParsedRules, key: object) -> Made | None:
        at = (parsed, key)
        found = self._now.get(at)
        if found is None:
            found = self._before.pop(at, None)
            if found is not None:
                self._now[at] = found
        return found

    def put(self, parsed: ParsedRules, key: object, made: Made) -> None:
        self._now[parsed, key] = made

    def next_state(self) -> None:
        if self._now:
            if sum(map(_size, self._before.values())) > _MAX_TEMPLATE_TOKENS:
                self._before = self._now
            else:
                self._before.update(self._now)
            self._now = {}


def _size(made: Made) -> int:
    return len(made) if isinstance(made, str) else len(made[0].kinds)


class _Kept:
    """What all `ParsedRules` remember together: bounded, and forgotten at once."""

    def __init__(self) -> None:
        self.tokens = 0
        self.holders: set[ParsedRules] = set()

    def has_room(self, size: int) -> bool:
        return self.tokens + size <= _MAX_TEMPLATE_TOKENS

    def add(self, holder: ParsedRules, size: int) -> None:
        self.tokens += size
        self.holders.add(holder)

    def forget(self) -> None:
        for holder in self.holders:
            holder.templates.clear()
        self.holders.clear()
        self.tokens = 0


_kept = _Kept()
_parsed: dict[tuple[bytes, int], ParsedRules] = {}


def _parse(text: bytes, edition: int) -> ParsedRules:
    key = (text, edition)
    parsed = _parsed.get(key)
    if parsed is None:
        try:
            parsed = ParsedRules(lex(text), edition)
        except Unbalanced:
            parsed = ParsedRules(None, edition)
        if len(_parsed) >= _MAX_RULES:
            _parsed.clear()
        _parsed[key] = parsed
    return parsed


class RulesMacro:
    """A `macro_rules!` or `macro` (`MacroRules` of the API); its rules stand at `rules` in `source.text`."""

    __slots__ = ("base", "crate", "edition", "is_local_inner", "name", "parsed", "rules", "source")

    def __init__(
        self,
        name: str,
        crate: str,
        edition: int,
        source: Source,
        rules: Range,
        base: int,
        parsed: ParsedRules,
        *,
        is_local_inner: bool,
    ) -> None:
        self.name = name
        self.crate = crate
        self.edition = edition
        self.source = source
        self.rules = rules
        self.base = base
        self.parsed = parsed
        self.is_local_inner = is_local_inner

    @property
    def tokens(self) -> TokenBuffer:
        return self.parsed.buffer


def macro_rules(
    name: str,
    source: Source,
    rules: Range,
    crate: str,
    edition: int,
    *,
    is_local_inner: bool = False,
) -> RulesMacro:
    """The definition whose rules stand at `rules` in `source.text`.

    That is the range inside of the outer delimiters; of a `macro name(args) { .. }` without rules, both groups.
    `crate` is what `$crate` means, `edition` that crate's. `is_local_inner`: `#[macro_export(local_inner_macros)]`.
    """
    start, end = rules
    if isinstance(source, TokenExpansion):
        first, last = source.token_range(start, end)
        buffer = slice_buffer(source.buffer, first, last)
        parsed = _parse(source.text[start:end], edition)
        if source.template.has_groups or len(parsed.buffer) != len(buffer):
            parsed = ParsedRules(buffer, edition)
    else:
        first, parsed = 0, _parse(source.text[start:end], edition)
    return RulesMacro(name, crate, edition, source, rules, first, parsed, is_local_inner=is_local_inner)
