"""Reads the string of `format_args!`: which variables it takes from around the call.

Invariant: offsets are bytes in the literal as it is written, quotes, prefix and escapes included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"[^\W\d]\w*"
_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{\s*(?:\d+|(?P<value>" + _NAME + r"))?\s*"
    r"(?::(?:.[<^>]|[<^>])?[+-]?#?(?:0(?!\$))?"
    r"(?:\d+\$|(?P<width>" + _NAME + r")\$|\d+)?"
    r"(?:\.(?:\d+\$|(?P<precision>" + _NAME + r")\$|\*|\d+))?"
    r"(?:[xX]?\?|" + _NAME + r")?\s*)?\}",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u\{([^}]*)\}|x([0-9a-fA-F]{2})|\r?\n\s*|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_RAW = re.compile(r'r(#*)"(.*)"\1', re.DOTALL)


@dataclass(slots=True)
class Capture:
    """`{name}`, as a value, width or precision."""

    name: str
    start: int
    end: int


def captures(literal: str) -> list[Capture]:
    """Every name in the placeholders of a string literal, in order, with repetitions."""
    opening = literal.find('"') + 1
    text = literal
    if "\\" in literal and not literal.startswith("r"):
        text = _ESCAPE.sub(_blank, literal)
    found: list[Capture] = []
    for match in _PLACEHOLDER.finditer(text, opening, max(text.rfind('"'), opening)):
        for group in ("value", "precision", "width"):  # rustc's order
            name = match[group]
            if name is not None:
                start = match.start(group)
                found.append(Capture(name, _width(literal[:start]), _width(literal[: start + len(name)])))
    return found


def _width(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _blank(match: re.Match[str]) -> str:
    """An escape at its own length, so that offsets stay: its braces count, anything else is blank."""
    char = _char_of(match)
    return (char if char in ("{", "}") else " ").ljust(len(match[0]))


def _char_of(match: re.Match[str]) -> str:
    digits = (match[1] or match[2] or "").replace("_", "")
    if digits:
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            return "\ufffd"
    escaped = match[0][1]
    return "" if escaped in "\r\n" else _SIMPLE.get(escaped, escaped)


def value_of(literal: str) -> str | None:
    """The text that a string literal stands for; None when it is no string literal."""
    if literal.startswith("r"):
        raw = _RAW.fullmatch(literal)
        return None if raw is None else raw[2]
    if len(literal) < 2 or literal[0] != '"' or literal[-1] != '"':
        return None
    return _ESCAPE.sub(_char_of, literal[1:-1])


def quoted(value: str) -> str:
    """A string literal for a text."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r") + '"'
