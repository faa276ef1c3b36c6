"""Where closures may begin, as a glance at the text tells: cheaper than a parse.

Invariant: the bars of every closure are among the answers; a bar that is an operator may be too.
"""

from __future__ import annotations

import re

from closurelens.syntax.mask import closing_brackets, mask

_BAR = re.compile(rb"\|\|?")
_MACRO_CALL = re.compile(rb"[A-Za-z0-9_]\s*!\s*[(\[{]")
_SPACE = b" \t\r\n"
# What an operand can end with. After `}` a statement may have begun, after `=>` a value begins.
_WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+\Z")
_BEFORE_VALUES = frozenset(
    b"async await become break const else gen if in match move mut return static unsafe use while yield".split()
)
_LONGEST_WORD = 40


def closure_bars(source: bytes) -> list[int]:
    """The offsets of bars that may be the first of a closure."""
    if b"|" not in source:
        return []
    code = mask(source)
    return [match.start() for match in _BAR.finditer(code) if not _ends_operand(code, match.start())]


def has_bar_in_call(source: bytes) -> bool:
    """Whether a bar stands among the arguments of a macro, which may make a closure of it whatever stands before it."""
    if b"|" not in source or b"!" not in source:
        return False
    code = mask(source)
    ends = closing_brackets(code)
    for call in _MACRO_CALL.finditer(code):
        opening = call.end() - 1
        if code.find(b"|", opening, ends.get(opening, len(code))) >= 0:
            return True
    return False


def _ends_operand(code: bytes, at: int) -> bool:
    """Something that a value, type or pattern ends with stands before `at`, so that a bar there is an operator."""
    before = at - 1
    while before >= 0 and code[before] in _SPACE:
        before -= 1
    if before < 0:
        return False
    char = code[before]
    if char in b')?"':
        return True
    if char == 0x3E:  # >
        opening = code.rfind(b"<", 0, before)
        is_binder = code[max(0, opening - 80) : opening].rstrip().endswith(b"for")
        return not is_binder and code[before - 1 : before] not in (b"=", b"-")
    if char == 0x5D:  # ]
        opening = code.rfind(b"[", 0, before)
        return code[max(0, opening - 80) : opening].rstrip()[-1:] not in (b"#", b"!")
    word = _WORD.search(code, max(0, before + 1 - _LONGEST_WORD), before + 1)
    if word is None or word[0] in _BEFORE_VALUES:
        return False
    return code[word.start() - 1 : word.start()] != b"'"
