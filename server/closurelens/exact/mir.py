"""Reads what only MIR tells of closures: their kind in context, names and types of captures, copies among the moves.

The text is what `-Zunpretty=mir -Zmir-opt-level=0` prints. Invariant: a closure that a macro made several times is told
only as far as all of its bodies agree.
"""

import re
from collections.abc import Callable

from closurelens.exact.model import Trait
from closurelens.records import dataclass, field

_AT = r"(?P<path>.+?):(?P<line>\d+):(?P<col>\d+): \d+:\d+\}"
_HEADER = re.compile(
    r"^fn .*?\(_1: (?P<by>Pin<&mut |&(?:'\S+ )?(?:mut )?|)"
    r"\{(?P<what>closure|async closure|async block)@" + _AT
)
_AGGREGATE = re.compile(r" = \{(?:closure|async closure|async block|coroutine)@" + _AT + r" \{ (?P<rest>.*) \};$")
_UPVAR = re.compile(r"\((?:_1|\(\*_\d+\))\.(\d+): ")
_DEBUG = re.compile(r"    debug (?:r#)?(\S+) => (.*);$")


@dataclass(slots=True)
class Upvar:
    """One captured place as the closure's body knows it: `p__x` and the type of what is stored."""

    symbol: str
    ty: str


@dataclass(slots=True)
class ClosureMir:
    kind: Trait | None = None
    upvars: dict[int, Upvar] = field(default_factory=dict)
    by_copy: dict[int, bool] = field(default_factory=dict)
    """Whether the capture with this index is made with `copy`; rustc prints this for the first few of a closure."""


def parse_mir(
    text: str, locate: Callable[[str, int, int], tuple[str, int] | None]
) -> dict[tuple[str, int], ClosureMir]:
    """`locate` turns (path, line, column in characters from 1), as rustc prints them, into our file and byte."""
    found: dict[tuple[str, int], ClosureMir] = {}
    seen_bodies: set[tuple[str, int]] = set()
    body: ClosureMir | None = None
    for line in text.split("\n"):
        if line.startswith("fn "):
            body = None
            hit = _HEADER.match(line)
            at = locate(hit["path"], int(hit["line"]), int(hit["col"])) if hit else None
            if hit is None or at is None:
                continue
            told = ClosureMir(_kind(hit["what"], hit["by"]))
            entry = found.setdefault(at, ClosureMir())
            if at in seen_bodies:
                if entry.kind != told.kind:
                    entry.kind = None
            else:
                seen_bodies.add(at)
                entry.kind = told.kind
                body = entry
        elif line.startswith("    debug "):
            if body is not None:
                _read_upvar(line, body)
        elif "@" in line:
            hit = _AGGREGATE.search(line)
            at = locate(hit["path"], int(hit["line"]), int(hit["col"])) if hit else None
            if hit is not None and at is not None:
                _read_operands(hit["rest"], found.setdefault(at, ClosureMir()).by_copy)
        elif line.startswith("}"):
            body = None
    return found


def _kind(what: str, by: str) -> Trait | None:
    if what not in ("closure", "async closure"):
        return None
    if not by:
        return Trait.FN_ONCE
    return Trait.FN_MUT if "mut" in by else Trait.FN


def _read_upvar(line: str, body: ClosureMir) -> None:
    hit = _DEBUG.match(line)
    if hit is None:
        return
    symbol, place = hit.groups()
    where = _UPVAR.search(place)
    if where is not None:
        body.upvars.setdefault(int(where[1]), Upvar(symbol, _until_closed(place, where.end())))


def _until_closed(text: str, start: int) -> str:
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            if depth == 0:
                return text[start:at]
            depth -= 1
    return text[start:]


def _read_operands(rest: str, by_copy: dict[int, bool]) -> None:
    depth = 0
    start = 0
    index = 0
    for at in range(len(rest) + 1):
        char = rest[at] if at < len(rest) else ","
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            by_copy.setdefault(index, rest[start:at].partition(": ")[2].startswith("copy "))
            index += 1
            start = at + 1


_INTEGERS = [f"{sign}{bits}" for sign in "iu" for bits in ("8", "16", "32", "64", "128", "size")]
_COPY_TYPES = frozenset([*_INTEGERS, "bool", "char", "f32", "f64", "()", "!"])


def is_copy(body: ClosureMir, index: int) -> bool:
    """Whether a capture by value copies: as MIR prints it, else by its type where that alone says so."""
    if index in body.by_copy:
        return body.by_copy[index]
    upvar = body.upvars.get(index)
    if upvar is None:
        return False
    ty = upvar.ty
    return ty in _COPY_TYPES or (ty.startswith("&") and not re.match(r"&('\S+ )?mut ", ty)) or ty.startswith("*")
