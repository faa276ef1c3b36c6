"""The crates a package consists of, by cargo's rules: what the manifest lists and what is discovered in the folders.

Invariant: pure; the caller says which files there are (`PackageFiles`).
"""

from __future__ import annotations

from collections.abc import Callable

from closurelens.project import paths
from closurelens.project.manifest import Manifest, TargetSpec
from closurelens.project.model import Edition, Problem, TargetKind
from closurelens.records import dataclass


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


DISCOVERY_FOLDERS = ("src/bin", "examples", "tests", "benches")


def is_discoverable(name: str) -> bool:
    """Whether a file of this name directly in a discovery folder is a target."""
    return name.endswith(".rs") and not name.startswith(".")


def is_conventional_root(below: str) -> bool:
    """Whether a file at this path in a package is the root of a target without being listed as one."""
    if below in ("src/lib.rs", "src/main.rs", "build.rs"):
        return True
    folder = next((place for place in DISCOVERY_FOLDERS if below.startswith(f"{place}/")), None)
    if folder is None:
        return False
    first, _, rest = below[len(folder) + 1 :].partition("/")
    return rest == "main.rs" if rest else is_discoverable(first)


def targets_of(manifest: Manifest, files: PackageFiles) -> list[Target]:
    """The library first, then binaries, examples, tests and benches, each by name, then the build script.

    Problems are reported to the manifest.
    """
    library = library_of(manifest, files)
    found = [] if library is None else [library]
    inferred_bins = sorted(files.discovered.get("src/bin", ()))
    main = f"{manifest.dir}/src/main.rs"
    if files.exists(main):
        inferred_bins.insert(0, (manifest.name, main))
    sections = [_Section(TargetKind.BIN, "bins", manifest.bins, inferred_bins, has_library=library is not None)]
    for kind, folder, listed in (
        (TargetKind.EXAMPLE, "examples", manifest.examples),
        (TargetKind.TEST, "tests", manifest.tests),
        (TargetKind.BENCH, "benches", manifest.benches),
    ):
        sections.append(_Section(kind, folder, listed, sorted(files.discovered.get(folder, ()))))
    for section in sections:
        found.extend(_section_targets(section, manifest, files))
    if not found:
        message = "the package has no targets: neither `src/lib.rs` nor `src/main.rs` exists, and none is listed"
        manifest.toml.report(Problem.NO_TARGETS, message, ("package",))
    script = build_script_of(manifest, files)
    return found if script is None else [*found, script]


def library_of(manifest: Manifest, files: PackageFiles) -> Target | None:
    spec = manifest.lib
    root = spec.path if spec is not None and spec.path is not None else f"{manifest.dir}/src/lib.rs"
    exists = files.exists(root)
    if spec is None and (not exists or manifest.autodiscover.get("lib") is False):
        return None
    name = manifest.library_name()
    if spec is not None and not exists:
        legacy = f"{manifest.dir}/src/{name}.rs"
        if spec.path is None and manifest.edition is Edition.E2015 and files.exists(legacy):
            root = legacy
        else:
            message = f"the library's file `{_shown(root, manifest)}` does not exist"
            manifest.toml.report(Problem.MISSING_TARGET_FILE, message, ("lib", "path"))
    kind = TargetKind.PROC_MACRO if manifest.is_proc_macro() else TargetKind.LIB
    edition = spec.edition if spec is not None and spec.edition is not None else manifest.edition
    return Target(kind, name, root, edition)


def build_script_of(manifest: Manifest, files: PackageFiles) -> Target | None:
    script = manifest.build
    if script is None and files.exists(f"{manifest.dir}/build.rs"):
        script = f"{manifest.dir}/build.rs"
    if not isinstance(script, str):
        return None
    return Target(TargetKind.BUILD_SCRIPT, f"build-script-{paths.stem(script)}", script, manifest.edition)


@dataclass(slots=True)
class _Section:
    kind: TargetKind
    auto: str
    listed: tuple[TargetSpec, ...]
    inferred: list[tuple[str, str]]
    has_library: bool = False


def _section_targets(section: _Section, manifest: Manifest, files: PackageFiles) -> list[Target]:
    """The listed targets and, unless discovery is off, the files that none of them claims by name or path."""
    found: dict[str, Target] = {}
    for spec in section.listed:
        target = _listed(spec, section, manifest, files)
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
    return sorted(found.values(), key=lambda target: target.name)


def _listed(spec: TargetSpec, section: _Section, manifest: Manifest, files: PackageFiles) -> Target | None:
    kind = section.kind.value
    if spec.name is None:
        manifest.toml.report(Problem.BAD_VALUE, f"a `[[{kind}]]` has no `name`", (spec.at,))
        return None
    path = spec.path or _path_by_name(spec, spec.name, section, manifest, files)
    if path is None or not files.exists(path):
        file = f"the file `{_shown(path, manifest)}`" if path is not None else "a file"
        message = f"{file} for the {kind} `{spec.name}` does not exist"
        manifest.toml.report(Problem.MISSING_TARGET_FILE, message, (spec.at, "path"))
        if path is None:
            return None
    # An example may be a procedural macro, but nothing can depend on it: it stays an example.
    return Target(section.kind, spec.name, path, spec.edition or manifest.edition, spec.required_features)


def _path_by_name(
    spec: TargetSpec, name: str, section: _Section, manifest: Manifest, files: PackageFiles
) -> str | None:
    inferred = [path for found, path in section.inferred if found == name]
    if len(inferred) == 1:
        return inferred[0]
    if manifest.edition is Edition.E2015:
        for candidate in _legacy_paths(name, section):
            if files.exists(f"{manifest.dir}/{candidate}"):
                return f"{manifest.dir}/{candidate}"
    if not inferred:
        return None
    # Cargo takes neither of them, but either is a better guess than nothing.
    shown = " or ".join(f"`{_shown(path, manifest)}`" for path in inferred)
    message = f"the file for the {section.kind.value} `{name}` may be {shown}"
    manifest.toml.report(Problem.AMBIGUOUS_TARGET_FILE, message, (spec.at, "name"))
    return inferred[0]


def _legacy_paths(name: str, section: _Section) -> tuple[str, ...]:
    """What cargo accepts up to edition 2015 for a target that is listed without a path."""
    if section.kind is TargetKind.BIN:
        named = () if section.has_library else (f"src/{name}.rs",)
        return (*named, "src/main.rs", "src/bin/main.rs")
    return ("src/bench.rs",) if section.kind is TargetKind.BENCH and name == "bench" else ()


def _shown(path: str, manifest: Manifest) -> str:
    return paths.relative_to(path, manifest.dir) or path
