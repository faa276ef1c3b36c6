"""`all_tuples!`: calls a macro once for each length that a tuple may have (the crate `variadics_please`)."""

from __future__ import annotations

import re

from closurelens.hir.macros.expansion import Arguments
from closurelens.hir.macros.tokens import CLOSE, IDENT, LITERAL, OPEN, PUNCT
from closurelens.hir.macros.transcribe import Output

_LONGEST = 64
_TOKEN = re.compile(r"(\d+)|(\w+)|([(\[])|([)\]])|(.)")
_KINDS = (LITERAL, IDENT, OPEN, CLOSE, PUNCT)


def all_tuples(arguments: Arguments) -> Output | str:
    """`all_tuples!(m, 0, 2, P, p)`: `m!(); m!((P0, p0)); m!((P0, p0), (P1, p1));`."""
    return _calls(arguments, numbers=False, with_size=False)


def all_tuples_enumerated(arguments: Arguments) -> Output | str:
    """Each element with its number: `m!((0, P0), (1, P1));`."""
    return _calls(arguments, numbers=True, with_size=False)


def all_tuples_with_size(arguments: Arguments) -> Output | str:
    """The length comes first: `m!(2, P0, P1);`."""
    return _calls(arguments, numbers=False, with_size=True)


def _calls(arguments: Arguments, *, numbers: bool, with_size: bool) -> Output | str:
    buffer = arguments.buffer
    kinds, texts = buffer.kinds, buffer.texts
    at, last = arguments.first, arguments.last
    is_documented = texts[at] == "#"
    if is_documented:
        at = buffer.partners[at + 1] + 1
    parts = [n for n in range(at, last) if texts[n] != ","]
    names = [texts[n] for n in parts[3:]]
    if [kinds[n] for n in parts[:4]] != [IDENT, LITERAL, LITERAL, IDENT] or any(kinds[n] != IDENT for n in parts[3:]):
        return "a macro, two lengths and names are expected"
    bounds = texts[parts[1]], texts[parts[2]]
    if not all(bound.isdigit() for bound in bounds) or int(bounds[1]) > _LONGEST:
        return "the lengths are not understood"
    lengths = [*range(int(bounds[0]), int(bounds[1]) + 1)]
    if is_documented and lengths and lengths[0] > 1:
        lengths.append(1)
    output = Output()
    for length in lengths:
        output.copy(buffer, at, at + 1, arguments.first)
        elements = [_element(names, at, numbers=numbers) for at in range(length)]
        if is_documented and length == 1:
            elements = [_element(names, None, numbers=numbers)]
        attribute = "#[doc(hidden)]" if is_documented and length else ""
        size = f"{length}," if with_size else ""
        _write(output, f"!({size}{attribute}{','.join(elements)});")
    output.finish()
    return output


def _element(names: list[str], at: int | None, *, numbers: bool) -> str:
    """`at` None: the only one, whose names stay as they are."""
    listed = [
        *(["0" if at is None else str(at)] if numbers else []),
        *(f"{name}{'' if at is None else at}" for name in names),
    ]
    return f"({','.join(listed)})" if len(listed) > 1 else listed[0]


def _write(output: Output, text: str) -> None:
    for token in _TOKEN.finditer(text):
        output.add(_KINDS[(token.lastindex or 1) - 1], token[0])
