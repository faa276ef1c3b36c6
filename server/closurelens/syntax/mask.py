"""A text in which everything that is no code is covered, so that patterns can look at it.

Invariants: equal length; brackets, quotes and words that stand in the mask are code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from closurelens.syntax.tokens import block_comment_end

__all__ = ["closing_brackets", "mask"]

_NOISE = re.compile(
    rb"//[^\n]*+|/\*|\""
    rb"|'(?:[^'\\\x80-\xff\n]|[\xc2-\xf4][\x80-\xbf]{1,3}|\\(?:u\{[^}'\"\n]*\}|x[0-9a-fA-F]{2}|[^ux\n]))'"
)
_STRING_END = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_RAW_START = re.compile(rb"(?<![A-Za-z0-9_])(?:[bc]?r)(?P<hashes>#*)\Z")
_BEFORE_RAW = (b"r", b"#")
_BRACKET = re.compile(rb"[()\[\]{}]")
_CLOSE = {0x28: 0x29, 0x5B: 0x5D, 0x7B: 0x7D}


@lru_cache(maxsize=1)  # one text is repaired in several steps
def mask(source: bytes) -> bytes:
    """Comments become spaces, characters and the insides of strings become zeros."""
    out = bytearray(source)
    at, size = 0, len(source)
    while at < size:
        found = _NOISE.search(source, at)
        if found is None:
            break
        start, at = found.span()
        first = source[start]
        if first == 0x2F:
            if source[start + 1] == 0x2A:
                at = block_comment_end(source, start, size)
            out[start:at] = b" " * (at - start)
        elif first == 0x27:
            out[start:at] = b"0" * (at - start)
        else:
            is_plain = source[start - 1 : start] not in _BEFORE_RAW
            raw = None if is_plain else _RAW_START.search(source, max(0, start - 258), start)
            if raw is not None:
                close = b'"' + raw.group("hashes")
                end = source.find(close, at)
                at = end + len(close) if end >= 0 else size
                out[raw.start() : at] = b"0" * (at - raw.start())
            else:
                string = _STRING_END.match(source, at)
                at = string.end() if string is not None else size
                out[start + 1 : at - 1] = b"0" * (at - start - 2)
    return bytes(out)


@lru_cache(maxsize=1)
def closing_brackets(code: bytes) -> Mapping[int, int]:
    """For each bracket in a mask that is closed, the offset after the one of its kind that closes it."""
    ends: dict[int, int] = {}
    opened: dict[int, list[int]] = {0x29: [], 0x5D: [], 0x7D: []}
    for found in _BRACKET.finditer(code):
        at = found.start()
        byte = code[at]
        if byte in _CLOSE:
            opened[_CLOSE[byte]].append(at)
        elif opened[byte]:
            ends[opened[byte].pop()] = at + 1
    return ends
