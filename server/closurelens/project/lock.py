"""Cargo.lock, formats 1 to 4: which version and source each package was resolved to.

Invariant: what cargo writes is read by one regular expression; any other TOML that means the same is read all the same,
only more slowly.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from closurelens.project.model import Diagnostic, Problem
from closurelens.project.semver import Requirement, Version, parse_version
from closurelens.project.tomltext import syntax_error
from closurelens.records import dataclass, field


@dataclass(slots=True, eq=True)
class LockedPackage:
    """`source` is None for packages of the workspace and other path dependencies.

    `dependencies` are references as written: `name`, `name version` or `name version (source)`, only as long as needed
    to be unique (always all three in format 1).
    """

    name: str
    version: str
    source: str | None
    dependencies: tuple[str, ...]

    def folder_name(self) -> str:
        """What cargo calls the folder it unpacks the package into."""
        return f"{self.name}-{self.version}"


@dataclass(slots=True)
class Lock:
    packages: tuple[LockedPackage, ...] = ()
    by_name: dict[str, list[LockedPackage]] = field(default_factory=dict)

    def find(self, name: str, version: str) -> LockedPackage | None:
        for package in self.by_name.get(name, ()):
            if package.version == version:
                return package
        return None

    def dependency(self, user: LockedPackage | None, name: str, requirement: Requirement) -> LockedPackage | None:
        """What `user` (None: a package that the lock does not know) gets for a dependency on `name`.

        When the manifest was edited since and `user` has no matching entry, any locked version that fits is taken, as
        cargo would when it next writes the lock.
        """
        candidates = self.by_name.get(name)
        if candidates is None:
            return None
        if user is not None:
            mine = [package for package in candidates if self._refers(user, package)]
            chosen = _newest(mine, requirement)
            if chosen is not None:
                return chosen
        return _newest(candidates, requirement)

    def dependencies(self, user: LockedPackage) -> list[LockedPackage]:
        result: list[LockedPackage] = []
        for reference in user.dependencies:
            name = reference.partition(" ")[0]
            result.extend(package for package in self.by_name.get(name, ()) if _matches(reference, package))
        return result

    @staticmethod
    def _refers(user: LockedPackage, package: LockedPackage) -> bool:
        return any(_matches(reference, package) for reference in user.dependencies)


def reachable(lock: Lock, package: LockedPackage) -> list[LockedPackage]:
    """What a package depends on, directly or not."""
    found: dict[tuple[str, str], LockedPackage] = {}
    work = [package]
    while work:
        for dependency in lock.dependencies(work.pop()):
            if (dependency.name, dependency.version) not in found:
                found[dependency.name, dependency.version] = dependency
                work.append(dependency)
    return list(found.values())


def _matches(reference: str, package: LockedPackage) -> bool:
    name, _, rest = reference.partition(" ")
    if name != package.name:
        return False
    version, _, source = rest.partition(" ")
    if version and version != package.version:
        return False
    return not source or package.source is None or source.strip("()") == package.source


def _newest(packages: Iterable[LockedPackage], requirement: Requirement) -> LockedPackage | None:
    best: LockedPackage | None = None
    best_version: Version | None = None
    for package in packages:
        version = parse_version(package.version)
        if version is None or not requirement.matches(version):
            continue
        if best_version is None or version > best_version:
            best, best_version = package, version
    return best


_PACKAGE = re.compile(
    r'\[\[package\]\]\nname = "([^"\\\n]*)"\nversion = "([^"\\\n]*)"\n'
    r'(?:source = "([^"\\\n]*)"\n)?'
    r'(?:checksum = "[^"\\\n]*"\n)?'
    r'(?:dependencies = \[\n((?: "[^"\\\n]*",\n)*)\]\n)?'
    r"(?=\n|\Z)"
)
_REFERENCE = re.compile(r'"([^"]*)"')


def parse_lock(text: str, path: str) -> tuple[Lock, list[Diagnostic]]:
    """An unreadable lock is empty and has a diagnostic."""
    text = text.replace("\r\n", "\n")
    packages = [
        LockedPackage(match[1], match[2], match[3], tuple(_REFERENCE.findall(match[4] or "")))
        for match in _PACKAGE.finditer(text)
    ]
    diagnostics: list[Diagnostic] = []
    if len(packages) != text.count("[[package]]") or "\n[root]" in text or text.startswith("[root]"):
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            diagnostics.append(syntax_error(path, error, Problem.BAD_LOCK))
            packages = []
        else:
            packages = _packages(table)
    lock = Lock(tuple(packages))
    for package in packages:
        lock.by_name.setdefault(package.name, []).append(package)
    return lock, diagnostics


def _packages(table: dict[str, object]) -> list[LockedPackage]:
    listed = table.get("package")
    entries = list(listed) if isinstance(listed, list) else []
    if "root" in table:  # format 1 before cargo 0.26 had the workspace's package apart
        entries.append(table["root"])
    packages = []
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        name, version, source, dependencies = (entry.get(key) for key in ("name", "version", "source", "dependencies"))
        if isinstance(name, str) and isinstance(version, str):
            references = dependencies if isinstance(dependencies, list) else []
            packages.append(
                LockedPackage(
                    name,
                    version,
                    source if isinstance(source, str) else None,
                    tuple(reference for reference in references if isinstance(reference, str)),
                )
            )
    return packages
