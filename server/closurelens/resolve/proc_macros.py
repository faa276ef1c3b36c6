"""What a procedural-macro crate exports, as its root file has it.

Rust lets such a crate export nothing but its macros, and only from the root: so its `pub fn`s and the names of its
derives are all there is. Invariant: pure.
"""

from __future__ import annotations

import re

from closurelens.records import dataclass

_DERIVE = re.compile(r"\bproc_macro_derive\s*\(\s*(\$?\w+)\s*(?:,\s*attributes\s*\(([^)]*)\))?")
_FUNCTION = re.compile(r"(?:^|\])[ \t]*pub\s+fn\s+(\$?\w+)", re.MULTILINE)


@dataclass(slots=True)
class ProcMacros:
    """`helpers`: the attributes of a derive. `is_open`: macros make some of the exports, so there may be others."""

    names: frozenset[str]
    helpers: dict[str, frozenset[str]]
    is_open: bool

    def may_export(self, name: str) -> bool:
        return self.is_open or name in self.names


def exports(text: bytes) -> ProcMacros:
    root = text.decode("utf-8", "replace")
    helpers: dict[str, frozenset[str]] = {}
    names: set[str] = set(_FUNCTION.findall(root))
    for name, attributes in _DERIVE.findall(root):
        names.add(name)
        helpers[name] = frozenset(re.findall(r"\w+", attributes))
    made = {name for name in names if name.startswith("$")}
    return ProcMacros(frozenset(names - made), helpers, bool(made) or not names)


def unnumbered(path: str) -> str:
    """A definition's path without the number that tells crates of one name apart."""
    crate, separator, rest = path.partition("::")
    return crate.partition("@")[0] + separator + rest
