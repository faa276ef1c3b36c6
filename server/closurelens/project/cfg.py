"""Conditional compilation: `cfg(...)` predicates, `cfg_attr`, `cfg!`, as rustc evaluates them.

Invariant: an answer that could be different in the user's build says so. `CfgAnswer.holds` is what rustc would decide
with exactly the options of the `CfgSet`; `CfgAnswer.doubt` is None only if nothing that is unknown here can change it.

Text goes in as it stands in the source; comments, raw strings and raw identifiers are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import assert_never

from closurelens.project.model import ANY_CUSTOM_NAME, CfgSet
from closurelens.records import dataclass


@dataclass(slots=True, eq=True)
class OptionIs:
    """`name` or `name = "value"`."""

    name: str
    value: str | None


@dataclass(slots=True, eq=True)
class Constant:
    """`true` or `false`."""

    value: bool


@dataclass(slots=True, eq=True)
class Not:
    part: CfgPredicate


@dataclass(slots=True, eq=True)
class All:
    parts: tuple[CfgPredicate, ...]


@dataclass(slots=True, eq=True)
class AnyOf:
    parts: tuple[CfgPredicate, ...]


@dataclass(slots=True, eq=True)
class NotUnderstood:
    """Not a predicate of stable Rust; `why` is a sentence for the user."""

    why: str


CfgPredicate = OptionIs | Constant | Not | All | AnyOf | NotUnderstood


@dataclass(slots=True, eq=True)
class CfgAnswer:
    """`holds` is certain if `doubt` is None; otherwise it is what holds unless something unknown interferes."""

    holds: bool
    doubt: str | None = None

    def certain(self) -> bool | None:
        """True, False, or None for not known."""
        return self.holds if self.doubt is None else None


COMPILER_OPTION = "__compiler"
"""The name of an option that tells of the compiler what nobody here knows; its value is words for the user."""
YES = CfgAnswer(True)
NO = CfgAnswer(False)

# Names that rustc or cargo define themselves: a build script does not set them.
_BUILTIN_NAMES = frozenset(
    (
        "clippy",
        "debug_assertions",
        "doc",
        "doctest",
        "feature",
        "miri",
        "panic",
        "proc_macro",
        "rustfmt",
        "target_abi",
        "target_arch",
        "target_endian",
        "target_env",
        "target_family",
        "target_feature",
        "target_has_atomic",
        "target_os",
        "target_pointer_width",
        "target_vendor",
        "test",
        "unix",
        "windows",
    )
)
# Names that only a nightly compiler defines, some of them by default.
_NIGHTLY_NAMES = frozenset(
    (
        "contract_checks",
        "emscripten_wasm_eh",
        "fmt_debug",
        "overflow_checks",
        "relocation_model",
        "sanitize",
        "sanitizer_cfi_generalize_pointers",
        "sanitizer_cfi_normalize_integers",
        "target_has_atomic_equal_alignment",
        "target_has_atomic_load_store",
        "target_has_reliable_f16",
        "target_has_reliable_f16_math",
        "target_has_reliable_f128",
        "target_has_reliable_f128_math",
        "target_thread_local",
        "ub_checks",
    )
)


def evaluate(predicate: CfgPredicate, cfg: CfgSet) -> CfgAnswer:
    """Kleene's three-valued logic: one certain part decides `all` and `any` whatever the doubtful ones are."""
    match predicate:
        case OptionIs(name, value):
            return _option_answer(name, value, cfg)
        case Constant(value):
            return YES if value else NO
        case Not(part):
            answer = evaluate(part, cfg)
            return CfgAnswer(not answer.holds, answer.doubt)
        case All(parts):
            return conjunction(evaluate(part, cfg) for part in parts)
        case AnyOf(parts):
            return _combine((evaluate(part, cfg) for part in parts), decisive=True)
        case NotUnderstood(why):
            return CfgAnswer(False, why)
        case _:
            assert_never(predicate)


def conjunction(answers: Iterable[CfgAnswer]) -> CfgAnswer:
    return _combine(answers, decisive=False)


def _combine(answers: Iterable[CfgAnswer], *, decisive: bool) -> CfgAnswer:
    holds = not decisive
    doubt: str | None = None
    for answer in answers:
        if answer.holds == decisive:
            holds = decisive
            if answer.doubt is None:
                return YES if decisive else NO
        if doubt is None:
            doubt = answer.doubt
    return CfgAnswer(holds, doubt)


def _option_answer(name: str, value: str | None, cfg: CfgSet) -> CfgAnswer:
    if (name, value) in cfg.options:
        return YES
    doubt = cfg.open.get(name)
    if name == COMPILER_OPTION:
        doubt = f"whether the compiler is {value} is not known"
    elif doubt is None and name not in _BUILTIN_NAMES:
        if name in _NIGHTLY_NAMES:
            doubt = f"only nightly compilers define `{name}`"
        else:
            doubt = cfg.open.get(ANY_CUSTOM_NAME)
    return NO if doubt is None else CfgAnswer(False, doubt)


def attributes_hold(attributes: Iterable[str], cfg: CfgSet) -> CfgAnswer:
    """Whether the item these attributes stand on is compiled. Any but `cfg` and `cfg_attr` are ignored."""
    answers = []
    for text in attributes:
        if "cfg" not in text:
            continue
        for active, given in expand(text, cfg):
            predicate = cfg_predicate(active)
            if predicate is not None:
                # `cfg_attr(a, cfg(b))` compiles the item unless `a` holds and `b` does not.
                answers.append(
                    _combine((CfgAnswer(not given.holds, given.doubt), evaluate(predicate, cfg)), decisive=True)
                )
    return conjunction(answers) if answers else YES


def macro_holds(arguments: str, cfg: CfgSet) -> CfgAnswer:
    """The value of `cfg!(arguments)`."""
    return evaluate(parse_predicate(arguments), cfg)


def expand(attribute: str, cfg: CfgSet) -> list[tuple[str, CfgAnswer]]:
    """The attributes that `attribute` stands for, each with the condition under which it is there.

    Anything but a `cfg_attr` stands for itself. Of a `cfg_attr` whose condition is certainly false nothing remains.
    The texts are the contents of the attribute, without `#[` and `]`.
    """
    result: list[tuple[str, CfgAnswer]] = []
    work = [(_contents(attribute), YES)]
    while work:
        text, given = work.pop()
        inside = _list_contents(text, "cfg_attr")
        if inside is None:
            result.append((text, given))
            continue
        condition, *attributes = _split_at_commas(inside)
        answer = conjunction((given, evaluate(parse_predicate(condition), cfg)))
        if answer.certain() is not False:
            work.extend((inner.strip(), answer) for inner in reversed(attributes) if inner.strip())
    return result


def cfg_predicate(attribute: str) -> CfgPredicate | None:
    """The predicate of a `cfg(...)` attribute; None for any other attribute."""
    inside = _list_contents(_contents(attribute), "cfg")
    return None if inside is None else parse_predicate(inside)


_TOKEN = re.compile(
    r"""(?P<space>(?:\s+|//[^\n]*|/\*.*?\*/)+)
      | (?P<raw>b?r(?P<hashes>\#*)"(?P<raw_text>.*?)"(?P=hashes))
      | (?P<string>"(?P<text>(?:[^"\\]|\\.)*)")
      | (?P<word>(?:r\#)?[^\W\d]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = "([{", ")]}"
# Deeper nesting than any program has; keeps the parser's recursion bounded.
_DEPTH_LIMIT = 64


def _contents(attribute: str) -> str:
    """What stands between the brackets of `#[...]` or `#![...]`; text without them is returned as it is."""
    text = attribute.strip()
    if not text.startswith("#"):
        return text
    start, end = text.find("["), text.rfind("]")
    return text[start + 1 : end if end > start else len(text)].strip() if start >= 0 else text


_LIST = re.compile(r"([^\W\d]\w*)\s*\((.*)\)\s*,?\s*\Z", re.DOTALL)


def _list_contents(text: str, name: str) -> str | None:
    if not text.startswith(name):
        return None
    match = _LIST.match(text)
    return match[2] if match is not None and match[1] == name else None


def _split_at_commas(text: str) -> list[str]:
    parts: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        if token["other"] is None:
            continue
        char = token["other"]
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start : token.start()])
            start = token.end()
    parts.append(text[start:])
    return parts


def string_value(attribute: str, name: str) -> str | None:
    """`value` of an attribute `name = "value"`; None for any other attribute."""
    text = _contents(attribute)
    if not text.startswith(name):
        return None
    tokens = _tokens(text)
    if len(tokens) == 3 and tokens[0] == ("word", name) and tokens[1] == ("other", "=") and tokens[2][0] == "string":
        return tokens[2][1]
    return None


_Token = tuple[str, str]


def _tokens(text: str) -> list[_Token]:
    result: list[_Token] = []
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "raw":
                result.append(("string", token["raw_text"]))
            case "string":
                result.append(("string", unescape(token["text"])))
            case "word" | "other":
                result.append((token.lastgroup, token[0]))
    return result


_ESCAPE = re.compile(r"\\(?:x([0-7][0-9a-fA-F])|u\{([0-9a-fA-F_]{1,12})\}|(\n\s*)|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def unescape(text: str) -> str:
    """What stands for the text between the quotes of a string that is not raw."""
    return _ESCAPE.sub(_escaped, text) if "\\" in text else text


def _escaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code is not None:
        point = int(code.replace("_", "") or "0", 16)
        return chr(point) if point <= 0x10FFFF else "\ufffd"
    return "" if match[3] is not None else _SIMPLE_ESCAPES.get(match[4], match[4])


@lru_cache(maxsize=4096)
def parse_predicate(text: str) -> CfgPredicate:
    """The predicate between the parentheses of `cfg(...)`; never raises, see `NotUnderstood`."""
    parser = _PredicateParser(_tokens(text))
    predicate = parser.predicate(_DEPTH_LIMIT)
    parser.accept(",")
    if parser.problem is not None:
        return NotUnderstood(parser.problem)
    if not parser.at_end():
        return NotUnderstood(f"`{text.strip()}` is not one configuration predicate")
    return predicate


class _PredicateParser:
    """Recursive descent; after the first `problem` the results mean nothing."""

    __slots__ = ("_at", "_tokens", "problem")

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self.problem: str | None = None

    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def accept(self, char: str) -> bool:
        if not self.at_end() and self._tokens[self._at] == ("other", char):
            self._at += 1
            return True
        return False

    def predicate(self, depth: int) -> CfgPredicate:
        if self.at_end():
            return self._fail("a configuration predicate is missing")
        kind, text = self._tokens[self._at]
        if kind != "word":
            return self._fail(f"`{text}` does not start a configuration predicate")
        self._at += 1
        if self.accept("="):
            return self._option_with_value(text)
        if self.accept("("):
            return self._list(text, depth)
        if text in ("true", "false"):
            return Constant(text == "true")
        return OptionIs(text.removeprefix("r#"), None)

    def _option_with_value(self, name: str) -> CfgPredicate:
        if self.at_end() or self._tokens[self._at][0] != "string":
            return self._fail(f"the value of `{name}` is not a string")
        self._at += 1
        return OptionIs(name.removeprefix("r#"), self._tokens[self._at - 1][1])

    def _list(self, name: str, depth: int) -> CfgPredicate:
        if name not in ("all", "any", "not", "target"):
            return self._fail(f"`{name}(...)` is not a stable configuration predicate")
        if depth == 0:
            return self._fail("the configuration predicate is nested too deeply")
        parts: list[CfgPredicate] = []
        while not self.accept(")"):
            parts.append(self.predicate(depth - 1))
            if self.problem is not None:
                return Constant(False)
            if not self.accept(",") and (self.at_end() or self._tokens[self._at] != ("other", ")")):
                return self._fail(f"`{name}(` has no end")
        match name:
            case "all":
                return All(tuple(parts))
            case "any":
                return AnyOf(tuple(parts))
            case "not":
                return Not(parts[0]) if len(parts) == 1 else self._fail("`not` takes one predicate")
        options = [part for part in parts if isinstance(part, OptionIs)]
        if len(options) != len(parts):
            return self._fail('`target(...)` takes `key = "value"` pairs')
        return All(tuple(OptionIs(f"target_{option.name}", option.value) for option in options))

    def _fail(self, why: str) -> CfgPredicate:
        if self.problem is None:
            self.problem = why
        return Constant(False)
