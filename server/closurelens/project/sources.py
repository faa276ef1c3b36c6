"""Where the source of a dependency is on this machine, and which version of it.

Invariant: reads only through the given `FileSystem`, and only folders' names and a lock; manifests are read solely to
find a package in a git checkout or a vendor folder. What is not found has a reason.

Looked at in this order: `path`, `[patch]`, replaced sources (vendor folders), cargo's git checkouts or its registry.
Without a lock the newest present version that satisfies the requirement is taken, as `cargo --offline` does. That one
also stands for a locked version that was not downloaded yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from closurelens.project import paths
from closurelens.project.config import CargoConfig
from closurelens.project.files import FileSystem, Unreadable
from closurelens.project.lock import Lock, LockedPackage
from closurelens.project.manifest import DependencySpec, GitSource, Manifest, package_table
from closurelens.project.semver import ANY_VERSION, Requirement, Version, parse_requirement, parse_version
from closurelens.project.tomltext import Table, TomlText, parse_toml
from closurelens.records import dataclass, field


@dataclass(slots=True, eq=True)
class Located:
    """`source_dir` is None when the source is not here; then `missing` says why.

    `instead_of` is the locked version when another one that fits has to stand for it.
    """

    version: str | None
    source_dir: str | None
    missing: str | None = None
    instead_of: str | None = None


_CRATES_IO_FOLDERS = ("index.crates.io-", "github.com-")
_CRATES_IO_SOURCES = ("registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/")
# Repositories nest their packages at most this deep, and a checkout is searched for a name at most this widely.
_CHECKOUT_DEPTH = 6
_CHECKOUT_FOLDERS = 4000


@dataclass(slots=True)
class SourceLocator:
    """`member_version` gives the version of a package that is already read, by its folder."""

    files: FileSystem
    cargo_home: str | None
    lock: Lock
    config: CargoConfig
    patches: tuple[DependencySpec, ...]
    member_version: Callable[[str], str | None]
    _registries: list[str] | None = None
    _present: dict[str, list[tuple[Version, str]]] | None = None
    _vendored: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _checkouts: dict[str, dict[str, str]] = field(default_factory=dict)
    _found: dict[tuple[str, str, str, str, str | None, str | None], Located] = field(default_factory=dict)

    def locate(self, user: Manifest, spec: DependencySpec) -> Located:
        git = None if spec.git is None else f"{spec.git.url}?{spec.git.branch}{spec.git.tag}{spec.git.rev}"
        key = (user.name, user.version, spec.package, spec.requirement, spec.path, git)
        located = self._found.get(key)
        if located is None:
            located = self._found[key] = self._locate(user, spec)
        return located

    def _locate(self, user: Manifest, spec: DependencySpec) -> Located:
        requirement = parse_requirement(spec.requirement) or ANY_VERSION
        locked = self.lock.dependency(self.lock.find(user.name, user.version), spec.package, requirement)
        if spec.path is not None:
            return self._at_path(spec.path, locked)
        patch = self._patch(spec, requirement, locked)
        if patch is not None:
            if patch.path is not None:
                return self._at_path(patch.path, locked)
            spec = patch
        if spec.git is not None:
            return self._git(spec.git, spec.package, locked)
        return self._registry(spec, requirement, locked)

    def _at_path(self, folder: str, locked: LockedPackage | None) -> Located:
        version = self.member_version(folder)
        if version is None and locked is not None and locked.source is None:
            version = locked.version
        if self.files.is_file(f"{folder}/Cargo.toml"):
            return Located(version, folder)
        return Located(version, None, f"there is no package in `{folder}`")

    def _patch(
        self, spec: DependencySpec, requirement: Requirement, locked: LockedPackage | None
    ) -> DependencySpec | None:
        """The entry of `[patch]` that stands for a dependency, if the patched package has a version that fits."""
        for patch in self.patches:
            if patch.package != spec.package:
                continue
            if locked is not None:
                from_git = locked.source is not None and locked.source.startswith("git+")
                if locked.source is not None and not (from_git and patch.git is not None):
                    continue
            elif patch.path is not None:
                version = parse_version(self._version_in(patch.path) or "")
                if version is None or not requirement.matches(version):
                    continue
            return patch
        return None

    def _registry(self, spec: DependencySpec, requirement: Requirement, locked: LockedPackage | None) -> Located:
        vendor = self.config.directory_for(spec.registry or "crates-io")
        if vendor is not None:
            return self._in_vendor(vendor, spec.package, requirement, locked)
        if locked is not None:
            for registry in self._registry_folders(locked.source):
                folder = f"{registry}/{locked.folder_name()}"
                if self.files.is_dir(folder):
                    return Located(locked.version, folder)
        instead_of = None if locked is None else locked.version
        candidates = self._present_versions().get(spec.package, [])
        best = requirement.best(version for version, _ in candidates)
        for version, folder in candidates:
            if version == best:
                return Located(str(version), folder, instead_of=instead_of)
        wanted = f"{spec.package} {spec.requirement if locked is None else locked.version}"
        return Located(instead_of, None, f"{wanted} is not in cargo's registry on this machine")

    def _registry_folders(self, source: str | None) -> list[str]:
        """The folders of unpacked packages, those of `source` first."""
        if self._registries is None:
            base = f"{self.cargo_home}/registry/src"
            entries = [] if self.cargo_home is None else self.files.entries(base)
            names = sorted(entry.name for entry in entries if entry.is_dir)
            names.sort(key=lambda name: not name.startswith(_CRATES_IO_FOLDERS))
            self._registries = [f"{base}/{name}" for name in names]
        if source is None or source in _CRATES_IO_SOURCES or len(self._registries) < 2:
            return self._registries
        host = source.partition("://")[2].partition("/")[0]
        return sorted(self._registries, key=lambda folder: not paths.name(folder).startswith(f"{host}-"))

    def _present_versions(self) -> dict[str, list[tuple[Version, str]]]:
        """Every package in the registry folders, by name."""
        if self._present is None:
            self._present = {}
            for registry in self._registry_folders(None):
                for entry in self.files.entries(registry):
                    name, version = _split_folder_name(entry.name)
                    if version is not None:
                        self._present.setdefault(name, []).append((version, f"{registry}/{entry.name}"))
        return self._present

    def _in_vendor(self, vendor: str, name: str, requirement: Requirement, locked: LockedPackage | None) -> Located:
        best: tuple[Version, str] | None = None
        for folder in self._vendor_folders(vendor).get(name, ()):
            version = parse_version(self._version_in(folder) or "")
            if version is None:
                continue
            if locked is not None:
                if str(version) == locked.version:
                    return Located(locked.version, folder)
            elif requirement.matches(version) and (best is None or version > best[0]):
                best = (version, folder)
        if best is not None:
            return Located(str(best[0]), best[1])
        wanted = name if locked is None else f"{name} {locked.version}"
        return Located(None if locked is None else locked.version, None, f"{wanted} is not vendored in `{vendor}`")

    def _vendor_folders(self, vendor: str) -> dict[str, list[str]]:
        """By package name; a folder is called `name` or `name-version`."""
        found = self._vendored.get(vendor)
        if found is None:
            found = self._vendored[vendor] = {}
            for entry in self.files.entries(vendor):
                if entry.is_dir:
                    folder = f"{vendor}/{entry.name}"
                    found.setdefault(_split_folder_name(entry.name)[0], []).append(folder)
                    if _split_folder_name(entry.name)[1] is not None:
                        found.setdefault(entry.name, []).append(folder)
        return found

    def _version_in(self, folder: str) -> str | None:
        version = self.member_version(folder)
        if version is None:
            package = self._package_in(folder)
            value = package.get("version") if package is not None else None
            version = value if isinstance(value, str) else None
        return version

    def _package_in(self, folder: str) -> Table | None:
        content = self.files.read(f"{folder}/Cargo.toml")
        if isinstance(content, Unreadable):
            return None
        toml = parse_toml(content, f"{folder}/Cargo.toml")
        return package_table(toml) if isinstance(toml, TomlText) else None

    def _git(self, git: GitSource, name: str, locked: LockedPackage | None) -> Located:
        vendor = self.config.directory_for(git.url)
        if vendor is not None:
            return self._in_vendor(vendor, name, ANY_VERSION, locked)
        version = None if locked is None else locked.version
        revision = git.rev
        if locked is not None and locked.source is not None and "#" in locked.source:
            revision = locked.source.rpartition("#")[2]
        checkouts = list(self._checkouts_of(git.url, revision))
        if not checkouts:
            return Located(version, None, f"`{git.url}` is not among cargo's git checkouts on this machine")
        if revision is None and len(checkouts) > 1:
            return Located(version, None, f"no lock says which of several checkouts of `{git.url}` is meant")
        for checkout in checkouts:
            folder = self._package_folder(checkout, name)
            if folder is not None:
                return Located(version or self._version_in(folder), folder)
        return Located(version, None, f"the checkout of `{git.url}` has no package `{name}`")

    def _checkouts_of(self, url: str, revision: str | None) -> Iterable[str]:
        """Cargo names them `<last part of the URL>-<hash of the URL>/<start of the revision>`."""
        if self.cargo_home is None:
            return
        base = f"{self.cargo_home}/git/checkouts"
        repository = url.rstrip("/").rpartition("/")[2].removesuffix(".git").lower()
        for entry in self.files.entries(base):
            if entry.name.rpartition("-")[0].lower() != repository:
                continue
            for checkout in self.files.entries(f"{base}/{entry.name}"):
                if checkout.is_dir and (revision is None or revision.startswith(checkout.name)):
                    yield f"{base}/{entry.name}/{checkout.name}"

    def _package_folder(self, checkout: str, name: str) -> str | None:
        """The folder of a package by name; the nearest to the top of the repository."""
        known = self._checkouts.setdefault(checkout, {})
        if name in known:
            return known[name] or None
        level = [checkout]
        seen = 0
        for _ in range(_CHECKOUT_DEPTH):
            deeper: list[str] = []
            for folder in sorted(level):
                package = self._package_in(folder) if self.files.is_file(f"{folder}/Cargo.toml") else None
                if package is not None and package.get("name") == name:
                    known[name] = folder
                    return folder
                seen += 1
                if seen < _CHECKOUT_FOLDERS:
                    entries = self.files.entries(folder)
                    deeper.extend(
                        f"{folder}/{entry.name}"
                        for entry in entries
                        if entry.is_dir and not entry.name.startswith(".") and entry.name != "target"
                    )
            level = deeper
        known[name] = ""
        return None


def _split_folder_name(text: str) -> tuple[str, Version | None]:
    """`serde-1.0.2` -> (`serde`, 1.0.2); a name without a version stays whole."""
    at = text.find("-")
    while at >= 0:
        version = parse_version(text[at + 1 :])
        if version is not None:
            return text[:at], version
        at = text.find("-", at + 1)
    return text, None
