"""What an expression of a procedural macro may be, seen from the item that the macro was given.

Only what came from the item is followed, as the path of fields that leads to it (`sig`, `inputs`; an element of a list
is `[]`). Wrappers such as `Ok`, `Some`, `Box`, enums of items and references are the value within.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from closurelens.records import dataclass, field

FieldPath = tuple[str, ...]

ELEMENT = "[]"
BLOCK = "block"


class Undecided(Exception):
    """The source is more than this reading follows; what the macro makes is not known."""


class Access(Enum):
    OWNED = 0
    SHARED = 1
    MUT = 2


@dataclass(slots=True)
class Part:
    """The item or a part of it, or tokens of that. `is_fixed`: a place that cannot be changed; `is_first`: tokens that
    were made before any part of the item was changed.
    """

    path: FieldPath = ()
    access: Access = Access.OWNED
    is_fixed: bool = False
    is_first: bool = False

    def at(self, step: str) -> Part:
        return Part((*self.path, step), self.access, self.is_fixed)


@dataclass(slots=True)
class Tokens:
    """A template of `quote!` with the values of what it names."""

    text: bytes
    names: dict[str, Value]


@dataclass(slots=True)
class Joined:
    """Token streams one after the other."""

    parts: list[Value]


@dataclass(slots=True)
class Each:
    """Any number of values of this kind, in a list, an iterator or an `Option`."""

    element: Value


@dataclass(slots=True)
class Choice:
    options: list[Value]


@dataclass(slots=True)
class Tup:
    elements: list[Value]


@dataclass(slots=True)
class Record:
    """A struct of the macro's own crate."""

    name: str
    fields: dict[str, Value] = field(default_factory=dict)


class Plain(Enum):
    EMPTY = 0
    """`None`, or no tokens."""
    OTHER = 1
    """A value that holds nothing of the item but copies of names and types."""
    FAILURE = 2
    """An error: what the macro then makes does not compile."""
    GONE = 3
    """There is no value: control has left."""
    TERM = 4
    """As `OTHER`, but known to be an expression or a literal: it declares nothing."""
    STREAM = 5
    """What a parser of the macro's own reads the item from."""
    PARSED = 6
    """What such a stream gives before it is seen what it is parsed as."""


EMPTY, OTHER, FAILURE, GONE, TERM = Plain.EMPTY, Plain.OTHER, Plain.FAILURE, Plain.GONE, Plain.TERM
STREAM, PARSED = Plain.STREAM, Plain.PARSED
WITHOUT_BODY = b"fn __without_body() {}"
"""A function that was the item before it got another body."""

Value = Part | Tokens | Joined | Each | Choice | Tup | Record | Plain


def choice(options: list[Value]) -> Value:
    """One of several values; errors are no values."""
    out: list[Value] = []
    for option in options:
        for one in option.options if isinstance(option, Choice) else (option,):
            if isinstance(one, Part):
                one = Part(one.path, one.access)
            if one is FAILURE or one is GONE or any(one is known or one == known for known in out):
                continue
            out.append(one)
    if not out:
        return FAILURE if FAILURE in options else GONE
    lists = [one.element for one in out if isinstance(one, Each)]
    if lists and len(out) > 1:
        rest = [one for one in out if not isinstance(one, Each) and one is not EMPTY]
        out = [*rest, Each(lists[0] if len(lists) == 1 else choice(lists))]
    return out[0] if len(out) == 1 else Choice(out)


def is_any(part: Part) -> bool:
    return True


def inside(value: Value) -> Iterable[Value]:
    """The values that one is made of."""
    match value:
        case Tokens(_, names):
            return names.values()
        case Joined(parts):
            return parts
        case Each(element):
            return (element,)
        case Choice(options):
            return options
        case Tup(elements):
            return elements
        case Record(_, fields):
            return fields.values()
        case Part() | Plain():
            return ()


def carries(value: Value, wanted: Callable[[Part], bool] = is_any) -> bool:
    """Whether (wanted) parts of the item may be in it."""
    work = [value]
    steps = 0
    while work:
        here = work.pop()
        steps += 1
        if steps > 2000:
            return True
        if isinstance(here, Part):
            if wanted(here):
                return True
        else:
            work.extend(inside(here))
    return False
