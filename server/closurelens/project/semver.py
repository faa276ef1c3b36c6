"""Versions and version requirements by cargo's rules (the `semver` crate's).

Invariant: a text that is no version or requirement is None, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import total_ordering

from closurelens.records import dataclass

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?\Z")
_COMPARATOR = re.compile(
    r"\s*(\^|~|=|>=|<=|>|<)?\s*(\d+|[*xX])(?:\.(\d+|[*xX]))?(?:\.(\d+|[*xX]))?"
    r"(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*\Z"
)
_Identifiers = tuple[tuple[int, int, str], ...]


@total_ordering
@dataclass(slots=True, eq=True, unsafe_hash=True)
class Version:
    major: int
    minor: int
    patch: int
    pre: str = ""
    build: str = ""

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __str__(self) -> str:
        pre = f"-{self.pre}" if self.pre else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}" + (f"+{self.build}" if self.build else "")

    def _key(self) -> tuple[int, int, int, bool, _Identifiers, str]:
        return (self.major, self.minor, self.patch, not self.pre, _identifiers(self.pre), self.build)


def _identifiers(text: str) -> _Identifiers:
    """Numbers come before words, numbers compare as numbers (semver 2.0.0, section 11)."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in text.split(".")) if text else ()


@dataclass(slots=True, eq=True)
class Comparator:
    """`minor` and `patch` are None where the text leaves them out or has a wildcard."""

    operator: str
    major: int
    minor: int | None
    patch: int | None
    pre: str

    def matches(self, version: Version) -> bool:
        order = self._order(version)
        match self.operator:
            case "=" | "*":
                return order == 0
            case ">":
                return order > 0
            case ">=":
                return order >= 0
            case "<":
                return order < 0
            case "<=":
                return order <= 0
            case "~":
                return order >= 0 and version.major == self.major and self.minor in (None, version.minor)
        return order >= 0 and self._caret_compatible(version)

    def _order(self, version: Version) -> int:
        """-1, 0, 1 for a version below, among and above those the (partial) version text names."""
        for actual, wanted in ((version.major, self.major), (version.minor, self.minor), (version.patch, self.patch)):
            if wanted is None:
                return 0
            if actual != wanted:
                return 1 if actual > wanted else -1
        mine, theirs = (not self.pre, _identifiers(self.pre)), (not version.pre, _identifiers(version.pre))
        return (theirs > mine) - (theirs < mine)

    def _caret_compatible(self, version: Version) -> bool:
        if version.major != self.major:
            return False
        if self.major > 0 or self.minor is None:
            return True
        if version.minor != self.minor:
            return False
        return self.minor > 0 or self.patch is None or version.patch == self.patch

    def allows_prerelease_of(self, version: Version) -> bool:
        same = (self.major, self.minor, self.patch) == (version.major, version.minor, version.patch)
        return bool(self.pre) and same


@dataclass(slots=True, eq=True)
class Requirement:
    comparators: tuple[Comparator, ...]

    def matches(self, version: Version) -> bool:
        if not all(comparator.matches(version) for comparator in self.comparators):
            return False
        # A prerelease is only ever meant by a requirement that names a prerelease of the same version.
        return not version.pre or any(comparator.allows_prerelease_of(version) for comparator in self.comparators)

    def best(self, versions: Iterable[Version]) -> Version | None:
        return max((version for version in versions if self.matches(version)), default=None)


ANY_VERSION = Requirement(())


def parse_version(text: str) -> Version | None:
    match = _VERSION.match(text)
    if match is None:
        return None
    return Version(int(match[1]), int(match[2]), int(match[3]), match[4] or "", match[5] or "")


def parse_requirement(text: str) -> Requirement | None:
    if text.strip() in ("", "*", "x", "X"):
        return ANY_VERSION
    comparators = []
    for part in text.split(","):
        match = _COMPARATOR.match(part)
        if match is None or match[2] in "*xX":
            return None
        numbers = [None if number is None or number in "*xX" else int(number) for number in match.group(3, 4)]
        minor, patch = numbers
        if minor is None and patch is not None:
            return None
        has_wildcard = any(number is not None and number in "*xX" for number in match.group(3, 4))
        operator = match[1] or ("*" if has_wildcard else "^")
        comparators.append(Comparator(operator, int(match[2]), minor, patch, match[5] or ""))
    return Requirement(tuple(comparators))
