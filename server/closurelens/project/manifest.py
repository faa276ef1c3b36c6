"""A Cargo.toml as typed values, with everything it inherits from its workspace filled in.

Invariant: a wrong value is reported and left out; the rest of the manifest still counts. Both spellings of keys that
cargo renamed (`dev_dependencies`, `proc_macro`, ...) are read.
"""

from __future__ import annotations

from collections.abc import Iterable

from closurelens.project import paths
from closurelens.project.model import NEWEST_EDITION, DependencyKind, Edition, Problem
from closurelens.project.tomltext import Table, TomlText, strings, table_at
from closurelens.project.workspace import WorkspaceSpec
from closurelens.records import dataclass


@dataclass(slots=True, eq=True)
class GitSource:
    url: str
    branch: str | None
    tag: str | None
    rev: str | None


@dataclass(slots=True, eq=True)
class DependencySpec:
    """One entry of a dependencies table.

    `key` is the name in the manifest, `package` the package's own. `path` is absolute. `target` is the `cfg(...)` or
    triple of the `[target.<...>]` table the entry is in. `is_renamed`: the entry says `package = ".."`, even if that is
    the key; the extern name is then the key, whatever the library is called.
    """

    key: str
    package: str
    requirement: str
    kind: DependencyKind
    features: tuple[str, ...] = ()
    default_features: bool = True
    optional: bool = False
    target: str | None = None
    path: str | None = None
    git: GitSource | None = None
    registry: str | None = None
    is_renamed: bool = False

    def extern_name(self) -> str:
        return self.key.replace("-", "_")


@dataclass(slots=True, eq=True)
class TargetSpec:
    """One of `[lib]`, `[[bin]]` and so on; `path` is absolute, `at` is the place for diagnostics (`bin[0]`)."""

    at: str
    name: str | None
    path: str | None
    edition: Edition | None
    is_proc_macro: bool
    required_features: tuple[str, ...]


@dataclass(slots=True, eq=True)
class Profile:
    """What of `[profile.dev]` changes the configuration; None: not set."""

    panic: str | None = None
    debug_assertions: bool | None = None


@dataclass(slots=True)
class Manifest:
    """`build` is the absolute path of the build script, False for none, None for `build.rs` if there is one.

    `autodiscover` has the kinds (`lib`, `bins`, `examples`, `tests`, `benches`) that `auto<kind>` switches on or off.
    """

    toml: TomlText
    dir: str
    name: str
    version: str
    edition: Edition
    resolver: str | None
    build: str | bool | None
    autodiscover: dict[str, bool]
    lib: TargetSpec | None
    bins: tuple[TargetSpec, ...]
    examples: tuple[TargetSpec, ...]
    tests: tuple[TargetSpec, ...]
    benches: tuple[TargetSpec, ...]
    features: dict[str, tuple[str, ...]]
    dependencies: tuple[DependencySpec, ...]

    def is_proc_macro(self) -> bool:
        return self.lib is not None and self.lib.is_proc_macro

    def library_name(self) -> str:
        name = self.lib.name if self.lib is not None and self.lib.name is not None else self.name
        return name.replace("-", "_")


def package_table(toml: TomlText) -> Table | None:
    """`[package]`, or `[project]` as it was called once; None for a virtual manifest."""
    for key in ("package", "project"):
        table = toml.table.get(key)
        if isinstance(table, dict):
            return table
    return None


def lower(toml: TomlText, workspace: WorkspaceSpec | None) -> Manifest | None:
    """The package of a manifest; None if it is virtual. Problems are added to `toml.diagnostics`."""
    package = package_table(toml)
    return None if package is None else _Lowering(toml, package, workspace).manifest()


def patches_of(toml: TomlText, base: str | None = None) -> tuple[DependencySpec, ...]:
    """The `[patch]` entries of a workspace root, which may be virtual, or of a configuration file.

    `base` is the folder that paths are relative to; None: the file's own.
    """
    if "patch" not in toml.table:
        return ()
    lowering = _Lowering(toml, {}, None)
    if base is not None:
        lowering.dir = base
    sections = table_at(toml.table, "patch")
    return tuple(
        spec for source in sections for spec in lowering.section(("patch", source), DependencyKind.NORMAL, None)
    )


def profile_of(toml: TomlText) -> Profile:
    profile = table_at(toml.table, "profile", "dev")
    panic, assertions = profile.get("panic"), profile.get("debug-assertions")
    return Profile(panic if isinstance(panic, str) else None, assertions if isinstance(assertions, bool) else None)


_AUTO_KINDS = ("lib", "bins", "examples", "tests", "benches")
_SECTIONS = (
    ("dependencies", DependencyKind.NORMAL),
    ("dev-dependencies", DependencyKind.DEV),
    ("dev_dependencies", DependencyKind.DEV),
    ("build-dependencies", DependencyKind.BUILD),
    ("build_dependencies", DependencyKind.BUILD),
)


class _Lowering:
    __slots__ = ("dir", "package", "toml", "workspace")

    def __init__(self, toml: TomlText, package: Table, workspace: WorkspaceSpec | None) -> None:
        self.toml = toml
        self.package = package
        self.workspace = workspace
        self.dir = paths.parent(toml.path)

    def manifest(self) -> Manifest:
        toml, package = self.toml, self.package
        name = self.string(package, "name", ("package",))
        if name is None:
            if "name" not in package:
                toml.report(Problem.BAD_VALUE, "the package has no `name`", ("package",))
            name = paths.name(self.dir) or "unnamed"
        resolver = package.get("resolver")
        return Manifest(
            toml=toml,
            dir=self.dir,
            name=name,
            version=self.inherited("version") or "0.0.0",
            edition=self.edition(self.inherited("edition"), ("package", "edition")) or Edition.E2015,
            resolver=resolver if isinstance(resolver, str) else None,
            build=self.build_script(),
            autodiscover=self.autodiscover(),
            lib=self.target(toml.table.get("lib"), "lib"),
            bins=self.targets("bin"),
            examples=self.targets("example"),
            tests=self.targets("test"),
            benches=self.targets("bench"),
            features=self.features(),
            dependencies=tuple(self.dependencies()),
        )

    def string(self, table: Table, key: str, at: tuple[str, ...]) -> str | None:
        value = table.get(key)
        if value is None or isinstance(value, str):
            return value
        self.toml.report(Problem.BAD_VALUE, f"`{'.'.join((*at, key))}` is not a string", (*at, key))
        return None

    def inherited(self, key: str) -> str | None:
        """A field of `[package]`, which may be `key.workspace = true`."""
        value = self.package.get(key)
        if isinstance(value, dict) and value.get("workspace") is True:
            if self.workspace is None:
                self.toml.report(
                    Problem.MISSING_WORKSPACE_ROOT,
                    f"`package.{key}` is inherited, but the package belongs to no workspace",
                    ("package", key),
                )
                return None
            value = self.workspace.package.get(key)
            if value is None:
                self.toml.report(
                    Problem.MISSING_INHERITANCE, f"the workspace sets no `package.{key}` to inherit", ("package", key)
                )
        if value is None or isinstance(value, str):
            return value
        self.toml.report(Problem.BAD_VALUE, f"`package.{key}` is not a string", ("package", key))
        # `edition = 2021` without quotes is an error to cargo, but there is no doubt what is meant.
        return str(value) if isinstance(value, int) else None

    def edition(self, text: str | None, at: tuple[str, ...]) -> Edition | None:
        if text is None:
            return None
        try:
            return Edition(int(text))
        except ValueError:
            self.toml.report(
                Problem.UNKNOWN_EDITION,
                f"the edition `{text}` is not known; the newest known one, {int(NEWEST_EDITION)}, is used",
                at,
            )
            return NEWEST_EDITION

    def build_script(self) -> str | bool | None:
        value = self.package.get("build")
        if isinstance(value, list):
            # Several build scripts (an unstable feature): the first stands for all.
            value = next((item for item in value if isinstance(item, str)), False)
        if value is True:
            value = "build.rs"
        if isinstance(value, str):
            return paths.join(self.dir, value)
        if value is None or value is False:
            return value
        self.toml.report(Problem.BAD_VALUE, "`package.build` is neither a path nor a boolean", ("package", "build"))
        return None

    def autodiscover(self) -> dict[str, bool]:
        found = {}
        for kind in _AUTO_KINDS:
            value = self.package.get(f"auto{kind}")
            if isinstance(value, bool):
                found[kind] = value
            elif value is not None:
                self.toml.report(
                    Problem.BAD_VALUE, f"`package.auto{kind}` is not a boolean", ("package", f"auto{kind}")
                )
        return found

    def targets(self, section: str) -> tuple[TargetSpec, ...]:
        listed = self.toml.table.get(section)
        if listed is None:
            return ()
        if not isinstance(listed, list):
            self.toml.report(Problem.BAD_VALUE, f"`{section}` is not an array of tables: `[[{section}]]`", (section,))
            return ()
        found = (self.target(entry, f"{section}[{index}]") for index, entry in enumerate(listed))
        return tuple(target for target in found if target is not None)

    def target(self, table: object, at: str) -> TargetSpec | None:
        if table is None:
            return None
        if not isinstance(table, dict):
            self.toml.report(Problem.BAD_VALUE, f"`{at}` is not a table", (at,))
            return None
        path = self.string(table, "path", (at,))
        crate_types = strings(_either(table, "crate-type", "crate_type"))
        return TargetSpec(
            at,
            self.string(table, "name", (at,)),
            paths.join(self.dir, path) if path is not None else None,
            self.edition(self.string(table, "edition", (at,)), (at, "edition")),
            _either(table, "proc-macro", "proc_macro") is True or "proc-macro" in crate_types,
            strings(table.get("required-features")),
        )

    def features(self) -> dict[str, tuple[str, ...]]:
        result: dict[str, tuple[str, ...]] = {}
        for name, enables in table_at(self.toml.table, "features").items():
            if not isinstance(enables, list):
                self.toml.report(Problem.BAD_VALUE, f"`features.{name}` is not a list", ("features", name))
            result[name] = strings(enables)
        return result

    def dependencies(self) -> list[DependencySpec]:
        table = self.toml.table
        found: list[DependencySpec] = []
        for section, kind in _SECTIONS:
            if section in table:
                found.extend(self.section((section,), kind, None))
        for target, sections in table_at(table, "target").items():
            if isinstance(sections, dict):
                for section, kind in _SECTIONS:
                    if section in sections:
                        found.extend(self.section(("target", target, section), kind, target))
        return found

    def section(self, at: tuple[str, ...], kind: DependencyKind, target: str | None) -> Iterable[DependencySpec]:
        for key, value in table_at(self.toml.table, *at).items():
            spec = self.dependency(key, value, (*at, key), kind, target)
            if spec is not None:
                yield spec

    def dependency(
        self, key: str, value: object, at: tuple[str, ...], kind: DependencyKind, target: str | None
    ) -> DependencySpec | None:
        if isinstance(value, dict) and value.get("workspace") is True:
            return self.inherited_dependency(key, value, at, kind, target)
        return self.own_dependency(key, value, at, kind, target, self.dir)

    def own_dependency(
        self, key: str, value: object, at: tuple[str, ...], kind: DependencyKind, target: str | None, base: str
    ) -> DependencySpec | None:
        if isinstance(value, str):
            return DependencySpec(key, key, value, kind, target=target)
        if not isinstance(value, dict):
            self.toml.report(Problem.BAD_VALUE, f"`{key}` is neither a version nor a table", at)
            return None
        path, url = self.string(value, "path", at), self.string(value, "git", at)
        git = None
        if url is not None:
            git = GitSource(url, *(self.string(value, part, at) for part in ("branch", "tag", "rev")))
        return DependencySpec(
            key=key,
            package=self.string(value, "package", at) or key,
            requirement=self.string(value, "version", at) or "*",
            kind=kind,
            features=strings(value.get("features")),
            default_features=_either(value, "default-features", "default_features") is not False,
            optional=value.get("optional") is True,
            target=target,
            path=paths.join(base, path) if path is not None else None,
            git=git,
            registry=self.string(value, "registry", at),
            is_renamed="package" in value,
        )

    def inherited_dependency(
        self, key: str, value: Table, at: tuple[str, ...], kind: DependencyKind, target: str | None
    ) -> DependencySpec | None:
        workspace = self.workspace
        if workspace is None:
            self.toml.report(
                Problem.MISSING_WORKSPACE_ROOT, f"`{key}` is inherited, but the package belongs to no workspace", at
            )
            return None
        inherited = workspace.dependencies.get(key)
        if inherited is None:
            self.toml.report(Problem.MISSING_INHERITANCE, f"the workspace has no dependency `{key}` to inherit", at)
            return None
        spec = self.own_dependency(key, inherited, at, kind, target, workspace.dir)
        if spec is None:
            return None
        spec.features += strings(value.get("features"))
        spec.optional = value.get("optional") is True
        # A member can switch default features on, but not off again.
        if _either(value, "default-features", "default_features") is True:
            spec.default_features = True
        return spec


def _either(table: Table, key: str, old_key: str) -> object:
    value = table.get(key)
    return table.get(old_key) if value is None else value
