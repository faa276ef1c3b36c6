"""Reads the string of `format_args!`: which variables it takes from around the call.

Invariant: offsets are bytes in the literal as it is written, quotes, prefix and escapes included.
"""

from __future__ import annotations

import re

from closurelens.records import dataclass

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
        for group in ("value", "precision", "width"):  # the order in which rustc adds them
            name = match[group]
            if name is not None:
                start = match.start(group)
                found.append(Capture(name, _width(literal[:start]), _width(literal[: start + len(name)])))
    return found


def _width(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _blank(match: re.Match[str]) -> str:
    """An escape at its own length, so that offsets stay: its braces count, anything else is blank."""
    digits = (match[1] or match[2] or "").replace("_", "").lstrip("0").lower()
    return {"7b": "{", "7d": "}"}.get(digits, " ").ljust(len(match[0]))
