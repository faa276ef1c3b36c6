"""Patterns for running over Rust's text at the speed of the regular-expression engine.

Invariant: a run never stops inside a string, a character or a comment, however they contain each other's marks.
"""

from __future__ import annotations

import re

__all__ = [
    "BLOCK_COMMENT",
    "CHARACTER",
    "CODE_SKIP",
    "COMMENT_OR_LITERAL",
    "NAME",
    "SPACE",
    "STRING",
    "WIDE_SPACE",
    "match_brace",
    "match_bracket",
    "runs",
]

CHARACTER = rb"'(?:[^'\\\x80-\xff\n]|[\xc2-\xf4][\x80-\xbf]{1,3}|\\(?:u\{[^}'\"\n]*\}|x[0-9a-fA-F]{2}|[^ux\n]))'"
# A raw string is known by what stands before its quote; the number of `#` is what a look-behind can count.
_MOST_HASHES = 8
STRING = (
    b"(?:"
    + b"|".join(
        b"(?<=r" + b"#" * count + b')"' + (b'[^"]*+"' if count == 0 else b'(?s:.*?)"' + b"#" * count)
        for count in range(_MOST_HASHES + 1)
    )
    + b"|"
    + b"".join(b"(?<!r" + b"#" * count + b")" for count in range(_MOST_HASHES + 1))
    + rb'"[^"\\]*+(?s:\\.[^"\\]*+)*+")'
)


def _block_comment(depth: int) -> bytes:
    inner = rb"|" + _block_comment(depth - 1) if depth else b""
    return rb"/\*(?:[^*/]++|\*(?!/)|/(?!\*)" + inner + rb")*+\*/"


_MOST_NESTED_COMMENTS = 4
BLOCK_COMMENT = _block_comment(_MOST_NESTED_COMMENTS)
COMMENT = rb"//[^\n]*+|" + BLOCK_COMMENT
WIDE_SPACE = rb"\xc2\x85|\xe2\x80[\x8e\x8f\xa8\xa9]"
"""U+0085, U+200E, U+200F, U+2028 and U+2029, which are white space in Rust."""
SPACE = rb"(?:[ \t-\r]++|" + COMMENT + rb"|" + WIDE_SPACE + rb")*+"
NAME = rb"(?:r#)?[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+"


def runs(stops: bytes) -> bytes:
    """Code up to one of `stops` (as in a character class), to a comment or string that never ends, or to the end."""
    return rb"(?:[^" + stops + rb"\"'/]++|" + STRING + rb"|" + CHARACTER + rb"|'|" + COMMENT + rb"|/(?![/*]))*+"


COMMENT_OR_LITERAL = re.compile(
    rb"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^\\'])'|r(?P<hashes>#*)".*?"(?P=hashes)|"(?:\\.|[^"\\])*\"""", re.DOTALL
)
"""A comment, a character or a string, of text that compiles: simpler than those above, and with one group."""
CODE_SKIP = re.compile(runs(rb"{}"))
_BRACKET_SKIP = {0x28: re.compile(runs(rb"()")), 0x5B: re.compile(runs(rb"\[\]"))}
_CLOSE = {0x28: 0x29, 0x5B: 0x5D}


def match_brace(text: bytes, open_: int, end: int) -> int:
    """The offset after the `}` that closes the `{` at `open_`; -1 when there is none before `end`."""
    skip = CODE_SKIP.match
    depth = 1
    at = open_ + 1
    while True:
        found = skip(text, at, end)
        assert found is not None
        at = found.end()
        if at >= end:
            return -1
        byte = text[at]
        at += 1
        if byte == 0x7D:
            depth -= 1
            if not depth:
                return at
        elif byte == 0x7B:
            depth += 1
        else:
            return -1


def match_bracket(text: bytes, open_: int, end: int) -> int:
    """The same for `(` and `[`."""
    first = text[open_]
    skip, close = _BRACKET_SKIP[first].match, _CLOSE[first]
    depth = 1
    at = open_ + 1
    while True:
        found = skip(text, at, end)
        assert found is not None
        at = found.end()
        if at >= end:
            return -1
        byte = text[at]
        at += 1
        if byte == close:
            depth -= 1
            if not depth:
                return at
        elif byte == first:
            depth += 1
        else:
            return -1
