"""Reports for people. Colour only on a terminal, and not where `NO_COLOR` is set."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, TextIO

Span = tuple[str, str]
"""A piece of a line and its style."""

_SIGILS = {"ref": "&", "uniq": "&uniq ", "mut": "&mut ", "copy": "copy ", "move": ""}
_MODES = {
    "ref": "borrowed",
    "uniq": "borrowed uniquely",
    "mut": "borrowed mutably",
    "copy": "copied",
    "move": "moved in",
}
_STYLES = {"ref": "green", "uniq": "yellow", "mut": "yellow", "copy": "cyan", "move": "red"}
_TRAITS = {"Fn": "bold green", "FnMut": "bold yellow", "FnOnce": "bold red"}


def lines_of(path: str, closure: dict[str, Any]) -> Iterator[list[Span]]:
    """One closure: where, which trait, what it captures; then a line for each capture and each use."""
    at = f"{path}:{closure['line']}:{closure['column']}"
    captures = closure["captures"]
    head: list[Span] = [(at, "bold"), ("  ", "")]
    if not closure["certain"]:
        head.append(("? ", "bold magenta"))
    head.append((closure["trait"], _TRAITS[closure["trait"]]))
    is_guess = "kind_reason" in closure
    if closure["kind"] not in (None, closure["trait"]):
        head.append((f", used as {'? ' if is_guess else ''}{closure['kind']}", "bold"))
    places = ", ".join(_SIGILS[c["mode"]] + c["place"] for c in captures)
    taken = f"move({places})" if closure["move"] else f"({places})"
    head.append((f"  {taken}" if places else "  captures nothing", ""))
    if closure.get("cfg_off"):
        head.append(("  (switched off by cfg)", "dim"))
    yield head
    if "reason" in closure and not any(c.get("reason") == closure["reason"] for c in captures):
        yield [("    ? ", "bold magenta"), (closure["reason"], "magenta")]
    if is_guess and closure["kind_reason"] != closure.get("reason"):
        yield [("    ? ", "bold magenta"), (f"what it is used as: {closure['kind_reason']}", "magenta")]
    for capture in captures:
        yield from _capture_lines(capture)


def _capture_lines(capture: dict[str, Any]) -> Iterator[list[Span]]:
    mode = capture["mode"]
    line: list[Span] = [("    ", ""), (_SIGILS[mode] + capture["place"], _STYLES[mode])]
    if capture["type"] is not None:
        line.append((f": {capture['type']}", "dim"))
    line.append((f"  {_MODES[mode]}", ""))
    if not capture["certain"]:
        line.append((f" ? {capture.get('reason', '')}", "magenta"))
    yield line
    places = [f"{use['line']}:{use['column']}" for use in capture["uses"]]
    width = max(map(len, places), default=0)
    for at, use in zip(places, capture["uses"], strict=True):
        yield [(f"        {at:{width}}  ", "dim"), (use["why"], "")]


class Printer:
    """Writes lines of spans, coloured where the stream is a terminal that shows it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._console: Any = None
        if self._stream.isatty():
            from rich.console import Console

            self._console = Console(file=self._stream, highlight=False, soft_wrap=True)

    def line(self, spans: list[Span]) -> None:
        if self._console is None:
            text = "".join(text for text, _ in spans) + "\n"
            encoding = self._stream.encoding or "utf-8"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        else:
            from rich.text import Text

            self._console.print(Text.assemble(*spans))


def print_report(report: dict[str, Any]) -> None:
    printer = Printer()
    first = True
    for file in report["files"]:
        for closure in file["closures"]:
            if not first:
                printer.line([])
            first = False
            for line in lines_of(file["path"], closure):
                printer.line(line)
