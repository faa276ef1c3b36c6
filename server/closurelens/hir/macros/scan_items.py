"""Finds where an item, statement, visibility or attribute ends; says which fragment a token can begin.

See `scan_types`.
"""

from __future__ import annotations

from closurelens.hir.macros.scan_exprs import ExprScanner
from closurelens.hir.macros.scan_types import KEYWORDS, PATH_KEYWORDS, NoFragment
from closurelens.hir.macros.tokens import CLOSE, EOF, FRAGMENT, GLUED, IDENT, LIFETIME, LITERAL, OPEN, PUNCT, words

_QUALIFIERS = frozenset(["unsafe", "async", "default", "safe", "const", "extern", "auto"])
_ITEM_KEYWORDS = words("use extern mod struct enum trait impl type fn pub macro_rules macro union const static")
_TYPE_KEYWORDS = frozenset(["for", "impl", "fn", "unsafe", "extern", "typeof", "dyn", "_"])
_TYPE_PUNCT = frozenset(["!", "*", "&", "&&", "?", "<", "::"])
_MAYBE_IDENT = frozenset(["stmt", "pat", "expr", "ty", "literal", "meta", "path"])


class Scanner(ExprScanner):
    """All of Rust's fragments."""

    __slots__ = ()

    def begins(self, at: int, fragment: str) -> bool:
        """rustc's `nonterminal_may_begin_with`: a matcher commits to a fragment on this alone."""
        kind, text = self.kinds[at], self.texts[at]
        match fragment:
            case "tt" | "item" | "stmt":
                return kind != CLOSE and kind != EOF
            case "expr":
                return (self.begins_expr(at) or text == "_") and text != "let"
            case "expr_2021":
                return self.begins_expr(at) and text not in ("let", "const")
            case "ident":
                return kind == IDENT and text != "_"
            case "ty":
                return self._begins_type(at)
            case "lifetime":
                return kind == LIFETIME
            case "literal":
                if kind == OPEN and FRAGMENT.get(text) in ("expr", "literal"):
                    return self._is_literal_fragment(at)
                return kind == LITERAL or text in ("-", "true", "false")
            case "vis":
                if text == "," or kind == IDENT or (kind == OPEN and text in FRAGMENT):
                    return True
                return self._begins_type(at)
            case "block":
                return kind == OPEN and (text == "{" or FRAGMENT.get(text) in ("block", "stmt", "expr", "literal"))
            case "path" | "meta":
                return kind == IDENT or text == "::" or FRAGMENT.get(text) in _MAYBE_IDENT
            case "pat" | "pat_param":
                if kind == OPEN:
                    return text in ("(", "[") or FRAGMENT.get(text) in (
                        "expr",
                        "literal",
                        "meta",
                        "pat",
                        "path",
                        "ty",
                    )
                if text == "|":
                    return fragment == "pat"
                return kind in (IDENT, LITERAL) or text in ("&", "&&", "-", "..", "...", "..=", "::", "<")
            case _:
                return False

    def _is_literal_fragment(self, at: int) -> bool:
        end = self.partners[at]
        at += 1
        while self.kinds[at] == OPEN and self.texts[at] in FRAGMENT:
            at += 1
            end -= 1
        at += 1 if self.texts[at] == "-" else 0
        return at + 1 == end and (self.kinds[at] == LITERAL or self.texts[at] in ("true", "false"))

    def _begins_type(self, at: int) -> bool:
        kind, text = self.kinds[at], self.texts[at]
        if kind == IDENT:
            return text not in KEYWORDS or text in _TYPE_KEYWORDS
        if kind == OPEN:
            return text in ("(", "[") or FRAGMENT.get(text) in ("ty", "path")
        if kind == LIFETIME:
            return True
        return text in _TYPE_PUNCT and not (kind == GLUED and self.texts[at + 1] == "=")

    def fragment(self, at: int, fragment: str) -> int:
        """The index after the fragment; `shape` is set for those that have one."""
        self.depth = 0
        self.shape = ""
        match fragment:
            case "tt":
                return self.tree(at)
            case "ident" | "lifetime":
                return at + 1
            case "expr" | "expr_2021":
                return self.expr(at)
            case "ty":
                end = self.type(at)
                self.shape = "(" if self._has_plus(at, end) else ""
                return end
            case "pat":
                return self.pattern(at, alternatives=True)
            case "pat_param":
                return self.pattern(at, alternatives=False)
            case "path":
                return self.path(at, in_type=True)
            case "literal":
                return self.literal(at)
            case "block":
                if FRAGMENT.get(self.texts[at]) in ("block", "stmt", "expr"):
                    return self.partners[at] + 1
                return self.group(at, "{")
            case "stmt":
                return self.statement(at)
            case "item":
                end = self.item(at)
                self.shape = ""
                return end
            case "meta":
                end = self.meta(at)
                self.shape = ""
                return end
            case "vis":
                return self.visibility(at)
            case _:
                raise NoFragment

    def _has_plus(self, at: int, end: int) -> bool:
        while at < end:
            if self.texts[at] == "+":
                return True
            at = self.angles(at) if self.texts[at] == "<" else self.tree(at)
        return False

    def visibility(self, at: int) -> int:
        texts = self.texts
        if FRAGMENT.get(texts[at]) == "vis":
            return self.partners[at] + 1
        if texts[at] != "pub":
            return at
        at += 1
        if texts[at] == "(" and self.kinds[at] == OPEN:
            inner = texts[at + 1]
            if inner == "in" or (inner in PATH_KEYWORDS and self.partners[at] == at + 2):
                return self.partners[at] + 1
        return at

    def meta(self, at: int) -> int:
        """What stands inside of `#[..]`."""
        kinds, texts = self.kinds, self.texts
        if FRAGMENT.get(texts[at]) == "meta":
            return self.partners[at] + 1
        if texts[at] == "unsafe":
            return self.group(at + 1, "(")
        at = self.path(at, in_type=False)
        if kinds[at] == OPEN and texts[at] not in FRAGMENT:
            return self.partners[at] + 1
        if texts[at] == "=":
            return self.expr(at + 1)
        return at

    # Items and statements

    def _attributes(self, at: int) -> int:
        texts = self.texts
        while texts[at] == "#":
            at = self.group(at + 1, "[")
        return at

    def begins_item(self, at: int) -> bool:
        """An item starts here, after its attributes; a macro call is none."""
        texts, kinds = self.texts, self.kinds
        if FRAGMENT.get(texts[at]) in ("item", "vis"):
            return True
        if kinds[at] != IDENT:
            return False
        text, after = texts[at], texts[at + 1]
        if text in ("default", "safe", "auto") or text in ("unsafe", "async", "extern"):
            return after in _ITEM_KEYWORDS or after in _QUALIFIERS or (text == "extern" and after != "::")
        if text == "const":
            return after != "{" and after not in ("|", "||", "move") and not self._async_closure(at + 1)
        if text == "static":
            return after not in ("|", "||", "move", "async")
        if text == "union" or text == "macro":
            return kinds[at + 1] == IDENT
        if text == "macro_rules":
            return after == "!" and kinds[at + 2] == IDENT
        return text in _ITEM_KEYWORDS

    def _async_closure(self, at: int) -> bool:
        return self.texts[at] == "async" and self.texts[at + 1] in ("|", "||", "move")

    def item(self, at: int) -> int:
        kinds, texts = self.kinds, self.texts
        at = self._attributes(at)
        if FRAGMENT.get(texts[at]) == "item":
            return self.partners[at] + 1
        at = self.visibility(at)
        while texts[at] in _QUALIFIERS and self.begins_item(at):
            text = texts[at]
            if text == "const" and texts[at + 1] not in ("fn", "unsafe", "async", "extern"):
                break
            if text == "extern" and texts[at + 1] == "crate":
                break
            at += 1
            if text == "extern":
                if kinds[at] == LITERAL or FRAGMENT.get(texts[at]) == "literal":
                    at = self.tree(at)
                if texts[at] == "{":
                    return self.partners[at] + 1
        match texts[at]:
            case "use" | "type" | "const" | "static" | "extern":
                return self._to_semicolon(at)
            case "fn" | "mod" | "struct" | "enum" | "trait" | "impl":
                return self._to_body(at)
            case "union" if kinds[at + 1] == IDENT:
                return self._to_body(at)
            case "macro" if kinds[at + 1] == IDENT:
                at += 2
                if texts[at] == "(":
                    at = self.partners[at] + 1
                return self.group(at, "{")
        at = self.path(at, in_type=False)
        if texts[at] != "!":
            raise NoFragment
        at += 1
        if kinds[at] == IDENT:
            at += 1
        if kinds[at] != OPEN or texts[at] in FRAGMENT:
            raise NoFragment
        braces = texts[at] == "{"
        at = self.partners[at] + 1
        return at + 1 if not braces and texts[at] == ";" else at

    def _to_semicolon(self, at: int) -> int:
        while self.texts[at] != ";":
            at = self.tree(at)
        return at + 1

    def _to_body(self, at: int) -> int:
        texts = self.texts
        while True:
            text = texts[at]
            if text == ";":
                return at + 1
            if text == "{" and self.kinds[at] == OPEN:
                return self.partners[at] + 1
            if FRAGMENT.get(text) == "block":
                return self.partners[at] + 1
            at = self.angles(at) if text == "<" else self.tree(at)

    def statement(self, at: int) -> int:
        """One statement without its `;`, as the fragment `stmt` takes it."""
        kinds, texts = self.kinds, self.texts
        start = at
        self.shape = ""
        if texts[at] == ";":
            return at + 1
        at = self._attributes(at)
        fragment = FRAGMENT.get(texts[at])
        if fragment == "stmt":
            return self.partners[at] + 1
        if texts[at] == "let":
            at = self.pattern(at + 1, alternatives=True)
            if texts[at] == ":":
                at = self.type(at + 1)
            if texts[at] == "=" and kinds[at] == PUNCT:
                at = self.expr(at + 1)
                if texts[at] == "else":
                    at = self.group(at + 1, "{")
            self.shape = "("
            return at
        if self.begins_item(at):
            at = self.item(start)
            self.shape = ""
            return at
        after = self.block_like(at)
        if not after and (kinds[at] == IDENT or texts[at] == "::" or fragment == "path"):
            after = self._brace_macro(at)
        end = self.expr_from_block_like(after) if after else self.expr(at)
        self.shape = "" if end == after else "{"
        return end

    def _brace_macro(self, at: int) -> int:
        """The index after `path! {..}`, 0 if there is none."""
        if self.kinds[at] == IDENT and self.texts[at] in KEYWORDS:
            return 0
        at = self.path(at, in_type=False)
        if self.texts[at] == "!" and self.texts[at + 1] == "{":
            return self.partners[at + 1] + 1
        return 0
