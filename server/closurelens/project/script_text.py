"""Pieces of the text of a build script: literals, comments, the arguments of macros."""

from __future__ import annotations

import re

from closurelens.project.cfg import unescape
from closurelens.syntax.lex import COMMENT_OR_LITERAL

INLINE = re.compile(r"\{([^\W\d]\w*)(?::[^{}]*)?\}")
NAMED = re.compile(rb"\s*([^\W\d]\w*)\s*=(?!=)")
_BRACKETS = re.compile(COMMENT_OR_LITERAL.pattern + rb"|[(\[{}\]),]", re.DOTALL)


def arguments_of(inside: bytes) -> list[bytes]:
    """The arguments of a macro; what stands behind the last comma is one if it is not blank."""
    parts: list[bytes] = []
    depth = start = 0
    for token in _BRACKETS.finditer(inside):
        char = token[0]
        if char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
        elif char == b"," and depth == 0:
            parts.append(inside[start : token.start()])
            start = token.end()
    if inside[start:].strip() or not parts:
        parts.append(inside[start:])
    return [part.strip() for part in parts]


def literal_value(literal: str) -> str:
    """The text between the marks of a string."""
    literal = literal.removeprefix("b")
    if literal.startswith("r"):
        return literal[1:].strip("#")[1:-1]
    return unescape(literal[1:-1])
