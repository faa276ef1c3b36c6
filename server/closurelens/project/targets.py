"""The crates a package consists of, by cargo's rules: what the manifest lists and what is discovered in the folders.

Invariant: pure; the caller says which files there are (`PackageFiles`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from closurelens.project import paths
from closurelens.project.manifest import Manifest, TargetSpec
from closurelens.project.model import Diagnostic, Edition, Problem, TargetKind


@dataclass(slots=True)
class PackageFiles:
    """What discovery looks at.

    `discovered` is, for each of `src/bin`, `examples`, `tests` and `benches`, the pairs of a target's name and its
    file, see `discoverable`. `exists` is asked about single files.
    """

    discovered: dict[str, list[tuple[str, str]]]
    exists: Callable[[str], bool]


@dataclass(slots=True, eq=True)
class Target:
    kind: TargetKind
    name: str
    root: str
    edition: Edition
    required_features: tuple[str, ...] = ()

    def crate_name(self) -> str:
        return self.name.replace("-", "_")


@dataclass(slots=True)
class Targets:
    found: list[Target] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


DISCOVERY_FOLDERS = ("src/bin", "examples", "tests", "benches")


def is_discoverable(name: str) -> bool:
    """Whether a file of this name directly in a discovery folder is a target."""
    return name.endswith(".rs") and not name.startswith(".")


def targets_of(manifest: Manifest, files: PackageFiles) -> Targets:
    result = Targets()
    library = _library(manifest, files, result)
    if library is not None:
        result.found.append(library)
    _add(_Section(TargetKind.BIN, "bins", manifest.bins, _inferred_bins(manifest, files)), manifest, files, result)
    for kind, auto, listed, folder in (
        (TargetKind.EXAMPLE, "examples", manifest.examples, "examples"),
        (TargetKind.TEST, "tests", manifest.tests, "tests"),
        (TargetKind.BENCH, "benches", manifest.benches, "benches"),
    ):
        _add(_Section(kind, auto, listed, sorted(files.discovered.get(folder, ()))), manifest, files, result)
    if not any(target.kind is not TargetKind.BUILD_SCRIPT for target in result.found):
        message = "the package has no targets: neither `src/lib.rs` nor `src/main.rs` exists, and none is listed"
        result.diagnostics.append(Diagnostic(Problem.NO_TARGETS, manifest.path, None, message))
    script = _build_script(manifest, files)
    if script is not None:
        name = f"build-script-{paths.stem(script)}"
        result.found.append(Target(TargetKind.BUILD_SCRIPT, name, script, manifest.edition))
    return result


def _library(manifest: Manifest, files: PackageFiles, result: Targets) -> Target | None:
    spec = manifest.lib
    default = f"{manifest.dir}/src/lib.rs"
    has_default = files.exists(default)
    if spec is None and (not has_default or manifest.autodiscover.get("lib") is False):
        return None
    name = manifest.library_name()
    root = spec.path if spec is not None and spec.path is not None else default
    if spec is not None and not files.exists(root):
        legacy = f"{manifest.dir}/src/{name}.rs"
        if spec.path is None and manifest.edition is Edition.E2015 and files.exists(legacy):
            root = legacy
        else:
            message = f"the library's file `{_shown(root, manifest)}` does not exist"
            result.diagnostics.append(Diagnostic(Problem.MISSING_TARGET_FILE, manifest.path, None, message))
    kind = TargetKind.PROC_MACRO if manifest.is_proc_macro() else TargetKind.LIB
    edition = spec.edition if spec is not None and spec.edition is not None else manifest.edition
    return Target(kind, name, root, edition)


def _inferred_bins(manifest: Manifest, files: PackageFiles) -> list[tuple[str, str]]:
    main = f"{manifest.dir}/src/main.rs"
    inferred = sorted(files.discovered.get("src/bin", ()))
    return [(manifest.name, main), *inferred] if files.exists(main) else inferred


@dataclass(slots=True)
class _Section:
    kind: TargetKind
    auto: str
    listed: tuple[TargetSpec, ...]
    inferred: list[tuple[str, str]]


def _add(section: _Section, manifest: Manifest, files: PackageFiles, result: Targets) -> None:
    """The listed targets and, unless discovery is off, the files that none of them claims by name or path."""
    found: dict[str, Target] = {}
    for spec in section.listed:
        target = _listed(spec, section, manifest, files, result)
        if target is not None:
            found.setdefault(target.name, target)
    # Up to edition 2015 listing one target of a kind switches the discovery of that kind off.
    by_default = not section.listed or manifest.edition > Edition.E2015
    if manifest.autodiscover.get(section.auto, by_default):
        claimed_names = {spec.name for spec in section.listed}
        claimed_paths = {spec.path for spec in section.listed}
        for name, path in section.inferred:
            if name not in claimed_names and path not in claimed_paths:
                found.setdefault(name, Target(section.kind, name, path, manifest.edition))
    result.found.extend(sorted(found.values(), key=lambda target: target.name))


def _listed(
    spec: TargetSpec, section: _Section, manifest: Manifest, files: PackageFiles, result: Targets
) -> Target | None:
    kind = section.kind.value
    if spec.name is None:
        message = f"a `[[{kind}]]` has no `name`"
        result.diagnostics.append(Diagnostic(Problem.BAD_VALUE, manifest.path, None, message))
        return None
    path = spec.path or _path_by_name(spec.name, section, manifest, files)
    if path is None or not files.exists(path):
        where = f" `{_shown(path, manifest)}`" if path is not None else ""
        message = f"the file{where} of {kind} `{spec.name}` does not exist"
        result.diagnostics.append(Diagnostic(Problem.MISSING_TARGET_FILE, manifest.path, None, message))
        if path is None:
            return None
    # An example may be a procedural macro, but nothing can depend on it: it stays an example.
    return Target(section.kind, spec.name, path, spec.edition or manifest.edition, spec.required_features)


def _path_by_name(name: str, section: _Section, manifest: Manifest, files: PackageFiles) -> str | None:
    for inferred, path in section.inferred:
        if inferred == name:
            return path
    if manifest.edition is not Edition.E2015:
        return None
    legacy: tuple[str, ...] = ()
    if section.kind is TargetKind.BIN:
        has_library = manifest.lib is not None or files.exists(f"{manifest.dir}/src/lib.rs")
        named = () if has_library else (f"src/{name}.rs",)
        legacy = (*named, "src/main.rs", "src/bin/main.rs")
    elif section.kind is TargetKind.BENCH and name == "bench":
        legacy = ("src/bench.rs",)
    return next((path for path in (f"{manifest.dir}/{rest}" for rest in legacy) if files.exists(path)), None)


def _build_script(manifest: Manifest, files: PackageFiles) -> str | None:
    if manifest.build is False:
        return None
    if isinstance(manifest.build, str):
        return manifest.build
    default = f"{manifest.dir}/build.rs"
    return default if files.exists(default) else None


def _shown(path: str, manifest: Manifest) -> str:
    return paths.relative_to(path, manifest.dir) or path
