"""TOML with places: parse a text, and find the line of a key afterwards.

Invariant: `tomllib` keeps no positions, so lines of keys are found by reading the text again, and only when there is a
problem to report. A line may then be that of the table's header, or None; it is never the line of something else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence

from closurelens.project.model import Diagnostic, Problem
from closurelens.records import dataclass, field

Table = dict[str, object]


@dataclass(slots=True)
class TomlText:
    path: str
    text: str
    table: Table
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def report(self, problem: Problem, message: str, keys: Sequence[str] = ()) -> None:
        self.diagnostics.append(Diagnostic(problem, self.path, line_of(self.text, keys), message))


def parse_toml(content: bytes, path: str) -> TomlText | Diagnostic:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n")
        return Diagnostic(Problem.NOT_UTF8, path, line, "the file is not valid UTF-8")
    try:
        return TomlText(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return syntax_error(path, error, Problem.TOML_SYNTAX)
    except RecursionError:
        return Diagnostic(Problem.TOML_SYNTAX, path, None, "values are nested too deeply")


_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


def syntax_error(path: str, error: tomllib.TOMLDecodeError, problem: Problem) -> Diagnostic:
    message = str(error)
    match = _PLACE.search(message)
    line = int(match[1]) - 1 if match is not None and match[1] else None
    return Diagnostic(problem, path, line, _PLACE.sub("", message))


_HEADER = re.compile(r"\s*(\[\[?)(?!\[)(.*?)\]\]?\s*(?:#.*)?\Z")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """The line where `keys` (`("package", "edition")`) is set, or else the header of the table it is in.

    A part of the form `bin[1]` stands for the second `[[bin]]`.
    """
    wanted = tuple(keys)
    if not wanted:
        return None
    table: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    best: tuple[int, int] | None = None  # how many keys the line covers, its number
    for number, line in enumerate(text.split("\n")):
        header = _HEADER.match(line)
        if header is not None:
            table = _parts(header[2])
            if not table:
                continue
            first, *rest = table
            if header[1] == "[[" and not rest:
                counts[first] = counts.get(first, -1) + 1
            if first in counts:
                table = (f"{first}[{counts[first]}]", *rest)
            path = table
        else:
            key = _KEY.match(line)
            if key is None:
                continue
            path = table + _parts(key[1])
        covered = min(len(path), len(wanted))
        # `b.path = ..` is where `b` is set, too.
        if path[:covered] == wanted[:covered] and (best is None or covered > best[0]):
            best = (covered, number)
    return None if best is None else best[1]


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def table_at(table: Table, *keys: str) -> Table:
    """The table at a path of keys; an empty one if it or a part of the way is missing or is no table."""
    current: object = table
    for key in keys:
        current = current.get(key) if isinstance(current, dict) else None
    return current if isinstance(current, dict) else {}


def strings(value: object) -> tuple[str, ...]:
    """The strings of an array; nothing if it is none."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
