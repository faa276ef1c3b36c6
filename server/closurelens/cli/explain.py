"""`closurelens explain`: all about the closure at a place."""

from __future__ import annotations

import argparse
import re
import sys

from closurelens.cli import main as status
from closurelens.cli.inputs import Trouble, read_text
from closurelens.cli.session import Reports, make_world, settings_of
from closurelens.ide.hover import HoverConfig, hover
from closurelens.ide.view import FileView, file_view
from closurelens.project.load import from_os_path

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
    view = file_view(make_world(settings_of(options), reports).snapshot(), path, reports.guard)
    reports.tell()
    said = None if view is None else _story(view, line, column)
    if said is None:
        print(f"closurelens: {options.place}: no closure there", file=sys.stderr)
        return status.NOTHING
    print(said)
    return status.OK


def _story(view: FileView, line: int, column: int | None) -> str | None:
    """At a column, what is there; of a line, the closures that begin in it, else the innermost around it."""
    lines = view.document.lines
    start, end = lines.line_start(line - 1), lines.line_end(line - 1)
    if line < 1 or line > lines.line_count:
        return None
    closures = list(view.closures())
    starts: list[int] = []
    if column is not None:
        offset = min(start + max(column - 1, 0), end)
        direct = hover(view, offset, HoverConfig())
        if direct is not None:
            return direct.plain
        around = [c for c in closures if c.range.start <= offset <= c.range.end]
        starts = [around[-1].range.start] if around else []
    else:
        here = [c.range.start for c in closures if start <= c.range.start <= end]
        around = [c for c in closures if c.range.start <= start and end <= c.range.end]
        starts = here or ([around[-1].range.start] if around else [])
    said = [told.plain for told in (hover(view, at, HoverConfig()) for at in starts) if told is not None]
    return "\n\n".join(said) if said else None
