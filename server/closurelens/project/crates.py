"""The crates of one package, once it is known which features are on: names, configuration, what they may name.

Invariant: pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from closurelens.project.build_output import BuildOutput
from closurelens.project.config import CargoConfig, apply_flags
from closurelens.project.features import DependencyEdge
from closurelens.project.manifest import DependencySpec, Manifest, Profile
from closurelens.project.model import (
    ANY_CUSTOM_NAME,
    CfgOption,
    CfgSet,
    Crate,
    CrateId,
    Dependency,
    DependencyKind,
    TargetKind,
)
from closurelens.project.platform import platform_cfg
from closurelens.project.sources import Located
from closurelens.project.targets import Target
from closurelens.records import dataclass


@dataclass(slots=True)
class Platforms:
    """The options before features: of the platform compiled for, and of the one that compiles."""

    target: CfgSet
    host: CfgSet

    def of(self, *, for_host: bool) -> CfgSet:
        return self.host if for_host else self.target


def platforms(target: str | None, host: str, config: CargoConfig, profile: Profile) -> Platforms:
    """`target` is None when cargo is not told one: then the same flags go to build scripts and everything else."""
    host_cfg = platform_cfg(host)
    target_cfg = platform_cfg(target if target is not None else host)
    flags = config.flags_for(target if target is not None else host, target_cfg)
    target_cfg = apply_flags([*_profile_flags(profile), *flags], target_cfg)
    if target is None:
        host_cfg = apply_flags(flags, host_cfg)
    return Platforms(target_cfg, host_cfg)


def _profile_flags(profile: Profile) -> Iterable[str]:
    if profile.panic is not None:
        yield f"-Cpanic={profile.panic}"
    if profile.debug_assertions is not None:
        yield f"-Cdebug-assertions={'yes' if profile.debug_assertions else 'no'}"


@dataclass(slots=True)
class PackageContext:
    """All that the crates of a package have in common, as far as they are compiled for the same machine.

    `targets` are the ones to make crates of, `library` the package's library, whether among them or not.
    `features_open` is why more features may be on than `features`. `edges` are the active dependencies. `output` gives
    what the build script sets, from the configuration without it.
    """

    manifest: Manifest
    targets: list[Target]
    library: Target | None
    has_build_script: bool
    features: frozenset[str]
    features_open: str | None
    edges: list[DependencyEdge]
    platforms: Platforms
    locate: Callable[[DependencySpec], Located]
    extern_name: Callable[[DependencySpec, Located], str]
    output: Callable[[CfgSet], BuildOutput | None]
    is_member: bool
    for_host: bool


def crates_of(context: PackageContext) -> tuple[Crate, ...]:
    ordinary, dev, build = (
        _dependencies(context, kind) for kind in (DependencyKind.NORMAL, DependencyKind.DEV, DependencyKind.BUILD)
    )
    own = _own_library(context)
    crates = []
    for target in context.targets:
        kind = target.kind
        for_host = context.for_host or kind in (TargetKind.BUILD_SCRIPT, TargetKind.PROC_MACRO)
        dependencies: dict[str, Dependency]
        test_dependencies: dict[str, Dependency] = {}
        match kind:
            case TargetKind.LIB | TargetKind.PROC_MACRO:
                dependencies, test_dependencies = ordinary, dev
            case TargetKind.BIN:
                dependencies, test_dependencies = ordinary | own, dev
            case TargetKind.EXAMPLE | TargetKind.TEST | TargetKind.BENCH:
                dependencies = ordinary | dev | own
            case TargetKind.BUILD_SCRIPT:
                dependencies = build
        cfg, out_dirs = _cfg(context, target, for_host)
        crates.append(
            Crate(
                id=_crate_id(context.manifest, target, context.for_host),
                name=target.crate_name(),
                kind=kind,
                root=target.root,
                edition=target.edition,
                package=context.manifest.name,
                version=context.manifest.version,
                package_dir=context.manifest.dir,
                cfg=cfg,
                dependencies=dependencies,
                test_dependencies=test_dependencies,
                required_features=target.required_features,
                is_member=context.is_member,
                for_host=for_host,
                out_dirs=out_dirs,
            )
        )
    return tuple(crates)


class LateLibrary(Crate):
    """A dependency's library. What features decide about is found when it is first asked for: to know the features, the
    manifests of all dependencies are read."""

    __slots__ = ("_configured",)

    _configured: Callable[[], Crate]

    def __getattr__(self, name: str) -> object:
        if name not in ("cfg", "dependencies", "test_dependencies", "out_dirs"):
            raise AttributeError(name)
        made = self._configured()
        self.cfg, self.out_dirs = made.cfg, made.out_dirs
        self.dependencies, self.test_dependencies = made.dependencies, made.test_dependencies
        return getattr(made, name)


def late_library(
    manifest: Manifest, target: Target, configured: Callable[[], Crate], *, is_member: bool, for_host: bool
) -> Crate:
    """The library that `configured` gives, which is called when it has to be."""
    made = LateLibrary.__new__(LateLibrary)
    made.id = _crate_id(manifest, target, for_host)
    made.name, made.kind, made.root, made.edition = target.crate_name(), target.kind, target.root, target.edition
    made.package, made.version, made.package_dir = manifest.name, manifest.version, manifest.dir
    made.required_features = target.required_features
    made.is_member = is_member
    made.for_host = for_host or target.kind is TargetKind.PROC_MACRO
    made._configured = configured
    return made


def _crate_id(manifest: Manifest, target: Target, for_host: bool) -> CrateId:
    # Procedural macros and build scripts are always compiled for the host.
    variant = "#host" if for_host and target.kind is TargetKind.LIB else ""
    return CrateId(f"{manifest.dir}#{target.kind.value}:{target.name}{variant}")


def _cfg(context: PackageContext, target: Target, for_host: bool) -> tuple[CfgSet, tuple[str, ...]]:
    """The configuration, and what may be the build script's output folder."""
    platform = context.platforms.of(for_host=for_host)
    options: list[CfgOption] = [("feature", feature) for feature in context.features]
    open_names = dict(platform.open)
    if context.features_open is not None:
        open_names["feature"] = context.features_open
    out_dirs: tuple[str, ...] = ()
    if context.has_build_script and target.kind is not TargetKind.BUILD_SCRIPT:
        output = context.output(CfgSet(platform.options.union(options), open_names))
        if output is None:
            open_names[ANY_CUSTOM_NAME] = f"the build script of `{context.manifest.name}` may set it"
        else:
            options.extend(output.options)
            open_names |= output.open
            out_dirs = output.out_dirs
    if target.kind in (TargetKind.TEST, TargetKind.BENCH):
        options.append(("test", None))
    if target.kind is TargetKind.PROC_MACRO:
        options.append(("proc_macro", None))
    return CfgSet(platform.options.union(options), open_names), out_dirs


def _dependencies(context: PackageContext, kind: DependencyKind) -> dict[str, Dependency]:
    """By extern name. The same package may be listed several times, for instance for several targets."""
    found: dict[str, Dependency] = {}
    for edge in context.edges:
        spec = edge.spec
        if spec.kind is not kind:
            continue
        located = context.locate(spec)
        features = set(spec.features)
        if spec.default_features:
            features.add("default")
        name = context.extern_name(spec, located)
        before = found.get(name)
        if before is not None:
            features |= before.features
        found[name] = Dependency(
            spec.package,
            located.version,
            located.source_dir,
            frozenset(features),
            kind,
            spec.is_renamed,
            spec.requirement,
            located.missing,
            located.instead_of,
        )
    return found


def _own_library(context: PackageContext) -> dict[str, Dependency]:
    """The package's library, which its other targets may name."""
    manifest, library = context.manifest, context.library
    if library is None:
        return {}
    return {library.crate_name(): Dependency(manifest.name, manifest.version, manifest.dir, frozenset())}
