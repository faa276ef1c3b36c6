"""Parses the rules of a `macro_rules!` into programs for the matcher and the transcriber.

A matcher is a flat list of `Loc`s, as in rustc: positions in it are indices, and repetitions jump. A transcriber is a
nested list of `Op`s. Invariant: both speak of tokens by their index in the definition's `TokenBuffer`, and of
metavariables by a dense slot.
"""

from __future__ import annotations

from closurelens.hir.macros.tokens import IDENT, OPEN, PUNCT, TokenBuffer, words
from closurelens.records import dataclass, field

FRAGMENT_NAMES = words("ident block stmt expr expr_2021 pat pat_param ty lifetime literal path meta tt item vis")

# Matchers


@dataclass(slots=True)
class TokenLoc:
    """Exactly this token."""

    text: str
    kind: int


@dataclass(slots=True)
class SequenceLoc:
    """The start of `$(..)`; `is_optional` for `*` and `?`. `slots` are the metavariables within."""

    is_optional: bool
    after: int
    slots: range
    depth: int


@dataclass(slots=True)
class EndLoc:
    """The end of a sequence without a separator."""

    repeats: bool
    first: int


@dataclass(slots=True)
class SeparatorLoc:
    text: str
    first: int


@dataclass(slots=True)
class MetaVarLoc:
    """`rest`: it is all of `$($x:tt)*` and nothing but a delimiter or the end comes after."""

    fragment: str
    slot: int
    depth: int
    rest: bool = False


@dataclass(slots=True)
class EofLoc:
    pass


Loc = TokenLoc | SequenceLoc | EndLoc | SeparatorLoc | MetaVarLoc | EofLoc

# Transcribers


@dataclass(slots=True)
class Tokens:
    """The definition's tokens start..end, as they are."""

    start: int
    end: int


@dataclass(slots=True)
class MetaVar:
    slot: int


@dataclass(slots=True)
class Repetition:
    """`separator`: the index of a token, or None. `slots`: the metavariables used within."""

    ops: list[Op]
    separator: int | None
    slots: list[int]


@dataclass(slots=True)
class Count:
    """`${count($x, depth)}`."""

    slot: int
    depth: int


@dataclass(slots=True)
class Index:
    """`${index(depth)}`, or `${len(depth)}` with `is_len`."""

    depth: int
    is_len: bool


@dataclass(slots=True)
class Concat:
    """`${concat(a, $b)}`: texts and slots."""

    parts: list[str | int]


Op = Tokens | MetaVar | Repetition | Count | Index | Concat


@dataclass(slots=True)
class Rule:
    locs: list[Loc]
    ops: list[Op]
    names: dict[str, int] = field(default_factory=dict)


class BadRule(Exception):
    """A rule that rustc would not accept; the argument says why."""


def parse_rules(buffer: TokenBuffer, edition: int) -> list[Rule | str]:
    """The rules of a definition's body, between its outer delimiters; instead of a bad one, why it is bad.

    Also the body of `macro name(args) { .. }` with both groups, and without `=>`.
    """
    kinds, texts, partners = buffer.kinds, buffer.texts, buffer.partners
    rules: list[Rule | str] = []
    at, end = 0, len(buffer)
    while at < end:
        while texts[at] == "#" and kinds[at + 1] == OPEN:
            at = partners[at + 1] + 1
        while at < end and texts[at] in ("unsafe", "attr", "derive") and kinds[at] == IDENT:
            at += 2 if texts[at] == "attr" and kinds[at + 1] == OPEN else 1
        if kinds[at] != OPEN:
            rules.append("a rule does not start with a delimiter")
            break
        left, at = at, partners[at] + 1
        if texts[at] == "=>":
            at += 1
        if at >= end or kinds[at] != OPEN:
            rules.append("a rule has no right side")
            break
        right, at = at, partners[at] + 1
        try:
            rules.append(_rule(buffer, left, right, edition))
        except BadRule as bad:
            rules.append(str(bad))
        while at < end and texts[at] in (";", ","):
            at += 1
    return rules


def _rule(buffer: TokenBuffer, left: int, right: int, edition: int) -> Rule:
    matcher = _MatcherParser(buffer, edition)
    matcher.parse(left + 1, buffer.partners[left], 0)
    matcher.locs.append(EofLoc())
    _mark_rests(matcher.locs)
    ops, _ = _TranscriberParser(buffer, matcher.names).parse(right + 1, buffer.partners[right])
    return Rule(matcher.locs, ops, matcher.names)


def _repetition_end(buffer: TokenBuffer, at: int) -> tuple[int | None, str, int]:
    """Separator, operator and the index after them; `at` is the index after `$(..)`."""
    texts, kinds = buffer.texts, buffer.kinds
    if texts[at] in ("*", "+", "?") and kinds[at] == PUNCT:
        return None, texts[at], at + 1
    if texts[at + 1 : at + 2] in (["*"], ["+"]):
        return at, texts[at + 1], at + 2
    raise BadRule("a repetition has no `*`, `+` or `?`")


class _MatcherParser:
    def __init__(self, buffer: TokenBuffer, edition: int) -> None:
        self.buffer = buffer
        self.edition = edition
        self.locs: list[Loc] = []
        self.names: dict[str, int] = {}
        self.nesting = 0

    def parse(self, at: int, end: int, depth: int) -> None:
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        starts, locs = self.buffer.starts, self.locs
        self.nesting += 1
        if self.nesting > 60:
            raise BadRule("a matcher is nested too deeply")
        while at < end:
            text = texts[at]
            if text == "#" and starts[at] == starts[at + 1]:
                at = partners[at + 1] + 1  # rustc passes over documentation comments
                continue
            if text != "$" or kinds[at] != PUNCT:
                locs.append(TokenLoc(text, kinds[at]))
                at += 1
                continue
            at += 1
            if kinds[at] == OPEN:
                if texts[at] != "(":
                    raise BadRule("`$` before a delimiter other than `(`")
                at = self._sequence(at, depth)
            elif kinds[at] == IDENT and texts[at] == "crate":
                locs.append(TokenLoc("crate", IDENT))
                at += 1
            elif kinds[at] == IDENT and texts[at + 1] == ":" and kinds[at + 2] == IDENT:
                self._declare(texts[at], texts[at + 2], depth)
                at += 3
            elif kinds[at] == IDENT:
                raise BadRule(f"`${texts[at]}` has no fragment specifier")
            else:
                raise BadRule("`$` before something that is no name")
        self.nesting -= 1

    def _declare(self, name: str, fragment: str, depth: int) -> None:
        if fragment not in FRAGMENT_NAMES:
            raise BadRule(f"`{fragment}` is no fragment specifier")
        if name in self.names:
            raise BadRule(f"`${name}` is declared twice")
        if fragment == "expr" and self.edition < 2024:
            fragment = "expr_2021"
        elif fragment == "pat" and self.edition < 2021:
            fragment = "pat_param"
        slot = len(self.names)
        self.names[name] = slot
        self.locs.append(MetaVarLoc(fragment, slot, depth))

    def _sequence(self, at: int, depth: int) -> int:
        close = self.buffer.partners[at]
        separator, op, after = _repetition_end(self.buffer, close + 1)
        sequence = SequenceLoc(op != "+", 0, range(0), depth)
        self.locs.append(sequence)
        first, first_slot = len(self.locs), len(self.names)
        self.parse(at + 1, close, depth + 1)
        if len(self.locs) == first:
            raise BadRule("a repetition matches nothing")
        if separator is None:
            self.locs.append(EndLoc(op != "?", first))
        else:
            self.locs.append(SeparatorLoc(self.buffer.texts[separator], first))
        sequence.after = len(self.locs)
        sequence.slots = range(first_slot, len(self.names))
        return after


def _mark_rests(locs: list[Loc]) -> None:
    for index in range(len(locs) - 3):
        match locs[index : index + 4]:
            case [
                SequenceLoc(depth=0),
                MetaVarLoc(fragment="tt") as var,
                EndLoc(repeats=True),
                EofLoc() | TokenLoc(")" | "]" | "}"),
            ]:
                var.rest = True


class _TranscriberParser:
    def __init__(self, buffer: TokenBuffer, names: dict[str, int]) -> None:
        self.buffer = buffer
        self.names = names
        self.nesting = 0

    def parse(self, at: int, end: int) -> tuple[list[Op], list[int]]:
        """The ops and the slots they use."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        self.nesting += 1
        if self.nesting > 60:
            raise BadRule("a transcriber is nested too deeply")
        ops: list[Op] = []
        slots: list[int] = []
        start = at
        while at < end:
            if texts[at] != "$" or kinds[at] != PUNCT:
                at += 1
                continue
            if start < at:
                ops.append(Tokens(start, at))
            after = at + 1
            if kinds[after] == OPEN and texts[after] == "(":
                inner, inner_slots = self.parse(after + 1, partners[after])
                separator, _, at = _repetition_end(self.buffer, partners[after] + 1)
                ops.append(Repetition(inner, separator, list(dict.fromkeys(inner_slots))))
                slots += inner_slots
                start = at
            elif kinds[after] == OPEN and texts[after] == "{":
                op, used = self._expression(after)
                if op is not None:
                    ops.append(op)
                slots += used
                at = start = partners[after] + 1
            elif kinds[after] == IDENT and texts[after] == "crate":
                at, start = after + 1, after
            elif kinds[after] == IDENT and texts[after] in self.names:
                slot = self.names[texts[after]]
                ops.append(MetaVar(slot))
                slots.append(slot)
                at = start = after + 1
            elif texts[after] == "$":
                start, at = after, after + 1
            else:
                start, at = at, after + 1
        if start < end:
            ops.append(Tokens(start, end))
        self.nesting -= 1
        return ops, slots

    def _expression(self, at: int) -> tuple[Op | None, list[int]]:
        """`${..}`, from its `{`."""
        kinds, texts, partners = self.buffer.kinds, self.buffer.texts, self.buffer.partners
        name, group = texts[at + 1], at + 2
        if kinds[group] != OPEN or partners[group] + 1 != partners[at]:
            raise BadRule("a metavariable expression that is none")
        parts: list[str | int] = []
        for index in range(group + 1, partners[group]):
            text = texts[index]
            if text in ("$", ","):
                continue
            if texts[index - 1] == "$" or (text in self.names and name in ("count", "ignore")):
                if text not in self.names:
                    raise BadRule(f"`${text}` is not declared")
                parts.append(self.names[text])
            else:
                parts.append(text)
        slots = [part for part in parts if isinstance(part, int)]
        depth = int(str(parts[-1])) if parts and str(parts[-1]).isdecimal() and isinstance(parts[-1], str) else 0
        match name:
            case "count" if slots:
                return Count(slots[0], depth), []
            case "ignore":
                return None, slots
            case "index":
                return Index(depth, is_len=False), []
            case "len" | "length":
                return Index(depth, is_len=True), []
            case "concat":
                return Concat([part if isinstance(part, int) else part.strip('"') for part in parts]), slots
            case _:
                raise BadRule(f"`${{{name}(..)}}` is no metavariable expression")


def is_dollar_crate(buffer: TokenBuffer, at: int) -> bool:
    """The token is the `crate` of a `$crate`."""
    return at > 0 and buffer.texts[at] == "crate" and buffer.texts[at - 1] == "$"
