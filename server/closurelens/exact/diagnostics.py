"""Reads rustc's JSON messages: capture reports and other errors, at offsets of the original files.

Invariant: a span is told only when it lies in a file that was asked for; a span inside of a macro expansion is told
as the place of the macro call, the innermost one that lies in such a file.
"""

import json
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from closurelens.exact.model import CompileError, Mode, Place, Span
from closurelens.exact.places import parse_capture
from closurelens.records import dataclass, field

Locate = Callable[[str], "Mapped | None"]


@dataclass(slots=True)
class Mapped:
    """One file that was asked for: its key, original text and marks, and how rustc's offsets become the original's."""

    key: str
    text: bytes
    original_offset: Callable[[int], int]
    marks: list[int]


@dataclass(slots=True)
class Row:
    """One `Capturing` or `Min Capture` note."""

    place: Place
    mode: Mode
    path: Span | None
    decider: Span | None
    file: str | None


@dataclass(slots=True)
class ReportedError:
    """An error and every place in the files asked for that it points at."""

    error: CompileError
    places: list[tuple[str, Span]]


@dataclass(slots=True)
class Report:
    """`first` and `minimum` by (file, start of the closure), one list of rows per expansion."""

    first: dict[tuple[str, int], list[list[Row]]] = field(default_factory=dict)
    minimum: dict[tuple[str, int], list[list[Row]]] = field(default_factory=dict)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    errors: list[ReportedError] = field(default_factory=list)


def parse_messages(output: str, locate: Locate) -> Report:
    """`output` is what rustc wrote to stderr with `--error-format=json`; lines that are no JSON are skipped."""
    report = Report()
    for line in output.split("\n"):
        if not line.startswith("{"):
            continue
        message = json.loads(line)
        if "message" not in message or "level" not in message:
            continue
        text: str = message["message"]
        if text.startswith("First Pass analysis"):
            _read_report(message, locate, report.first, report.ends)
        elif text.startswith("Min Capture analysis"):
            _read_report(message, locate, report.minimum, report.ends)
        elif message["level"].startswith("error") and not text.startswith("aborting due to"):
            report.errors.append(_error(message, locate))
    return report


def _read_report(
    message: dict[str, Any],
    locate: Locate,
    into: dict[tuple[str, int], list[list[Row]]],
    ends: dict[tuple[str, int], int],
) -> None:
    spans = [s for s in message["spans"] if s["is_primary"]]
    mapped = locate(spans[0]["file_name"]) if spans else None
    if mapped is None:
        return
    start = mapped.original_offset(spans[0]["byte_start"])
    key = (mapped.key, _without_parentheses(start, mapped))
    if key[1] == start:
        ends[key] = mapped.original_offset(spans[0]["byte_end"])
    rows: list[Row] = []
    for child in message["children"]:
        capture = parse_capture(child["message"])
        if capture is None:
            continue
        path, decider = _capture_spans(child["spans"])
        file, path_span = _place_in_source(path, locate)
        rows.append(Row(*capture, path_span, _place_in_source(decider, locate)[1], file))
    into.setdefault(key, []).append(rows)


def _without_parentheses(start: int, mapped: Mapped) -> int:
    """The closure that a span is of: rustc's span of `(|| x)` has the parentheses, our mark is inside of them."""
    at = bisect_left(mapped.marks, start)
    if at < len(mapped.marks) and not mapped.text[start : mapped.marks[at]].strip(b"( \t\r\n"):
        return mapped.marks[at]
    return start


def _capture_spans(spans: list[dict[str, Any]]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The span of the use that fixed the place, and of the one that fixed the mode: labelled where they differ."""
    if not spans:
        return None, None
    path = decider = spans[0]
    for span in spans:
        label = span.get("label") or ""
        if label.endswith(" used here"):
            path = span
        elif " captured as " in label:
            decider = span
    return path, decider


def _place_in_source(span: dict[str, Any] | None, locate: Locate) -> tuple[str | None, Span | None]:
    while span is not None:
        mapped = locate(span["file_name"])
        if mapped is not None:
            return mapped.key, Span(
                mapped.original_offset(span["byte_start"]), mapped.original_offset(span["byte_end"])
            )
        expansion = span.get("expansion")
        span = expansion["span"] if expansion else None
    return None, None


def _error(message: dict[str, Any], locate: Locate) -> ReportedError:
    code = message["code"]["code"] if message.get("code") else None
    places: list[tuple[str, Span]] = []
    for span in sorted(message["spans"], key=lambda s: not s["is_primary"]):
        file, place = _place_in_source(span, locate)
        if file is not None and place is not None:
            places.append((file, place))
    first = places[0] if places else (None, None)
    return ReportedError(CompileError(message["message"], code, *first), places)
