"""Flat token lists, as the matcher and the scanners read them.

A `TokenBuffer` holds tokens in parallel lists. Invariants:

* the lists end with one token of the kind `EOF`, and delimiters pair up (`partners`);
* punctuation that starts with `<` or `>` is cut into single characters, all but the last of the kind `GLUED`: a type
  may end in the middle of `>>`;
* documentation comments are spelled as attributes;
* a fragment that a macro matched (`$e:expr`) stands between an OPEN and a CLOSE that nobody wrote. Their texts are
  `\\0` and `\\1` followed by the fragment's kind and its shape: "" needs nothing around it, `(` needs parentheses
  wherever it goes (a statement: a `;`), `{` is like a block and needs them before an operator (a statement: is an
  expression, and needs a `;` if others follow).
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from closurelens.syntax.tokens import Token, TokenKind, tokenize

IDENT: Final = 0
LIFETIME: Final = 1
LITERAL: Final = 2
PUNCT: Final = 3
GLUED: Final = 4
OPEN: Final = 5
CLOSE: Final = 6
ERROR: Final = 7
EOF: Final = 8


def words(text: str) -> frozenset[str]:
    """A set of spellings, separated by blanks."""
    return frozenset(text.split())


_KIND = {
    TokenKind.IDENT: IDENT,
    TokenKind.LIFETIME: LIFETIME,
    TokenKind.INT: LITERAL,
    TokenKind.FLOAT: LITERAL,
    TokenKind.STR: LITERAL,
    TokenKind.BYTE_STR: LITERAL,
    TokenKind.C_STR: LITERAL,
    TokenKind.CHAR: LITERAL,
    TokenKind.BYTE: LITERAL,
    TokenKind.PUNCT: PUNCT,
    TokenKind.OPEN: OPEN,
    TokenKind.CLOSE: CLOSE,
    TokenKind.DOC_OUTER: ERROR,
    TokenKind.DOC_INNER: ERROR,
    TokenKind.ERROR: ERROR,
}

_CLOSER = {"(": ")", "[": "]", "{": "}"}

_CUT = frozenset(["<<", "<=", "<<=", ">>", ">=", ">>="])

FRAGMENTS = ("block", "expr", "item", "literal", "meta", "pat", "path", "stmt", "ty", "vis")

FRAGMENT = {f"\0{kind}{shape}": kind for kind in FRAGMENTS for shape in ("", "(", "{")}
"""Text of an OPEN that nobody wrote -> the kind of fragment in it."""

SHAPE = {f"{edge}{kind}{shape}": shape for kind in FRAGMENTS for shape in ("", "(", "{") for edge in "\0\1"}
"""Text of an OPEN or CLOSE that nobody wrote -> the shape of the fragment in it."""


class Unbalanced(Exception):
    """Delimiters do not pair up."""


class TokenBuffer:
    """See the module. `starts` and `ends` are bytes from where the tokenized text begins; `EOF` stands at its end."""

    __slots__ = ("ends", "kinds", "partners", "starts", "texts")

    def __init__(
        self, kinds: list[int], texts: list[str], starts: list[int], ends: list[int], partners: list[int]
    ) -> None:
        self.kinds = kinds
        self.texts = texts
        self.starts = starts
        self.ends = ends
        self.partners = partners

    def __len__(self) -> int:
        """The number of tokens, `EOF` left out."""
        return len(self.kinds) - 1


def partners_of(kinds: list[int], texts: list[str]) -> list[int]:
    """For each delimiter the index of its partner, 0 elsewhere. Raises `Unbalanced`."""
    partners = [0] * len(kinds)
    stack: list[int] = []
    for index, kind in enumerate(kinds):
        if kind == OPEN:
            stack.append(index)
        elif kind == CLOSE:
            if not stack:
                raise Unbalanced
            opened = stack.pop()
            text = texts[opened]
            if _CLOSER.get(text, "\1" + text[1:]) != texts[index]:
                raise Unbalanced
            partners[opened] = index
            partners[index] = opened
    if stack:
        raise Unbalanced
    return partners


def lex(source: bytes, start: int = 0, end: int | None = None) -> TokenBuffer:
    """The tokens of source[start:end], offsets relative to `start`. Raises `Unbalanced`."""
    stop = len(source) if end is None else end
    kinds: list[int] = []
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    kind_of = _KIND
    for token in tokenize(source, start, stop):
        kind = kind_of[token.kind]
        text = token.text
        if kind == PUNCT and text in _CUT:
            at = token.start - start
            for offset, char in enumerate(text):
                kinds.append(GLUED)
                texts.append(char)
                starts.append(at + offset)
                ends.append(at + offset + 1)
            kinds[-1] = PUNCT
            continue
        if kind == ERROR:
            if token.kind is TokenKind.ERROR:
                text = text if text >= "\2" else "\ufffd"
            else:
                for kind, text in _doc_attribute(token):
                    kinds.append(kind)
                    texts.append(text)
                    starts.append(token.start - start)
                    ends.append(token.end - start)
                continue
        kinds.append(kind)
        texts.append(text)
        starts.append(token.start - start)
        ends.append(token.end - start)
    kinds.append(EOF)
    texts.append("")
    starts.append(stop - start)
    ends.append(stop - start)
    return TokenBuffer(kinds, texts, starts, ends, partners_of(kinds, texts))


def _doc_attribute(token: Token) -> list[tuple[int, str]]:
    text = token.text[3:]
    if token.text.startswith("/*"):
        text = text[:-2]
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    bang = [(PUNCT, "!")] if token.kind is TokenKind.DOC_INNER else []
    return [(PUNCT, "#"), *bang, (OPEN, "["), (IDENT, "doc"), (PUNCT, "="), (LITERAL, quoted), (CLOSE, "]")]


# After a fragment that is like a block, these go on with it; `*`, `&`, `-` and `|` may as well start a statement.
_GOES_ON = frozenset([".", "?", "as", "+", "/", "%", "^", "==", "!=", "<", ">", "&&", "||"])


_AFTER_BOUNDS = frozenset([">", ",", ";", ")", "="])


def _ends_bound(kinds: list[int], texts: list[str], index: int) -> bool:
    """A `+` that is an argument of a macro stands behind other things."""
    return index >= 0 and (kinds[index] == IDENT or kinds[index] == LIFETIME or texts[index] in (">", "\1path"))


_SPECIAL = frozenset(("", "<", ">", "+", "macro_rules", *SHAPE))
"""Texts of tokens that are not always written as they are, with a blank behind."""


def render(kinds: list[int], texts: list[str]) -> tuple[bytes, list[int], list[int]]:
    """The text of tokens (`EOF` among them), and where each starts and ends in it.

    Tokens are separated by blanks, so that none runs into the next. Edges of fragments become parentheses, `<` and `>`
    around a type before `::`, or the `;` after a statement, where that is needed. A path's generic arguments get their
    `::`, since it may be an expression. Left out is what the grammar lacks: `<>` but in `use<>`, and a `+`
    after the last bound.
    """
    written = [text + " " for text in texts]
    special = _SPECIAL
    close: list[int] = []  # tokens without a blank behind
    moved: list[int] = []  # tokens with a `::` before
    closers: list[str] = []
    turbofish: set[int] = set()
    empty = -1
    for index in [index for index, text in enumerate(texts) if text in special]:
        kind, text = kinds[index], texts[index]
        if index == empty:
            text = ""
        elif text == "<":
            if texts[index + 1] == ">" and (index == 0 or texts[index - 1] != "use"):
                empty = index + 1
                text = ""
            elif index in turbofish:
                moved.append(index)
                text = ":: <"
        elif text == "+":
            if texts[index + 1] in _AFTER_BOUNDS and _ends_bound(kinds, texts, index - 1):
                text = ""
        elif text < "\2":
            if kind == OPEN:
                text, closer = _edges(kinds, texts, index, turbofish)
                closers.append(closer)
            elif kind == CLOSE:
                text = closers.pop()
        if not text or kind == GLUED or (text == "macro_rules" and texts[index + 1] == "!"):  # one in the grammar
            written[index] = text
            close.append(index)
        else:
            written[index] = text + " "
    starts = [0, *accumulate(map(len, written))]
    ends = [end - 1 for end in starts]
    del starts[-1], ends[0]
    for index in close:
        ends[index] += 1
    for index in moved:
        starts[index] += 3
    joined = "".join(written)
    if joined.isascii():
        return joined.encode(), starts, ends
    widths = [0]
    width = 0
    for char in joined:
        width += len(char.encode("utf-8", "replace"))
        widths.append(width)
    return joined.encode("utf-8", "replace"), [widths[at] for at in starts], [widths[at] for at in ends]


def _edges(kinds: list[int], texts: list[str], index: int, turbofish: set[int]) -> tuple[str, str]:
    """What the fragment that opens at `index` is put between.

    The `<` in it that lack a `::` are added to `turbofish`.
    """
    text = texts[index]
    kind, shape = FRAGMENT[text], SHAPE[text]
    if not shape and kind not in ("ty", "path"):
        return "", ""
    depth = angles = 0
    after = index
    while True:
        if kinds[after] == OPEN:
            depth += 1
        elif kinds[after] == CLOSE:
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and kind == "path":
            if texts[after] == "<":
                if angles == 0 and kinds[after - 1] == IDENT:
                    turbofish.add(after)
                angles += 1
            elif texts[after] == ">":
                angles -= 1
        after += 1
    after += 1
    while texts[after][:1] == "\1":
        after += 1
    following = texts[after]
    match kind:
        case "ty":
            if following == "::":
                return "<", ">"
            return ("(", ")") if shape else ("", "")
        case "path":
            return "", ""
        case "stmt":
            ended = following in (";", "}", "") if shape == "{" else following == ";"
            return "", "" if ended else ";"
    if shape == "{" and following not in _GOES_ON:
        return "", ""
    return "(", ")"
