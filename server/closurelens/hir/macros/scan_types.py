"""Finds where a type, path or pattern ends in a token list.

The scanners of this package recognise just enough of Rust's grammar to say how many tokens a fragment takes; what
stands inside of delimiters is not looked at. Invariant: each method takes the index of a first token and gives the
index after the last, or raises `NoFragment`; no index goes past the CLOSE or EOF that ends the list.
"""

from __future__ import annotations

from closurelens.hir.macros.tokens import (
    CLOSE,
    EOF,
    FRAGMENT,
    GLUED,
    IDENT,
    LIFETIME,
    LITERAL,
    OPEN,
    TokenBuffer,
    words,
)

_MAX_DEPTH = 40

PATH_KEYWORDS = frozenset(["self", "Self", "super", "crate"])

# `async`, `await`, `dyn`, `try` and `gen` are names in old editions and stay usable as such here.
KEYWORDS = words(
    "as break const continue else enum extern false fn for if impl in let loop match mod move mut pub ref return "
    "static struct trait true type unsafe use where while abstract become box do final macro override priv typeof "
    "unsized virtual yield _"
)


class NoFragment(Exception):
    """The tokens do not begin with the fragment asked for."""


class TypeScanner:
    """`shape` is that of the expression scanned last (see `tokens`)."""

    __slots__ = ("depth", "kinds", "partners", "shape", "texts")

    def __init__(self, buffer: TokenBuffer) -> None:
        self.kinds = buffer.kinds
        self.texts = buffer.texts
        self.partners = buffer.partners
        self.depth = 0
        self.shape = ""

    def enter(self) -> None:
        """Counts the nesting of calls, which the text decides on."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise NoFragment

    def tree(self, at: int) -> int:
        kinds = self.kinds
        kind = kinds[at]
        if kind == OPEN:
            return self.partners[at] + 1
        if kind in (CLOSE, EOF):
            raise NoFragment
        while kinds[at] == GLUED:
            at += 1
        return at + 1

    def group(self, at: int, delimiter: str) -> int:
        if self.texts[at] != delimiter or self.kinds[at] != OPEN:
            raise NoFragment
        return self.partners[at] + 1

    def is_less(self, at: int) -> bool:
        """A `<` that may open generic arguments."""
        return self.texts[at] == "<" and not (self.kinds[at] == GLUED and self.texts[at + 1] == "=")

    def angles(self, at: int) -> int:
        """`<...>`, balanced: a `>` inside that closes nothing needs braces around it."""
        kinds, texts, partners = self.kinds, self.texts, self.partners
        depth = 0
        while True:
            kind = kinds[at]
            if kind == OPEN:
                at = partners[at] + 1
                continue
            text = texts[at]
            if text == "<":
                depth += 1
            elif text == ">":
                depth -= 1
                if depth == 0:
                    return at + 1
            elif kind in (CLOSE, EOF) or text == ";":
                raise NoFragment
            at += 1

    # Paths

    def path(self, at: int, *, in_type: bool) -> int:
        """`a::b<T>::c` or, in expressions and patterns, `a::b::<T>::c`; `<T as Trait>::a` too."""
        texts = self.texts
        text = texts[at]
        if self.kinds[at] == OPEN:
            if FRAGMENT.get(text) not in ("path", "ty"):
                raise NoFragment
            at = self.partners[at] + 1
            if texts[at] != "::":
                return at
            at += 1
        elif text == "<":
            at = self.angles(at)
            if texts[at] != "::":
                raise NoFragment
            at += 1
        elif text == "::":
            at += 1
        while True:
            if self.kinds[at] != IDENT or texts[at] in KEYWORDS:
                raise NoFragment
            at += 1
            if in_type:
                if texts[at] == "::" and (texts[at + 1] == "(" or self.is_less(at + 1)):
                    at += 1
                if self.is_less(at):
                    at = self.angles(at)
                elif texts[at] == "(" and self.kinds[at] == OPEN:
                    at = self.partners[at] + 1
                    if texts[at] == "->":
                        self.enter()
                        at = self.type(at + 1, plus=False)
                        self.depth -= 1
            elif texts[at] == "::" and self.is_less(at + 1):
                at = self.angles(at + 1)
            if texts[at] != "::" or self.kinds[at + 1] != IDENT:
                return at
            at += 1

    def bang_group(self, at: int) -> int:
        """The index after `!(..)` of a macro call whose path ends at `at`, or `at`."""
        if self.texts[at] == "!" and self.kinds[at + 1] == OPEN and self.texts[at + 1] not in FRAGMENT:
            return self.partners[at + 1] + 1
        return at

    # Types

    def type(self, at: int, *, plus: bool = True) -> int:
        """`plus`: `A + B` is one type."""
        kinds, texts = self.kinds, self.texts
        while True:
            text = texts[at]
            if text == "&" or text == "&&":
                at += 1
                if kinds[at] == LIFETIME:
                    at += 1
                if texts[at] == "mut":
                    at += 1
                elif texts[at] == "pin" and texts[at + 1] in ("const", "mut"):
                    at += 2
                plus = False
            elif text == "*":
                if texts[at + 1] not in ("const", "mut"):
                    raise NoFragment
                at += 2
                plus = False
            elif text == "for" and texts[at + 1] == "<":
                at = self.angles(at + 1)
            elif text in ("fn", "unsafe", "extern"):
                while texts[at] in ("unsafe", "extern", "safe") or kinds[at] == LITERAL:
                    at += 1
                if texts[at] != "fn":
                    raise NoFragment
                at = self.group(at + 1, "(")
                if texts[at] != "->":
                    return at
                at += 1
                plus = False
            else:
                break
        kind = kinds[at]
        fragment = FRAGMENT.get(text)
        if fragment in ("ty", "path"):
            at = self.path(at, in_type=True)
        elif kind == OPEN:
            if text not in ("(", "["):
                raise NoFragment
            at = self.partners[at] + 1
        elif text == "!" or text == "_":
            at += 1
        elif text == "?" or kind == LIFETIME:
            return self.bounds(at, plus=plus)
        elif text == "impl" or (text == "dyn" and self._begins_bound(at + 1)):
            return self.bounds(at + 1, plus=plus)
        else:
            at = self.bang_group(self.path(at, in_type=True))
        if plus and texts[at] == "+":
            return self.bounds(at + 1, plus=True)
        return at

    def _begins_bound(self, at: int) -> bool:
        text, kind = self.texts[at], self.kinds[at]
        if kind == IDENT:
            return text not in KEYWORDS or text in ("for", "const", "use")
        return kind == LIFETIME or text in ("?", "~", "(", "<", "::", "!") or FRAGMENT.get(text) in ("path", "ty")

    def bounds(self, at: int, *, plus: bool) -> int:
        texts = self.texts
        while True:
            if self.kinds[at] == LIFETIME:
                at += 1
            elif texts[at] == "(":
                at = self.group(at, "(")
            elif texts[at] == "use":
                at = self.angles(at + 1)
            else:
                while texts[at] in ("?", "~", "!", "const") or (texts[at] == "async" and texts[at + 1] != "::"):
                    at += 1
                if texts[at] == "for":
                    at = self.angles(at + 1)
                at = self.path(at, in_type=True)
            if not plus or texts[at] != "+":
                return at
            at += 1
            if not self._begins_bound(at):
                return at

    # Patterns

    def pattern(self, at: int, *, alternatives: bool) -> int:
        """`alternatives`: `A | B` is one pattern."""
        texts = self.texts
        if alternatives and texts[at] == "|":
            at += 1
        self.shape = ""
        at = self._one_pattern(at)
        if alternatives:
            while texts[at] == "|":
                at = self._one_pattern(at + 1)
                self.shape = "("
        return at

    def _one_pattern(self, at: int) -> int:
        kinds, texts = self.kinds, self.texts
        while True:
            text, kind = texts[at], kinds[at]
            if text == "&" or text == "&&":
                at += 2 if texts[at + 1] == "mut" else 1
            elif text in ("ref", "mut"):
                at += 1
                if texts[at] == "mut":
                    at += 1
                if kinds[at] != IDENT or texts[at] in KEYWORDS:
                    raise NoFragment
                at += 1
                if texts[at] != "@":
                    return at
                at += 1
            elif text == "box":
                at += 1
            elif kind == IDENT and texts[at + 1] == "@":
                at += 2
            else:
                break
        if text == "_":
            return at + 1
        if text in ("..", "..=", "..."):
            return self._range_end(at)
        if kind == LITERAL or text in ("-", "true", "false"):
            return self._range_end(self.literal(at))
        if text == "const":
            return self._range_end(self.group(at + 1, "{"))
        if kind == OPEN:
            fragment = FRAGMENT.get(text)
            if fragment is None:
                if text == "{":
                    raise NoFragment
                return self.partners[at] + 1
            if fragment not in ("path", "ty"):
                return self._range_end(self.partners[at] + 1)
        at = self.path(at, in_type=False)
        after = self.bang_group(at)
        if after != at:
            return after
        if kinds[at] == OPEN and texts[at] in ("(", "{"):
            return self.partners[at] + 1
        return self._range_end(at)

    def _range_end(self, at: int) -> int:
        """The rest of a range pattern, if `at` is at its dots."""
        kinds, texts = self.kinds, self.texts
        if texts[at] not in ("..", "..=", "..."):
            return at
        at += 1
        text = texts[at]
        if kinds[at] == LITERAL or text == "-":
            return self.literal(at)
        if text == "const":
            return self.group(at + 1, "{")
        fragment = FRAGMENT.get(text)
        if fragment in ("expr", "literal"):
            return self.partners[at] + 1
        if fragment == "path" or text in ("<", "::") or (kinds[at] == IDENT and text not in KEYWORDS):
            return self.path(at, in_type=False)
        return at

    def literal(self, at: int) -> int:
        """A literal, perhaps negative, or `true` or `false`."""
        if self.texts[at] == "-":
            at += 1
        if self.kinds[at] == LITERAL or self.texts[at] in ("true", "false"):
            return at + 1
        if FRAGMENT.get(self.texts[at]) in ("literal", "expr"):
            return self.partners[at] + 1
        raise NoFragment
