"""From a path to the manifests of its workspace: the package's own, the root's, all members'.

Invariant: reads only through the given `FileSystem`; every file that was asked for is in `inputs`; nothing raises,
what is wrong is in `diagnostics`.
"""

from __future__ import annotations

from closurelens.project import paths
from closurelens.project.config import CargoConfig, merge, parse_config
from closurelens.project.features import check_features
from closurelens.project.files import FileSystem, Unreadable
from closurelens.project.lock import Lock, parse_lock
from closurelens.project.manifest import DependencySpec, Manifest, Profile, lower, package_table, patches_of, profile_of
from closurelens.project.model import Diagnostic, Edition, Problem
from closurelens.project.targets import DISCOVERY_FOLDERS, PackageFiles, is_discoverable
from closurelens.project.tomltext import TomlText, line_of, parse_toml
from closurelens.project.workspace import (
    WorkspaceSpec,
    is_excluded,
    is_listed,
    member_folders,
    workspace_of,
    workspace_pointer,
)
from closurelens.records import dataclass, field


@dataclass(slots=True)
class WorkspaceManifests:
    """`members` are by folder, the root's own package first if it has one."""

    root: str
    members: dict[str, Manifest]
    resolver: int
    patches: tuple[DependencySpec, ...]
    profile: Profile


@dataclass(slots=True)
class Reader:
    files: FileSystem
    cargo_home: str | None
    inputs: set[str] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _tomls: dict[str, TomlText | None] = field(default_factory=dict)
    _workspaces: dict[str, WorkspaceSpec | None] = field(default_factory=dict)

    def toml(self, path: str) -> TomlText | None:
        """A manifest or configuration file; None, with a diagnostic unless it is merely missing, if there is none."""
        if path in self._tomls:
            return self._tomls[path]
        self.inputs.add(path)
        content = self.files.read(path)
        toml: TomlText | None = None
        if isinstance(content, Unreadable):
            if not content.missing:
                self.diagnostics.append(Diagnostic(Problem.UNREADABLE, path, None, content.reason))
        else:
            parsed = parse_toml(content, path)
            if isinstance(parsed, Diagnostic):
                self.diagnostics.append(parsed)
            else:
                toml = parsed
        self._tomls[path] = toml
        return toml

    def nearest_manifest(self, folder: str) -> str | None:
        """The `Cargo.toml` that a file in `folder` belongs to."""
        for above in paths.ancestors(folder):
            manifest = paths.join(above, "Cargo.toml")
            if self.files.is_file(manifest):
                return manifest
        return None

    def workspace(self, toml: TomlText) -> WorkspaceSpec | None:
        """The workspace a manifest is the root of."""
        if toml.path not in self._workspaces:
            self._workspaces[toml.path] = workspace_of(toml)
        return self._workspaces[toml.path]

    def workspace_for(self, toml: TomlText) -> WorkspaceSpec | None:
        """The workspace a package belongs to, by cargo's search: its own, the one it points to, or one further up."""
        own = self.workspace(toml)
        if own is not None:
            return own
        pointer = workspace_pointer(toml)
        if pointer is not None:
            return self._pointed(toml, pointer)
        folder = paths.parent(toml.path)
        for above in paths.ancestors(folder)[1:]:
            if above.endswith("target/package") or above == self.cargo_home:
                return None
            candidate = self.toml(paths.join(above, "Cargo.toml"))
            if candidate is None:
                continue
            found = self.workspace(candidate)
            if found is not None:
                if not is_excluded(found, folder):
                    return found
                continue
            pointer = workspace_pointer(candidate)
            if pointer is not None:
                return self._pointed(candidate, pointer)
        return None

    def _pointed(self, toml: TomlText, pointer: str) -> WorkspaceSpec | None:
        root = self.toml(pointer)
        found = None if root is None else self.workspace(root)
        if found is None:
            message = f"`package.workspace` points to `{pointer}`, which is no workspace root"
            toml.report(Problem.MISSING_WORKSPACE_ROOT, message, ("package", "workspace"))
        return found

    def manifests(self, start: TomlText) -> WorkspaceManifests:
        """The workspace of the manifest `start`; a package that belongs to none is its own."""
        spec = self.workspace_for(start)
        members: dict[str, Manifest] = {}
        folder = paths.parent(start.path)
        if spec is not None:
            members = self._members(spec)
            if folder not in members and package_table(start) is not None:
                # Cargo refuses to build such a package; standing alone is the most useful thing it can do here.
                message = f"the package is inside the workspace `{spec.dir}` but not one of its members"
                start.report(Problem.MISSING_MEMBER, message, ("package",))
                members, spec = {}, None
        root = start if spec is None else spec.toml
        if spec is None:
            manifest = lower(start, None)
            if manifest is not None:
                members[folder] = manifest
        for manifest in members.values():
            check_features(manifest)
        return WorkspaceManifests(
            paths.parent(root.path),
            members,
            _resolver(spec, members.get(paths.parent(root.path))),
            patches_of(root),
            profile_of(root),
        )

    def _members(self, spec: WorkspaceSpec) -> dict[str, Manifest]:
        """The root's package, what `members` names, and the path dependencies of all these inside the root's folder."""
        members: dict[str, Manifest] = {}
        work: list[tuple[str, bool]] = [(spec.dir, False)]
        work.extend(member_folders(spec, self._folder_names))
        work.reverse()
        while work:
            folder, must_exist = work.pop()
            if folder in members or (folder != spec.dir and is_excluded(spec, folder)):
                continue
            toml = self.toml(paths.join(folder, "Cargo.toml"))
            if toml is None:
                if must_exist:
                    self._missing_member(spec, folder)
                continue
            manifest = lower(toml, spec)
            if manifest is None:
                continue
            members[folder] = manifest
            work.extend((path, False) for path in self._path_dependencies(manifest, spec))
        return members

    def _path_dependencies(self, manifest: Manifest, spec: WorkspaceSpec) -> list[str]:
        found = []
        for dependency in manifest.dependencies:
            path = dependency.path
            if path is None:
                continue
            if not self.files.is_file(f"{path}/Cargo.toml"):
                message = f"there is no package in `{path}`, which the dependency `{dependency.key}` refers to"
                manifest.toml.report(Problem.MISSING_PATH_DEPENDENCY, message, _place(dependency))
            elif paths.is_within(path, spec.dir) or is_listed(spec, path):
                found.append(path)
        return found

    def _missing_member(self, spec: WorkspaceSpec, folder: str) -> None:
        text = spec.toml
        line = line_of(text.text, ("workspace", "members"))
        shown = paths.relative_to(folder, spec.dir) or folder
        message = f"the workspace's member `{shown}` has no readable Cargo.toml"
        self.diagnostics.append(Diagnostic(Problem.MISSING_MEMBER, text.path, line, message))

    def _folder_names(self, folder: str) -> list[str]:
        return [entry.name for entry in self.files.entries(folder) if entry.is_dir]

    def config(self, folder: str) -> CargoConfig:
        """Cargo's configuration for commands run in `folder`: from there upwards, then cargo's home."""
        above = [paths.join(ancestor, ".cargo") for ancestor in paths.ancestors(folder)]
        if self.cargo_home is not None and self.cargo_home not in above:
            above.append(self.cargo_home)
        found: list[CargoConfig] = []
        for place in above:
            for name in ("config", "config.toml"):
                path = f"{place}/{name}"
                toml = self.toml(path) if self.files.is_file(path) else None
                if toml is not None:
                    found.append(parse_config(toml))
                    break
        self.inputs.update(f"{place}/config.toml" for place in above)
        return merge(found)

    def lock(self, folder: str) -> Lock:
        path = paths.join(folder, "Cargo.lock")
        self.inputs.add(path)
        content = self.files.read(path)
        if isinstance(content, Unreadable):
            if not content.missing:
                self.diagnostics.append(Diagnostic(Problem.UNREADABLE, path, None, content.reason))
            return Lock()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n")
            self.diagnostics.append(Diagnostic(Problem.NOT_UTF8, path, line, "the file is not valid UTF-8"))
            return Lock()
        lock, diagnostics = parse_lock(text, path)
        self.diagnostics.extend(diagnostics)
        return lock

    def all_diagnostics(self) -> list[Diagnostic]:
        """Those of this reader and of every file it read."""
        found = list(self.diagnostics)
        for toml in self._tomls.values():
            if toml is not None:
                found.extend(toml.diagnostics)
        return found


def package_files(folder: str, files: FileSystem) -> PackageFiles:
    """What target discovery sees of the package in `folder`."""
    discovered: dict[str, list[tuple[str, str]]] = {}
    for place in DISCOVERY_FOLDERS:
        targets: list[tuple[str, str]] = []
        for entry in files.entries(f"{folder}/{place}"):
            path = f"{folder}/{place}/{entry.name}"
            if not entry.is_dir:
                if is_discoverable(entry.name):
                    targets.append((paths.stem(path), path))
            elif not entry.name.startswith(".") and files.is_file(f"{path}/main.rs"):
                targets.append((entry.name, f"{path}/main.rs"))
        discovered[place] = targets
    return PackageFiles(discovered, files.is_file)


def single_files(files: FileSystem) -> PackageFiles:
    """Without discovery: enough for the library and the build script."""
    return PackageFiles({}, files.is_file)


def _place(dependency: DependencySpec) -> tuple[str, ...]:
    section = {"normal": "dependencies", "dev": "dev-dependencies", "build": "build-dependencies"}[
        dependency.kind.value
    ]
    table = (section,) if dependency.target is None else ("target", dependency.target, section)
    return (*table, dependency.key)


def _resolver(spec: WorkspaceSpec | None, root: Manifest | None) -> int:
    """The resolver's version: as the workspace says, else as its root package says, else by that one's edition."""
    text = None if spec is None else spec.resolver
    if text is None and root is not None:
        text = root.resolver
    if text in ("1", "2", "3"):
        return int(text)
    if root is None or root.edition < Edition.E2021:
        return 1
    return 2 if root.edition < Edition.E2024 else 3
