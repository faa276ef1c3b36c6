"""The world and its snapshots.

`World` holds the inputs; `apply` takes in a change and returns the `Snapshot` to ask. What is computed is kept by the
text of each body: a keystroke in a function analyses that function anew and nothing else.

Invariant: a snapshot never mixes two states. An older one answers `Cancelled` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from closurelens.capture.model import ClosureCaptures
from closurelens.infer.goals import SharedCache
from closurelens.project import paths
from closurelens.project.model import Crate, CrateGraph, CrateId, Edition, TargetKind
from closurelens.project.modules import crate_of_file
from closurelens.project.platform import DEFAULT_TRIPLE, platform_cfg
from closurelens.project.targets import is_conventional_root
from closurelens.records import dataclass, field, replace
from closurelens.resolve.bodies import BodyOwner, file_bodies
from closurelens.resolve.crate_tree import CrateIndex
from closurelens.resolve.dependencies import LoadStored, always_from_source
from closurelens.resolve.program import Program
from closurelens.resolve.sources import ReadFile
from closurelens.stdsig.database import StdDb
from closurelens.syntax.chunks import Refresh, SourceFile
from closurelens.text import TextRange
from closurelens.world.analysis import Receivers, analyse, may_capture, text_of
from closurelens.world.changes import (
    Change,
    CloseFile,
    EditFile,
    ExactAnswers,
    FileOnDisk,
    MoreDependencies,
    OpenFile,
    SetConfig,
)
from closurelens.world.model import (
    Basis,
    BodyAnalysis,
    ChunkClosures,
    Failure,
    FileClosures,
    Guard,
    PlacedBody,
    unguarded,
)
from closurelens.world.moving import Board

LoadGraph = Callable[[str], CrateGraph]
"""The workspace that the file at this path belongs to, or a graph of that file alone (`project.load.load_project`)."""


class Cancelled(Exception):
    """A newer change has overtaken the snapshot that was asked."""


@dataclass(slots=True)
class Config:
    """`index_dependencies`: read the sources of dependencies that are on this machine.

    `coroutines`: async blocks are asked about, too; without, those in bodies that have no closures may be left out.
    """

    index_dependencies: bool = True
    coroutines: bool = True


@dataclass(slots=True)
class _Home:
    """Where a file belongs, and the bodies in it."""

    crate: CrateIndex
    reached: bool
    board: Board


@dataclass(slots=True)
class _Known:
    """The analysis of an outermost body, of one text."""

    text: bytes
    bodies: list[BodyAnalysis]


@dataclass(slots=True)
class _Project:
    """A crate graph and what is known of its crates.

    * `read` are the files whose text the program has looked at.
    * `shared_off` is what `shared` is, for code that a `cfg` switches off: it sees more impls.
    """

    graph: CrateGraph
    program: Program
    read: dict[str, SourceFile | bytes]
    shared: SharedCache = field(default_factory=SharedCache)
    shared_off: SharedCache = field(default_factory=SharedCache)
    homes: dict[str, _Home] = field(default_factory=dict)
    known: dict[tuple[str, str], _Known] = field(default_factory=dict)

    def seen(self, path: str) -> SourceFile | None:
        """The file with the text that the program has read; settled."""
        found = self.read.get(path)
        if isinstance(found, bytes):
            found = self.read[path] = SourceFile.of(found)
        return found

    def fits(self, path: str, now: SourceFile) -> bool:
        """Whether what the program knows of `path` can be moved to `now`."""
        seen = self.seen(path)
        return seen is None or now.has_items_of(seen)

    def forget(self, path: str) -> None:
        """`path` has other items now."""
        self.read.pop(path, None)
        self.program.forget(path)
        self._start_anew()

    def more_dependencies(self) -> None:
        if self.program.is_waiting:
            self.program.dependencies_changed()
            self._start_anew()

    def _start_anew(self) -> None:
        self.shared = SharedCache()
        self.shared_off = SharedCache()
        self.homes.clear()
        self.known.clear()


class World:
    """`read` gives a file's text by its normalised path, None if there is none; `load` the crates."""

    def __init__(
        self,
        read: ReadFile,
        load: LoadGraph,
        std: StdDb,
        config: Config | None = None,
        *,
        stored: LoadStored = always_from_source,
    ) -> None:
        self.std = std
        self.config = Config() if config is None else config
        self.number = 0
        self._read = read
        self._load = load
        self._stored = stored
        self._receivers = Receivers(std)
        self._open: dict[str, SourceFile] = {}
        self._disk: dict[str, SourceFile | None] = {}
        self._exact: dict[str, ExactAnswers] = {}
        self._projects: list[_Project] = []
        self._project_at: dict[str, _Project] = {}
        self._packages: dict[str, str | None] = {}

    # Changes

    def snapshot(self) -> Snapshot:
        return Snapshot(self, self.number, self.config)

    def apply(self, change: Change) -> Snapshot:
        """Take in a change. Raises KeyError for an edit of a file that is not open."""
        match change:
            case OpenFile(path, text):
                before = self._open.get(path) or self._disk.get(path)
                self._open[path] = before.apply_change(None, text) if before is not None else SourceFile.of(text)
                self._text_changed(path)
            case EditFile(path, range_, new_text):
                self._open[path] = self._open[path].apply_change(range_, new_text)
                self._text_changed(path)
            case CloseFile(path):
                self._open.pop(path, None)
                self._text_changed(path)
            case FileOnDisk(path):
                self._packages.clear()
                self._project_at.clear()
                self._projects = [project for project in self._projects if not self._is_stale(project.graph, path)]
                if path not in self._open:
                    self._text_changed(path)
                    for project in self._projects:
                        project.homes.clear()
            case SetConfig(config):
                if config != self.config:
                    self._projects = []
                    self._project_at.clear()
                self.config = config
            case MoreDependencies():
                for project in self._projects:
                    project.more_dependencies()
            case ExactAnswers():
                self._exact[change.path] = change
            case _:
                assert_never(change)
        self.number += 1
        return self.snapshot()

    def settle(self, path: str) -> Snapshot:
        """Find the bounds of the items of an open file anew, after edits that may have moved them."""
        file = self._open.get(path)
        if file is not None and not file.is_settled:
            self._settle(path, file)
            self.number += 1
        return self.snapshot()

    def settling(self, path: str) -> Refresh | None:
        """The same in slices, for `settled_by` in the end; None when there is nothing to do."""
        file = self._open.get(path)
        return None if file is None or file.is_settled else Refresh(file)

    def settled_by(self, path: str, refresh: Refresh) -> Snapshot:
        """Take in a finished refresh. If the file has been edited since, nothing happens."""
        if self._open.get(path) is refresh.file:
            self._open[path] = refresh.result()
            self._items_may_differ(path)
            self.number += 1
        return self.snapshot()

    def _settle(self, path: str, file: SourceFile) -> None:
        self._open[path] = file.refreshed()
        self._items_may_differ(path)

    def _text_changed(self, path: str) -> None:
        self._disk.pop(path, None)
        self._exact.pop(path, None)
        self._items_may_differ(path)

    def _items_may_differ(self, path: str) -> None:
        """Every way to another `SourceFile` of a path leads here: owners found in the old one may not fit the new."""
        readers = [project for project in self._projects if path in project.read]
        if not readers:
            return
        now = self.file(path)
        if now is not None and not now.is_settled and not all(project.fits(path, now) for project in readers):
            # Making the items anew costs more than finding where they are.
            now = self._open[path] = now.refreshed()
        for project in readers:
            if now is None or not project.fits(path, now):
                self._forget(project, path)

    def _forget(self, project: _Project, path: str) -> None:
        crates = crate_of_file(project.graph, path)
        if crates and not any(crate.is_member for crate in crates):
            # What a program knows of its dependencies it keeps.
            self._projects = [other for other in self._projects if other is not project]
            self._project_at.clear()
        else:
            project.forget(path)

    def _is_stale(self, graph: CrateGraph, path: str) -> bool:
        """Whether a file that has changed on the disk makes other crates than `graph` has."""
        if path in graph.inputs:
            return True
        is_root = any(crate.root == path for crate in graph.crates.values())
        if not is_root and not any(
            is_conventional_root(below)
            for folder in graph.packages
            if (below := paths.relative_to(path, folder)) is not None
        ):
            return False
        return is_root != (self._read(path) is not None)

    # Texts

    def file(self, path: str) -> SourceFile | None:
        found = self._open.get(path)
        if found is not None:
            return found
        if path not in self._disk:
            text = self._read(path)
            self._disk[path] = None if text is None else SourceFile.of(text)
        return self._disk[path]

    def exact_in(self, path: str) -> Mapping[int, ClosureCaptures] | None:
        """What rustc said of the text that the file still has."""
        found = self._exact.get(path)
        file = self.file(path)
        return found.closures if found is not None and file is not None and file.document.text == found.text else None

    # Crates

    def _project_of(self, path: str) -> _Project:
        package = paths.nearest(paths.parent(path), self._has_manifest, self._packages)
        key = path if package is None else package
        project = self._project_at.get(key)
        if project is None:
            project = next((p for p in self._projects if key in p.graph.packages), None)
            if project is None:
                project = self._load_project(path)
            self._project_at[key] = project
        return project

    def _load_project(self, path: str) -> _Project:
        graph = self._load(path)
        read: dict[str, SourceFile | bytes] = {}

        def remembered(file: str) -> bytes | None:
            found = self._open.get(file) or self._disk.get(file)
            if found is not None:
                read[file] = found if found.is_settled else found.refreshed()
                return found.document.text
            text = self._read(file)
            read[file] = b"" if text is None else text
            return text

        program = Program(
            graph, self.std, remembered, index_dependencies=self.config.index_dependencies, stored=self._stored
        )
        project = _Project(graph, program, read)
        self._projects.append(project)
        return project

    def _has_manifest(self, folder: str) -> bool:
        return self._read(paths.join(folder, "Cargo.toml")) is not None

    def home_of(self, path: str) -> tuple[_Project, _Home]:
        project = self._project_of(path)
        home = project.homes.get(path)
        if home is None:
            home = project.homes[path] = self._find_home(project, path)
        return project, home

    def _find_home(self, project: _Project, path: str) -> _Home:
        candidates = crate_of_file(project.graph, path)
        for crate in candidates:
            index = project.program.crate(crate)
            if crate.root == path or index.modules_of_file(path):
                return _Home(index, True, self._board(project, index, path))
        index = project.program.crate(_loose_crate(path, candidates, project.graph))
        return _Home(index, False, self._board(project, index, path))

    def _board(self, project: _Project, crate: CrateIndex, path: str) -> Board:
        owners = file_bodies(crate, path)
        seen = project.seen(path)
        return Board(owners, SourceFile.of(b"") if seen is None else seen)

    def edition_of(self, path: str) -> Edition:
        project = self._project_of(path)
        candidates = crate_of_file(project.graph, path)
        return candidates[0].edition if candidates else _loose_crate(path, [], project.graph).edition

    def basis_of(self, path: str) -> Basis:
        project = self.home_of(path)[0]
        return Basis(project.graph, frozenset(project.read), project.program.is_waiting)

    # Analysis

    def closures_in(self, path: str, guard: Guard) -> FileClosures:
        file = self.file(path)
        if file is None:
            return FileClosures(path, b"")
        text = file.document.text
        if not may_capture(text):
            return FileClosures(path, text)
        found = self.chunks_in(path, None, guard)
        answer = FileClosures(path, text, reached=self.home_of(path)[1].reached)
        for start, chunk in found:
            answer.bodies.extend([PlacedBody(start + body.base, body.analysis) for body in chunk.bodies])
            answer.failures.extend([Failure(failure.range.shifted(start), failure.owner) for failure in chunk.failures])
        return answer

    def chunks_in(self, path: str, within: TextRange | None, guard: Guard) -> list[tuple[int, ChunkClosures]]:
        file = self.file(path)
        if file is None:
            return []
        found = self._chunks(path, file, within, guard)
        if found is None and not file.is_settled:
            self._settle(path, file)
            file = self._open[path]
            found = self._chunks(path, file, within, guard)
        if found is None:
            self._forget(self.home_of(path)[0], path)
            found = self._chunks(path, file, within, guard)
        return [] if found is None else found

    def _chunks(
        self, path: str, file: SourceFile, within: TextRange | None, guard: Guard
    ) -> list[tuple[int, ChunkClosures]] | None:
        """None when an owner is not found again in the text."""
        project, home = self.home_of(path)
        if not project.fits(path, file):
            return None
        return home.board.closures(file, within, lambda owner: self._analysed(project, owner, guard))

    def _analysed(self, project: _Project, owner: BodyOwner, guard: Guard) -> list[BodyAnalysis] | None:
        text = text_of(owner)
        key = (owner.path, owner.file)
        known = project.known.get(key)
        if known is not None and known.text == text:
            return known.bodies
        program, shared = project.program, project.shared
        if owner.cfg_off is not None:
            program, shared = program.off_view(), project.shared_off
        wanted = self.config.coroutines
        bodies = guard(owner.path, lambda: analyse(program, owner, shared, self._receivers, coroutines=wanted))
        if bodies is not None:
            project.known[key] = _Known(text, bodies)
        return bodies

    def drop_analyses(self) -> None:
        """Give back the memory that answers about bodies take; they are computed again when asked for."""
        for project in self._projects:
            project.known.clear()
            for home in project.homes.values():
                if home.board.asked:
                    home.board.forget_answers()


@dataclass(slots=True)
class Snapshot:
    """One state of the world. Every method raises `Cancelled` once there is a newer one."""

    _world: World
    number: int
    config: Config

    def _now(self) -> World:
        if self._world.number != self.number:
            raise Cancelled
        return self._world

    def file(self, path: str) -> SourceFile | None:
        return self._now().file(path)

    def closures_in(self, path: str, guard: Guard = unguarded) -> FileClosures:
        """The closures of a file; of a file that is not there, none."""
        return self._now().closures_in(path, guard)

    def chunks_in(
        self, path: str, within: TextRange | None, guard: Guard = unguarded
    ) -> list[tuple[int, ChunkClosures]]:
        """The closures of the chunks that touch `within` (None: of all), each with where the chunk starts. What is
        outside of all chunks comes as one of the whole text."""
        return self._now().chunks_in(path, within, guard)

    def exact_in(self, path: str) -> Mapping[int, ClosureCaptures] | None:
        return self._now().exact_in(path)

    def edition_of(self, path: str) -> Edition:
        return self._now().edition_of(path)

    def crate_of(self, path: str) -> CrateIndex:
        """The crate that the file is part of, or a crate of the file alone with its package's settings."""
        return self._now().home_of(path)[1].crate

    def program_of(self, path: str) -> Program:
        return self._now().home_of(path)[0].program


def _loose_crate(path: str, candidates: list[Crate], graph: CrateGraph) -> Crate:
    """A file that no module tree reaches, as a crate of its own with the edition and dependencies of its package."""
    package = (
        candidates[0]
        if candidates
        else next(
            (crate for crate in graph.crates.values() if paths.is_within(path, crate.package_dir)),
            next(iter(graph.crates.values()), None),
        )
    )
    name = "".join(char if char.isalnum() else "_" for char in paths.stem(path))
    id = CrateId(f"{path}#loose")
    if package is None:
        cfg = platform_cfg(DEFAULT_TRIPLE)
        return Crate(id, name, TargetKind.LIB, path, Edition.E2021, name, "0.0.0", paths.parent(path), cfg, {})
    dependencies = package.dependencies | package.test_dependencies
    return replace(package, id=id, name=name, root=path, dependencies=dependencies, test_dependencies={})
