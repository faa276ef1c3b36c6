"""Asks rustc about the closures of one compiled target, as often as its macros make necessary.

A target is compiled twice: as it is, for MIR and for the errors that are the user's own, and marked, for the capture
reports. Where the marked text has new errors, the marks next to them are taken out and it is compiled again.
"""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from closurelens.exact.diagnostics import Mapped, Report, ReportedError, parse_messages
from closurelens.exact.instrument import Instrumented, instrument, lines_around
from closurelens.exact.mir import ClosureMir, parse_mir
from closurelens.exact.process import Command, Deadline, Finished, run
from closurelens.exact.sites import Site, sites_of
from closurelens.records import dataclass, field

_MOST_ATTEMPTS = 8
_FEATURES = "-Zcrate-attr=feature(rustc_attrs,stmt_expr_attributes)"


@dataclass(slots=True)
class Source:
    """One file that is asked about."""

    text: bytes
    sites: list[Site]
    skipped: set[int] = field(default_factory=set)
    instrumented: Instrumented = field(init=False)

    def __post_init__(self) -> None:
        self.mark()

    def mark(self) -> None:
        self.instrumented = instrument(self.text, [s.start for s in self.sites if s.start not in self.skipped])

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text).hexdigest()


def source_of(text: bytes) -> Source:
    return Source(text, sites_of(text))


@dataclass(slots=True)
class Target:
    """A call of rustc less its outputs. `args` holds `root`, a path relative to the folder asked for, at `root_at`."""

    program: str
    args: list[str]
    root_at: int
    root: str
    cwd: Path
    env: dict[str, str]


@dataclass(slots=True)
class Layout:
    """`plain` holds the original texts, `marked` the copy that is marked, `scratch` rustc's output."""

    plain: Path
    marked: Path
    scratch: Path


@dataclass(slots=True)
class TargetReport:
    report: Report
    mir: dict[tuple[str, int], ClosureMir]
    own_errors: list[ReportedError]


def ask_target(target: Target, sources: dict[str, Source], layout: Layout, deadline: Deadline) -> TargetReport:
    """Raises DeadlinePassed and NotInstalled. Marks that break a macro end in `Source.skipped`."""
    with ThreadPoolExecutor(1) as pool:
        plain = pool.submit(_compile_plain, target, sources, layout, deadline)
        report = _compile_marked(target, sources, layout, deadline)
        own, mir = plain.result()
    known = {_identity(e) for e in own}
    for _ in range(_MOST_ATTEMPTS):
        if not _skip_broken([e for e in report.errors if _identity(e) not in known], sources):
            break
        report = _compile_marked(target, sources, layout, deadline)
    return TargetReport(report, mir, own)


def _identity(error: ReportedError) -> tuple[object, ...]:
    return error.error.message, error.error.code, tuple((file, span.start) for file, span in error.places)


def _skip_broken(errors: list[ReportedError], sources: dict[str, Source]) -> bool:
    """Take out the marks on the lines of these errors; whether any were there."""
    changed: set[str] = set()
    for error in errors:
        for file, span in error.places:
            source = sources[file]
            first, last = lines_around(source.text, span.start, span.end)
            near = {m for m in source.instrumented.marks if first <= m <= last} - source.skipped
            if near:
                source.skipped |= near
                changed.add(file)
    for file in changed:
        sources[file].mark()
    return bool(changed)


def _compile_marked(target: Target, sources: dict[str, Source], layout: Layout, deadline: Deadline) -> Report:
    for key, source in sources.items():
        path = layout.marked / key
        if path.is_symlink():
            path.unlink()
        path.write_bytes(source.instrumented.text)
    done = _rustc(target, layout.marked, ["--emit=metadata", "--out-dir", str(layout.scratch), _FEATURES], deadline)
    return parse_messages(done.err, _locator(target, layout.marked, sources, marked=True))


def _compile_plain(
    target: Target, sources: dict[str, Source], layout: Layout, deadline: Deadline
) -> tuple[list[ReportedError], dict[tuple[str, int], ClosureMir]]:
    output = layout.scratch / "closures.mir"
    output.unlink(missing_ok=True)
    done = _rustc(target, layout.plain, ["-Zunpretty=mir", "-Zmir-opt-level=0", "-o", str(output)], deadline)
    errors = parse_messages(done.err, _locator(target, layout.plain, sources, marked=False)).errors
    mir = (
        parse_mir(output.read_text("utf-8", "replace"), _columns(target, layout.plain, sources))
        if output.exists()
        else {}
    )
    return errors, mir


def _rustc(target: Target, folder: Path, outputs: list[str], deadline: Deadline) -> Finished:
    args = list(target.args)
    args[target.root_at] = str(folder / target.root)
    argv = [target.program, *args, *outputs, "--error-format=json", "--cap-lints=allow"]
    return run(Command(argv, target.cwd, {**target.env, "RUSTC_BOOTSTRAP": "1"}), deadline)


def _locator(
    target: Target, folder: Path, sources: dict[str, Source], *, marked: bool
) -> Callable[[str], Mapped | None]:
    known: dict[str, Mapped | None] = {}

    def locate(name: str) -> Mapped | None:
        if name not in known:
            key = key_of(target.cwd, folder, name)
            source = sources.get(key) if key is not None else None
            if key is None or source is None:
                known[name] = None
            else:
                map_offset = source.instrumented.original_offset if marked else _same
                known[name] = Mapped(key, source.text, map_offset, source.instrumented.marks)
        return known[name]

    return locate


def _same(offset: int) -> int:
    return offset


def key_of(cwd: Path, folder: Path, name: str) -> str | None:
    """A path as rustc prints it, relative to the folder asked for; None for one outside of it.

    Links are not followed: rustc spells every path after the root's, which was given to it below `folder`.
    """
    path = Path(os.path.normpath(cwd / name))
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else None


def _columns(
    target: Target, folder: Path, sources: dict[str, Source]
) -> Callable[[str, int, int], tuple[str, int] | None]:
    keys: dict[str, str | None] = {}
    lines: dict[str, list[bytes]] = {}
    starts: dict[str, list[int]] = {}

    def locate(name: str, line: int, column: int) -> tuple[str, int] | None:
        if name not in keys:
            keys[name] = key_of(target.cwd, folder, name)
        key = keys[name]
        if key is None or key not in sources:
            return None
        if key not in lines:
            lines[key] = sources[key].text.split(b"\n")
            at = [0]
            for text in lines[key]:
                at.append(at[-1] + len(text) + 1)
            starts[key] = at
        if line > len(lines[key]):
            return None
        before = lines[key][line - 1].decode("utf-8", "replace")[: column - 1]
        return key, starts[key][line - 1] + len(before.encode())

    return locate
