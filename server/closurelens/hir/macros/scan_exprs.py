"""Finds where an expression ends in a token list.

Precedence does not matter for that: an expression is operands with binary operators between them. See `scan_types`.
"""

from __future__ import annotations

from closurelens.hir.macros.scan_types import KEYWORDS, NoFragment, TypeScanner
from closurelens.hir.macros.tokens import FRAGMENT, GLUED, IDENT, LIFETIME, LITERAL, OPEN, PUNCT, words

_BINARY = words("+ - * / % ^ & | && || == != < > = += -= *= /= %= ^= &= |=")
_DOTS = frozenset(["..", "..=", "..."])

_BEGINNING_KEYWORDS = words(
    "async do box break const continue false for gen if let loop match move return true try unsafe while yield safe "
    "static become"
)
_BEGINNING_PUNCT = words("! - * | || & && .. ... ..= < :: #")
_CLOSURE_KEYWORDS = frozenset(["static", "const", "async", "gen", "move", "use", "for"])
_VALUE_FRAGMENTS = frozenset(["expr", "literal", "block", "stmt"])


class ExprScanner(TypeScanner):
    __slots__ = ()

    def begins_expr(self, at: int) -> bool:
        """rustc's `Token::can_begin_expr`."""
        kind, text = self.kinds[at], self.texts[at]
        if kind == IDENT:
            return text not in KEYWORDS or text in _BEGINNING_KEYWORDS
        if kind == OPEN:
            fragment = FRAGMENT.get(text)
            return fragment is None or fragment in ("block", "expr", "literal", "path")
        if kind in (PUNCT, GLUED):
            return text in _BEGINNING_PUNCT and not (kind == GLUED and self.texts[at + 1] == "=")
        return kind in (LITERAL, LIFETIME)

    def expr(self, at: int, *, structs: bool = True) -> int:
        """`structs` False: a `{` after a path does not belong to the expression (conditions, scrutinees)."""
        self.enter()
        at = self._rest(self._operand(at, structs=structs), structs=structs)
        self.depth -= 1
        return at

    def _rest(self, at: int, *, structs: bool) -> int:
        """Binary operators and their right sides; `shape` is the first operand's."""
        kinds, texts = self.kinds, self.texts
        shape = self.shape
        while True:
            text = texts[at]
            if text in _BINARY and kinds[at] in (PUNCT, GLUED):
                while kinds[at] == GLUED:
                    at += 1
                at = self._operand(at + 1, structs=structs)
            elif text in _DOTS:
                at += 1
                if self._begins_operand(at, structs=structs):
                    at = self._operand(at, structs=structs)
            elif text == "as":
                at = self.type(at + 1, plus=False)
            else:
                self.shape = shape
                return at
            shape = "("

    def _begins_operand(self, at: int, *, structs: bool) -> bool:
        return self.begins_expr(at) and (structs or self.texts[at] != "{")

    def _operand(self, at: int, *, structs: bool) -> int:
        kinds, texts = self.kinds, self.texts
        shape = ""
        while True:
            text, kind = texts[at], kinds[at]
            if kind == PUNCT:
                if text == "-":
                    at += 1
                    if kinds[at] != LITERAL:
                        shape = "("
                elif text in ("!", "*"):
                    at += 1
                    shape = "("
                elif text == "&" or text == "&&":
                    at += 1
                    if texts[at] in ("raw", "pin") and texts[at + 1] in ("const", "mut"):
                        at += 2
                    elif texts[at] == "mut":
                        at += 1
                    shape = "("
                elif text in _DOTS:
                    at += 1
                    shape = "("
                    if not self._begins_operand(at, structs=structs):
                        break
                elif text == "|" or text == "||":
                    at = self._closure_bars(at)
                    shape = "("
                elif text == "#":
                    at += 2 if texts[at + 1] == "!" else 1
                    at = self.group(at, "[")
                else:
                    at = self._primary(at, structs=structs, shape=shape)
                    shape = self.shape
                    break
            elif kind == IDENT and text in _PREFIX_KEYWORDS:
                if text in ("return", "become", "yield", "break"):
                    at += 1
                    if text == "break" and kinds[at] == LIFETIME and texts[at + 1] != ":":
                        at += 1
                    shape = "("
                    if not self._begins_operand(at, structs=structs):
                        break
                elif text == "let":
                    at = self.pattern(at + 1, alternatives=True)
                    if texts[at] != "=":
                        raise NoFragment
                    at += 1
                    shape = "("
                else:
                    at += 2 if texts[at + 1] == "yeet" else 1
            else:
                at = self._primary(at, structs=structs, shape=shape)
                shape = self.shape
                break
        self.shape = shape
        return at

    def _primary(self, at: int, *, structs: bool, shape: str) -> int:
        """A literal, path, block, .. and what is appended to it; sets `shape`."""
        kinds, texts = self.kinds, self.texts
        kind, text = kinds[at], texts[at]
        if kind == LITERAL:
            at += 1
        elif kind == OPEN:
            fragment = FRAGMENT.get(text)
            if fragment == "path" or fragment == "ty":
                at = self.path(at, in_type=False)
                if structs and texts[at] == "{":
                    at = self.partners[at] + 1
                    shape = "("
            elif fragment is None or fragment in _VALUE_FRAGMENTS:
                if (text == "{" or fragment == "block") and not shape:
                    shape = "{"
                at = self.partners[at] + 1
            else:
                raise NoFragment
        elif kind == LIFETIME or (kind == IDENT and text in _BLOCK_KEYWORDS):
            after = self.block_like(at)
            if after:
                at = after
                shape = shape or "{"
            elif text in _CLOSURE_KEYWORDS:
                at = self._operand(self._closure_head(at), structs=structs)
                self.shape = "("
                return at
            elif text in ("async", "gen", "try"):
                at = self._path_expr(at, structs=structs)
            else:
                raise NoFragment
        elif text == "continue":
            at += 2 if kinds[at + 1] == LIFETIME else 1
        elif text in ("true", "false", "_"):
            at += 1
        elif text == "builtin" and texts[at + 1] == "#" and kinds[at + 2] == IDENT:
            at = self.group(at + 3, "(")
        else:
            at = self._path_expr(at, structs=structs)
            shape = shape or self.shape
        at = self._postfix(at)
        self.shape = shape
        return at

    def _path_expr(self, at: int, *, structs: bool) -> int:
        at = self.path(at, in_type=False)
        self.shape = ""
        after = self.bang_group(at)
        if after != at:
            return after
        if structs and self.texts[at] == "{" and self.kinds[at] == OPEN:
            self.shape = "("
            return self.partners[at] + 1
        return at

    def _postfix(self, at: int) -> int:
        kinds, texts = self.kinds, self.texts
        while True:
            text = texts[at]
            if text == ".":
                at += 1
                kind = kinds[at]
                if kind == LITERAL:
                    at += 1
                elif kind == IDENT:
                    at += 1
                    if texts[at] == "::" and self.is_less(at + 1):
                        at = self.angles(at + 1)
                else:
                    raise NoFragment
            elif text == "?":
                at += 1
            elif (text == "(" or text == "[") and kinds[at] == OPEN:
                at = self.partners[at] + 1
            else:
                return at

    def _closure_head(self, at: int) -> int:
        """From `static`, `async`, `move`, `for<..>`.. to the bars of the closure."""
        texts = self.texts
        while texts[at] in _CLOSURE_KEYWORDS:
            if texts[at] == "for":
                at = self.angles(at + 1)
            elif texts[at] == "move" and texts[at + 1] == "(":
                at = self.partners[at + 1] + 1
            else:
                at += 1
        if texts[at] not in ("|", "||"):
            raise NoFragment
        return at

    def _closure_bars(self, at: int) -> int:
        """`|..|` and `-> T` of a closure; its body comes next."""
        texts = self.texts
        if texts[at] == "|":
            at += 1
            while texts[at] != "|":
                at = self.tree(at)
        at += 1
        if texts[at] == "->":
            at = self.type(at + 1, plus=False)
            if texts[at] != "{" and FRAGMENT.get(texts[at]) != "block":
                raise NoFragment
        return at

    def block_like(self, at: int) -> int:
        """An expression that ends with a block, from its first token; 0 if it is none."""
        kinds, texts = self.kinds, self.texts
        text = texts[at]
        if kinds[at] == LIFETIME:
            if texts[at + 1] != ":":
                return 0
            at += 2
            text = texts[at]
        if kinds[at] == OPEN:
            return self.partners[at] + 1 if text == "{" or FRAGMENT.get(text) == "block" else 0
        if text == "if":
            while True:
                at = self._block(self.expr(at + 1, structs=False))
                if texts[at] != "else":
                    return at
                at += 1
                if texts[at] != "if":
                    return self._block(at)
        if text in ("match", "while"):
            return self._block(self.expr(at + 1, structs=False))
        if text == "for":
            if texts[at + 1] == "<":
                return 0
            if texts[at + 1] == "await":
                at += 1
            at = self.pattern(at + 1, alternatives=True)
            if texts[at] != "in":
                raise NoFragment
            return self._block(self.expr(at + 1, structs=False))
        if text in ("loop", "unsafe", "const", "try"):
            at += 1
        elif text in ("async", "gen"):
            at += 1
            if texts[at] == "gen":
                at += 1
            if texts[at] in ("move", "use"):
                at += 1
        else:
            return 0
        return self._block(at) if texts[at] == "{" or FRAGMENT.get(texts[at]) == "block" else 0

    def _block(self, at: int) -> int:
        if FRAGMENT.get(self.texts[at]) == "block":
            return self.partners[at] + 1
        return self.group(at, "{")

    def expr_from_block_like(self, at: int) -> int:
        """What follows a block-like expression at the start of a statement: nothing, or `.` or `?` and all the rest."""
        if self.texts[at] in (".", "?"):
            self.shape = ""
            return self._rest(self._postfix(at), structs=True)
        return at


_PREFIX_KEYWORDS = frozenset(["return", "become", "yield", "break", "let", "box", "do"])
_BLOCK_KEYWORDS = frozenset(
    ["if", "match", "while", "for", "loop", "unsafe", "const", "try", "async", "gen", "static", "move", "use"],
)
