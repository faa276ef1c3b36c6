"""The dependencies of a workspace, read when the first of them is asked for.

Invariant: a dependency's crate has the features that cargo would give it when the whole workspace is built; where a
package that may request more is not on this machine, the crate's `feature` options are marked as open.
"""

from __future__ import annotations

from collections.abc import Iterable

from closurelens.project.build_output import BuildOutput, Builds, doubted, output_of_aliases
from closurelens.project.build_script import output_of_script
from closurelens.project.cfg import evaluate, parse_predicate
from closurelens.project.crates import PackageContext, Platforms, crates_of, late_library
from closurelens.project.features import DependencyEdge, FeatureSelection, Node, Resolution, ResolverRules, unify
from closurelens.project.files import FileSystem, Unreadable
from closurelens.project.lock import LockedPackage, reachable
from closurelens.project.manifest import DependencySpec, Manifest, lower
from closurelens.project.model import LIBRARY_KINDS, CfgSet, Crate, CrateId, Dependency, DependencyKind, TargetKind
from closurelens.project.reading import Reader, WorkspaceManifests, package_files, single_files
from closurelens.project.sources import Located, SourceLocator
from closurelens.project.targets import Target, build_script_of, library_of, targets_of
from closurelens.project.tomltext import TomlText, parse_toml
from closurelens.records import dataclass, field


@dataclass(slots=True)
class ManifestCache:
    """Manifests of unpacked registry packages, which never change. May be shared between loads."""

    manifests: dict[str, Manifest | None] = field(default_factory=dict)


@dataclass(slots=True)
class Dependencies:
    """Implements `DependencyOpener` and `PackageSource`.

    `triples` are those of the target and of the host. Until the first question only the manifests of members and of
    path dependencies are read: these are the ones that can request features of members. `builds` has what
    build scripts have said.
    """

    files: FileSystem
    reader: Reader
    workspace: WorkspaceManifests
    locator: SourceLocator
    platforms: Platforms
    triples: tuple[str, str]
    selection: FeatureSelection
    rules: ResolverRules
    cache: ManifestCache
    builds: Builds | None
    _opening: bool = False
    _local: set[str] = field(default_factory=set)
    _resolution: Resolution | None = None
    _members: dict[str, tuple[Crate, ...]] = field(default_factory=dict)
    _others: dict[str, Manifest | None] = field(default_factory=dict)
    _libraries: dict[Node, Crate | None] = field(default_factory=dict)
    _extern_names: dict[CrateId, dict[str, Dependency]] = field(default_factory=dict)
    _answers: dict[tuple[CrateId, str], Crate | None] = field(default_factory=dict)
    _applies: dict[tuple[str, bool], bool] = field(default_factory=dict)
    _open: _OpenFeatures | None = None

    # PackageSource

    def manifest(self, folder: str) -> Manifest | None:
        member = self.workspace.members.get(folder)
        if member is not None or not (self._opening or folder in self._local):
            return member
        home = self.locator.cargo_home
        is_unpacked = home is not None and folder.startswith(f"{home}/registry/src/")
        known = self.cache.manifests if is_unpacked else self._others
        if folder not in known:
            known[folder] = self._read(folder)
        return known[folder]

    def _read(self, folder: str) -> Manifest | None:
        path = f"{folder}/Cargo.toml"
        content = self.files.read(path)
        if isinstance(content, Unreadable):
            return None
        toml = parse_toml(content, path)
        if not isinstance(toml, TomlText):
            return None
        # Published manifests inherit nothing; those in git checkouts and path dependencies may.
        spec = self.reader.workspace_for(toml) if b"workspace" in content else None
        return lower(toml, spec)

    def dependency(self, manifest: Manifest, spec: DependencySpec) -> str | None:
        folder = self.locator.locate(manifest, spec).source_dir
        if folder is not None and (
            spec.path is not None or any(patch.path == folder for patch in self.workspace.patches)
        ):
            self._local.add(folder)
        return folder

    def is_member(self, folder: str) -> bool:
        return folder in self.workspace.members

    def applies(self, target: str, *, for_host: bool) -> bool:
        key = (target, for_host)
        answer = self._applies.get(key)
        if answer is None:
            if target.startswith("cfg(") and target.endswith(")"):
                answer = evaluate(parse_predicate(target[4:-1]), self.platforms.of(for_host=for_host)).holds
            else:
                answer = target == self.triples[for_host]
            self._applies[key] = answer
        return answer

    # The members, from what they request of one another.

    def member_crates(self) -> dict[str, tuple[Crate, ...]]:
        resolution = unify(self.workspace.members, self.selection, self, self.rules)
        for folder, manifest in self.workspace.members.items():
            targets = targets_of(manifest, package_files(folder, self.files))
            crates = crates_of(self._context(manifest, targets, resolution, for_host=False))
            if manifest.is_proc_macro():
                # The macro itself is built for the host, and with it the build script; binaries and tests are not.
                host = crates_of(self._context(manifest, targets, resolution, for_host=True))
                crates = tuple(built if crate.for_host else crate for crate, built in zip(crates, host, strict=True))
            self._members[folder] = crates
        return self._members

    def _context(
        self, manifest: Manifest, targets: list[Target], resolution: Resolution, *, for_host: bool
    ) -> PackageContext:
        node = (manifest.dir, for_host and self.rules.version > 1)
        is_member = self.is_member(manifest.dir)
        return PackageContext(
            manifest=manifest,
            targets=targets,
            library=next((target for target in targets if target.kind in LIBRARY_KINDS), None),
            has_build_script=any(target.kind is TargetKind.BUILD_SCRIPT for target in targets),
            features=frozenset(resolution.features.get(node, ())),
            features_open=None if is_member else self._open_features().reason(manifest),
            edges=self._built(resolution.active_edges(node), for_host=for_host),
            platforms=self.platforms,
            locate=lambda spec: self.locator.locate(manifest, spec),
            extern_name=self._extern_name,
            output=lambda cfg: self._build_output(manifest, targets, cfg),
            is_member=is_member,
            for_host=for_host,
        )

    def _build_output(self, manifest: Manifest, targets: list[Target], cfg: CfgSet) -> BuildOutput | None:
        is_member = self.is_member(manifest.dir)
        if self.builds is not None:
            # Builds are told apart by the name of the package, and a workspace may build several versions of others.
            found = self.builds.output(manifest.name, None if is_member else manifest.dir)
            if found is not None:
                if is_member:
                    self.reader.inputs.update(found.inputs)
                is_own = self.builds.target_dir.startswith(f"{self.workspace.root}/")
                return found if is_own else doubted(found, manifest.name)
        script = next((target.root for target in targets if target.kind is TargetKind.BUILD_SCRIPT), None)
        uses_aliases = any(spec.package == "cfg_aliases" for spec in manifest.dependencies)
        helpers = {spec.package for spec in manifest.dependencies if spec.kind is DependencyKind.BUILD}
        # The scripts of dependencies are many, and mostly ask which compiler it is.
        if script is None or not (uses_aliases or "autocfg" in helpers or is_member):
            return None
        text = self.files.read(script)
        if isinstance(text, Unreadable):
            return None
        aliases = output_of_aliases(text, cfg) if uses_aliases else None
        if aliases is not None or not ("autocfg" in helpers or is_member):
            return aliases
        if is_member:
            self.reader.inputs.add(script)
        platform = self.platforms.host
        features = [option for option in cfg.options if option[0] == "feature"]
        own = CfgSet(platform.options.union(features), {**cfg.open, **platform.open})
        return output_of_script(text, manifest.name, cfg, own, has_helpers=bool(helpers - {"autocfg"}))

    def _built(self, edges: list[DependencyEdge], *, for_host: bool) -> list[DependencyEdge]:
        """With resolver 1 other platforms' dependencies request features, but they are not built."""
        if self.rules.version > 1:
            return edges
        return [
            edge
            for edge in edges
            if edge.spec.target is None
            or self.applies(edge.spec.target, for_host=for_host or edge.spec.kind is DependencyKind.BUILD)
        ]

    def _extern_name(self, spec: DependencySpec, located: Located) -> str:
        """The key of the manifest; without a rename it is the library's name that counts, if it is known by now."""
        if not spec.is_renamed and located.source_dir is not None:
            manifest = self.manifest(located.source_dir)
            if manifest is not None:
                return manifest.library_name()
        return spec.extern_name()

    # DependencyOpener

    def resolve_features(self) -> None:
        self._resolved()

    def _resolved(self) -> Resolution:
        if self._resolution is None:
            self._opening = True
            self._resolution = unify(self.workspace.members, self.selection, self, self.rules)
        return self._resolution

    def extern_names(self, crate: Crate) -> dict[str, Dependency]:
        names = self._extern_names.get(crate.id)
        if names is None:
            self._opening = True
            names = self._extern_names[crate.id] = {}
            for name, dependency in crate.dependencies.items():
                manifest = None
                if not dependency.renamed and dependency.source_dir is not None:
                    manifest = self.manifest(dependency.source_dir)
                names[name if manifest is None else manifest.library_name()] = dependency
        return names

    def dependency_crate(self, crate: Crate, extern_name: str) -> Crate | None:
        key = (crate.id, extern_name)
        if key not in self._answers:
            dependency = self.extern_names(crate).get(extern_name)
            answer: Crate | None = None
            if dependency is not None and dependency.source_dir is not None:
                answer = self._library(dependency.source_dir, for_host=crate.for_host)
            self._answers[key] = answer
        return self._answers[key]

    def _library(self, folder: str, *, for_host: bool) -> Crate | None:
        manifest = self.manifest(folder)
        if manifest is None:
            return None
        for_host = for_host or manifest.is_proc_macro()
        if folder in self._members and (not for_host or manifest.is_proc_macro()):
            return next((crate for crate in self._members[folder] if crate.kind in LIBRARY_KINDS), None)
        key = (folder, for_host)
        if key not in self._libraries:
            self._libraries[key] = self._built_library(manifest, for_host=for_host)
        return self._libraries[key]

    def _built_library(self, manifest: Manifest, *, for_host: bool) -> Crate | None:
        library = library_of(manifest, single_files(self.files))
        if library is None:
            return None
        return late_library(
            manifest,
            library,
            lambda: self._configured(manifest, library, for_host=for_host),
            is_member=self.is_member(manifest.dir),
            for_host=for_host,
        )

    def _configured(self, manifest: Manifest, library: Target, *, for_host: bool) -> Crate:
        script = build_script_of(manifest, single_files(self.files))
        targets = [library] if script is None else [library, script]
        return crates_of(self._context(manifest, targets, self._resolved(), for_host=for_host))[0]

    def _open_features(self) -> _OpenFeatures:
        if self._open is None:
            self._open = self._find_open_features(self._resolved())
        return self._open

    def _find_open_features(self, resolution: Resolution) -> _OpenFeatures:
        result = _OpenFeatures()
        for node in resolution.features:
            user = self.manifest(node[0])
            if user is None:
                continue
            for edge in resolution.active_edges(node):
                if edge.target is not None and self.manifest(edge.target[0]) is not None:
                    continue
                located = self.locator.locate(user, edge.spec)
                reason = f"`{edge.spec.package}` may request it, and its manifest is not on this machine"
                lock = self.locator.lock
                locked = lock.find(edge.spec.package, located.version) if located.version is not None else None
                if locked is None:
                    result.everywhere = reason
                else:
                    result.mark(reachable(lock, locked), reason)
        return result


@dataclass(slots=True)
class _OpenFeatures:
    """Whose features may be more than known, because a package that depends on them cannot be read."""

    everywhere: str | None = None
    packages: dict[str, str] = field(default_factory=dict)

    def mark(self, packages: Iterable[LockedPackage], reason: str) -> None:
        for package in packages:
            self.packages.setdefault(package.name, reason)

    def reason(self, manifest: Manifest) -> str | None:
        return self.everywhere or self.packages.get(manifest.name)
