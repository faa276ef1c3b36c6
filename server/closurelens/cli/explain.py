"""`closurelens explain`: all about the closure at a place."""

from __future__ import annotations

import argparse
import re
import sys

from closurelens.cli import main as status
from closurelens.cli.inputs import Trouble, read_text
from closurelens.cli.session import Reports, make_world, settings_of
from closurelens.ide.hover import HoverConfig, hover
from closurelens.ide.view import BodyView, FileView
from closurelens.project.load import from_os_path
from closurelens.text import Document, LineIndex
from closurelens.world import FileClosures

_PLACE = re.compile(r"(.+?):(\d+)(?::(\d+))?$", re.DOTALL)


def explain(options: argparse.Namespace) -> int:
    match = _PLACE.match(options.place)
    if match is None:
        print(f"closurelens explain: a place is FILE:LINE or FILE:LINE:COL, not `{options.place}`", file=sys.stderr)
        return status.TROUBLE
    file, line, column = match[1], int(match[2]), None if match[3] is None else int(match[3])
    path = from_os_path(file)
    text = read_text(path)
    if isinstance(text, str):
        print(Trouble(file, text), file=sys.stderr)
        return status.TROUBLE
    reports = Reports()
    found = make_world(settings_of(options)).snapshot().closures_in(path, reports.guard)
    reports.tell()
    said = _story(found, line, column)
    if said is None:
        print(f"closurelens: {options.place}: no closure there", file=sys.stderr)
        return status.NOTHING
    print(said)
    return status.OK


def view_of(found: FileClosures) -> FileView:
    bodies = [BodyView(body.analysis.result, body.analysis.captures, body.base) for body in found.bodies]
    return FileView(Document(found.text), bodies)


def _story(found: FileClosures, line: int, column: int | None) -> str | None:
    """At a column, what is there; of a line, the closures that begin in it, else the innermost around it."""
    view = view_of(found)
    lines = LineIndex(found.text)
    start, end = lines.line_start(line - 1), lines.line_end(line - 1)
    if line < 1 or line > lines.line_count:
        return None
    starts: list[int] = []
    if column is not None:
        offset = min(start + max(column - 1, 0), end)
        direct = hover(view, offset, HoverConfig())
        if direct is not None:
            return direct.plain
        around = [c for c in found.closures() if c.range.start <= offset <= c.range.end]
        starts = [around[-1].range.start] if around else []
    else:
        here = [c.range.start for c in found.closures() if start <= c.range.start <= end]
        around = [c for c in found.closures() if c.range.start <= start and end <= c.range.end]
        starts = here or ([around[-1].range.start] if around else [])
    said = [told.plain for told in (hover(view, at, HoverConfig()) for at in starts) if told is not None]
    return "\n\n".join(said) if said else None
