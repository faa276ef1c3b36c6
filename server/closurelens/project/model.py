"""The crate graph as plain values: what the later layers know about packages, crates and dependencies.

Invariant: nothing here reads a file. `CrateGraph.dependency_crate` asks the opener it was built with, which is the only
way more of the graph comes into being.

Paths are absolute, normalised strings with forward slashes (`paths`). Lines are 0-based.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, IntEnum
from typing import NewType, Protocol

from closurelens.records import dataclass, field, replace

CrateId = NewType("CrateId", str)
"""Unique in a graph, stable between loads: `<package dir>#<kind>:<target name>`, with `#host`, `#test` for variants."""


class Edition(IntEnum):
    """Ordered, so that `crate.edition >= Edition.E2021` reads as it is meant."""

    E2015 = 2015
    E2018 = 2018
    E2021 = 2021
    E2024 = 2024


NEWEST_EDITION = Edition.E2024


class TargetKind(Enum):
    LIB = "lib"
    PROC_MACRO = "proc-macro"
    BIN = "bin"
    EXAMPLE = "example"
    TEST = "test"
    BENCH = "bench"
    BUILD_SCRIPT = "build-script"


LIBRARY_KINDS = frozenset((TargetKind.LIB, TargetKind.PROC_MACRO))


class DependencyKind(Enum):
    NORMAL = "normal"
    DEV = "dev"
    BUILD = "build"


class Problem(Enum):
    """What a `Diagnostic` is about; the message says it in a sentence."""

    UNREADABLE = "unreadable"
    NOT_UTF8 = "not-utf8"
    TOML_SYNTAX = "toml-syntax"
    BAD_VALUE = "bad-value"
    UNKNOWN_EDITION = "unknown-edition"
    NO_TARGETS = "no-targets"
    MISSING_TARGET_FILE = "missing-target-file"
    AMBIGUOUS_TARGET_FILE = "ambiguous-target-file"
    BAD_FEATURE = "bad-feature"
    MISSING_INHERITANCE = "missing-inheritance"
    MISSING_WORKSPACE_ROOT = "missing-workspace-root"
    MISSING_MEMBER = "missing-member"
    MISSING_PATH_DEPENDENCY = "missing-path-dependency"
    BAD_LOCK = "bad-lock"
    BAD_CONFIG = "bad-config"
    UNKNOWN_PLATFORM = "unknown-platform"


@dataclass(slots=True, eq=True)
class Diagnostic:
    """Something wrong with a manifest, lock file or cargo configuration; loading went on with the rest.

    `line` is 0-based and None where the problem has no place in the text (an unreadable file).
    """

    problem: Problem
    path: str
    line: int | None
    message: str


CfgOption = tuple[str, str | None]
"""`("unix", None)` for `unix`, `("feature", "std")` for `feature = "std"`."""


ANY_CUSTOM_NAME = "*"
"""The key in `CfgSet.open` for every name that neither rustc nor cargo defines."""


@dataclass(slots=True, eq=True)
class CfgSet:
    """The active configuration of a crate, and how far absence from it can be trusted.

    `open` maps the name of an option to the reason why more values of it may be set than `options` has: `feature` when
    not all requests for the package are known, `target_os` when the platform is not, `ANY_CUSTOM_NAME` when a build
    script may print `cargo::rustc-cfg`. What is absent and not open is certainly not set.
    """

    options: frozenset[CfgOption]
    open: dict[str, str] = field(default_factory=dict)

    def __contains__(self, option: CfgOption) -> bool:
        return option in self.options

    def features(self) -> frozenset[str]:
        return frozenset(value for name, value in self.options if name == "feature" and value is not None)

    def with_options(self, more: Iterable[CfgOption]) -> CfgSet:
        return replace(self, options=self.options.union(more))


@dataclass(slots=True, eq=True)
class Dependency:
    """An edge of a crate to a library it may name.

    * `version` is the version that was chosen, None if nothing present satisfies `requirement`.
    * `source_dir` is None when the source is not on this machine; then `missing` says what was looked for.
    * `instead_of` is the locked version when that one is not present and `version`, which also fits, is used for it.
    * `features` are the ones this edge asks for (`default` among them unless `default-features = false`). What the
      package ends up with is in the crate that `CrateGraph.dependency_crate` returns.
    * `renamed`: the extern name comes from the manifest's key (`foo = { package = "bar" }`). Otherwise it is the
      library's own name; for members' crates the key in `Crate.dependencies` is the package name, with underscores, as
      long as the dependency was not read, see `CrateGraph.extern_names`.
    """

    package: str
    version: str | None
    source_dir: str | None
    features: frozenset[str]
    kind: DependencyKind = DependencyKind.NORMAL
    renamed: bool = False
    requirement: str = "*"
    missing: str | None = None
    instead_of: str | None = None


@dataclass(slots=True, eq=True)
class Crate:
    """One target of one package under one configuration: what a single run of rustc compiles.

    * `name` is the name in Rust source, with underscores.
    * `dependencies` maps extern names to what an ordinary build may name. `test_dependencies` are those that only a
      build with `--test` adds (the dev-dependencies of libraries and binaries); `for_test` gives that crate.
    * `required_features` that are not active: cargo then skips the target.
    * `is_member`: a crate of the user's workspace, not of a dependency.
    * `for_host`: compiled for the machine that compiles (build scripts, procedural macros and what they depend on).
    * `out_dirs`: what builds of the workspace have had as `OUT_DIR`.
    """

    id: CrateId
    name: str
    kind: TargetKind
    root: str
    edition: Edition
    package: str
    version: str
    package_dir: str
    cfg: CfgSet
    dependencies: dict[str, Dependency]
    test_dependencies: dict[str, Dependency] = field(default_factory=dict)
    required_features: tuple[str, ...] = ()
    is_member: bool = True
    for_host: bool = False
    out_dirs: tuple[str, ...] = ()

    def for_test(self) -> Crate:
        """The crate as `rustc --test` sees it: `cfg(test)` holds and the dev-dependencies can be named."""
        if ("test", None) in self.cfg:
            return self
        return replace(
            self,
            id=CrateId(f"{self.id}#test"),
            cfg=self.cfg.with_options((("test", None),)),
            dependencies=self.dependencies | self.test_dependencies,
            test_dependencies={},
        )

    def missing_features(self) -> tuple[str, ...]:
        """The required features that are off; an empty tuple means that cargo builds the target."""
        return tuple(name for name in self.required_features if ("feature", name) not in self.cfg)


@dataclass(slots=True, eq=True)
class Package:
    """One Cargo.toml with a `[package]`: its crates and what it resolved to.

    `features` are the active ones. `crates` has the library first, then binaries, examples, tests, benches and the
    build script, each sorted by name.
    """

    name: str
    version: str
    dir: str
    manifest: str
    edition: Edition
    features: frozenset[str]
    crates: tuple[Crate, ...]
    is_member: bool = True

    def library(self) -> Crate | None:
        for crate in self.crates:
            if crate.kind in LIBRARY_KINDS:
                return crate
        return None


class DependencyOpener(Protocol):
    """Finds and reads dependencies on demand. Implemented by `load`; answers are memoised there."""

    def dependency_crate(self, crate: Crate, extern_name: str) -> Crate | None: ...

    def extern_names(self, crate: Crate) -> dict[str, Dependency]: ...

    def resolve_features(self) -> None: ...


@dataclass(slots=True)
class NoDependencies:
    """The opener of a graph that consists of what it was given."""

    def dependency_crate(self, crate: Crate, extern_name: str) -> Crate | None:
        return None

    def extern_names(self, crate: Crate) -> dict[str, Dependency]:
        return crate.dependencies

    def resolve_features(self) -> None:
        return None


@dataclass(slots=True)
class CrateGraph:
    """The crates of a workspace (or of one loose file), and a way to reach those of its dependencies.

    * `root` is the workspace's folder, for a loose file the folder it is in.
    * `packages` are the members by package dir, `crates` all crates of the members. Dependency crates are not listed.
    * `inputs` are the files whose change makes the graph stale, whether or not they exist now (manifests, Cargo.lock,
      cargo configuration). A target file that appears or goes makes it stale too: `Crate.root`s are not in `inputs`.
    """

    root: str
    packages: dict[str, Package]
    crates: dict[CrateId, Crate]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    inputs: frozenset[str] = frozenset()
    opener: DependencyOpener = field(default_factory=NoDependencies)

    def dependency_crate(self, crate: Crate, extern_name: str) -> Crate | None:
        """The library that `extern_name` means inside `crate`, or None if it has none or its source is not here.

        `crate` may be a dependency's crate that this method returned. The first look at such a crate's `cfg` or
        `dependencies` reads the manifests of every dependency that is present, because a package's features are the
        union of all requests.
        `std`, `core`, `alloc`, `proc_macro` and `test` are not dependencies.
        """
        return self.opener.dependency_crate(crate, extern_name)

    def member_crate(self, crate: Crate, extern_name: str) -> Crate | None:
        """The library of a member that `extern_name` means inside a member's `crate`. Reads nothing."""
        for key, dependency in crate.dependencies.items():
            package = None if dependency.source_dir is None else self.packages.get(dependency.source_dir)
            library = None if package is None else package.library()
            if library is not None and extern_name == (key if dependency.renamed else library.name):
                return library
        return None

    def extern_names(self, crate: Crate) -> dict[str, Dependency]:
        """`crate.dependencies` under the names that count: a library may be called otherwise than its package.

        Reads the manifests of the direct dependencies. A dependency whose source is missing keeps its package's name.
        """
        return self.opener.extern_names(crate)

    def crates_of_kind(self, kind: TargetKind) -> Iterator[Crate]:
        return (crate for crate in self.crates.values() if crate.kind is kind)
