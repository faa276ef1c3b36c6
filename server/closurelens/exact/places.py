"""Reads the places that rustc prints, and shows places the way Rust writes them.

rustc prints a place as `variable[projection,...]`: `p[(0, 0),Deref]` is field 0 of variant 0, then a dereference.
We show `*p.x`, and `(*self).a.b` where a field follows a dereference: the spelling of rust-analyzer, and valid Rust.
"""

import re
from typing import assert_never

from closurelens.exact.model import (
    Deref,
    Field,
    Index,
    Mode,
    OpaqueCast,
    Place,
    Projection,
    Subslice,
    UnwrapUnsafeBinder,
)

_PROJECTION = re.compile(r"\((\d+), (\d+)\)|Deref|Index|Subslice|OpaqueCast|UnwrapUnsafeBinder")
_WORDS: dict[str, Projection] = {
    "Deref": Deref(),
    "Index": Index(),
    "Subslice": Subslice(),
    "OpaqueCast": OpaqueCast(),
    "UnwrapUnsafeBinder": UnwrapUnsafeBinder(),
}
_MODES = {
    "Immutable": Mode.REF,
    "UniqueImmutable": Mode.UNIQ,
    "Mutable": Mode.MUT,
    "ByValue": Mode.MOVE,
    "ByUse": Mode.MOVE,
}
_LINE = re.compile(r"(?:Capturing|Min Capture) (\w+)\[(.*)\] -> (\w+)$")


class UnreadablePlace(ValueError):
    """rustc printed something this module does not know: a newer rustc than any seen."""


def parse_capture(message: str) -> tuple[Place, Mode] | None:
    """The place and mode of `Capturing p[(0, 0)] -> Mutable` or `Min Capture ...`; None for any other message.

    `ByUse` (the unstable `use ||`) is told as a move: rustc moves unless the type is UseCloned.
    """
    hit = _LINE.match(message)
    if hit is None:
        return None
    variable, spec, mode = hit.groups()
    if mode not in _MODES:
        raise UnreadablePlace(message)
    projections: list[Projection] = []
    at = 0
    while at < len(spec):
        part = _PROJECTION.match(spec, at)
        if part is None:
            raise UnreadablePlace(message)
        projections.append(Field(int(part[1]), int(part[2])) if part[1] else _WORDS[part[0]])
        at = part.end()
        if at < len(spec):
            if spec[at] != ",":
                raise UnreadablePlace(message)
            at += 1
    return Place(variable, tuple(projections)), _MODES[mode]


def display_place(place: Place) -> str:
    """Rust's spelling; an element is `p[_]`, a field without a known name `p.#1`."""
    text = place.variable
    starred = False
    for projection in place.projections:
        match projection:
            case Field(index, _, name):
                text = f"({text})" if starred else text
                text += f".{name}" if name is not None else f".#{index}"
                starred = False
            case Deref():
                text = f"*{text}"
                starred = True
            case Index() | Subslice():
                text = f"({text})" if starred else text
                text += "[_]" if isinstance(projection, Index) else "[..]"
                starred = False
            case OpaqueCast() | UnwrapUnsafeBinder():
                pass
            case _:
                assert_never(projection)
    return text


def display_capture(place: Place, mode: Mode) -> str:
    """`p` (moved), `copy p`, `&p`, `&uniq *p`, `&mut p.x`."""
    text = display_place(place)
    match mode:
        case Mode.REF:
            return f"&{text}"
        case Mode.UNIQ:
            return f"&uniq {text}"
        case Mode.MUT:
            return f"&mut {text}"
        case Mode.COPY:
            return f"copy {text}"
        case Mode.MOVE:
            return text
        case _:
            assert_never(mode)


def names_from_symbol(symbol: str, place: Place) -> Place:
    """`place` with the field names of its MIR name: `p__q__s` names the fields of `p[Deref,(2, 0),(0, 0)]` q and s.

    Left as it is where the name does not split into as many parts as there are fields (a field name with `__` in it).
    """
    count = sum(isinstance(p, Field) for p in place.projections)
    head = place.variable + "__"
    if not count or not symbol.startswith(head):
        return place
    rest = symbol[len(head) :]
    names = [rest] if count == 1 else rest.split("__")
    return with_names(place, names) if len(names) == count else place


_NAME = re.compile(r"\w+")


def names_from_source(source: str, place: Place) -> Place:
    """`place` with field names read from the text of its use, as far as that is a plain path like `(*self).a.b`."""
    chain = re.sub(r"\s+", "", source)
    chain = re.sub(r"^(&(mut(?=\W))?|[*(])+", "", chain).replace(")", "")
    parts: list[str] = []
    for part in chain.split("."):
        hit = _NAME.match(part)
        if hit is None:
            break
        parts.append(hit[0])
        if hit.end() != len(part):
            break
    if not parts or parts[0] != place.variable:
        return place
    return with_names(place, parts[1:])


def with_names(place: Place, names: list[str]) -> Place:
    """`place` with its first fields named; a name that rustc has told already stays."""
    given = iter(names)
    projections: list[Projection] = []
    for projection in place.projections:
        if isinstance(projection, Field):
            name = next(given, None)
            if projection.name is None and name is not None:
                projection = Field(projection.index, projection.variant, name)
        projections.append(projection)
    return Place(place.variable, tuple(projections))


def share_names(places: list[Place]) -> list[Place]:
    """The places with names carried from one to another that begins with the same projections."""
    known: dict[tuple[str, tuple[tuple[object, ...], ...]], str] = {}
    for place in places:
        for key, projection in _prefixes(place):
            if isinstance(projection, Field) and projection.name is not None:
                known.setdefault(key, projection.name)
    shared: list[Place] = []
    for place in places:
        projections: list[Projection] = []
        for key, projection in _prefixes(place):
            if isinstance(projection, Field) and projection.name is None and key in known:
                projection = Field(projection.index, projection.variant, known[key])
            projections.append(projection)
        shared.append(Place(place.variable, tuple(projections)))
    return shared


def _prefixes(place: Place) -> list[tuple[tuple[str, tuple[tuple[object, ...], ...]], Projection]]:
    path: tuple[tuple[object, ...], ...] = ()
    found: list[tuple[tuple[str, tuple[tuple[object, ...], ...]], Projection]] = []
    for projection in place.projections:
        if isinstance(projection, Field):
            path += ((projection.index, projection.variant),)
        else:
            path += ((type(projection).__name__,),)
        found.append(((place.variable, path), projection))
    return found
