"""Loads the crate graph of the file system: the entry of this layer, and its only module that touches the disk.

Invariant: nothing is executed and nothing is written. Whatever is on the disk, the caller gets a graph; what is wrong
with it is in `CrateGraph.diagnostics`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from closurelens.project import paths
from closurelens.project.build_output import Builds
from closurelens.project.config import CargoConfig
from closurelens.project.crates import platforms
from closurelens.project.dependencies import Dependencies, ManifestCache
from closurelens.project.features import FeatureSelection, ResolverRules
from closurelens.project.files import Entry, FileSystem, Unreadable
from closurelens.project.model import (
    Crate,
    CrateGraph,
    CrateId,
    Diagnostic,
    Edition,
    Package,
    Problem,
    TargetKind,
)
from closurelens.project.platform import DEFAULT_TRIPLE, is_known, platform_cfg
from closurelens.project.reading import Reader
from closurelens.project.sources import SourceLocator
from closurelens.project.tomltext import TomlText
from closurelens.records import dataclass, field


@dataclass(slots=True)
class DiskFileSystem:
    def read(self, path: str) -> bytes | Unreadable:
        try:
            with open(path, "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return Unreadable(missing=True, reason="there is no such file")
        except (OSError, ValueError) as error:
            return Unreadable(missing=False, reason=f"the file cannot be read: {_reason(error)}")

    def entries(self, folder: str) -> Sequence[Entry]:
        try:
            with os.scandir(folder) as found:
                return [Entry(entry.name, _is_dir(entry)) for entry in found]
        except (OSError, ValueError):
            return ()

    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

    def is_dir(self, path: str) -> bool:
        return os.path.isdir(path)


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


@dataclass(slots=True, eq=True)
class LoadSettings:
    """What the user can choose about a build.

    * `target`: the triple compiled for; None: as cargo's configuration says, else `host`.
    * `dev_dependencies`: whether what tests, examples and benches request counts (as with `cargo check --all-targets`).
    * `loose_edition`: of a file that belongs to no package.
    * `cargo_home`: None: `$CARGO_HOME`, else `~/.cargo`.
    * `target_dir`: None: `$CARGO_TARGET_DIR`, else as cargo's configuration says.
    """

    features: FeatureSelection = field(default_factory=FeatureSelection)
    target: str | None = None
    host: str = DEFAULT_TRIPLE
    dev_dependencies: bool = True
    loose_edition: Edition = Edition.E2021
    cargo_home: str | None = None
    target_dir: str | None = None


def from_os_path(path: str | os.PathLike[str]) -> str:
    """An operating system's path as this layer writes paths: absolute, with forward slashes, links not followed."""
    return paths.normalize(os.path.abspath(os.fspath(path)))


def default_cargo_home() -> str:
    return from_os_path(os.environ.get("CARGO_HOME") or os.path.join(os.path.expanduser("~"), ".cargo"))


def _build_folder(settings: LoadSettings, config: CargoConfig, root: str, home: str) -> str | None:
    """Where cargo keeps what build scripts wrote, None where only cargo knows; relative to `root` if not said else."""
    named = os.environ.get("CARGO_BUILD_BUILD_DIR") or config.build_dir
    if named:
        for variable, value in (("{workspace-root}", root), ("{cargo-cache-home}", home)):
            named = named.replace(variable, value)
        return None if "{" in named else paths.join(root, named)
    named = settings.target_dir or os.environ.get("CARGO_TARGET_DIR") or os.environ.get("CARGO_BUILD_TARGET_DIR")
    return paths.join(root, paths.normalize(named)) if named else config.target_dir or f"{root}/target"


def load_project(
    path: str | os.PathLike[str],
    settings: LoadSettings | None = None,
    files: FileSystem | None = None,
    cache: ManifestCache | None = None,
) -> CrateGraph:
    """The workspace that a file or folder belongs to; a file outside any package is a crate by itself.

    `files` is the disk, or an `Overlay` of it. Share a `cache` between loads: it keeps the manifests of unpacked
    registry packages.
    """
    settings = LoadSettings() if settings is None else settings
    files = DiskFileSystem() if files is None else files
    start = from_os_path(path)
    folder = start if files.is_dir(start) else paths.parent(start)
    home = settings.cargo_home if settings.cargo_home is not None else default_cargo_home()
    reader = Reader(files, home)
    manifest_path = reader.nearest_manifest(folder)
    if manifest_path is None:
        return _loose_graph(None if folder == start else start, folder, settings)
    toml = reader.toml(manifest_path)
    if toml is None:
        graph = _loose_graph(None if folder == start else start, paths.parent(manifest_path), settings)
        graph.diagnostics = reader.all_diagnostics()
        graph.inputs = frozenset(reader.inputs)
        return graph
    return _workspace_graph(toml, reader, settings, ManifestCache() if cache is None else cache)


def loose_file(path: str, settings: LoadSettings | None = None) -> CrateGraph:
    """A file taken as a crate of its own, whatever package it lies in."""
    return _loose_graph(path, paths.parent(path), LoadSettings() if settings is None else settings)


def _workspace_graph(toml: TomlText, reader: Reader, settings: LoadSettings, cache: ManifestCache) -> CrateGraph:
    workspace = reader.manifests(toml)
    config = reader.config(workspace.root)
    workspace.patches = config.patches + workspace.patches
    target = settings.target if settings.target is not None else config.build_target
    versions = {folder: manifest.version for folder, manifest in workspace.members.items()}
    folder = _build_folder(settings, config, workspace.root, reader.cargo_home or "")
    dependencies = Dependencies(
        files=reader.files,
        reader=reader,
        workspace=workspace,
        locator=SourceLocator(
            reader.files, reader.cargo_home, reader.lock(workspace.root), config, workspace.patches, versions.get
        ),
        platforms=platforms(target, settings.host, config, workspace.profile),
        triples=(target if target is not None else settings.host, settings.host),
        selection=settings.features,
        rules=ResolverRules(workspace.resolver, settings.dev_dependencies),
        cache=cache,
        builds=None
        if folder is None
        else Builds(reader.files, folder, None if target in (None, settings.host) else target),
    )
    packages: dict[str, Package] = {}
    crates: dict[CrateId, Crate] = {}
    for folder, found in dependencies.member_crates().items():
        manifest = workspace.members[folder]
        own = next((crate for crate in found if crate.kind is not TargetKind.BUILD_SCRIPT), None)
        features = own.cfg.features() if own is not None else frozenset()
        packages[folder] = Package(
            manifest.name, manifest.version, folder, manifest.toml.path, manifest.edition, features, found
        )
        crates.update((crate.id, crate) for crate in found)
    diagnostics = reader.all_diagnostics()
    for triple in (target, settings.host):
        if triple is not None and not is_known(triple):
            message = f"the platform `{triple}` is not known; what depends on it is uncertain"
            diagnostics.append(Diagnostic(Problem.UNKNOWN_PLATFORM, toml.path, None, message))
    return CrateGraph(workspace.root, packages, crates, diagnostics, frozenset(reader.inputs), opener=dependencies)


def _loose_graph(path: str | None, folder: str, settings: LoadSettings) -> CrateGraph:
    """`path` is None when a folder was asked for: then there is no crate at all."""
    if path is None:
        return CrateGraph(folder, {}, {})
    triple = settings.target if settings.target is not None else settings.host
    name = "".join(char if char.isalnum() else "_" for char in paths.stem(path))
    crate = Crate(
        id=CrateId(f"{path}#loose"),
        name=name,
        kind=TargetKind.BIN,
        root=path,
        edition=settings.loose_edition,
        package=name,
        version="0.0.0",
        package_dir=folder,
        cfg=platform_cfg(triple),
        dependencies={},
    )
    return CrateGraph(folder, {}, {crate.id: crate})
